"""An array that is stored in chunks of one shape, read where it is wanted."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.geometry import Indices
from padviewer.sources.base import Array
from padviewer.sources.parts import Part, crossed, parts
from padviewer.sources.segments import SegmentCache, at_once, read_all

Place = tuple[int, ...]
# Returns what reads the chunk at a place, of the whole chunk's shape, and may be called by a thread; None where there
# is none.
Finder = Callable[[Place], "Callable[[], Array] | None"]
Places = npt.NDArray[np.int64]

# Where more chunks than these are touched, those that exist are listed, instead of each one being looked for.
_MANY = 4096


class Chunks:
    """The chunks of an array.

    Args:
        shape: sizes of the axes.
        chunk: sizes of a whole chunk on the same axes; those at the edges are stored whole too.
        dtype: of the elements.
        fill: of `dtype`, the value of the elements of chunks that are not stored.
        find: finds a chunk by its place: the number of the chunk on each axis.
        cache: keeps chunks; None where they cost nothing to read again.
        stored: lists the places of all chunks that are stored, one in a row; None where it does not know them.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        chunk: tuple[int, ...],
        dtype: np.dtype[Any],
        fill: Any,
        find: Finder,
        cache: SegmentCache | None,
        stored: Callable[[], Places | None] = lambda: None,
    ) -> None:
        self._shape, self._chunk, self._dtype, self._fill = shape, chunk, dtype, fill
        self._find, self._cache, self._stored = find, cache, stored
        self._counts = tuple(-(-size // step) for size, step in zip(shape, chunk, strict=True))
        allowed = cache.allowed if cache else 0
        self._size = math.prod(chunk) * dtype.itemsize
        self._at_once = at_once(self._size, allowed)

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of one index vector for each axis, all of them valid.

        Returns:
            A fresh array of the dtype of the chunks.
        """
        out = np.empty([len(vector) for vector in indices], self._dtype)
        if not out.size:
            return out
        wanted = [list(parts(vector, step)) for vector, step in zip(indices, self._chunk, strict=True)]
        for found, chunk in self._chunks(self._touched(wanted, out)):
            target = crossed([part.target for part in found])
            out[target] = self._fill if chunk is None else chunk[crossed([part.within for part in found])]
            del chunk
        return out

    def close(self) -> None:
        """Lets the chunks go."""
        if self._cache is not None:
            self._cache.clear()

    def _touched(self, wanted: list[list[Part]], out: Array) -> list[tuple[Part, ...]]:
        """Returns the parts of each chunk that is to be read; what is not stored may be filled in already."""
        if math.prod(map(len, wanted)) > _MANY:
            stored = self._stored()
            if stored is not None:
                out[...] = self._fill
                by_place = [{part.place: part for part in along} for along in wanted]
                hits = np.ones(len(stored), bool)
                for axis, along in enumerate(by_place):
                    hits &= np.isin(stored[:, axis], list(along))
                return [
                    tuple(along[place] for along, place in zip(by_place, row, strict=True))
                    for row in stored[hits].tolist()
                ]
        return list(itertools.product(*wanted))

    def _chunks(self, touched: list[tuple[Part, ...]]) -> Iterator[tuple[tuple[Part, ...], Array | None]]:
        """Yields each combination of parts with its chunk; None where there is none."""
        if self._cache is None:
            for found in touched:
                read = self._find(_place(found))
                yield found, read and read()
            return
        # What is at hand first: it could be gone by the time that the others have been decoded.
        missing = []
        for found in touched:
            chunk = self._cache.find(self, 0, self._number(found))
            if chunk is None:
                missing.append(found)
            else:
                yield found, chunk
        # Chunks are looked for in this thread, when their turn comes, and decoded in others.
        waiting = ((found, self._find(_place(found))) for found in missing)
        for (found, _read), chunk in read_all(waiting, self._decoded, self._at_once):
            if chunk is not None:
                self._cache.keep(self, 0, self._number(found), chunk)
            yield found, chunk
            del chunk  # it would stand beside the next one

    def _decoded(self, waiting: tuple[tuple[Part, ...], Callable[[], Array] | None]) -> Array | None:
        read = waiting[1]
        if read is None:
            return None
        if self._cache is not None:
            self._cache.make_room(self._size)
        return read()

    def _number(self, found: tuple[Part, ...]) -> int:
        number = 0
        for part, count in zip(found, self._counts, strict=True):
            number = number * count + part.place
        return number


def _place(found: tuple[Part, ...]) -> Place:
    return tuple(part.place for part in found)
