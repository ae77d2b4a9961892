"""A file that stays open for as long as its source is read, and whose changes are noticed."""

from __future__ import annotations

import mmap
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from padviewer.errors import DamagedSource
from padviewer.geometry import Indices, Region
from padviewer.objects import Ranges
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, ArraySource, check_indices
from padviewer.sources.opened import OpenedFile
from padviewer.sources.readahead import ReadAhead


class KeptFile:
    """A file of its own descriptor, so that it outlives the handle that it was opened with.

    A file that is removed or replaced stays readable; one that is written to does not.

    Args:
        file: the file as it was opened; what it holds must be that of `file.size` and `file.modified` for good.
    """

    def __init__(self, file: OpenedFile) -> None:
        self.path, self.name = file.path, file.name
        self._state = (file.modified, file.size)
        self._ranges = file.ranges
        # Nothing is kept of an object.
        self._descriptor = -1 if self._ranges is not None else os.dup(file.handle.fileno())
        self.close = weakref.finalize(self, _close, self._descriptor)

    def read(self, offset: int, count: int) -> bytes:
        """Reads bytes.

        Raises:
            DamagedSource: where the file ends before them.
        """
        if self._ranges is not None:
            return self._whole(self._ranges.read_at(offset, count), offset, count)
        found = os.pread(self._descriptor, count, offset)
        while len(found) < count:  # the system reads at most 2 GiB at a time
            more = os.pread(self._descriptor, count - len(found), offset + len(found))
            if not more:
                break
            found += more
        return self._whole(found, offset, count)

    def _whole(self, found: bytes, offset: int, count: int) -> bytes:
        if len(found) < count:
            self._check()
            end = offset + count
            held = os.fstat(self._descriptor).st_size if self._ranges is None else self._ranges.size
            raise DamagedSource(
                f"{self.name}: byte {end} is to be read, but the file has {held} bytes; it is cut short, copy it again"
            )
        return found

    def map(self) -> mmap.mmap:
        """Maps the whole file for reading.

        Raises:
            SourceError: it is an object in a store.
        """
        if self._ranges is not None:
            self._ranges.give_up()
        return mmap.mmap(self._descriptor, 0, access=mmap.ACCESS_READ)

    def content(self) -> mmap.mmap | Ranges:
        """Returns the bytes, by slices: the file mapped; of an object they are fetched where they are wanted."""
        return self.map() if self._ranges is None else self._ranges

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Raises a `DamagedSource` where the file is written to before the end of the block, whatever is read in it."""
        self._check()
        try:
            yield
        finally:
            self._check()

    def _check(self) -> None:
        if not self.close.alive:
            raise ValueError("the source is closed")
        if self._ranges is not None:
            return
        state = os.fstat(self._descriptor)
        if (state.st_mtime_ns, state.st_size) != self._state:
            change = "was cut short" if state.st_size < self._state[1] else "has changed"
            raise DamagedSource(f"{self.name}: the file {change} since it was opened; reload it (F5)")


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)


class MappedSource(ArraySource):
    """An array that lies in a mapped file.

    Args:
        array: made of `mapping`.
        info: what the array is.
        mapping: of `file`.
        file: closed with the source.
    """

    decoded = False

    def __init__(self, array: Array, info: ArrayInfo, mapping: mmap.mmap, file: KeptFile) -> None:
        super().__init__(array, info)
        self._mapping, self._file = mapping, file
        self._ahead = ReadAhead(mapping, array)

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors."""
        with self._file.unchanged():
            self._announce(indices)
            return super().take(indices)

    def take_into(self, indices: tuple[Indices, ...], out: Array) -> None:
        """Reads the elements at the cross product of the index vectors into an array."""
        with self._file.unchanged():
            self._announce(indices)
            super().take_into(indices, out)

    def read_into(self, region: Region, out: Array) -> None:
        """Reads the elements of a region into an array, as any others: they are announced by their indices."""
        self.take_into(tuple(span.indices for span in region), out)

    def _announce(self, indices: tuple[Indices, ...]) -> None:
        check_indices(self.info.shape, indices)
        self._ahead.announce(indices)

    def close(self) -> None:
        """Unmaps and closes the file."""
        super().close()
        self._mapping.close()
        self._file.close()
