"""The pixels of TIFF pages as they are stored, read by strip or tile where they are wanted."""

from __future__ import annotations

import itertools
import math
import mmap
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from padviewer.geometry import Indices
from padviewer.sources.base import Array, gather, whole_pixels
from padviewer.sources.kept import KeptFile
from padviewer.sources.parts import Part, crossed, parts, selector
from padviewer.sources.segments import SegmentCache, at_once, read_all

Decoder = Callable[[bytes, int, bytes | None], Array]


class Places(NamedTuple):
    """Where the segments of one page lie in the file, and the JPEG tables that they share."""

    offsets: Sequence[int]
    counts: Sequence[int]
    tables: bytes | None = None


class Layout(NamedTuple):
    """How the pixels of a series lie in pages, and those of each page in segments: strips or tiles.

    Attributes:
        shape: sizes of the axes of the series.
        axes: for each of them the one that it is a part of: 0 for the page, 1 to 5 for the axes of a page.
        page: sizes of the axes of a page, as TIFF orders them: samples that lie apart, depth, height, width, samples
            side by side.
        segment: sizes of a whole segment on the same axes.
        tiled: whether segments at the edges are stored whole too; strips hold no more than the page.
        dtype: of the pixels, in native byte order.
        stored: dtype in the byte order of the file where segments hold plain numbers; None where they are coded.
        fill: value of the pixels of segments that are left out of the file.
    """

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    page: tuple[int, ...]
    segment: tuple[int, ...]
    tiled: bool
    dtype: np.dtype[Any]
    stored: np.dtype[Any] | None
    fill: float

    @property
    def counts(self) -> tuple[int, ...]:
        """Segments along each axis of a page."""
        return tuple(-(-size // step) for size, step in zip(self.page, self.segment, strict=True))

    def segment_at(self, places: Sequence[int]) -> tuple[int, ...]:
        """Returns the sizes of the segment that is the so many'th on each axis."""
        if self.tiled:
            return self.segment
        sizes = zip(self.page, self.segment, places, strict=True)
        return tuple(min(step, size - place * step) for size, step, place in sizes)


class MappedPixels:
    """The pixels of a series that lie side by side in a mapped file.

    Args:
        array: made of `mapping`.
        mapping: closed with the pixels.
    """

    def __init__(self, array: Array, mapping: mmap.mmap) -> None:
        self._array: Array | None = array
        self._mapping = mapping

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of one index vector for each axis of the series."""
        assert self._array is not None
        return gather(self._array, indices)

    def to_decode(self, side: int) -> int:
        """Returns 0: nothing is decoded."""
        del side
        return 0

    def close(self) -> None:
        """Unmaps the file."""
        self._array = None
        self._mapping.close()


class SegmentedPixels:
    """The pixels of a series, read by segment.

    Args:
        file: what they lie in.
        pages: where the segments of each page lie.
        layout: of every page.
        decode: turns the bytes of a segment, its number in the page and the JPEG tables into its pixels, of the shape
            (depth, height, width, samples side by side) or less where the page ends.
        cache: shared by the pictures of a file, and cleared when one of them is closed.
    """

    def __init__(
        self, file: KeptFile, pages: list[Places], layout: Layout, decode: Decoder, cache: SegmentCache
    ) -> None:
        self._file, self._pages, self._layout, self._decode = file, pages, layout, decode
        self._counts = layout.counts
        self._size = math.prod(layout.segment) * layout.dtype.itemsize
        self._mapping = None if layout.stored is None else file.map()
        self._cache = cache
        self._at_once = at_once(self._size, cache.allowed)

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of one index vector for each axis of the series; none is empty."""
        vectors = self._vectors(indices)
        out = np.empty([len(vector) for vector in vectors], self._layout.dtype)
        samples = selector(vectors.pop())
        # Where all samples of a pixel are wanted, numpy moves them as one.
        all_samples = samples.run == slice(0, self._layout.page[-1], 1)
        packed = whole_pixels(out, samples.vector) if all_samples else None
        steps = (1, *self._layout.segment[:-1])
        wanted = [list(parts(vector, step)) for vector, step in zip(vectors, steps, strict=True)]
        for found, segment in self._segments(wanted):
            target, within = crossed([part.target for part in found]), [part.within for part in found[1:]]
            if segment is None:
                out[target] = self._layout.fill
                continue
            if packed is None or segment.dtype != out.dtype:
                out[target] = segment[crossed([*within, samples])]
            else:
                packed[target] = segment.view(packed.dtype)[..., 0][crossed(within)]
            del segment  # it would stand beside the next one
        return out.reshape([len(vector) for vector in indices])

    @property
    def is_decoded(self) -> bool:
        """Whether segments are coded; else they hold plain numbers."""
        return self._layout.stored is None

    def to_decode(self, side: int) -> int:
        """Returns how many bytes are to be decoded for a view of `side` x `side` pixels, at most.

        Of several pages it is the one of which least is kept. Segments that are left out of the file count nothing.
        """
        if not self.is_decoded:
            return 0
        apart, deep, *counts = self._counts[:4]
        touched = [min(n, -(-side // step) + 1) for n, step in zip(counts, self._layout.segment[2:4], strict=True)]
        held = self._cache.kept(self)
        missing = max(int(np.count_nonzero(places.counts)) - held[i] for i, places in enumerate(self._pages))
        return self._size * min(missing, apart * deep * math.prod(touched))

    def close(self) -> None:
        """Lets the segments go."""
        self._cache.clear()
        if self._mapping is not None:
            self._mapping.close()

    def _vectors(self, indices: tuple[Indices, ...]) -> list[Indices]:
        """Returns one vector for the page and for each axis of a page."""
        vectors = [np.zeros(1, np.int64) for _ in range(1 + len(self._layout.page))]
        for vector, size, axis in zip(indices, self._layout.shape, self._layout.axes, strict=True):
            vectors[axis] = (vectors[axis][:, None] * size + vector).ravel()
        return vectors

    def _key(self, found: tuple[Part, ...]) -> tuple[int, int]:
        """Returns the page, and the number of the segment in it."""
        number = 0
        for part, count in zip(found[1:], self._counts, strict=False):
            number = number * count + part.place
        return found[0].place, number

    def _segments(self, wanted: list[list[Part]]) -> Iterator[tuple[tuple[Part, ...], Array | None]]:
        """Yields each combination of parts with its segment, which has the axes of a page; None where there is none."""
        if not self.is_decoded:
            yield from ((found, self._read(found)) for found in itertools.product(*wanted))
            return
        # What is at hand first: it could be gone by the time that the others have been decoded.
        at_hand = set()
        for found in itertools.product(*wanted):
            key = self._key(found)
            if (segment := self._cache.find(self, *key)) is not None:
                at_hand.add(key)
                yield found, segment
        missing = (found for found in itertools.product(*wanted) if self._key(found) not in at_hand)
        for found, segment in read_all(missing, self._read, self._at_once):
            if segment is not None:
                self._cache.keep(self, *self._key(found), segment)
            yield found, segment
            del segment

    def _read(self, found: tuple[Part, ...]) -> Array | None:
        page, number = self._key(found)
        places = self._pages[page]
        offset, count = int(places.offsets[number]), int(places.counts[number])
        if offset <= 0 or count <= 0:
            return None
        shape = self._layout.segment_at([*(part.place for part in found[1:]), 0])
        stored = self._layout.stored
        if stored is not None and count >= math.prod(shape) * stored.itemsize:
            return np.ndarray(shape, stored, self._mapping, offset)
        self._cache.make_room(self._size)
        pixels = self._decode(self._file.read(offset, count), number, places.tables)
        return np.ascontiguousarray(pixels, self._layout.dtype)[None]


def axes_of(shape: tuple[int, ...], inner: tuple[int, ...]) -> tuple[int, ...] | None:
    """Finds, for each axis of `shape`, the axis of `inner` that it is a part of when `inner` is reshaped to it.

    Returns:
        Axes of `inner`, ascending; None where an axis of `shape` spans several of them.
    """
    axis, left = 0, inner[0]
    found = []
    for size in shape:
        while left == 1 and size > 1 and axis + 1 < len(inner):
            axis += 1
            left = inner[axis]
        if left % size:
            return None
        left //= size
        found.append(axis)
    return tuple(found) if math.prod(shape) == math.prod(inner) else None
