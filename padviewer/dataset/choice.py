"""A choice of target shapes, and which of them each item takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from padviewer.dataset.counts import Counts, product
from padviewer.dataset.table import Sizes, SizeTable
from padviewer.errors import SettingsError
from padviewer.geometry import padded_size, smaller
from padviewer.spec import PipelineSpec, Target, format_sizes, format_target

Flags = npt.NDArray[np.bool_]
REFUSED = -1


@dataclass(frozen=True)
class Choice:
    """One target shape for all items, or several buckets.

    Attributes:
        targets: sizes of the spatial axes in the order D, H, W, or T; None leaves an axis.
        multiple_of: divisor of the padded size: one number for all spatial axes, or one for each.
        overflow: what happens to an item that no target holds: `keep`, `crop` or `error`.

    Raises:
        SettingsError: a value that could be valid for no item.
    """

    targets: tuple[Target, ...]
    multiple_of: tuple[int, ...] = (1,)
    overflow: str = "keep"

    def __post_init__(self) -> None:
        if not self.targets:
            raise SettingsError("targets: expected at least one, such as 512x512")
        for target in self.targets:
            self.spec(target)

    @classmethod
    def of_spec(cls, spec: PipelineSpec, letters: str) -> Choice:
        """Returns the choice of one target that settings make for items with these spatial axes."""
        return cls((spec.target or (None,) * len(letters),), spec.multiple_of, spec.overflow)

    def spec(self, target: Target) -> PipelineSpec:
        """Returns the settings of padding to one of the targets."""
        return PipelineSpec(target=target, multiple_of=self.multiple_of, overflow=self.overflow)

    def divisors(self, rank: int) -> tuple[int, ...]:
        """Returns the divisor of each axis.

        Raises:
            SettingsError: the choice is for another number of spatial axes.
        """
        if len(self.multiple_of) not in (1, rank):
            raise SettingsError(
                f"multiple_of {format_sizes(self.multiple_of)}: expected 1 number, or {rank} for as many spatial axes"
            )
        for target in self.targets:
            if len(target) != rank:
                raise SettingsError(
                    f"target {format_target(target)}: has {len(target)} sizes, and the items have {rank} spatial "
                    f"{'axis' if rank == 1 else 'axes'}; give one size for each (none leaves an axis)"
                )
        return self.multiple_of * (rank // len(self.multiple_of))

    def rounded(self, rank: int) -> tuple[Target, ...]:
        """Returns the targets in force, that is rounded up to the multiples."""
        return tuple(rounded_target(target, self.divisors(rank)) for target in self.targets)


@dataclass(frozen=True)
class Assignment:
    """What becomes of each item.

    Attributes:
        buckets: (items,) int64: the number of its target; `REFUSED` under overflow `error` where none holds it.
        fits: (items,) bool: whether its target holds it.
        padded: (items, spatial axes) int64: sizes after padding and cropping; of a refused item its own.
        kept: (items, spatial axes) int64: how much of each axis is data of the item.
    """

    buckets: Sizes
    fits: Flags
    padded: Sizes
    kept: Sizes


def rounded_target(target: Target, divisors: Sequence[int]) -> Target:
    """Returns a target rounded up to multiples; None stays None."""
    return tuple(
        None if size is None else padded_size(0, size, "crop", divisor)
        for size, divisor in zip(target, divisors, strict=True)
    )


def assign(table: SizeTable, choice: Choice) -> Assignment:
    """Gives each item its target.

    An item takes the target that holds it with least elements after rounding, the first of equals. Where none holds it,
    it takes under `keep` the one that makes least elements of it, and under `crop` the one that loses least of it.

    Raises:
        SettingsError: the choice is for another number of spatial axes.
    """
    divisors = choice.divisors(len(table.letters))
    padded = _padded(table.sizes, choice.targets[0], divisors, choice.overflow)
    fits = _holds(table.sizes, choice.targets[0], divisors)
    buckets = np.zeros(len(table), np.int64)
    best = _Best(table.sizes, padded, fits, choice.overflow)
    for number, target in enumerate(choice.targets[1:], 1):
        other = _padded(table.sizes, target, divisors, choice.overflow)
        holds = _holds(table.sizes, target, divisors)
        better = best.improved(other, holds)
        buckets[better] = number
        padded[better], fits[better] = other[better], holds[better]
    if choice.overflow == "error":
        buckets[~fits] = REFUSED
        padded[~fits] = table.sizes[~fits]
    return Assignment(buckets, fits, padded, smaller(table.sizes, padded))


class _Best:
    """The best target of each item so far."""

    def __init__(self, sizes: Sizes, padded: Sizes, fits: Flags, overflow: str) -> None:
        self._sizes, self._overflow = sizes, overflow
        self._elements, self._data = self._counted(padded)
        self._fits = fits.copy()

    def improved(self, padded: Sizes, fits: Flags) -> Flags:
        """Returns for which items another target is better, and takes it as the best of these."""
        elements, data = self._counted(padded)
        fewer = elements < self._elements
        if self._overflow == "crop":
            more = data > self._data
            better_outside = more | ((data == self._data) & fewer)
        else:
            better_outside = fewer
        better: Flags = np.where(self._fits == fits, np.where(fits, fewer, better_outside), fits).astype(bool)
        self._elements = np.where(better, elements, self._elements)
        self._data = np.where(better, data, self._data)
        self._fits |= fits
        return better

    def _counted(self, padded: Sizes) -> tuple[Counts, Counts]:
        elements = product(padded.T, len(padded))
        return elements, product(smaller(self._sizes, padded).T, len(padded)) if self._overflow == "crop" else elements


def _padded(sizes: Sizes, target: Target, divisors: Sequence[int], overflow: str) -> Sizes:
    columns = [
        np.broadcast_to(padded_size(column, size, overflow, divisor), column.shape)
        for column, size, divisor in zip(sizes.T, target, divisors, strict=True)
    ]
    return np.stack(columns, axis=1).astype(np.int64) if len(sizes) else sizes.copy()


def _holds(sizes: Sizes, target: Target, divisors: Sequence[int]) -> Flags:
    """Returns which items a target holds: no axis is larger than the rounded one."""
    fits = np.ones(len(sizes), bool)
    for column, size in zip(sizes.T, rounded_target(target, divisors), strict=True):
        if size is not None:
            fits &= column <= size
    return fits
