"""Terms, grids and named roundings, without a window."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.gui.card.grids import grids_html, legend_text
from padviewer.gui.card.terms import Term, short, single, steps_of, terms_of, tsv, ulps
from padviewer.gui.theme import DARK
from padviewer.plan import ArrayInfo
from padviewer.reach import Kind
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.explanation import Explanation

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


def plan_of(shape, axes, **settings):
    info = ArrayInfo("array", None, "test", shape, "uint8", axes, False, 0)
    return resolve(PipelineSpec(axes=axes, **settings), info, 2**40)


def explanation(shape, values, weights, **changes):
    values, weights = np.array(values, "float32"), np.array(weights, "float32")
    products = values.astype("f8") * weights
    exact = float(products.sum())
    given = {
        "shape": shape,
        "first_channel": 0,
        "places": np.arange(len(values)),
        "values": values,
        "weights": weights,
        "exact": exact,
        "magnitude": float(np.abs(products).sum()),
        "bias": 0.0,
        "summed": float(np.float32(exact)),
        "activated": float(np.float32(exact)),
        "value": float(np.float32(exact)),
        "largest": None,
    }
    return Explanation(**(given | changes))


@given(finite, st.integers(0, 5))
def test_steps_of_float32_are_counted(value: float, steps: int) -> None:
    other = np.float32(value)
    with np.errstate(over="ignore"):
        for _ in range(steps):
            other = np.nextafter(other, np.float32(np.inf))
    if np.isfinite(other):
        assert ulps(value, float(other)) == ulps(float(other), value) == steps


def test_what_is_not_finite_has_no_steps() -> None:
    assert ulps(float("nan"), 1.0) is None
    assert ulps(1.0, float("inf")) is None
    assert ulps(0.0, -0.0) == 0


@given(finite)
def test_numbers_read_back_exactly(value: float) -> None:
    assert np.float32(single(value).replace("−", "-")) == np.float32(value)


def test_whole_numbers_of_a_picture_are_written_whole() -> None:
    assert short(212.0, True) == "212"
    assert short(-0.1234567, False) == "−0.12346"
    assert short(float("nan"), False) == "nan"
    assert short(float("nan"), True) == "nan"


def test_terms_know_where_they_stand_and_what_stands_there() -> None:
    plan = plan_of((2, 2), "HW", target=(3, 3), kernel=(2, 3), conv_padding="same", filters=1)
    terms = terms_of(plan, {"H": 1, "W": 0, "C": 0}, explanation((2, 3, 1), range(6), range(6)))
    assert [(term.taps, term.kind) for term in terms] == [
        ((1, -1), Kind.ZERO),
        ((1, 0), Kind.DATA),
        ((1, 1), Kind.DATA),
        ((2, -1), Kind.ZERO),
        ((2, 0), Kind.PADDING),
        ((2, 1), Kind.PADDING),
    ]
    assert [term.product for term in terms] == [0, 1, 4, 9, 16, 25]


def test_each_rounding_is_named() -> None:
    plan = plan_of((4,), "T", filters=1, activation="linear", kernel=(3,))
    values, weights = [1.0, 2.0, 3.0], [0.1, 0.2, 0.3]
    same = explanation((3, 1), values, weights)
    notes = {step.name: step.note for step in steps_of(plan, same, same.value)}
    assert notes["float32 sum"] == "the same in float32"
    assert notes["shown"] == "equal"
    near = float(np.nextafter(np.float32(same.value), np.float32(9)))
    notes = {step.name: step.note for step in steps_of(plan, explanation((3, 1), values, weights, summed=near), near)}
    assert notes["float32 sum"].startswith("1 ulp off")
    assert "float32 rounds each addition" in notes["float32 sum"]
    assert notes["shown"].startswith("1 ulp off")
    far = explanation((3, 1), values, weights, summed=same.value * 1.001)
    assert "more than float32 rounding explains" in steps_of(plan, far, far.summed)[2].note
    odd = explanation((3, 1), [np.nan, 1, 1], weights)
    assert steps_of(plan, odd, float("nan"))[-1].note == "equal: not a number"


def test_the_copy_reads_back() -> None:
    plan = plan_of((4, 3), "TC", filters=1, activation="relu", kernel=(2,))
    values, weights = [1, 2, 3, 4, 5, 6], [0.1, -0.2, 0.3, -0.4, 0.5, -0.6]
    found = explanation((2, 3), values, weights, activated=0.0)
    lines = tsv(plan, terms_of(plan, {"T": 1, "C": 0}, found), steps_of(plan, found, 0.0)).splitlines()
    assert lines[0].split("\t") == ["T", "C", "kind", "value", "weight", "product"]
    rows = [line.split("\t") for line in lines[1:7]]
    assert [(row[0], row[1]) for row in rows] == [(t, c) for t in "12" for c in "012"]
    assert sum(float(row[5]) for row in rows) == pytest.approx(found.exact)
    assert [np.float32(row[4]) for row in rows] == [np.float32(weight) for weight in weights]
    assert lines[8].startswith("sum of 6 products\t-")


def test_padding_is_struck_through_and_signs_stay_legible() -> None:
    terms = [
        Term((0, 0), 0, 5.0, -0.5, Kind.PADDING),
        Term((0, 1), 0, 7.0, 0.25, Kind.DATA),
        Term((-1, 0), 1, 0.0, 0.5, Kind.ZERO),
        Term((-1, 1), 1, 1.0, 0.5, Kind.DATA),
    ]
    html = grids_html(terms, "HW", True, True, DARK, 200)
    struck = re.findall(r"<s>(.*?)</s>", html)
    assert any("5&nbsp;×" in text for text in struck)
    assert not any("−" in text for text in struck), "a line through a minus would hide it"
    assert any("(0&nbsp;×&nbsp;0.5)" in text for text in struck)
    assert not any("7" in text for text in struck)
    assert "channel 0" in html
    assert "H −1" in html
    assert legend_text(terms) == "struck through: padding   in brackets: zeros of the convolution"
    assert legend_text(terms[1:2]) == ""


@pytest.mark.parametrize(("letters", "taps", "grids"), [("T", 1, 1), ("HW", 2, 3), ("DHW", 3, 6)])
def test_grids_hold_every_term_once(letters: str, taps: int, grids: int) -> None:
    places = np.ndindex(*(2 for _ in range(taps)), 3)
    terms = [Term(at[:-1], at[-1], float(n + 100), 1.0, Kind.DATA) for n, at in enumerate(places)]
    for room in (10, 1000):
        html = grids_html(terms, letters, True, True, DARK, room)
        assert sorted(re.findall(r">(\d{3})&nbsp;×", html)) == sorted(str(int(term.value)) for term in terms)
        assert html.count("<table cellspacing='0' cellpadding='0'><tr><td></td>") == grids


def test_terms_of_a_window_of_a_million_taps_are_made_at_once() -> None:
    plan = plan_of((10**7,), "T", target=(10**8,), kernel=(10**6,), filters=1)
    found = explanation((10**6, 1), [1, 2], [3, 4], places=np.array([0, 999_999]))
    first, last = terms_of(plan, {"T": 9_500_000, "C": 0}, found)
    assert (first.taps, first.kind) == ((9_500_000,), Kind.DATA)
    assert (last.taps, last.kind) == ((10_499_999,), Kind.PADDING)
