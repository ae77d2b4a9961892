"""`take_into` puts into an array what `take` returns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.geometry import Span
from padviewer.plan import ArrayInfo
from padviewer.sources import ArraySource, Source

DTYPES = ("bool", "uint8", ">i2", "<f4", ">f8", "float16")


class Plain(Source):
    """A source with nothing of its own but `take`."""

    def __init__(self, inner):
        self.info, self._inner = inner.info, inner

    def take(self, indices):
        return self._inner.take(indices)


def source_of(array):
    return ArraySource(array, ArrayInfo("a", None, "test", array.shape, array.dtype.name, "", False, array.nbytes))


@given(st.data())
def test_it_equals_a_cast_of_numpy_indexing(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=4)))
    dtype = np.dtype(data.draw(st.sampled_from(DTYPES)))
    array = (np.arange(np.prod(shape)) % 120).reshape(shape).astype(dtype)
    if data.draw(st.booleans()):
        array = np.asfortranarray(array)
    indices = tuple(
        data.draw(
            st.sampled_from(
                [np.arange(n), np.arange(n)[::-1], np.arange(0, n, 2), np.array([0, n - 1, 0]), np.arange(0)]
            )
        )
        for n in shape
    )
    expected = array[np.ix_(*indices)]
    for wanted in (dtype.newbyteorder("="), np.dtype("float32")):
        for source in (source_of(array), Plain(source_of(array))):
            # Into a part of a larger array, as padding does.
            room = np.full([n + 2 for n in expected.shape], 77, wanted)
            source.take_into(indices, room[tuple(slice(1, n + 1) for n in expected.shape)])
            np.testing.assert_array_equal(room[tuple(slice(1, n + 1) for n in expected.shape)], expected.astype(wanted))
            if wanted.kind != "b":
                assert (room == 77).sum() >= room.size - expected.size


def test_numbers_beyond_the_range_become_infinite_without_a_warning():
    out = np.empty(2, "float32")
    source_of(np.array([1e300, -1e300])).take_into((np.arange(2),), out)
    assert out.tolist() == [np.inf, -np.inf]


def test_what_lies_outside_is_refused():
    with pytest.raises(IndexError, match="axis 0"):
        source_of(np.zeros(3)).take_into((np.arange(4),), np.empty(4))
    closed = source_of(np.zeros(3))
    closed.close()
    with pytest.raises(ValueError, match="closed"):
        closed.take_into((np.arange(1),), np.empty(1))


@given(st.data())
def test_a_region_is_read_as_its_indices_are(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=4)))
    dtype = np.dtype(data.draw(st.sampled_from(DTYPES)))
    array = (np.arange(np.prod(shape)) % 120).reshape(shape).astype(dtype)
    array = data.draw(st.sampled_from([array, np.asfortranarray(array), array[..., ::-1]]))
    starts = [data.draw(st.integers(0, n - 1)) for n in shape]
    region = tuple(Span(start, data.draw(st.integers(start + 1, n))) for start, n in zip(starts, shape, strict=True))
    expected = array[tuple(slice(span.start, span.stop) for span in region)]
    for wanted in (dtype.newbyteorder("="), np.dtype("float32")):
        for source in (source_of(array), Plain(source_of(array))):
            out = np.empty(expected.shape, wanted)
            source.read_into(region, out)
            np.testing.assert_array_equal(out, expected.astype(wanted))


@pytest.mark.parametrize("region", [(Span(0, 4),), (Span(-1, 2),), (Span(0, 1), Span(0, 1))])
def test_a_region_that_leaves_the_array_is_refused(region):
    with pytest.raises(IndexError):
        source_of(np.zeros(3)).read_into(region, np.empty(tuple(span.count for span in region)))
