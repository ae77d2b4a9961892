"""The elements of a Zarr array: chunks that are read and decoded, and what of them is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from padviewer.axes import CHANNELS
from padviewer.errors import DamagedSource, PadviewerError
from padviewer.geometry import Indices
from padviewer.plan import ArrayInfo
from padviewer.sources.base import MUCH, VIEW_SIDE, Array, Preview, Source, check_indices
from padviewer.sources.enlarged import EnlargedSource
from padviewer.sources.opened import decoding
from padviewer.sources.parts import Part, crossed, parts
from padviewer.sources.readahead import ReadAhead
from padviewer.sources.segments import SegmentCache, at_once, read_all
from padviewer.sources.zarr_metadata import ArrayMetadata
from padviewer.sources.zarr_runs import Run, Runs
from padviewer.sources.zarr_tree import Node

# Plain chunks of more bytes are mapped, and touched only where elements are wanted.
_MAPPED = 1 << 18
# What opening a file costs beside decoding: the bytes that could be decoded meanwhile.
_OPENING = 1 << 14


class Level(NamedTuple):
    """A smaller picture.

    Attributes:
        source: of the rank and dtype of the whole picture.
        factor: how many elements along each shorter axis one of its own stands for.
    """

    source: ZarrSource
    factor: int


class ZarrSource(Source):
    """A Zarr array.

    Args:
        node: of the array.
        metadata: of it.
        info: what it is.
        name: of it, for messages.
        cache: for decoded chunks, shared with smaller pictures, and cleared when one of them is closed.
        levels: smaller pictures of the same, closed with the source.
    """

    def __init__(
        self,
        node: Node,
        metadata: ArrayMetadata,
        info: ArrayInfo,
        name: str,
        cache: SegmentCache,
        levels: Sequence[Level] = (),
    ) -> None:
        self._node, self._metadata, self.info, self._name, self._cache = node, metadata, info, name, cache
        self._levels = levels
        self._chunk = metadata.chunk
        self._runs = Runs(node, metadata, name, cache.allowed)
        self._at_once = at_once(self._chunk.nbytes, cache.allowed)

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors; those of chunks that are not stored are filled.

        Raises:
            DamagedSource: where a chunk cannot be decoded, or has changed.
        """
        check_indices(self.info.shape, indices)
        out = np.full([len(vector) for vector in indices], self._metadata.fill)
        if out.size == 0:
            return out
        with self._unchanged(), decoding(self.info.path):
            wanted = [list(parts(vector, step)) for vector, step in zip(indices, self._chunk.shape, strict=True)]
            for found, chunk in self._plain(wanted) if self._chunk.is_plain else self._decoded(wanted):
                numbers = chunk[crossed([part.within for part in found])]
                # A file may hold any byte as a boolean.
                out[crossed([part.target for part in found])] = (
                    numbers.view(np.uint8) != 0 if out.dtype.kind == "b" else numbers
                )
                del chunk, numbers  # they would stand beside the next one
        return out

    def preview(self, step: int) -> Preview | None:
        """Returns the smallest picture that the file has for this step, where much would have to be read without it."""
        level = max(
            (level for level in self._levels if level.factor <= step), default=None, key=lambda found: found.factor
        )
        if level is None or self._to_read(VIEW_SIDE * step) <= MUCH:
            return None
        return Preview(EnlargedSource(level.source, self.info, level.factor), level.factor, lasts=True)

    def _to_read(self, side: int) -> int:
        """Returns how many bytes are to be decoded for a view of `side` elements along rows and columns, at most."""
        touched = 1
        for letter, step, count in zip(self.info.axes, self._chunk.shape, self._runs.counts, strict=True):
            touched *= min(count, -(-side // step) + 1) if letter in "HW" else count if letter == CHANNELS else 1
        size = _OPENING if self._chunk.is_plain else self._chunk.nbytes
        return size * max(0, touched - len(self._cache.numbers(self)))

    def close(self) -> None:
        """Lets the chunks go, and closes the folder."""
        for level in self._levels:
            level.source.close()
        self._cache.clear()
        self._runs.clear()
        self._node.folder.close()

    @contextmanager
    def _unchanged(self) -> Iterator[None]:
        """Raises a `DamagedSource` where the array is another one than it was, before or after the block."""
        self._check()
        try:
            yield
        finally:
            self._check()

    def _check(self) -> None:
        self._node.folder.check()
        if not self._node.folder.has(self._node.mark):
            raise DamagedSource(f"{self._name}: its metadata are gone since it was opened; reload it (F5)")

    def _plain(self, wanted: list[list[Part]]) -> Iterator[tuple[tuple[Part, ...], Array]]:
        """Yields the chunks that are stored: none is decoded, and of large ones little is read."""
        for run in self._runs.of(wanted, set()):
            if run.size != self._chunk.size:
                raise self._runs.damaged(run.parts, f"it has {run.size} bytes, and should have {self._chunk.size}")
            if run.size <= _MAPPED or run.blob.start is None:
                yield run.parts, self._chunk.view(run.blob.read(run.offset, run.size))
                continue
            mapping = run.blob.map()
            chunk = self._chunk.view(mapping, run.blob.start + run.offset)
            ReadAhead(mapping, chunk).announce(tuple(part.within.vector for part in run.parts))
            yield run.parts, chunk

    def _decoded(self, wanted: list[list[Part]]) -> Iterator[tuple[tuple[Part, ...], Array]]:
        """Yields the chunks that are stored: first those at hand, which could be gone when the others are decoded."""
        at_hand = set()
        places = [{part.place: part for part in axis} for axis in wanted]
        for number in self._cache.numbers(self):
            found = [axis.get(place) for axis, place in zip(places, self._runs.places(number), strict=True)]
            asked = tuple(part for part in found if part is not None)
            chunk = self._cache.find(self, 0, number)
            if len(asked) == len(found) and chunk is not None:
                self._runs.check(asked)
                at_hand.add(number)
                yield asked, chunk
        read = ((run.parts, self._read(run)) for run in self._runs.of(wanted, at_hand))
        for (asked, data), chunk in read_all(read, self._decode, self._at_once):
            del data
            self._cache.keep(self, 0, self._runs.number(asked), chunk)
            yield asked, chunk
            del chunk

    def _read(self, run: Run) -> bytes | memoryview:
        self._cache.make_room(self._chunk.nbytes)
        if run.size > self._chunk.most:
            raise self._runs.damaged(run.parts, f"it has {run.size} bytes, and can have {self._chunk.most} at most")
        return run.blob.read(run.offset, run.size)

    def _decode(self, stored: tuple[tuple[Part, ...], bytes | memoryview]) -> Array:
        parts, data = stored
        try:
            return self._chunk.decode(data)
        except (PadviewerError, MemoryError):
            raise
        except Exception as error:
            raise self._runs.damaged(parts, f"{type(error).__name__}: {error}") from error
