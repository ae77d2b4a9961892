"""Sizes from JSON Lines: what `padviewer sizes --json` prints is read, and nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.dataset.measured import Measured
from padviewer.dataset.records import read_records
from padviewer.errors import PadviewerError, SettingsError

ITEMS = [
    Measured("a.png", None, (20, 30, 3), "HWC", "uint8", "PNG", 1000, 5),
    Measured("b.npz", "x", (7,), "T", "float32"),
    Measured("c.png", None, error="c.png: the file is empty"),
]


def lines(*records):
    return [json.dumps(record).encode() + b"\n" for record in records]


def test_records_come_back():
    found = list(read_records([*lines(*(item.record() for item in ITEMS)), b"\n"], "sizes.jsonl"))
    assert found == ITEMS


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ([1], "expected a JSON object with path"),
        ({"shape": [1]}, "expected a JSON object with path"),
        ({"path": 5}, "path 5: expected text"),
        ({"path": "a", "member": 1}, "member 1"),
        ({"path": "a", "axes": "HW", "shape": [1]}, "a letter for each size"),
        ({"path": "a", "axes": "", "shape": []}, "a letter for each size"),
        ({"path": "a", "axes": "HQ", "shape": [1, 1]}, "axes"),
        ({"path": "a", "axes": "H", "shape": [1]}, "axes"),
        ({"path": "a", "axes": "HW", "shape": [1, -1]}, "shape"),
        ({"path": "a", "axes": "HW", "shape": [1, True]}, "shape"),
        ({"path": "a", "axes": "HW", "shape": [1, 2**60]}, "shape"),
        ({"path": "a", "axes": "HW", "shape": "ab"}, "shape"),
        ({"path": "a", "axes": "HW", "shape": [1, 1], "file_bytes": 1.5}, "file_bytes"),
        ({"path": "a", "axes": "HW", "shape": [1, 1], "run": "rm"}, "any of"),
    ],
)
def test_anything_else_is_refused_with_its_line(record, said):
    with pytest.raises(SettingsError, match=r"sizes\.jsonl, line 2: ") as caught:
        list(read_records(lines(ITEMS[0].record(), record), "sizes.jsonl"))
    assert said in str(caught.value)


@pytest.mark.parametrize("line", [b"{", b"\xff\xfe", b"[" * 100_000, b" " * 1_000_000 + b"1" * 500_000])
def test_other_files_are_refused(line):
    with pytest.raises(SettingsError, match="line 1"):
        list(read_records([line], "a"))


@given(
    st.dictionaries(st.sampled_from(Measured._fields), st.none() | st.integers() | st.text() | st.lists(st.integers()))
)
def test_no_record_is_an_unexpected_error(record):
    try:
        (found,) = read_records(lines(record), "a")
    except PadviewerError:
        return
    assert found.error or len(found.shape) == len(found.axes)
