"""The picture of up to 100,000 places: dots and crosses where they are few, a density where they are many.

A picture is drawn as bytes, one for each pixel of the device, and Qt paints it by a table of colours.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from padviewer.gui.dataset.frame import Numbers
from padviewer.gui.dataset.places import Rows

Ink = npt.NDArray[np.uint8]

# More places are shown by how many lie at each pixel.
MOST_DOTS = 4000
# Bytes of a picture: nothing, so many shades of files that fit, and so many of files that overflow.
SHADES = 120
OVER = 128
_RADIUS = 2.6
_MORE = 1.1
_CLASSES = 5
_STROKE = 1.3
# The least shade of a cell of the density: a single file is to be seen.
_LEAST = 0.6
_CELL = 3


def draw(
    x: Numbers, y: Numbers, counts: Rows, over: Rows, size: tuple[int, int], ratio: float, dots: bool | None = None
) -> Ink:
    """Returns the picture of places.

    Args:
        x, y: (places,) where they lie, in pixels of the device from the left and from the top.
        counts: (places,) files at each.
        over: (places,) how many of these overflow.
        size: width and height of the picture in pixels of the device.
        ratio: of these to logical pixels.
        dots: whether each place is a dot of its own; None where they are few enough.

    Returns:
        (height, width) uint8: 0 nothing, 1 to `SHADES` files that fit, from `OVER` on files that overflow.
    """
    margin = math.ceil((_RADIUS + _MORE * _CLASSES + 2) * ratio)
    width, height = size
    near = (x > -margin) & (x < width + margin) & (y > -margin) & (y < height + margin)
    if dots if dots is not None else np.count_nonzero(near) <= MOST_DOTS:
        shown = np.flatnonzero(near)
        return _dots(x[shown], y[shown], counts[shown], over[shown], size, ratio, margin)
    return _density(x, y, counts, over, size, ratio)


def _dots(x: Numbers, y: Numbers, counts: Rows, over: Rows, size: tuple[int, int], ratio: float, margin: int) -> Ink:
    width, height = size
    wide = width + 2 * margin
    picture = np.zeros((height + 2 * margin) * wide, np.uint8)
    # Those at the margin keep their distance from the end of it.
    columns = np.clip(np.round(x).astype(np.int64) + margin, margin // 2 + 1, wide - margin // 2 - 2)
    rows = np.clip(np.round(y).astype(np.int64) + margin, margin // 2 + 1, height + 2 * margin - margin // 2 - 2)
    places = rows * wide + columns
    classes = np.minimum(np.log10(np.maximum(counts, 1)).astype(np.int64), _CLASSES - 1)
    # A place with both kinds shows that some overflow.
    for kind, mask in ((0, over == 0), (OVER - 1, over > 0)):
        for number in range(_CLASSES):
            chosen = places[mask & (classes == number)]
            if len(chosen):
                _stamp(picture, chosen, wide, _RADIUS * ratio + _MORE * number * ratio, ratio, kind)
    return np.ascontiguousarray(
        picture.reshape(height + 2 * margin, wide)[margin : margin + height, margin : margin + width]
    )


def _stamp(picture: Ink, places: Rows, wide: int, radius: float, ratio: float, kind: int) -> None:
    """Draws one mark at each place; where marks lie over each other the stronger shade stays."""
    for down, across, shade in _mark(radius, ratio, bool(kind)):
        at = places + (down * wide + across)
        picture[at] = np.maximum(picture[at], kind + shade)


@lru_cache(maxsize=64)
def _mark(radius: float, ratio: float, cross: bool) -> tuple[tuple[int, int, int], ...]:
    """Returns the pixels of a dot, or of a cross, as offsets with their shade."""
    reach = math.ceil(radius + 1)
    down, across = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float64)
    if cross:
        stroke = _STROKE * ratio / 2
        off = np.minimum(np.abs(down - across), np.abs(down + across)) / math.sqrt(2)
        length = np.maximum(np.abs(down), np.abs(across))
        cover = np.clip(stroke + 0.5 - off, 0, 1) * np.clip(radius + 0.5 - length, 0, 1)
    else:
        cover = np.clip(radius + 0.5 - np.hypot(down, across), 0, 1)
    shades = np.round(cover * (SHADES - 1)).astype(int)
    inked = np.argwhere(shades)
    return tuple((int(i) - reach, int(j) - reach, int(shades[i, j]) + 1) for i, j in inked)


def _density(x: Numbers, y: Numbers, counts: Rows, over: Rows, size: tuple[int, int], ratio: float) -> Ink:
    """Counts files in cells of about three logical pixels: squares, or small crosses where files overflow."""
    cell = max(1, round(_CELL * ratio))
    wide, high = -(-size[0] // cell), -(-size[1] // cell)
    inside = (x >= 0) & (x < size[0]) & (y >= 0) & (y < size[1])
    # A product and a cast: numpy divides floats by whole numbers ten times as slowly.
    shown = np.flatnonzero(inside)
    cells = (y[shown] * (1 / cell)).astype(np.int64)
    cells *= wide
    cells += (x[shown] * (1 / cell)).astype(np.int64)
    files = np.bincount(cells, counts[shown], minlength=wide * high)
    at = np.flatnonzero(files)
    shades = _LEAST + (1 - _LEAST) * np.log1p(files[at]) / max(math.log1p(float(files[at].max(initial=1.0))), 1e-9)
    inks = np.rint(shades * SHADES).astype(np.uint8)
    crossed = np.zeros(0, np.int64)
    if over.any():
        marked = np.zeros(wide * high, bool)
        marked[cells[over[shown] > 0]] = True
        beyond = marked[at]
        inks[beyond] += OVER - 1
        crossed = at[beyond]
    flat = np.zeros(wide * high, np.uint8)
    flat[at] = inks
    picture = flat.reshape(high, wide).repeat(cell, 0).repeat(cell, 1)
    if len(crossed):
        _cross(picture, crossed // wide * cell, crossed % wide * cell, cell, ratio)
    return np.ascontiguousarray(picture[: size[1], : size[0]])


def _cross(picture: Ink, rows: Rows, columns: Rows, cell: int, ratio: float) -> None:
    """Leaves of cells what lies on their diagonals."""
    down, across = np.mgrid[:cell, :cell]
    off = np.minimum(np.abs(down - across), np.abs(down + across - cell + 1))
    for i, j in np.argwhere(off >= max(1, round(ratio))):
        picture[rows + i, columns + j] = 0
