"""The sizes of many items as arrays, one table for each kind of spatial axes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.axes import BATCH, CHANNELS
from padviewer.dataset.measured import Measured, by_axes

Sizes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SizeTable:
    """Items that have the same spatial axes.

    Attributes:
        letters: the spatial axes, `T`, `HW` or `DHW`.
        sizes: (items, spatial axes), int64.
        weights: (items,) int64: elements at each place, that is channels times batch.
        items: what each row is of.
    """

    letters: str
    sizes: Sizes
    weights: Sizes
    items: tuple[Measured, ...]

    def __len__(self) -> int:
        return len(self.items)

    @classmethod
    def of(cls, letters: str, items: Iterable[Measured]) -> SizeTable:
        """Returns the table of items with these spatial axes."""
        kept = tuple(items)
        sizes = np.array([_sizes_of(item, letters) for item in kept], np.int64).reshape(len(kept), len(letters))
        weights = np.array([_weight_of(item) for item in kept], np.int64)
        return cls(letters, sizes, weights, kept)

    def subset(self, rows: npt.NDArray[Any]) -> SizeTable:
        """Returns the table of some rows: their numbers, or a mask."""
        numbers = np.arange(len(self))[rows]
        return SizeTable(
            self.letters, self.sizes[numbers], self.weights[numbers], tuple(self.items[i] for i in numbers)
        )


def tables_of(measured: Iterable[Measured]) -> dict[str, SizeTable]:
    """Returns a table for each set of spatial axes, that of most items first. Items without a size are left out."""
    return {letters: SizeTable.of(letters, items) for letters, items in by_axes(measured).items()}


def _sizes_of(item: Measured, letters: str) -> list[int]:
    return [item.shape[item.axes.index(letter)] for letter in letters]


def _weight_of(item: Measured) -> int:
    weight = 1
    for letter, size in zip(item.axes, item.shape, strict=True):
        weight *= size if letter in (BATCH, CHANNELS) else 1
    return weight
