"""What targets cost: elements, padding, memory and operations, as exact integers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from padviewer.axes import CHANNELS
from padviewer.dataset.choice import REFUSED, Assignment, Choice, Flags, assign, rounded_target
from padviewer.dataset.counts import Counts, product, total
from padviewer.dataset.shuffled import Spread, longest_of_batch
from padviewer.dataset.table import Sizes, SizeTable
from padviewer.dataset.waste_grid import WasteGrid, waste_grid
from padviewer.geometry import conv_size, larger
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec, Target

__all__ = [
    "Choice", "Cost", "Part", "Quantile", "Spread", "WasteGrid", "assign", "cost_of", "longest", "longest_of_batch",
    "quantile_of", "waste_grid",
]  # fmt: skip
# An axis on which each kernel fits, so that its settings can be asked about without an input.
_ANY_SIZE = 1 << 60


class _Shares:
    """Padded tensors: their elements, and how many of these are data."""

    elements: int
    data: int

    @property
    def padding_share(self) -> float:
        """Share of the tensors that is padding, 0 to 1."""
        return (self.elements - self.data) / self.elements if self.elements else 0.0


@dataclass(frozen=True)
class Part(_Shares):
    """What one target of several serves.

    Attributes:
        target: rounded to the multiples.
        items: that take it, those that it does not hold too.
        elements: of their padded tensors.
        data: how many of these are data.
        largest: elements of the largest of these tensors.
    """

    target: Target
    items: int
    elements: int
    data: int
    largest: int


@dataclass(frozen=True)
class Cost(_Shares):
    """What a choice makes of the items of a table.

    Attributes:
        items: of the table.
        elements: of all padded tensors; refused items have none.
        data: how many of these are data.
        overflowing: items that no target holds.
        refused: those of them that overflow `error` refuses.
        lost_elements: elements that are cropped.
        batch_bytes: memory of a batch of the largest tensors.
        operations: multiply-accumulates of the convolution of all items; None where none was asked for.
        parts: one for each target, in the order of the choice.
    """

    items: int
    elements: int
    data: int
    overflowing: int
    refused: int
    lost_elements: int
    batch_bytes: int
    operations: int | None
    parts: tuple[Part, ...]

    @property
    def operations_per_item(self) -> float | None:
        """Mean of the multiply-accumulates of an item that is not refused."""
        return None if self.operations is None else self.operations / max(1, self.items - self.refused)


class Quantile(NamedTuple):
    """Which share of the items a target holds, 0 to 1.

    Attributes:
        share: on all axes.
        axes: on each axis alone.
    """

    share: float
    axes: tuple[float, ...]


def cost_of(
    table: SizeTable,
    choice: Choice,
    batch_size: int = 1,
    dtype: str = "float32",
    spec: PipelineSpec | None = None,
) -> Cost:
    """Returns what a choice of targets costs.

    Args:
        table: of the items.
        choice: the targets.
        batch_size: items of a batch.
        dtype: of the batch, by numpy's name.
        spec: settings of a convolution whose operations are counted; its padding is not looked at.

    Raises:
        SettingsError: the choice is for another number of spatial axes.
        PlanError: there is no convolution of these settings on these axes.
    """
    taken = assign(table, choice)
    counted = taken.buckets != REFUSED
    elements = product((*taken.padded.T, table.weights), len(table)) * counted
    data = product((*taken.kept.T, table.weights), len(table)) * counted
    lost = product((*table.sizes.T, table.weights), len(table)) * counted - data if choice.overflow == "crop" else None
    parts = _parts(len(table.letters), choice, taken, elements, data)
    return Cost(
        items=len(table),
        elements=sum(part.elements for part in parts),
        data=sum(part.data for part in parts),
        overflowing=len(table) - int(np.count_nonzero(taken.fits)),
        refused=len(table) - int(np.count_nonzero(counted)),
        lost_elements=0 if lost is None else total(lost),
        batch_bytes=batch_size * max(part.largest for part in parts) * np.dtype(dtype).itemsize,
        operations=None
        if spec is None
        else _operations(table.letters, taken.padded[counted], table.weights[counted], spec),
        parts=parts,
    )


def quantile_of(table: SizeTable, target: Target, multiple_of: tuple[int, ...] = (1,)) -> Quantile:
    """Returns which share of the items a target holds, after it is rounded; 1 where there are no items."""
    divisors = Choice((target,), multiple_of).divisors(len(table.letters))
    columns = [
        np.ones(len(table), bool) if size is None else column <= size
        for column, size in zip(table.sizes.T, rounded_target(target, divisors), strict=True)
    ]
    both = np.logical_and.reduce(columns)
    return Quantile(_mean(both), tuple(map(_mean, columns)))


def longest(table: SizeTable) -> Target:
    """Returns the least target that holds all items."""
    return tuple(int(size) for size in table.sizes.max(axis=0, initial=0))


def _parts(rank: int, choice: Choice, taken: Assignment, elements: Counts, data: Counts) -> tuple[Part, ...]:
    targets = choice.rounded(rank)
    if len(targets) == 1:
        items = int(np.count_nonzero(taken.buckets != REFUSED))
        return (Part(targets[0], items, total(elements), total(data), _largest(elements)),)
    order = np.argsort(taken.buckets, kind="stable")
    starts = np.searchsorted(taken.buckets[order], np.arange(len(targets) + 1))
    parts = []
    for number, target in enumerate(targets):
        rows = order[starts[number] : starts[number + 1]]
        served = elements[rows]
        parts.append(Part(target, len(rows), total(served), total(data[rows]), _largest(served)))
    return tuple(parts)


def _operations(letters: str, padded: Sizes, weights: Sizes, spec: PipelineSpec) -> int:
    """Returns the multiply-accumulates of a convolution; an item that its window does not fit in has none."""
    channels = spec.groups if spec.conv == "standard" else 1
    plan = _convolution(letters, spec, channels)
    outputs = [
        larger(conv_size(column, axis.kernel, axis.stride, axis.dilation, spec.conv_padding), 0)
        for column, axis in zip(padded.T, plan.spatial, strict=True)
    ]
    # Each number of a kernel takes part once in each place, and there are as many more as there are more channels.
    numbers = sum(math.prod(shape) for shape in plan.kernel_shapes)
    return total(product((*outputs, weights), len(weights))) * numbers // channels


def _convolution(letters: str, spec: PipelineSpec, channels: int) -> Plan:
    """Returns the plan of a convolution of an input that any kernel fits in."""
    shape = (*(_ANY_SIZE for _ in letters), channels)
    info = ArrayInfo("", None, "", shape, "float32", letters + CHANNELS, False, 0)
    plan = resolve(spec.replace(axes=None, target=(), multiple_of=(1,), weights="random"), info, _ANY_SIZE)
    plan.require(Stage.FEATURE)
    return plan


def _largest(elements: Counts) -> int:
    return int(elements.max()) if elements.size else 0


def _mean(flags: Flags) -> float:
    return float(flags.mean()) if flags.size else 1.0
