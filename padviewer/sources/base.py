"""What every source can do: tell its shape, and hand out any orthogonal selection of its elements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from padviewer.geometry import Indices, Region
from padviewer.plan import ArrayInfo

Array = npt.NDArray[Any]


class Source(ABC):
    """An array that is read by region.

    Attributes:
        info: shape, dtype and axes, known without reading an element.
        decoded: whether its elements are decoded into memory, all of them at once.
    """

    info: ArrayInfo
    decoded = False

    @abstractmethod
    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of one index vector per axis.

        Args:
            indices: one int64 vector for each axis of `info.shape`, in any order and with any repetition.

        Returns:
            A fresh C-contiguous array of `info.dtype`, native byte order, as long on each axis as its vector.

        Raises:
            IndexError: where an index lies outside its axis, or there is not one vector for each axis.
        """

    def take_into(self, indices: tuple[Indices, ...], out: Array) -> None:
        """Reads the elements at the cross product of one index vector per axis into an array.

        Args:
            indices: as for `take`.
            out: of the shape that `take` returns, any dtype: elements are cast to it as numpy's `astype` does.

        Raises:
            IndexError: as `take`.
        """
        _assign(out, self.take(indices))

    def read_into(self, region: Region, out: Array) -> None:
        """Reads the elements of a region of steps of 1 into an array, as `take_into` does.

        Args:
            region: one span for each axis of `info.shape`; none is empty.
            out: of the counts of the region, any dtype: elements are cast to it as numpy's `astype` does.

        Raises:
            IndexError: where a span leaves its axis, or there is not one for each axis.
        """
        self.take_into(tuple(span.indices for span in region), out)

    def preview(self, step: int) -> Preview | None:
        """Returns a smaller picture that is read faster, for regions that sample every `step` elements or fewer.

        None where the source itself is as quick, or has nothing that is small enough.
        """
        del step
        return None

    def close(self) -> None:  # noqa: B027 a source in memory has nothing to give back
        """Gives back what the source holds; it cannot be read afterwards."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


# A smaller picture stands in where a view of so many pixels along each side has to decode more bytes than this.
VIEW_SIDE, MUCH = 1024, 64 << 20


class DeclaredSource(Source):
    """What a header declares, without the elements.

    Args:
        info: of the array.
        decoded: whether its elements would be decoded all at once.
    """

    def __init__(self, info: ArrayInfo, decoded: bool = False) -> None:
        self.info, self.decoded = info, decoded

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Raises a `ValueError`: only the header was read."""
        del indices
        raise ValueError(f"only the header of {self.info.path!r} was read")


class Preview(NamedTuple):
    """A smaller picture that stands in for a source.

    Attributes:
        source: of the same shape; its elements are means of blocks.
        factor: how many elements a block has along the axes that are smaller.
        lasts: whether the source itself would take too long; else it follows.
    """

    source: Source
    factor: int
    lasts: bool


class ArraySource(Source):
    """A source whose elements lie in an array, in memory or mapped.

    Args:
        array: of `info.shape`, in any byte order and memory order.
        info: what the array is.
    """

    decoded = True

    def __init__(self, array: Array, info: ArrayInfo) -> None:
        self._array: Array | None = array
        self.info = info

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors."""
        if self._array is None:
            raise ValueError("the source is closed")
        return gather(self._array, indices)

    def take_into(self, indices: tuple[Indices, ...], out: Array) -> None:
        """Reads the elements at the cross product of the index vectors into an array, without a copy in between."""
        if self._array is None:
            raise ValueError("the source is closed")
        if _moves_runs(self._array, indices):
            check_indices(self._array.shape, indices)
            _assign(out, _select(self._array, indices))
        else:
            _assign(out, gather(self._array, indices))

    def read_into(self, region: Region, out: Array) -> None:
        """Reads the elements of a region into an array; where they lie in runs, nothing is counted one by one."""
        array = self._array
        if array is None or array.dtype.kind == "b" or array.strides[-1] != array.itemsize:
            super().read_into(region, out)
            return
        check_region(array.shape, region)
        _assign(out, array[tuple(slice(span.start, span.stop) for span in region)])

    def close(self) -> None:
        """Lets the array go."""
        self._array = None


def gather(array: Array, indices: tuple[Indices, ...]) -> Array:
    """Selects the cross product of one index vector per axis.

    Vectors that step evenly become slices, and whole pixels are moved at once, so that a mapped file is touched only
    where elements are wanted.

    Returns:
        A fresh C-contiguous array in native byte order.
    """
    check_indices(array.shape, indices)
    dtype = array.dtype.newbyteorder("=")
    shape = tuple(len(vector) for vector in indices)
    if 0 in shape:
        return np.empty(shape, dtype)
    pixels = whole_pixels(array, indices[-1])
    if pixels is None:
        found = _select(array, indices)
    else:
        found = np.ascontiguousarray(_select(pixels, indices[:-1])).view(array.dtype).reshape(shape)
    fresh = np.array(found, dtype, order="C", copy=True if np.may_share_memory(found, array) else None)
    # A file may hold any byte as a boolean; numpy's arithmetic relies on 0 and 1.
    return fresh.view(np.uint8) != 0 if dtype.kind == "b" else fresh


def _moves_runs(array: Array, indices: tuple[Indices, ...]) -> bool:
    """Whether elements lie in runs that numpy copies fast as they are: single pixels are gathered faster packed.

    Booleans are not: a file may hold any byte as one.
    """
    if array.dtype.kind == "b" or not all(len(vector) for vector in indices):
        return False
    last = [progression(vector) for vector in indices[-2:]]
    return array.strides[-1] == array.itemsize and all(found is not None and found.step == 1 for found in last)


def _assign(out: Array, data: Array) -> None:
    with np.errstate(over="ignore", invalid="ignore"):  # beyond its range, a smaller float holds infinity
        np.copyto(out, data, casting="unsafe")


def check_indices(shape: tuple[int, ...], indices: tuple[Indices, ...]) -> None:
    """Raises an `IndexError` where there is not one vector for each axis, or one leaves its axis."""
    if len(indices) != len(shape):
        raise IndexError(f"{len(indices)} index vectors for an array of rank {len(shape)}")
    for axis, (vector, size) in enumerate(zip(indices, shape, strict=True)):
        if len(vector) and not 0 <= vector.min() <= vector.max() < size:
            raise IndexError(f"axis {axis}: indices {vector.min()} to {vector.max()} for {size} elements")


def check_region(shape: tuple[int, ...], region: Region) -> None:
    """Raises an `IndexError` where there is not one span for each axis, or one leaves its axis."""
    if len(region) != len(shape):
        raise IndexError(f"{len(region)} spans for an array of rank {len(shape)}")
    for axis, (span, size) in enumerate(zip(region, shape, strict=True)):
        if not 0 <= span.start <= span.stop <= size:
            raise IndexError(f"axis {axis}: indices {span.start} to {span.stop - 1} for {size} elements")


def whole_pixels(array: Array, last: Indices) -> Array | None:
    """Returns `array` with its last axis packed into single elements, where all of that axis is wanted and adjacent."""
    size = array.shape[-1]
    if array.ndim < 2 or size < 2 or array.strides[-1] != array.itemsize or progression(last) != slice(0, size, 1):
        return None
    packed: Array = array.view(f"V{size * array.itemsize}")[..., 0]
    return packed


def _select(array: Array, indices: tuple[Indices, ...]) -> Array:
    slices = [progression(vector) for vector in indices]
    uneven = [axis for axis, found in enumerate(slices) if found is None]
    view = array[tuple(found or slice(None) for found in slices)]
    if not uneven:
        return view
    # Index vectors side by side are crossed; slices outside of them stay slices, which numpy copies faster.
    first, last = uneven[0], uneven[-1] + 1
    vectors = [v if s is None else np.arange(n) for v, s, n in zip(indices, slices, view.shape, strict=True)]
    selected: Array = view[(slice(None),) * first + np.ix_(*vectors[first:last])]
    return selected


def progression(vector: Indices) -> slice | None:
    """Returns the slice that selects what `vector` (indices from 0 up, not empty) does; None where none does."""
    start, count = int(vector[0]), len(vector)
    if count == 1:
        return slice(start, start + 1, 1)
    step = int(vector[1]) - start
    if step == 0 or int(vector[-1]) != start + step * (count - 1) or (np.diff(vector) != step).any():
        return None
    stop = start + step * (count - 1) + (1 if step > 0 else -1)
    return slice(start, stop if stop >= 0 else None, step)
