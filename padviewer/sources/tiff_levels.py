"""Which pictures of a TIFF are smaller ones of another."""

from __future__ import annotations

import math
from typing import Any

from padviewer.sources.tiff_colors import Look

_SMALLER = "YX"


def may_be_level(series: Any, reduced: Any) -> bool:
    """Tells by the tags of a series whether its numbers mean the same as those of a larger one.

    tifffile takes a page of half the size for a smaller picture. It is one where the file says so, or where both are
    tiled: makers of slides do not mark theirs.
    """
    page, small = series.keyframe, reduced.keyframe
    marked = small.is_reduced or small.is_subifd or (small.is_tiled and page.is_tiled)
    return bool(marked) and all(
        getattr(page, name) == getattr(small, name) for name in ("photometric", "bitspersample", "sampleformat")
    )


def factor_of(look: Look, reduced: Look) -> int | None:
    """Returns how many rows and columns one of a smaller picture stands for.

    Returns:
        2 or more; None where the pictures differ in anything but the number of rows and columns, or where these are
        not both divided by one number, rounded up or down.
    """
    kinds = [(found.letters, found.dtype, found.samples, found.orientation) for found in (look, reduced)]
    if kinds[0] != kinds[1]:
        return None
    pairs = list(zip(look.shape, reduced.shape, look.letters, strict=True))
    if any(size != small for size, small, letter in pairs if letter not in _SMALLER):
        return None
    pairs = [pair for pair in pairs if pair[2] in _SMALLER]
    if not pairs:
        return None
    size, small, _ = max(pairs)
    # Of a small picture, many factors give the size; writers halve most often.
    for factor in (2 ** round(math.log2(size / small)), round(size / small)):
        if factor > 1 and all(small in (size // factor, -(-size // factor)) for size, small, _ in pairs):
            return factor
    return None
