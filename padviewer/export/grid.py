"""The tiles that an array is written in: boxes of bounded bytes, numbered in the order in which they are written."""

from __future__ import annotations

import math
from dataclasses import dataclass

from padviewer.axes import BATCH
from padviewer.geometry import Region, Span

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Grid:
    """An array cut into tiles; those at the far end of an axis may be smaller.

    Attributes:
        shape: of the array.
        tile: of a tile, at least 1 on each axis.
        order: the axes from the one along which tiles come last to the one that runs fastest; none is their own order.
    """

    shape: Shape
    tile: Shape
    order: Shape = ()

    @property
    def along(self) -> Shape:
        """How many tiles there are on each axis."""
        return tuple(-(-size // step) for size, step in zip(self.shape, self.tile, strict=True))

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return math.prod(self.along)

    def place(self, number: int) -> Shape:
        """Returns the place of a tile among the others on each axis."""
        along = self.along
        place = [0] * len(along)
        for axis in reversed(self.order or range(len(along))):
            number, place[axis] = divmod(number, along[axis])
        return tuple(place)

    def region(self, number: int) -> Region:
        """Returns what a tile covers."""
        axes = zip(self.place(number), self.shape, self.tile, strict=True)
        return tuple(Span(at * step, min((at + 1) * step, size)) for at, size, step in axes)


def row_tile(shape: Shape, itemsize: int, limit: int) -> Shape:
    """Returns a tile of at most `limit` bytes whose elements lie in one run of the array in C order."""
    tile = [1] * len(shape)
    left = max(1, limit // itemsize)
    for axis in reversed(range(len(shape))):
        tile[axis] = max(1, min(shape[axis], left))
        left //= tile[axis]
        if tile[axis] < shape[axis]:
            break
    return tuple(tile)


def even_tile(axes: str, shape: Shape, itemsize: int, limit: int) -> Shape:
    """Returns a tile of at most `limit` bytes that is about as long on each axis.

    The batch is cut first, so that small pictures stay whole.
    """
    tile = [max(1, size) for size in shape]
    while math.prod(tile) * itemsize > limit and max(tile) > 1:
        longest = max(range(len(tile)), key=lambda axis: (axes[axis] == BATCH and tile[axis] > 1, tile[axis]))
        tile[longest] = 1 << (tile[longest] - 1).bit_length() - 1
    return tuple(tile)
