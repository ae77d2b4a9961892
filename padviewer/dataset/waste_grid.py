"""The waste of every target of a grid at once, for lines of equal waste."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.dataset.choice import Choice, Flags
from padviewer.dataset.table import Sizes, SizeTable
from padviewer.geometry import padded_size, smaller

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WasteGrid:
    """Figures of the targets of a grid.

    Attributes:
        waste: padding share, 0 to 1, float64, one axis for each that the grid has.
        overflowing: share of the items that the target does not hold, 0 to 1, of the same shape.
    """

    waste: Floats
    overflowing: Floats


def waste_grid(table: SizeTable, choice: Choice, axes: tuple[int, ...], grid: tuple[Sizes, ...]) -> WasteGrid:
    """Returns the waste of each target of a grid, in time of items and cells together.

    Args:
        table: of the items.
        choice: of one target, whose sizes hold on the axes that the grid does not have.
        axes: one or two numbers of spatial axes.
        grid: the sizes tried on each of these axes, ascending.

    Raises:
        SettingsError: the choice is for another number of spatial axes.
    """
    rank = len(table.letters)
    divisors = choice.divisors(rank)
    others, fits = _others(table, choice, axes, divisors)
    # A grid of one axis has a second one on which all sizes are 1.
    columns = [*(table.sizes[:, axis] for axis in axes), np.ones(len(table), np.int64)][:2]
    steps = [*(divisors[axis] for axis in axes), 1][:2]
    ticks = [
        padded_size(np.asarray(values, np.int64), None, "keep", step)
        for values, step in zip([*grid, np.ones(1, np.int64)], steps, strict=False)
    ]
    rows = fits if choice.overflow == "error" else np.ones(len(table), bool)
    held = _Quadrants([column[rows] for column in columns], ticks)
    elements, data = _figures(held, [column[rows] for column in columns], steps, others.of(rows), choice.overflow)
    with np.errstate(invalid="ignore", divide="ignore"):
        waste = np.where(elements > 0, 1 - data / elements, 0.0)
    inside = _Quadrants([column[fits] for column in columns], ticks)
    overflowing = 1 - inside.sums(np.ones(int(fits.sum())))[0] / max(1, len(table))
    shape = tuple(len(tick) for tick in ticks[: len(axes)])
    return WasteGrid(np.clip(waste, 0, 1).reshape(shape), np.clip(overflowing, 0, 1).reshape(shape))


@dataclass(frozen=True)
class _Factors:
    """What the other axes and the weights multiply each item's elements and data by."""

    elements: Floats
    data: Floats

    def of(self, rows: Flags) -> _Factors:
        return _Factors(self.elements[rows], self.data[rows])


def _others(
    table: SizeTable, choice: Choice, axes: tuple[int, ...], divisors: tuple[int, ...]
) -> tuple[_Factors, Flags]:
    elements = table.weights.astype(float)
    data = elements.copy()
    fits = np.ones(len(table), bool)
    for axis in set(range(len(table.letters))) - set(axes):
        column, size = table.sizes[:, axis], choice.targets[0][axis]
        padded = padded_size(column, size, choice.overflow, divisors[axis])
        elements *= padded
        data *= smaller(column, padded)
        fits &= column <= padded if size is None else column <= padded_size(size, None, "keep", divisors[axis])
    return _Factors(elements, data), fits


class _Quadrants:
    """Sums over the items that a target holds on both axes, on one, or on none, for all targets of a grid."""

    def __init__(self, columns: list[Sizes], ticks: list[Sizes]) -> None:
        self.ticks = ticks
        self._shape = (len(ticks[0]) + 1, len(ticks[1]) + 1)
        first, second = (np.searchsorted(tick, column) for tick, column in zip(ticks, columns, strict=True))
        self._cells = first * self._shape[1] + second

    def sums(self, values: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Returns the sums over items held on both axes, only on the second, only on the first, on none."""
        counts = np.bincount(self._cells, values, minlength=self._shape[0] * self._shape[1]).reshape(self._shape)
        summed: Any = counts.cumsum(axis=0).cumsum(axis=1)
        both, firsts, seconds, whole = summed[:-1, :-1], summed[:-1, -1:], summed[-1:, :-1], summed[-1, -1]
        return both, seconds - both, firsts - both, whole - firsts - seconds + both


def _figures(
    held: _Quadrants, columns: list[Sizes], steps: list[int], others: _Factors, overflow: str
) -> tuple[Floats, Floats]:
    """Returns elements and data of each target of the grid."""
    height, width = held.ticks[0][:, None].astype(float), held.ticks[1][None].astype(float)
    if overflow == "keep":
        rounded = [padded_size(column, None, "keep", step) for column, step in zip(columns, steps, strict=True)]
        elements = _products(held, rounded, others.elements, height, width)
        whole = float((columns[0] * others.data * columns[1]).sum())
        return elements, np.full(elements.shape, whole)
    both = held.sums(others.elements)
    if overflow == "error":
        product = columns[0] * others.data * columns[1]
        return height * width * both[0], held.sums(product)[0]
    everything: Floats = height * width * sum(both)
    return everything, _cropped(held, columns, others.data, height, width)


def _products(held: _Quadrants, columns: list[Sizes], factor: Floats, height: Floats, width: Floats) -> Floats:
    """Returns the sums of the products of the larger of size and target."""
    result: Floats = (
        height * width * held.sums(factor)[0]
        + width * held.sums(factor * columns[0])[1]
        + height * held.sums(factor * columns[1])[2]
        + held.sums(factor * columns[0] * columns[1])[3]
    )
    return result


def _cropped(held: _Quadrants, columns: list[Sizes], factor: Floats, height: Floats, width: Floats) -> Floats:
    """Returns the sums of the products of the smaller of size and target."""
    result: Floats = (
        held.sums(factor * columns[0] * columns[1])[0]
        + height * held.sums(factor * columns[1])[1]
        + width * held.sums(factor * columns[0])[2]
        + height * width * held.sums(factor)[3]
    )
    return result
