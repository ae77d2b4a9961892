"""Figures of filters, whole and in pieces, against numpy's own of each filter."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from padviewer.workers.filter_figures import figures_of

OUTPUTS = hnp.arrays(
    "float32",
    st.tuples(st.integers(0, 7), st.integers(0, 3), st.integers(1, 4)),
    elements=st.one_of(st.sampled_from([0.0, np.nan, np.inf, -np.inf]), st.floats(-1e6, 1e6, width=32)),
)


def check(figures, outputs) -> None:
    for number in range(outputs.shape[-1]):
        each = outputs[..., number].ravel().astype("float64")
        finite = each[np.isfinite(each)]
        assert figures.finite[number] == finite.size
        assert figures.odd[number] == each.size - finite.size
        found = [getattr(figures, name)[number] for name in ("mean", "deviation", "minimum", "maximum")]
        expected = [finite.mean(), finite.std(), finite.min(), finite.max()] if finite.size else [np.nan] * 4
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
        assert figures.dead[number] == (each.size > 0 and bool((each == 0).all()))
        assert figures.is_dead(number) == figures.dead[number]


@given(OUTPUTS)
def test_figures_of_outputs(outputs) -> None:
    check(figures_of(outputs), outputs)


@given(OUTPUTS, st.data())
def test_pieces_add_up(outputs, data) -> None:
    cut = data.draw(st.integers(0, len(outputs)))
    check(figures_of(outputs[:cut]).with_more(figures_of(outputs[cut:])), outputs)


def test_large_numbers_that_differ_little_keep_their_deviation() -> None:
    outputs = (np.random.default_rng(2).normal(size=(100_000, 2)) + 1e4).astype("float32")
    figures = figures_of(outputs[:30_000]).with_more(figures_of(outputs[30_000:]))
    np.testing.assert_allclose(figures.deviation, outputs.astype("float64").std(axis=0), rtol=1e-9)
