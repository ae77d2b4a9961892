"""Histograms against numpy with the same edges, and against counting one by one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from padviewer.workers.histogram import MOST_BINS, CountBins, bins_between

INTEGERS = ["bool", "uint8", "int8", "int16", "uint16", "int32", "int64", "uint64"]


@given(hnp.arrays(st.sampled_from(INTEGERS), st.integers(1, 60)))
def test_integers_fall_into_the_bin_that_holds_them(data: np.ndarray) -> None:
    values = [int(value) for value in data]
    bins = bins_between(min(values), max(values), integers=True)
    found = CountBins(bins)(data)
    assert bins.count <= MOST_BINS
    assert bins.width is not None
    if max(values) - min(values) < MOST_BINS:
        assert bins.width == 1
    expected = Counter((value - min(values)) // bins.width for value in values)
    assert found.counts.tolist() == [expected[i] for i in range(bins.count)]
    assert found.outside == 0


@given(
    hnp.arrays(
        st.sampled_from(["float16", "float32", "float64"]),
        st.integers(1, 60),
        elements={"allow_nan": True, "allow_infinity": True, "allow_subnormal": False},
    )
)
def test_floats_fall_between_the_edges(data: np.ndarray) -> None:
    finite = data[np.isfinite(data)].astype(np.float64)
    if not finite.size:
        return
    bins = bins_between(finite.min(), finite.max(), integers=False)
    found = CountBins(bins)(data)
    assert found.counts.sum() == finite.size
    edges = bins.edges
    if bins.count > 1 and (np.diff(edges) > 0).all():
        expected, _edges = np.histogram(finite, edges)
        np.testing.assert_array_equal(found.counts, expected)


def test_parts_are_joined_and_what_lies_outside_is_counted() -> None:
    data = np.random.default_rng(0).normal(size=2000).astype(np.float32)
    bins = bins_between(-1.0, 1.0, integers=False)
    whole = CountBins(bins)(data)
    joined = CountBins(bins)(data[:700]).joined(CountBins(bins)(data[700:]))
    np.testing.assert_array_equal(joined.counts, whole.counts)
    assert joined.outside == whole.outside == int((np.abs(data) > 1).sum())


def test_quantiles_are_those_of_the_finite() -> None:
    data = np.random.default_rng(0).normal(size=999)
    odd = np.concatenate([data, [np.nan, np.inf]])
    found = CountBins(bins_between(-9, 9, integers=False), shares=(0.01, 0.5))(odd)
    assert found.quantiles == pytest.approx(np.quantile(data, [0.01, 0.5]).tolist())
    assert CountBins(bins_between(0, 1, integers=False), shares=(0.5,))(np.array([np.nan])).quantiles == ()


def test_one_number_has_one_bin() -> None:
    found = CountBins(bins_between(2.5, 2.5, integers=False))(np.full(7, 2.5))
    assert found.counts.tolist() == [7]


def test_phases_are_counted_as_such() -> None:
    data = np.exp(1j * np.linspace(-3, 3, 50))
    found = CountBins(bins_between(-np.pi, np.pi, integers=False), "phase")(data)
    expected, _edges = np.histogram(np.angle(data), bins_between(-np.pi, np.pi, integers=False).edges)
    np.testing.assert_array_equal(found.counts, expected)
