"""Means of blocks against numpy, block by block."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.geometry import Span, counts, whole
from padviewer.workers import pyramid
from padviewer.workers.pyramid import Pyramid, block_means

DTYPES = ("uint8", "uint16", "int16", "float16", "float32", "float64")


def expected(array, region):
    """The mean of every block, one by one, in float64."""
    out = np.empty(counts(region), "float64")
    for place in itertools.product(*(range(span.count) for span in region)):
        block = tuple(
            slice(s.start + i * s.step, s.start + (i + 1) * s.step) for s, i in zip(region, place, strict=True)
        )
        out[place] = array[block].astype("float64").mean()
    return out


def agrees(found, wanted, dtype):
    assert found.dtype == dtype
    kind = np.dtype(dtype).kind
    tolerance = 0.5 + 1e-3 if kind in "iu" else {2: 0.5, 4: 1e-3, 8: 1e-9}[np.dtype(dtype).itemsize]
    np.testing.assert_allclose(found.astype("float64"), wanted, atol=tolerance)


@st.composite
def planes(draw):
    shape = tuple(draw(st.lists(st.integers(1, 21), min_size=2, max_size=3)))
    dtype = draw(st.sampled_from(DTYPES))
    array = np.random.default_rng(draw(st.integers(0, 9))).uniform(0, 120, shape).astype(dtype)
    steps = tuple(draw(st.sampled_from([1, 2, 4, 8])) for _ in shape)
    return array, steps


@given(planes())
def test_means_of_blocks(plane):
    array, steps = plane
    region = tuple(Span(0, size, step) for size, step in zip(array.shape, steps, strict=True))
    agrees(block_means(array, steps), expected(array, region), array.dtype)


@given(planes(), st.data())
def test_a_pyramid_gives_the_means_of_any_region(plane, data):
    array, steps = plane
    kept = pyramid.AT_ONCE, pyramid._KEPT
    pyramid.AT_ONCE, pyramid._KEPT = data.draw(st.sampled_from([(0, 4), (0, 10**6), (20, 30)]))
    try:
        made = Pyramid(whole(array.shape), lambda region: array[tuple(slice(s.start, s.stop, s.step) for s in region)])
        for factor in (1, 2, 1, 4):
            region = []
            for size, step in zip(array.shape, steps, strict=True):
                by = step * factor if step > 1 else 1
                first = data.draw(st.integers(0, (size - 1) // by)) * by
                region.append(Span(first, data.draw(st.integers(first + 1, size)), by))
            region = tuple(region)
            turns = 0
            while made.tile(region) is None:
                made.advance(region)
                turns += 1
                assert turns < 1000
            covered = tuple(
                span._replace(stop=min(span.start + span.count * span.step, n))
                for span, n in zip(region, array.shape, strict=True)
            )
            wanted = expected(array, covered)
            # A level made of another is rounded twice.
            found = made.tile(region)
            if array.dtype.kind in "iu":
                assert np.abs(found.astype("float64") - wanted).max() <= 1.01
            else:
                agrees(found, wanted, array.dtype)
    finally:
        pyramid.AT_ONCE, pyramid._KEPT = kept


def test_what_is_not_a_number_stays_visible():
    array = np.ones((8, 8), "float32")
    array[3, 3], array[5, 5] = np.nan, np.inf
    found = block_means(array, (4, 4))
    assert np.isnan(found[0, 0])
    assert found[1, 1] == np.inf
    assert found[0, 1] == 1


def test_work_is_done_in_slices(monkeypatch):
    monkeypatch.setattr(pyramid, "AT_ONCE", 4096)
    array = np.random.default_rng(0).integers(0, 255, (512, 256), "uint8")
    longest = 0

    def read(region):
        nonlocal longest
        longest = max(longest, int(np.prod(counts(region))))
        return array[tuple(slice(s.start, s.stop, s.step) for s in region)]

    made = Pyramid(whole(array.shape), read)
    region = (Span(0, 512, 8), Span(0, 256, 8))
    turns = 1
    while not made.advance(region):
        turns += 1
        assert made.tile(region) is None
    assert turns >= 512 * 256 // 4096
    assert longest <= 4096
    assert made.tile(region).shape == (64, 32)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers(dtype):
    array = (np.arange(16) + 1j * np.arange(16)[::-1]).astype(dtype).reshape(4, 4)
    np.testing.assert_allclose(block_means(array, (2, 2)), array.reshape(2, 2, 2, 2).mean(axis=(1, 3)))
