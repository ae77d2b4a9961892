"""A source of frames that are decoded one by one, when they are asked for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from padviewer.geometry import Indices
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, Source, check_indices, gather
from padviewer.sources.kept import KeptFile
from padviewer.sources.opened import decoding
from padviewer.sources.segments import SegmentCache


class FramesSource(Source):
    """Frames along the first axis; those that were decoded last are kept.

    Args:
        info: the first axis goes through the frames.
        file: looked at before and after each read; closed with the source.
        decode: returns the frame of a number, of the shape of the other axes and `info.dtype`.
        allowed: bytes that decoded frames may take.
    """

    def __init__(self, info: ArrayInfo, file: KeptFile, decode: Callable[[int], Array], allowed: int) -> None:
        self.info = info
        self._file, self._decode = file, decode
        self._cache = SegmentCache(allowed)

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors."""
        check_indices(self.info.shape, indices)
        frames, others = indices[0], indices[1:]
        out = np.empty(tuple(len(vector) for vector in indices), self.info.dtype)
        with self._file.unchanged():
            for number in np.unique(frames).tolist() if out.size else ():
                out[frames == number] = gather(self._frame(number), others)
        return out

    def _frame(self, number: int) -> Array:
        found = self._cache.find(self, number, 0)
        if found is None:
            with decoding(self.info.path):
                found = self._decode(number)
            self._cache.keep(self, number, 0, found)
        return found

    def close(self) -> None:
        """Lets the frames go and closes the file."""
        self._cache.clear()
        self._file.close()
