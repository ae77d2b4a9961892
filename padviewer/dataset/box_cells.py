"""Where the best buckets may lie: cells of sizes, which are cut where a bound still leaves the most room.

A cell stands for all buckets in it: it holds each box that its largest bucket holds, at the cost of its smallest one.
So what is proven of cells is true of buckets, and cells that hardly matter may stay large.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from padviewer.dataset.boxes import Boxes, Floats
from padviewer.dataset.choice import Flags
from padviewer.dataset.table import Sizes


@dataclass(frozen=True)
class Cells:
    """Half-open cells of places along each axis, which are the numbers of the sizes that occur on it.

    Attributes:
        starts, stops: (cells, axes) int64.
    """

    starts: Sizes
    stops: Sizes

    def __len__(self) -> int:
        return len(self.starts)

    def subset(self, rows: Flags) -> Cells:
        """Returns some of them."""
        return Cells(self.starts[rows], self.stops[rows])


class Classes(NamedTuple):
    """Boxes that no cell tells apart, rounded down to one.

    Attributes:
        places: (classes, axes) of their smallest sides.
        sizes: (classes, axes) these sides.
        numbers: (boxes,) the class of each box.
    """

    places: Sizes
    sizes: Floats
    numbers: Sizes


class Held(NamedTuple):
    """Which classes each cell holds, those of a cell in a row.

    Attributes:
        firsts: (cells + 1,) where those of a cell begin.
        classes, costs: the class, and what it costs at least in the cell.
    """

    firsts: Sizes
    classes: Sizes
    costs: Floats


class Ticks:
    """The sizes that occur on each axis, and where boxes lie among them."""

    def __init__(self, boxes: Boxes) -> None:
        found = [np.unique(column, return_inverse=True) for column in boxes.sizes.T]
        self._boxes = boxes
        self.sizes = [ticks.astype(float) for ticks, _ in found]
        self.places = np.stack([numbers for _, numbers in found], axis=1)

    def cells(self, levels: int) -> Cells:
        """Returns cells that cover all possible buckets, so many along each axis at most."""
        starts = [
            np.searchsorted(ticks, level)
            for ticks, level in zip(self.sizes, self._boxes.levels(levels, up=False), strict=True)
        ]
        stops = [np.append(each[1:], len(ticks)) for each, ticks in zip(starts, self.sizes, strict=True)]
        grids = [
            np.stack(np.meshgrid(*each, indexing="ij"), axis=-1).reshape(-1, len(each)) for each in (starts, stops)
        ]
        return Cells(*grids)

    def classes(self, cells: Cells) -> Classes:
        """Returns the boxes with all sides rounded down to where some cell begins or ends."""
        columns = []
        for axis, places in enumerate(self.places.T):
            edges = np.unique(np.concatenate([[0], cells.starts[:, axis], cells.stops[:, axis]]))
            columns.append(edges[np.searchsorted(edges, places, side="right") - 1])
        shape = [len(ticks) for ticks in self.sizes]
        keys, numbers = np.unique(np.ravel_multi_index(tuple(columns), shape), return_inverse=True)
        found = np.stack(np.unravel_index(keys, shape), axis=1)
        return Classes(found, self._at(found), numbers)

    def held(self, cells: Cells, classes: Classes, most: Floats) -> tuple[Cells, Held]:
        """Returns what each cell holds, and the cells that a best bucket may lie in: of which all sides are of use.

        Args:
            cells: at whose edges the classes are.
            classes: of the boxes.
            most: (classes,) beyond which a cost is of no interest.
        """
        least = self._at(cells.starts)
        kept, firsts, rows, costs = np.zeros(len(cells), bool), [0], [], []
        for number, (low, start, stop) in enumerate(zip(least, cells.starts, cells.stops, strict=True)):
            inside = np.flatnonzero((classes.places < stop).all(axis=1))
            if not len(inside) or (classes.places[inside].max(axis=0) < start).any():
                continue
            cost = np.maximum(classes.sizes[inside], low).prod(axis=1)
            cheap = cost < most[inside]
            if cheap.any():
                kept[number] = True
                rows.append(inside[cheap])
                costs.append(cost[cheap])
                firsts.append(firsts[-1] + len(rows[-1]))
        return cells.subset(kept), Held(np.array(firsts), np.concatenate(rows), np.concatenate(costs))

    def widths(self, cells: Cells) -> Floats:
        """Returns (cells, axes): the logarithm of largest to smallest side; 0 where there is one."""
        return np.log(np.maximum(self._at(cells.stops - 1), 1) / np.maximum(self._at(cells.starts), 1))

    def cut(self, cells: Cells, rows: Sizes) -> Cells:
        """Returns the cells with those of some rows cut in two along all of their longer axes."""
        widths = self.widths(cells)
        starts, stops = [np.delete(cells.starts, rows, axis=0)], [np.delete(cells.stops, rows, axis=0)]
        for row in rows.tolist():
            axes = [
                self._halves(axis, int(cells.starts[row, axis]), int(cells.stops[row, axis]))
                if widths[row, axis] > 0.5 * widths[row].max()
                else [(cells.starts[row, axis], cells.stops[row, axis])]
                for axis in range(len(self.sizes))
            ]
            parts = np.array(list(itertools.product(*axes)))
            starts.append(parts[:, :, 0])
            stops.append(parts[:, :, 1])
        return Cells(np.concatenate(starts), np.concatenate(stops))

    def _halves(self, axis: int, start: int, stop: int) -> list[tuple[int, int]]:
        ticks = self.sizes[axis]
        middle = int(np.searchsorted(ticks, np.sqrt(ticks[start] * ticks[stop - 1]), side="right"))
        middle = min(max(middle, start + 1), stop - 1)
        return [(start, middle), (middle, stop)]

    def _at(self, places: Sizes) -> Floats:
        return np.stack([ticks[column] for ticks, column in zip(self.sizes, places.T, strict=True)], axis=1)
