"""A row says what was reached beside its goal; what could not be measured is never taken for met."""

import json

import pytest

from benchmarks.row import Row, figure_of, missing, summary, table


def test_a_ratio_is_held_against_its_goal() -> None:
    row = Row("start", "s", [1.0, 3.0, 1.5], [1.0, 1.2, 0.9], goal=1.4)
    assert row.ratio == 1.5
    assert row.excess == pytest.approx(0.5 / 7)
    assert row.verdict == "missed by 7%"
    assert Row("start", "s", [1.4], [1.0], goal=1.4).verdict == "met"


def test_an_absolute_goal_is_held_against_the_figure_that_counts() -> None:
    frames = [10.0] * 98 + [40.0, 50.0]
    assert Row("pan", "ms", frames, goal=16, absolute=True).verdict == "met"
    assert Row("pan", "ms", frames, [5.0], goal=33, absolute=True, figure="p99").verdict == "missed by 21%"
    assert Row("pan", "ms", frames, goal=50, absolute=True, figure="max").verdict == "met"


def test_p99_is_a_sample_that_99_in_100_do_not_exceed() -> None:
    assert figure_of(range(1, 101), "p99") == 99
    assert figure_of(range(1, 1001), "p99") == 990
    assert figure_of([7.0], "p99") == 7


def test_what_was_not_measured_is_not_met() -> None:
    rows = [
        Row("feature", "ms", (), goal=100, absolute=True, note="refused: too large"),
        Row.failed("streaming", ValueError("disk full")),
        missing("pan, napari", "napari"),
        Row("peer only", "ms", (), [1.0], goal=1.0),
    ]
    assert [row.verdict for row in rows] == ["not measured"] * 4
    assert [row.ratio for row in rows] == [None] * 4
    assert [row.is_failed for row in rows] == [False, True, False, False]
    assert rows[1].note == "failed: disk full"
    assert "napari is not installed" in rows[2].note
    assert summary(rows).startswith("0 of 2 goals met")


def test_a_table_and_its_json_tell_the_same() -> None:
    rows = [
        Row("start", "s", [2.0], [1.0], goal=1.4, against="a bare window", note="Xvfb"),
        Row("padding", "ms", [3.0], [4.0]),
    ]
    lines = table(rows).splitlines()
    assert " ".join(lines[2].split()) == "start median 2 s (2-2) median 1 s (1-1) 2.00 1.4 missed by 43%"
    assert lines[3].strip() == "peer: a bare window; Xvfb"
    assert lines[4].endswith("information")
    told = json.loads(json.dumps([row.to_json() for row in rows]))
    assert [one["verdict"] for one in told] == ["missed by 43%", "information"]
    assert (told[0]["ours"], told[0]["peer"], told[0]["goal"]) == ([2.0], [1.0], 1.4)
    assert told[0]["excess"] == pytest.approx(0.6 / 1.4)
