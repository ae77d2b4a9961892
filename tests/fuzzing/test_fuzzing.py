"""The fuzzing itself: that it sees defects, and a short run that finds none."""

from __future__ import annotations

import io
import random
from pathlib import Path

import bad_readers
import numpy as np
import pytest
from PIL import Image

from fuzzing import opening, watched
from fuzzing.mutations import mutate, mutate_inside
from fuzzing.outcome import Case, Outcome, Tally
from fuzzing.run import Run
from fuzzing.seeds import seeds
from fuzzing.texts import TEXTS, try_text
from padviewer.formats import FORMATS


@pytest.mark.parametrize(
    ("make", "outcome"),
    [
        (bad_readers.make_refusing, Outcome.REFUSED),
        (bad_readers.make_dying, Outcome.DIED),
        (bad_readers.make_raising, Outcome.TRACEBACK),
        (bad_readers.make_silent, Outcome.HUNG),
        (bad_readers.make_greedy, Outcome.MEMORY),
    ],
)
def test_a_defect_of_a_reader_is_seen(monkeypatch, tmp_path, make, outcome):
    monkeypatch.setattr(opening, "make_watched_reader", make)
    if outcome is Outcome.HUNG:  # the others may take long on a busy machine
        monkeypatch.setattr(opening, "_PATIENCE", 5.0)
    path = tmp_path / "x.npy"
    np.save(path, np.zeros(3))
    tried = opening.Opening([str(path)] if make is bad_readers.make_greedy else [])
    try:
        assert tried.try_file(str(path), random.Random(0))[0] is outcome
    finally:
        tried.close()


def make_nosy():
    """The watched reader, which looks at what lies beside the file."""
    watched.make_reader = lambda: bad_readers.answering(bad_readers.look_aside)
    return watched.make_watched_reader()


def test_a_reader_that_opens_another_file_is_seen(monkeypatch, tmp_path):
    monkeypatch.setattr(opening, "make_watched_reader", make_nosy)
    (tmp_path / "secret.txt").write_text("secret")
    tried = opening.Opening([])
    try:
        outcome, message = tried.try_file(str(tmp_path / "x.npy"), random.Random(0))
    finally:
        tried.close()
    assert outcome is Outcome.ESCAPED
    assert "secret.txt" in message


def test_there_is_a_seed_of_every_format(tmp_path):
    suffixes = {name.partition("/")[0].partition(".")[2] for name in seeds(tmp_path)}
    for found in FORMATS:
        assert suffixes & {suffix[1:] for suffix in found.suffixes}, found.name


def test_a_case_is_drawn_by_its_number_alone():
    data, other = bytes(range(256)) * 4, b"other" * 99
    for number in range(300):
        once, again = (mutate(data, random.Random(number), (other,)) for _ in range(2))
        assert once == again
    assert len({mutate(data, random.Random(number), (other,)) for number in range(300)}) > 250


def test_what_is_damaged_inside_passes_the_checksums():
    file = io.BytesIO()
    Image.fromarray(np.arange(900, dtype=np.uint8).reshape(30, 30)).save(file, "PNG")
    opened = {}
    for way in (mutate, mutate_inside):
        damaged = [way(file.getvalue(), random.Random(number)) for number in range(200)]
        assert sum(content != file.getvalue() for content in damaged) > 150
        opened[way] = sum(map(opens, damaged))
    assert opened[mutate_inside] > opened[mutate]


def opens(content: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(content)) as image:
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return True


def test_a_tally_counts_and_keeps_defects():
    tally = Tally()
    for outcome in Outcome:
        tally.add(Case("png", 1, outcome))
    assert (tally.total, [case.outcome for case in tally.defects]) == (7, list(Outcome)[2:])
    assert tally.table().splitlines()[-1].split() == ["all"] + ["1"] * 7


@pytest.mark.parametrize("kind", TEXTS)
def test_damaged_texts_are_read_or_refused(kind):
    found = {try_text(kind, random.Random(number))[0] for number in range(300)}
    assert found == {Outcome.READ, Outcome.REFUSED}


def test_a_short_run_finds_no_defect(tmp_path):
    corpora = Path(__file__).resolve().parents[3] / "shared" / "corpora"
    given = sorted(path for path in corpora.rglob("*") if path.is_file())[::20]
    run = Run(range(1500), given, tmp_path)
    run.go(2)
    assert run.tally.total == 1500 + len(given)
    assert run.tally.defects == []
    read = {kind for (kind, outcome), count in run.tally.counts.items() if outcome is Outcome.READ and count}
    assert {"npy", "png", "tif", "jpg"} <= read
