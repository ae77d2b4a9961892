"""What a journal says is what is on the disk, or nothing."""

from __future__ import annotations

import pytest

from padviewer.export.journal import Journal, read_journal

DIGEST = "abc"


def noted(path, *steps, digest=DIGEST, tiles=9):
    journal = Journal(str(path), digest, tiles)
    for step in steps:
        journal.note(step)
    return journal


def test_notes_are_read_back(tmp_path):
    path = tmp_path / "journal"
    assert noted(path).done == 0
    assert not path.exists()
    noted(path, 2, 5)
    assert noted(path).done == 5
    noted(path, 9)
    assert noted(path).done == 9
    assert read_journal(str(path)).tiles == 9


def test_a_note_that_was_cut_short_is_none_and_is_written_over(tmp_path):
    path = tmp_path / "journal"
    noted(path, 2, 5)
    whole = path.read_bytes()
    last = whole.rindex(b"{")
    for cut in range(last, len(whole)):
        path.write_bytes(whole[:cut])
        assert noted(path).done == 2
    noted(path, 7)
    assert noted(path).done == 7


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        b"\x80\n",
        b"[]\n",
        b'{"digest": 1, "tiles": 9}\n{"done": 2}\n',
        b'{"digest": "abc", "tiles": 9}\n{"done": 2}\n{"done": 1}\n',
        b'{"digest": "abc", "tiles": 9}\n{"done": 10}\n',
        b'{"digest": "abc", "tiles": 9}\n{"done": -1}\n',
        b'{"digest": "abc", "tiles": 9}\n{"done": 2.5}\n',
        b'{"digest": "abc", "tiles": 9}\n{"done": true}\n',
        b'{"digest": "abc", "tiles": 9}\n\x00\x00\x00\n{"done": 3}\n',
        b'{"digest": "abc", "tiles": 8}\n{"done": 2}\n',
        b'{"digest": "abd", "tiles": 9}\n{"done": 2}\n',
    ],
)
def test_a_journal_that_is_damaged_or_of_another_array_says_nothing(tmp_path, text):
    path = tmp_path / "journal"
    path.write_bytes(text)
    assert noted(path).done == 0
    noted(path, 4)
    assert noted(path).done == 4
