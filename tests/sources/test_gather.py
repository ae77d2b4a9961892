from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.sources.base import gather, progression


@st.composite
def selections(draw):
    shape = tuple(draw(st.lists(st.integers(0, 6), min_size=1, max_size=4)))
    dtype = draw(st.sampled_from(["u1", ">u2", "<f4", ">f8", ">c16", "?"]))
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)
    array = draw(st.sampled_from([np.ascontiguousarray, np.asfortranarray, lambda a: a[..., ::-1]]))(array)
    return array, tuple(draw(vectors(size)) for size in array.shape)


@st.composite
def vectors(draw, size):
    if size == 0:
        return np.empty(0, np.int64)
    free = st.lists(st.integers(0, size - 1), max_size=8)
    even = st.builds(
        lambda a, b, s, up: list(range(a, b, s))[:: 1 if up else -1],
        st.integers(0, size - 1), st.integers(0, size), st.integers(1, 3), st.booleans(),
    )  # fmt: skip
    return np.array(draw(free | even), np.int64)


@given(selections())
def test_gather_selects_what_numpy_does(selection):
    array, indices = selection
    found = gather(array, indices)
    expected = array[np.ix_(*indices)]
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == array.dtype.newbyteorder("=")
    assert found.dtype.isnative
    assert found.flags.c_contiguous
    assert found.flags.writeable
    assert not np.may_share_memory(found, array)


@pytest.mark.parametrize("indices", [[[0, 4]], [[-1]], [[0], [0]], []])
def test_gather_refuses_indices_outside(indices):
    with pytest.raises(IndexError):
        gather(np.zeros(4), tuple(np.array(v, np.int64) for v in indices))


@given(st.integers(0, 20), st.integers(1, 20), st.integers(-5, 5).filter(bool))
def test_progressions_become_slices(start, count, step):
    vector = start + step * np.arange(count)
    vector -= min(0, vector.min())
    found = progression(vector)
    assert found is not None
    np.testing.assert_array_equal(np.arange(200)[found], vector)


def test_repetitions_do_not_become_slices():
    assert progression(np.array([3, 3])) is None
    assert progression(np.array([0, 1, 3])) is None


def test_stored_booleans_other_than_0_and_1_are_normalised():
    raw = np.array([0, 1, 2, 255], np.uint8).view(bool)
    assert gather(raw, (np.arange(4),)).view(np.uint8).tolist() == [0, 1, 1, 1]
