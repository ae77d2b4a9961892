"""Tells the system which parts of a mapped file are read next: all of them at once, and no others.

Left alone, the system reads around each page that is touched (megabytes, on some disks) and waits for every page in
turn: seconds for a picture of samples that lie far apart, against milliseconds.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator
from itertools import product

import numpy as np

from padviewer.geometry import Indices
from padviewer.sources.base import Array

# Gaps up to here are read along with what lies around them.
_GAP = 2 * mmap.PAGESIZE
# More parts than these are left to the pages that are touched.
_MOST_PARTS = 1 << 14
# A part of so many bytes is read faster page by page, as the system reads ahead of whoever goes straight on.
_LONG = 1 << 22
_HINTS = hasattr(mmap, "MADV_WILLNEED") and hasattr(mmap, "MADV_RANDOM")


class ReadAhead:
    """Announces what is read of an array in a mapped file.

    Args:
        mapping: of the file.
        array: lies in `mapping`, with any strides.
    """

    def __init__(self, mapping: mmap.mmap, array: Array) -> None:
        self._mapping = mapping
        self._shape, self._strides, self._itemsize = array.shape, array.strides, array.itemsize
        first = np.frombuffer(mapping, np.uint8, 1)
        self._offset = array.ctypes.data - first.ctypes.data
        self._advice: int | None = None

    def announce(self, indices: tuple[Indices, ...]) -> None:
        """Has the system read what the cross product of the index vectors touches, without waiting for it."""
        if not _HINTS or not all(len(vector) for vector in indices):
            return
        parts = list(self.parts(indices))
        if len(parts) == 1 and parts[0][1] >= _LONG:
            self._advise(mmap.MADV_NORMAL)
            return
        self._advise(mmap.MADV_RANDOM)
        for start, length in parts:
            page = start // mmap.PAGESIZE * mmap.PAGESIZE
            self._mapping.madvise(mmap.MADV_WILLNEED, page, start + length - page)

    def _advise(self, advice: int) -> None:
        if self._advice != advice:
            self._mapping.madvise(advice)
            self._advice = advice

    def parts(self, indices: tuple[Indices, ...]) -> Iterator[tuple[int, int]]:
        """Yields offset and length in bytes of each part of the file; none where there would be too many."""
        start, length = self._offset, self._itemsize
        outer: list[list[int]] = []
        for axis in sorted(range(len(indices)), key=lambda axis: abs(self._strides[axis])):
            vector, stride = indices[axis], self._strides[axis]
            low, high = sorted((int(vector.min()) * stride, int(vector.max()) * stride))
            if not outer and (high - low) // max(1, len(vector) - 1) <= length + _GAP:
                start, length = start + low, length + high - low
            else:
                outer.append((np.unique(vector) * stride).tolist())
        if math.prod(map(len, outer)) > _MOST_PARTS:
            return
        for offsets in product(*reversed(outer)):
            yield start + sum(offsets), length
