"""Statistics against numpy on the whole array, and against exact fractions where numpy is not."""

from __future__ import annotations

import math
import statistics as exact
from fractions import Fraction
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from padviewer.geometry import Span, counts, whole
from padviewer.workers.parts import PARTS, part_of
from padviewer.workers.statistics import Summary, slices, summarize, summary_of

REALS = ["bool", "uint8", "int8", "int16", "uint16", "int32", "int64", "uint64", "float16", "float32", "float64"]


def by_parts(data: np.ndarray, cuts: list[int]) -> Summary:
    parts = np.split(data.ravel(), sorted({min(cut, data.size) for cut in cuts}))
    return reduce(Summary.joined, (summary_of(part) for part in parts))


@given(
    hnp.arrays(st.sampled_from(REALS), hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=7)),
    st.lists(st.integers(0, 50), max_size=4),
)
def test_any_array_in_any_parts_has_the_statistics_of_the_whole(data: np.ndarray, cuts: list[int]) -> None:
    found = by_parts(data, cuts)
    values = data.ravel().tolist()
    finite = [Fraction(value) for value in values if math.isfinite(value)]
    assert (found.count, found.finite) == (data.size, len(finite))
    assert found.nans == int(np.isnan(data).sum())
    assert found.infs == int(np.isinf(data).sum())
    assert found.zeros == int((data == 0).sum())
    if not finite:
        assert (found.minimum, found.maximum, found.deviation) == (None, None, 0)
        return
    assert (found.minimum, found.maximum) == (min(finite), max(finite))
    scale = max(abs(value) for value in finite)
    mean = sum(finite) / len(finite)
    assert abs(Fraction(found.mean) - mean) <= scale * Fraction(1, 10**12)
    variance = sum((value - mean) ** 2 for value in finite) / len(finite)
    assert abs(Fraction(found.deviation) ** 2 - variance) <= scale**2 * Fraction(1, 10**11)
    if data.dtype.kind in "iub":
        assert found.total == sum(values)
        assert found.mean == sum(values) / len(values)


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_ends_of_64_bits_keep_their_deviation(dtype: str) -> None:
    low = np.iinfo(dtype).max - 3
    data = np.array([low, low + 1, low + 2, low + 3], dtype)
    found = by_parts(data, [1, 3])
    assert found.total == 4 * int(low) + 6
    assert found.deviation == pytest.approx(exact.pstdev([0, 1, 2, 3]), rel=1e-12)
    ends = np.array([np.iinfo(dtype).min, np.iinfo(dtype).max], dtype)
    assert summary_of(ends).deviation == pytest.approx(2.0**63, rel=1e-12)


def test_ends_of_float64_neither_overflow_nor_vanish() -> None:
    large = np.array([-1.7e308, 1.7e308, 1.7e308, -1.7e308])
    assert summary_of(large).deviation == pytest.approx(1.7e308)
    assert by_parts(large, [1]).deviation == pytest.approx(1.7e308)
    assert by_parts(large, [1]).mean == pytest.approx(0, abs=1e295)
    small = np.array([5e-324, 1.5e-323])
    assert summary_of(small).deviation == 5e-324
    assert summary_of(small).mean == 1e-323


def test_a_small_spread_on_a_large_offset() -> None:
    data = 1e9 + np.random.default_rng(0).normal(size=30_000)
    found = by_parts(data, [1, 999, 20_000])
    assert found.deviation == pytest.approx(np.std(data), rel=1e-9)


@pytest.mark.parametrize("part", PARTS)
def test_complex_numbers_count_by_their_part(part: str) -> None:
    rng = np.random.default_rng(1)
    data = (rng.normal(size=(20, 30)) + 1j * rng.normal(size=(20, 30))).astype("complex64")
    expected = {"magnitude": np.abs, "phase": np.angle, "real": np.real, "imaginary": np.imag}[part](data)
    found = summary_of(data, part)
    assert found.mean == pytest.approx(float(expected.mean(dtype="float64")), abs=1e-12)
    assert found.deviation == pytest.approx(float(expected.std(dtype="float64")), rel=1e-12)
    np.testing.assert_array_equal(part_of(data, part), expected)
    low, high = summarize(data).range_of(part) or (0, 0)
    assert low <= expected.min()
    assert high >= expected.max()
    if part != "phase":
        assert (low, high) == (expected.min(), expected.max())


def test_a_complex_plane_without_a_finite_element_has_no_ranges() -> None:
    data = np.full((2, 2), np.nan + 1j * np.nan)
    assert [summarize(data).range_of(part) for part in PARTS] == [None] * 4


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3)), min_size=1, max_size=4),
    st.integers(1, 40),
)
def test_slices_cover_a_region_once(axes: list[tuple[int, int]], most: int) -> None:
    region = tuple(Span(0, size, step) for size, step in axes)
    seen = np.zeros([size for size, _step in axes], int)
    for part in slices(region, most):
        assert math.prod(counts(part)) <= most
        seen[tuple(slice(*span) for span in part)] += 1
    expected = np.zeros_like(seen)
    expected[tuple(slice(*span) for span in region)] = 1
    np.testing.assert_array_equal(seen, expected)


def test_slices_are_few() -> None:
    assert len(list(slices(whole((1000, 1000, 3)), 1 << 19))) <= 8
