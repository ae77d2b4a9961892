"""The buckets that waste least: how many are wanted is given, what shapes they have is found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from padviewer.dataset.box_bound import bound_of, exact_buckets
from padviewer.dataset.box_search import good_buckets, tightened
from padviewer.dataset.boxes import Boxes
from padviewer.dataset.choice import Choice, Flags
from padviewer.dataset.counts import product, total
from padviewer.dataset.table import Sizes, SizeTable
from padviewer.dataset.waste import Cost, cost_of
from padviewer.errors import SettingsError
from padviewer.geometry import padded_size
from padviewer.spec import Target, format_target

MOST_BUCKETS = 1024
# Levels of an axis that the least box is looked for among.
_LEVELS = {2: 200, 3: 40}


@dataclass(frozen=True)
class Buckets:
    """Target shapes that waste little.

    Attributes:
        choice: the targets, multiples of what was asked for, that of least elements first.
        cost: of the whole table.
        elements: of the padded tensors of the items that were to fit.
        bound: no buckets, at most as many, take fewer elements for these items.
        covered: how many items were to fit.
    """

    choice: Choice
    cost: Cost
    elements: int
    bound: int
    covered: int

    @property
    def targets(self) -> tuple[Target, ...]:
        """The target shapes."""
        return self.choice.targets

    @property
    def gap(self) -> float:
        """How far above the best possible the elements are at most: 0.02 for 2 %; 0 where these are the best."""
        if self.bound:
            return self.elements / self.bound - 1
        return math.inf if self.elements else 0.0

    @property
    def is_best(self) -> bool:
        """Whether these are proven to be the best."""
        return self.elements == self.bound


def best_buckets(
    table: SizeTable,
    count: int,
    multiple_of: tuple[int, ...] = (1,),
    overflow: str = "keep",
    cover: float = 1.0,
    limits: Target | None = None,
    batch_size: int = 1,
    dtype: str = "float32",
    seed: int = 0,
) -> Buckets:
    """Returns at most `count` target shapes that waste least.

    Where there is one axis, or one size always holds the other, they are the best. Else they are good, and `bound` says
    how good at least.

    Args:
        table: of the items.
        count: of the buckets.
        multiple_of: divisor of each side: one number for all spatial axes, or one for each.
        overflow: what happens to items that no bucket holds.
        cover: share of the items that must fit, above 0 to 1, of those that have elements; the largest overflow. Of two
            and more axes these are the items of most elements, or what lies outside the least box that holds so many,
            whichever wastes less.
        limits: the most that a bucket may have on each axis; None, or a None in it, is no limit.
        batch_size, dtype: for the memory of a batch.
        seed: of the search.

    Raises:
        SettingsError: a value that cannot be, or no item fits within the limits.
    """
    rank = len(table.letters)
    _check(count, cover)
    any_size: Target = (None,) * rank
    limits = limits or any_size
    divisors = Choice((any_size, limits), multiple_of, overflow).divisors(rank)
    rounded = [padded_size(size, None, "keep", step) for size, step in zip(table.sizes.T, divisors, strict=True)]
    sizes = np.stack(rounded, axis=1)
    # What has no elements fits everywhere, and would make a bucket of 0.
    full = (table.sizes > 0).all(axis=1)
    inside = full & _inside(sizes, limits)
    needed = min(math.ceil(cover * int(full.sum()) - 1e-9), int(inside.sum()))
    if not needed:
        within = f" within {format_target(limits)}" if any(size is not None for size in limits) else ""
        raise SettingsError(f"buckets: no item fits{within}; expected at least one. Give more items, or larger limits")
    found = [_found(table, sizes, rows, count, seed) for rows in _covered(sizes, inside, needed)]
    best = min(found, key=lambda each: each.elements / max(1, each.data))
    choice = Choice(tuple(tuple(bucket) for bucket in best.buckets.tolist()), multiple_of, overflow)
    cost = cost_of(table, choice, batch_size, dtype)
    return Buckets(choice, cost, best.elements, best.bound, best.items)


class _Found(NamedTuple):
    """Buckets for some items: what they take, what no buckets take less than, and how many elements are data."""

    buckets: Sizes
    elements: int
    bound: int
    data: int
    items: int


def _found(table: SizeTable, sizes: Sizes, rows: Flags, count: int, seed: int) -> _Found:
    boxes = Boxes.of(sizes[rows], table.weights[rows])
    items = int(rows.sum())
    data = total(product((*table.sizes[rows].T, table.weights[rows]), items))
    if boxes.is_chain:
        buckets, elements = boxes.chain(count)
        return _Found(buckets, elements, elements, data, items)
    exact = boxes.sizes.max(axis=0)[None] if count == 1 else exact_buckets(boxes, count)
    if exact is not None:
        buckets = tightened(boxes, exact)
        elements = boxes.elements_in(buckets)
        return _Found(buckets, elements, elements, data, items)
    buckets = good_buckets(boxes, count, seed)
    elements = boxes.elements_in(buckets)
    return _Found(buckets, elements, bound_of(boxes, count, buckets, elements), data, items)


def _check(count: int, cover: float) -> None:
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_BUCKETS:
        raise SettingsError(f"count {count!r}: expected a whole number of buckets from 1 to {MOST_BUCKETS}")
    if not 0 < cover <= 1:
        raise SettingsError(f"cover {cover!r}: expected a share of the items above 0 and up to 1, such as 0.99")


def _inside(sizes: Sizes, limits: Target) -> Flags:
    inside = np.ones(len(sizes), bool)
    for column, limit in zip(sizes.T, limits, strict=True):
        if limit is not None:
            inside &= column <= limit
    return inside


def _covered(sizes: Sizes, inside: Flags, needed: int) -> list[Flags]:
    """Returns which items may be those that are to fit: the ways to choose them."""
    if needed == int(inside.sum()):
        return [inside]
    volumes = product(sizes.T, len(sizes))
    least = np.sort(volumes[inside])[needed - 1]
    ways = [inside & (volumes <= least)]
    if sizes.shape[1] > 1:
        ways.append(inside & (sizes <= _least_box(sizes[inside], needed)).all(axis=1))
    return ways


def _least_box(sizes: Sizes, needed: int) -> Sizes:
    """Returns the box of least volume that holds so many, its sides out of some of the sizes."""
    levels = Boxes.of(sizes, np.ones(len(sizes), np.int64)).levels(_LEVELS[sizes.shape[1]], up=True)
    numbers = [np.searchsorted(ticks, column) for ticks, column in zip(levels, sizes.T, strict=True)]
    counts = np.zeros([len(ticks) for ticks in levels], np.int64)
    np.add.at(counts, tuple(numbers), 1)
    for axis in range(counts.ndim):
        counts = counts.cumsum(axis=axis)
    corners = np.stack(np.meshgrid(*levels, indexing="ij"), axis=-1).reshape(-1, len(levels))
    enough = corners[counts.reshape(-1) >= needed]
    return np.asarray(enough[np.argmin(enough.astype(float).prod(axis=1))])
