"""What takes the tiles of an array and makes a file or a folder of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Protocol

import numpy as np

from padviewer.export.payload import Array, Payload
from padviewer.export.runs import write_runs
from padviewer.geometry import Region


class Store(Protocol):
    """An array being written: by one thread, while another may `sync`.

    Attributes:
        scattered: whether elements can be put anywhere at any time, and again; else they are put in their own order.
    """

    scattered: bool

    def put(self, region: Region, data: Array) -> None:
        """Writes the elements of a region; `data` is C-contiguous and has its counts and the array's dtype."""

    def holds(self, value: Array) -> bool:
        """Whether elements that were never put read as `value`, so that they need not be."""

    def sync(self) -> None:
        """Waits until what was put is on the disk."""

    def finish(self) -> None:
        """Writes what comes last; whoever needs it on the disk calls `sync` then."""

    def close(self) -> None:
        """Gives back what the store holds, finished or not. Again is fine."""


class FlatStore:
    """An array whose elements lie in one run of a file. What is never put reads as zero bytes: a hole.

    Args:
        payload: what is written.
        file: has room for the elements already.
        offset: of the first element.
        order: the axes from the one that is stored last to the one whose elements are neighbours; none is C order.

    Raises:
        ValueError: where the file is too short.
    """

    scattered = True

    def __init__(self, payload: Payload, file: BinaryIO, offset: int, order: tuple[int, ...] = ()) -> None:
        self._file, self._offset = file, offset
        self._order = order or tuple(range(len(payload.shape)))
        self._shape = tuple(payload.shape[axis] for axis in self._order)
        length = os.fstat(file.fileno()).st_size
        if length < offset + payload.nbytes:
            raise ValueError(f"{length} bytes are there, expected {offset + payload.nbytes}")

    def put(self, region: Region, data: Array) -> None:
        """Writes the elements of a region."""
        start = tuple(region[axis].start for axis in self._order)
        stored = np.ascontiguousarray(data.transpose(self._order))
        write_runs(self._file.fileno(), self._offset, self._shape, start, stored)

    def holds(self, value: Array) -> bool:
        """Whether `value` is zero bytes."""
        return not np.ascontiguousarray(value).view(np.uint8).any()

    def sync(self) -> None:
        """Waits for the disk."""
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Does nothing: all is written already."""

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


@contextmanager
def opening(path: str, resumed: bool) -> Iterator[BinaryIO]:
    """Opens the file to write, a new one or one that has been written before; closed only where the body fails."""
    file = open(path, "r+b" if resumed else "x+b")  # noqa: PTH123, SIM115
    try:
        yield file
    except BaseException:
        with suppress(OSError):  # what is still to be written may be refused too
            file.close()
        raise
