"""Lines along which a grid of numbers has the same value: marching squares, all cells at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

# Which sides of a cell a line joins, by which of its corners lie above the level: bits 1 top left, 2 top right,
# 4 bottom right, 8 bottom left. Sides: 0 top, 1 right, 2 bottom, 3 left. A saddle has two lines.
_LINES: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((3, 0),), 2: ((0, 1),), 3: ((3, 1),), 4: ((1, 2),), 5: ((3, 0), (1, 2)), 6: ((0, 2),), 7: ((3, 2),),
    8: ((2, 3),), 9: ((0, 2),), 10: ((0, 1), (2, 3)), 11: ((1, 2),), 12: ((1, 3),), 13: ((0, 1),), 14: ((3, 0),),
}  # fmt: skip


def segments(grid: Numbers, level: float) -> Numbers:
    """Returns the pieces of the lines at a level.

    Args:
        grid: (rows, columns) values at the crossings of a grid; where one is not finite there is no line.
        level: the value of the line.

    Returns:
        (pieces, 2, 2) float64: both ends of each, as (row, column) in units of the grid.
    """
    if min(grid.shape) < 2:
        return np.zeros((0, 2, 2))
    a, b, c, d = grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]
    above = [corner > level for corner in (a, b, c, d)]
    kinds = above[0] * 1 + above[1] * 2 + above[2] * 4 + above[3] * 8
    kinds[~np.isfinite(a + b + c + d)] = 0
    found = []
    for kind, lines in _LINES.items():
        rows, columns = np.nonzero(kinds == kind)
        if len(rows):
            corners = [corner[rows, columns] for corner in (a, b, c, d)]
            for first, second in lines:
                ends = [_crossing(side, corners, level, rows, columns) for side in (first, second)]
                found.append(np.stack(ends, axis=1))
    return np.concatenate(found) if found else np.zeros((0, 2, 2))


def _crossing(side: int, corners: list[Numbers], level: float, rows: Indices, columns: Indices) -> Numbers:
    """Returns where a line crosses a side of some cells, (cells, 2)."""
    first, second = ((0, 1), (1, 2), (3, 2), (0, 3))[side]
    low, high = corners[first], corners[second]
    share = (level - low) / (high - low)
    whole, none = np.ones_like(share), np.zeros_like(share)
    down = (none, share, whole, share)[side]
    across = (share, whole, share, none)[side]
    place: Numbers = np.stack([rows + down, columns + across], axis=1)
    return place
