"""Arrays that were handed over are read by region, from a descriptor that some process holds."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest

from padviewer.errors import DamagedSource, SourceNotFound, UnsupportedSource
from padviewer.handed import handed_path
from padviewer.live.arrays import as_array
from padviewer.live.parcel import pack
from padviewer.sources import open_source

PIXELS = np.arange(4 * 5 * 3, dtype=">f4").reshape(4, 5, 3)


@pytest.fixture
def descriptor() -> Iterator[int]:
    given = as_array(np.asfortranarray(PIXELS))
    number = pack(given._replace(notes=("so and so",)), "DHW")
    yield number
    os.close(number)


def raw(content: bytes) -> int:
    number = os.memfd_create("test")
    os.write(number, content)
    return number


def test_it_is_read_by_region_with_its_axes_and_notes(descriptor: int) -> None:
    path = handed_path(os.getpid(), descriptor, "x")
    with open_source(path, budget=1) as source:
        info = source.info
        assert (info.path, info.member, info.format, info.shape, info.dtype) == (
            path,
            None,
            "array",
            (4, 5, 3),
            "float32",
        )
        assert (info.axes, info.axes_guessed, info.notes, info.decoded) == ("DHW", False, ("so and so",), False)
        found = source.take((np.array([3, 0]), np.array([1, 1, 4]), np.arange(3)))
        np.testing.assert_array_equal(found, PIXELS[[3, 0]][:, [1, 1, 4]])


def test_axes_that_were_not_told_are_guessed() -> None:
    given = as_array(PIXELS)
    number = pack(given, None)
    with open_source(handed_path(os.getpid(), number, "x"), budget=1) as source:
        assert (source.info.axes, source.info.axes_guessed) == ("HWC", True)
        # What is open stays readable when whoever held it lets it go.
        os.close(number)
        assert source.take((np.array([3]), np.array([4]), np.array([2]))).item() == 59


@pytest.mark.parametrize("shape", [(0,), (3, 0, 2)])
def test_an_array_without_elements_is_one(shape: tuple[int, ...]) -> None:
    given = as_array(np.zeros(shape))
    number = pack(given, None)
    with open_source(handed_path(os.getpid(), number, "x"), budget=1) as source:
        assert source.info.shape == shape
    os.close(number)


def test_what_is_not_held_any_more_is_told(descriptor: int) -> None:
    with pytest.raises(SourceNotFound, match=r"^x \(from Python\): is not held any more; show it again"):
        open_source(handed_path(os.getpid(), 10**6, "x"), budget=1)
    with pytest.raises(UnsupportedSource, match="is one array, and has no member 'y'"):
        open_source(handed_path(os.getpid(), descriptor, "x"), "y", budget=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: b"junk",
        lambda data: data[:50],
        lambda data: data[:200],
        lambda data: data[:-1],
        lambda data: data.replace(b'"DHW"', b'"DHWC"'),
        lambda data: data.replace(b'"notes"', b'"other"'),
        lambda data: data.replace(b'["so and so"]', b"7            "),
        lambda data: data[: data.rindex(b"{")] + b"[" * 100_000,
    ],
)
def test_what_is_no_array_is_told(descriptor: int, change) -> None:
    number = raw(change(os.pread(descriptor, 1 << 20, 0)))
    with pytest.raises(DamagedSource, match=r"^x \(from Python\): "):
        open_source(handed_path(os.getpid(), number, "x"), budget=1)
    os.close(number)
