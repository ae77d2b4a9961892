"""Distinct sizes of items as boxes with weights, and coarser versions of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from padviewer.dataset.borders import best_borders
from padviewer.dataset.counts import Counts, product
from padviewer.dataset.table import Sizes

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Boxes:
    """Distinct sizes, those of least volume first.

    Attributes:
        sizes: (boxes, axes) int64.
        weights: (boxes,) elements at each place of all items of this size, exact.
    """

    sizes: Sizes
    weights: Counts

    @classmethod
    def of(cls, sizes: Sizes, weights: Counts) -> Boxes:
        """Returns the distinct ones of (items, axes) sizes, with the sums of their weights."""
        keys = np.zeros(len(sizes), np.int64)
        for column in sizes.T:
            # Numbers of both so far, so that no key can leave int64.
            levels, numbers = np.unique(column, return_inverse=True)
            keys = np.unique(keys, return_inverse=True)[1] * len(levels) + numbers
        _, first, numbers = np.unique(keys, return_index=True, return_inverse=True)
        is_small = sum(map(int, weights)) < 1 << 62
        sums = np.zeros(len(first), np.int64 if is_small else object)
        np.add.at(sums, numbers, weights)
        found = sizes[first]
        order = np.argsort(product(found.T, len(found)), kind="stable")
        return cls(found[order], sums[order])

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def rank(self) -> int:
        """Number of axes."""
        return int(self.sizes.shape[1])

    @cached_property
    def volumes(self) -> Counts:
        """(boxes,) products of the sizes."""
        return product(self.sizes.T, len(self))

    @property
    def is_chain(self) -> bool:
        """Whether each box holds all those before it, as where there is one axis."""
        return bool((np.diff(self.sizes, axis=0) >= 0).all())

    def chain(self, count: int) -> tuple[Sizes, int]:
        """Returns the best buckets of a chain, and the elements that all take in them."""
        found = best_borders(self.volumes, self.weights, count)
        return self.sizes[found.indices], found.elements

    def elements_in(self, buckets: Sizes) -> int:
        """Returns what all boxes take, each in the least of the buckets that holds it, which one must."""
        costs = product(buckets.T, len(buckets))
        order = np.argsort(costs, kind="stable")
        sums, left = 0, np.ones(len(self), bool)
        for number in order:
            held = left & (self.sizes <= buckets[number]).all(axis=1)
            sums += sum(map(int, self.weights[held])) * int(costs[number])
            left &= ~held
        return sums

    def levels(self, count: int, up: bool) -> list[Sizes]:
        """Returns for each axis at most so many of its sizes, to round all to with little loss.

        Args:
            count: of the levels of an axis.
            up: whether sizes are rounded up or down.
        """
        return [self._levels(axis, count, up) for axis in range(self.rank)]

    def coarse(self, levels: list[Sizes], up: bool) -> Boxes:
        """Returns the boxes with sizes rounded to levels."""
        columns = []
        for column, ticks in zip(self.sizes.T, levels, strict=True):
            numbers = np.searchsorted(ticks, column) if up else np.searchsorted(ticks, column, side="right") - 1
            columns.append(ticks[numbers])
        return Boxes.of(np.stack(columns, axis=1), self.weights)

    def _levels(self, axis: int, count: int, up: bool) -> Sizes:
        column = self.sizes[:, axis]
        ticks, numbers = np.unique(column, return_inverse=True)
        if len(ticks) <= count:
            return ticks
        others = product(np.delete(self.sizes, axis, axis=1).T, len(self)).astype(float)
        sums = np.bincount(numbers, others * self.weights.astype(float), len(ticks))
        # Only where to cut is asked for, so the weights may be rounded.
        weights = np.ceil(sums * (1e9 / max(1.0, sums.max()))).astype(np.int64)
        if up:
            return ticks[best_borders(ticks, weights, count).indices]
        # Rounding down is rounding up of what is missing to the largest.
        turned = best_borders((ticks[-1] - ticks)[::-1], weights[::-1], count - 1)
        return np.unique([*ticks[::-1][turned.indices], ticks[-1]])
