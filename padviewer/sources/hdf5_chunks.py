"""Where the chunks of an HDF5 data set lie in the file, and what reads them."""

from __future__ import annotations

import math
import mmap
from array import array
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import h5py
import numpy as np
import numpy.typing as npt

from padviewer.errors import DamagedSource
from padviewer.sources.base import Array
from padviewer.sources.chunks import Chunks, Place, Places
from padviewer.sources.segments import SegmentCache

if TYPE_CHECKING:
    from padviewer.sources.hdf5_stored import Stored
    from padviewer.sources.hdf5_tree import Bytes

# HDF5 looks for the address of one chunk by going through all of them. So all are listed at once, up to this number;
# of more, HDF5 reads each one by itself.
_MOST_LISTED = 1 << 20
# An index of a fixed size lists chunks that are not stored, too, in so many bytes each.
_ENTRY = 8
# Before, addresses of chunks did not count the user block.
_COUNTS_USER_BLOCK = (1, 14, 4)
_NOT_STORED = "not allocated"

_Numbers = npt.NDArray[np.int64]


class _Index(NamedTuple):
    """The chunks that are stored: their numbers, in ascending order, addresses, bytes, and filters left out."""

    numbers: _Numbers
    offsets: _Numbers
    lengths: _Numbers
    skipped: _Numbers


class ChunkReader:
    """Finds and reads the chunks of a data set.

    Args:
        stored: the data set.
    """

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._rank = len(stored.shape) - len(stored.elements.inner)
        self._chunk = stored.chunk[: self._rank]
        self._counts = tuple(-(-n // step) for n, step in zip(stored.shape[: self._rank], self._chunk, strict=True))
        self._size = math.prod(stored.chunk) * stored.elements.stored.itemsize
        told = h5py.version.hdf5_version_tuple >= _COUNTS_USER_BLOCK
        self._shift = 0 if told else stored.limits.user_block
        self._index: _Index | None = None
        self._is_listed = False
        self._mapping: mmap.mmap | None = None
        self._file: Bytes | None = None

    def chunks(self, file: Bytes, cache: SegmentCache, map_file: Callable[[], mmap.mmap] | None = None) -> Chunks:
        """Returns what reads the data set.

        Args:
            file: that holds it.
            cache: keeps decoded chunks.
            map_file: maps the file, where chunks that have no filter should not be read whole.
        """
        stored, self._file = self._stored, file
        if stored.pipeline is None and map_file is not None and self._listed() is not None:
            self._mapping = map_file()
        kept = cache if self._mapping is None else None
        return Chunks(stored.shape, stored.chunk, stored.elements.shown, stored.fill(), self._find, kept, self._places)

    @property
    def has_chunks(self) -> bool:
        """Whether a single chunk is stored, as far as that is told quickly."""
        if not self._is_quick:
            return True
        found: list[Any] = []

        def stop(info: Any) -> bool:
            found.append(info)
            return True

        self._stored.dataset.chunk_iter(stop)
        return bool(found)

    @property
    def _is_quick(self) -> bool:
        """Whether HDF5 goes through the chunks in about a second: they are few, or most of them are not stored."""
        count = math.prod(self._counts)
        return count <= _MOST_LISTED or count * _ENTRY > self._stored.limits.size

    def _listed(self) -> _Index | None:
        """Returns all chunks; None where there are too many."""
        if not self._is_listed:
            self._is_listed, self._index = True, self._list() if self._is_quick else None
        return self._index

    def _list(self) -> _Index | None:
        numbers, offsets, lengths, skipped = array("q"), array("q"), array("q"), array("q")
        grid, size = tuple(zip(self._chunk, self._counts, strict=True)), self._stored.limits.size

        def look(info: Any) -> bool | None:
            number = 0
            for corner, (step, count) in zip(info.chunk_offset, grid, strict=True):
                number = number * count + min(corner // step, count - 1)
            offset = int(info.byte_offset) + self._shift
            if not 0 < offset <= offset + int(info.size) <= size:
                raise self._outside(info.chunk_offset, int(info.size), offset)
            numbers.append(number)
            offsets.append(offset)
            lengths.append(int(info.size))
            skipped.append(int(info.filter_mask))
            return True if len(numbers) > _MOST_LISTED else None

        self._stored.dataset.chunk_iter(look)
        if len(numbers) > _MOST_LISTED:
            return None
        found = [np.array(column, np.int64) for column in (numbers, offsets, lengths, skipped)]
        order = np.argsort(found[0], kind="stable")
        return _Index(*(column[order] for column in found))

    def _find(self, place: Place) -> Callable[[], Array] | None:
        """Returns what reads the chunk at a place; None where it is not stored."""
        index = self._listed()
        if index is None:
            return self._read_by_hdf5(place)
        number = 0
        for at, count in zip(place, self._counts, strict=False):
            number = number * count + at
        at = int(np.searchsorted(index.numbers, number))
        if at == len(index.numbers) or index.numbers[at] != number:
            return None
        return partial(self._read, int(index.offsets[at]), int(index.lengths[at]), int(index.skipped[at]))

    def _read_by_hdf5(self, place: Place) -> Callable[[], Array] | None:
        corner = tuple(number * step for number, step in zip(place, self._chunk, strict=False))
        try:
            skipped, data = self._stored.dataset.read_direct_chunk(corner)
        except RuntimeError as error:
            if _NOT_STORED in str(error):
                return None
            raise
        return partial(self._decode, bytes(data), int(skipped))

    def _places(self) -> Places | None:
        """Returns the places of all chunks that are stored; None where there are too many."""
        index = self._listed()
        if index is None:
            return None
        found = np.zeros((len(index.numbers), len(self._stored.shape)), np.int64)
        left = index.numbers
        for axis in reversed(range(self._rank)):
            left, found[:, axis] = np.divmod(left, self._counts[axis])
        return found

    def _read(self, offset: int, length: int, skipped: int) -> Array:
        stored = self._stored
        if self._mapping is None:
            assert self._file is not None
            return self._decode(self._file.read(offset, length), skipped)
        if length != self._size:
            raise self._wrong(length)
        raw = np.ndarray(stored.chunk, stored.elements.stored, self._mapping, offset)
        # Converted when they have been picked, so that no more is touched.
        return raw if stored.elements.is_plain else stored.elements.read(raw)

    def _decode(self, data: bytes, skipped: int) -> Array:
        stored = self._stored
        plain = data if stored.pipeline is None else stored.pipeline.decode(data, skipped)
        if len(plain) != self._size:
            raise self._wrong(len(plain))
        return stored.elements.read(np.frombuffer(plain, stored.elements.stored).reshape(stored.chunk))

    def _wrong(self, length: int) -> DamagedSource:
        return DamagedSource(
            f"{self._stored.label}: a chunk has {length} bytes where {self._size} are expected; copy the file again"
        )

    def _outside(self, corner: Any, length: int, offset: int) -> DamagedSource:
        return DamagedSource(
            f"{self._stored.label}: its chunk at {tuple(corner)} takes {length} bytes from byte {offset} on; the "
            f"file has {self._stored.limits.size}, copy or save it again"
        )
