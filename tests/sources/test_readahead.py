"""What is announced of a mapped file is what is read of it."""

from __future__ import annotations

import mmap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from padviewer.sources.readahead import ReadAhead

SIZE = 1 << 22


@pytest.fixture(scope="module")
def mapping(tmp_path_factory):
    path = tmp_path_factory.mktemp("mapped") / "a"
    path.write_bytes(bytes(SIZE))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped


@given(st.data())
def test_every_element_that_is_read_lies_in_a_part(mapping, data):
    shape = tuple(data.draw(st.lists(st.integers(1, 30), min_size=1, max_size=4)))
    order = data.draw(st.sampled_from("CF"))
    offset = data.draw(st.integers(0, 5000))
    array = np.ndarray(shape, data.draw(st.sampled_from(["u1", "<f8"])), mapping, offset, order=order)
    turned = tuple(slice(None, None, data.draw(st.sampled_from([1, -1]))) for _ in shape)
    array = array[turned]
    indices = tuple(np.array(data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=6))) for n in shape)
    parts = list(ReadAhead(mapping, array).parts(indices))
    covered = np.zeros(SIZE, bool)
    for start, length in parts:
        assert start >= offset
        covered[start : start + length] = True
    base = np.frombuffer(mapping, "u1").ctypes.data
    where = (
        array.ctypes.data
        - base
        + sum(np.ix_(*[vector * stride for vector, stride in zip(indices, array.strides, strict=True)]))
    )
    assert all(covered[where.ravel() + byte].all() for byte in range(array.itemsize))
    ReadAhead(mapping, array).announce(indices)
    del array


def test_what_lies_between_distant_rows_is_left_alone(mapping):
    array = np.ndarray((64, 65536), "u1", mapping)
    parts = list(ReadAhead(mapping, array).parts((np.arange(0, 64, 8), np.arange(1000, 30000, 16))))
    assert parts == [(row * 65536 + 1000, 28993) for row in range(0, 64, 8)]
    del array


def test_neighbouring_rows_are_one_part(mapping):
    array = np.ndarray((64, 1000, 4), "u1", mapping)
    assert list(ReadAhead(mapping, array).parts((np.arange(10, 20), np.arange(1000), np.arange(4)))) == [(40000, 40000)]
    del array


def test_nothing_is_announced_of_too_many_parts(mapping):
    array = np.ndarray((200, 200, 100), "u1", mapping)
    spread = np.lib.stride_tricks.as_strided(array, (200, 200, 100), (20000, 20000, 20000))
    assert list(ReadAhead(mapping, spread).parts((np.arange(200), np.arange(200), np.arange(1)))) == []
    del array, spread
