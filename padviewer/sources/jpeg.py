"""Large JPEGs: a small picture at once by JPEG's own scaling, the whole one when its pixels are first read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from padviewer.geometry import Indices
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, ArraySource, Preview, Source, gather
from padviewer.sources.enlarged import EnlargedSource
from padviewer.sources.kept import KeptFile
from padviewer.sources.opened import decoding

# The factor that the small picture is scaled by; libjpeg has halves of it too.
SMALLEST = 8
_FACTORS = (2, 4)


class JpegSource(Source):
    """A JPEG that is decoded whole when it is first read.

    Args:
        file: closed with the source.
        info: of the whole picture; the file has `info.file_bytes`.
        decode: turns the bytes of the file and a factor into upright pixels; sizes are divided by it and rounded up.
        small: what `decode` makes with a factor of 8. Who makes it has found that the file is not cut short.
    """

    decoded = True

    def __init__(self, file: KeptFile, info: ArrayInfo, decode: Callable[[bytes, int], Array], small: Array) -> None:
        self._file, self.info, self._decode, self._small = file, info, decode, small
        self._pixels: Array | None = None

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors.

        Raises:
            DamagedSource: where the file cannot be decoded, or has changed since it was opened.
        """
        if self._pixels is None:
            self._pixels = self._decoded(1)
        return gather(self._pixels, indices)

    def scaled(self, factor: int) -> Array | None:
        """Makes a smaller picture, by decoding less of each block of 8 x 8 pixels.

        Args:
            factor: 2, 4 or 8; JPEG has no others.

        Returns:
            About the means of blocks of factor x factor pixels, with the axes of `info`; chroma is scaled by itself.
            Blocks at an edge may be cut: the right and lower ones, which lie elsewhere when the picture is turned
            upright. None for other factors.

        Raises:
            DamagedSource: as `take`.
        """
        if factor == SMALLEST:
            return self._small
        return np.ascontiguousarray(self._decoded(factor)) if factor in _FACTORS else None

    def preview(self, step: int) -> Preview | None:
        """Returns the smallest picture in the shape of the whole, until that is decoded."""
        if self._pixels is not None or step < SMALLEST:
            return None
        small = ArraySource(self._small, replace(self.info, shape=self._small.shape))
        return Preview(EnlargedSource(small, self.info, SMALLEST), SMALLEST, lasts=False)

    def close(self) -> None:
        """Lets the pixels go, and closes the file."""
        self._pixels = None
        self._file.close()

    def _decoded(self, factor: int) -> Array:
        with self._file.unchanged(), decoding(self._file.path):
            return self._decode(self._file.read(0, self.info.file_bytes), factor)
