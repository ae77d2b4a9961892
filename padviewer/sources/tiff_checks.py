"""What a TIFF declares is compared with what it can hold before anything is decoded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from padviewer.errors import DamagedSource, UnsupportedSource
from padviewer.sources.opened import OpenedFile

# Codecs whose output is bounded by the sizes in the tags.
_BOUNDED = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000})
_DTYPES = frozenset({*"?bBhHiIlLqQefdFD"})


def check_series(file: OpenedFile, series: Any, page: Any) -> None:
    """Refuses what cannot be read, by its tags."""
    shape = tuple(int(n) for n in series.shape)
    if series.dtype is None or page.dtype is None or np.dtype(series.dtype).char not in _DTYPES:
        raise UnsupportedSource(
            f"{file.name}: TIFF samples of {page.bitspersample} bits in format {int(page.sampleformat)} are not read; "
            "save them as 8, 16 or 32 bits"
        )
    if int(page.compression) not in _BOUNDED:
        raise UnsupportedSource(
            f"{file.name}: TIFF compression {getattr(page.compression, 'name', page.compression)} is not read; save it "
            "without compression, or with deflate, LZW, JPEG, LZMA or Zstandard"
        )
    if not math.prod(shape) or len(shape) != len(series.axes):
        raise DamagedSource(f"{file.name}: declares pixels of {shape}, which no TIFF has; copy or save it again")


def decoding_bytes(page: Any, parts: list[Any]) -> int:
    """Returns the most bytes that live at once while a segment is decoded, what is stored of it and what comes out too.

    Args:
        page: that tells how all are stored.
        parts: all pages.
    """
    stored = max((int(max(part.databytecounts, default=0)) for part in parts), default=0)
    samples = math.prod(page.chunks)
    # What is decoded, and the pixels that are made of it: by the predictor, of other bits, in another order of bytes.
    made = samples * int(page.dtype.itemsize)
    plain = int(page.predictor) == 1 and page.bitspersample == 8 * page.dtype.itemsize and int(page.fillorder) == 1
    return int(stored + (made if plain else 3 * made))


def adjacent(part: Any) -> bool:
    """Tells whether the segments of a page follow each other in the file without a gap."""
    ends = [offset + count for offset, count in zip(part.dataoffsets, part.databytecounts, strict=False)]
    return ends[:-1] == list(part.dataoffsets[1:])


def check_stored(file: OpenedFile, series: Any, parts: list[Any]) -> None:
    """Compares where the tags say that pixels lie with the size of the file."""
    page, needed = series.keyframe, 0
    for part in parts:
        counts, offsets = part.databytecounts, part.dataoffsets
        end = max((start + count for start, count in zip(offsets, counts, strict=False)), default=0)
        if end > file.size:
            raise DamagedSource(
                f"{file.name}: its pixels end at byte {end}, but the file has {file.size} bytes; it is cut short, "
                "copy it again"
            )
        if page.is_final and len(offsets) and adjacent(part):
            needed = max(needed, offsets[0] + page.nbytes)
    if series.dataoffset is not None:
        needed = max(needed, series.dataoffset + series.nbytes)
    if needed > file.size:
        raise DamagedSource(
            f"{file.name}: declares pixels up to byte {needed}, but the file has {file.size} bytes; it is cut short, "
            "copy it again"
        )
