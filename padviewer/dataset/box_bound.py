"""How good buckets of two or three axes can be at best: bounds that are proven, however good the buckets are.

Where few buckets are possible all sets are tried. Where an item costs no padding on all axes but one, the best buckets
are found exactly, and no real ones are better. And a price for each box gives a bound for any buckets at all: each box
pays its price, and a bucket gives back what its boxes pay above its cost, so `count` buckets give back at most what the
`count` most generous of all possible ones do (the Lagrangian dual of the p-median problem). Prices are improved step by
step, by an averaged subgradient. For all possible buckets stand cells of them, which are cut where they give back most.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np

from padviewer.dataset.borders import best_borders
from padviewer.dataset.box_cells import Held, Ticks
from padviewer.dataset.boxes import Boxes, Floats
from padviewer.dataset.counts import product
from padviewer.dataset.table import Sizes

# Cells of an axis at first, and how many are cut in a round.
_LEVELS, _CUT = {2: 14, 3: 6}, 48
# Pairs of a class and a cell that holds it at once, and those that are looked at in all, which bounds the time.
_PAIRS, _WORK, _ROUNDS = 3_000_000, 500_000_000, 40
# Steps of a round, of the first one, and those without gain after which they become shorter.
_STEPS, _FIRST, _PATIENCE = 80, 120, 8
# How much of the last direction is kept; and how often a box may pay what it costs in good buckets.
_KEPT, _MOST = 0.6, 32.0
# Sets of buckets that are all tried, and the most that a sum of floats is exact to.
_SETS, _EXACT = 200_000, 2**53


def exact_buckets(boxes: Boxes, count: int) -> Sizes | None:
    """Returns the best buckets where few enough are possible to try all of them; else None."""
    # As many are possible at least as there are boxes.
    if len(boxes) ** 2 > _SETS or math.prod(len(np.unique(column)) for column in boxes.sizes.T) > _SETS:
        return None
    possible = _possible(boxes)
    count = min(count, len(possible))
    costs = product(possible.T, len(possible)).astype(float)
    bound = float(costs.max()) * float(sum(map(int, boxes.weights)))
    if math.comb(len(possible), count) * len(boxes) > _SETS or bound > _EXACT:
        return None
    table = np.where((boxes.sizes[:, None] <= possible).all(axis=2), costs, np.inf)
    weights = boxes.weights.astype(float)
    sets = np.array(list(itertools.combinations(range(len(possible)), count)))
    sums = np.einsum("i,is->s", weights, table[:, sets].min(axis=2)) if len(sets) else np.empty(0)
    return np.asarray(possible[sets[int(np.nanargmin(np.where(np.isnan(sums), np.inf, sums)))]])


def bound_of(boxes: Boxes, count: int, buckets: Sizes, elements: int) -> int:
    """Returns a number of elements that no `count` buckets are below.

    Args:
        boxes: of two or three axes.
        count: of the buckets.
        buckets: good ones, which hold all boxes.
        elements: what these take.
    """
    if not elements:
        return 0
    bounds = [_bound_of_axis(boxes, axis, count) for axis in range(boxes.rank)]
    bounds.append(math.floor(_priced(boxes, count, buckets, elements) * (1 - 1e-9)))
    return min(max(bounds), elements)


def _bound_of_axis(boxes: Boxes, axis: int, count: int) -> int:
    """Returns what boxes take at least that are padded on one axis alone."""
    ticks, numbers = np.unique(boxes.sizes[:, axis], return_inverse=True)
    others = product((*np.delete(boxes.sizes, axis, axis=1).T, boxes.weights), len(boxes))
    sums = np.zeros(len(ticks), others.dtype)
    np.add.at(sums, numbers, others)
    return best_borders(ticks, sums, count).elements


def _priced(boxes: Boxes, count: int, good: Sizes, elements: int) -> float:
    """Returns the best bound that prices have given."""
    ticks = Ticks(boxes)
    cells = ticks.cells(_LEVELS[boxes.rank])
    weights = boxes.weights.astype(float)
    paid = weights * _costs_in(boxes, good)
    pays, best, spent = paid, 0.0, 0
    for number in range(_ROUNDS):
        classes = ticks.classes(cells)
        shares = _sums(classes.numbers, weights)
        most = _MOST * _sums(classes.numbers, paid)
        cells, held = ticks.held(cells, classes, most / np.maximum(shares, 1e-300))
        if spent and len(held.classes) > _PAIRS:
            break
        before = _sums(classes.numbers, pays)
        found = _Dual(held, shares, most, count, elements).climb(before, _FIRST if number == 0 else _STEPS)
        gain, best, spent = found.bound - best, max(best, found.bound), spent + found.work
        if best >= elements or spent > _WORK:
            break
        # Within a class each box pays its part of what all of it does.
        pays = pays * (found.pays / np.maximum(before, 1e-300))[classes.numbers]
        useful = found.use * ticks.widths(cells).max(axis=1)
        rows = np.argsort(-useful, kind="stable")[:_CUT]
        rows = rows[useful[rows] > 1e-3 * useful.max()]
        if not len(rows) and gain <= 1e-4 * elements:
            break
        cells = ticks.cut(cells, rows)
    return best


def _sums(numbers: Sizes, values: Floats) -> Floats:
    """Returns the sum of the values of each class."""
    return np.asarray(np.bincount(numbers, values), np.float64)


def _costs_in(boxes: Boxes, buckets: Sizes) -> Floats:
    least = np.full(len(boxes), np.inf)
    for bucket, cost in zip(buckets, buckets.astype(float).prod(axis=1), strict=True):
        holds = (boxes.sizes <= bucket).all(axis=1)
        least[holds] = np.minimum(least[holds], cost)
    return least


class _Climbed(NamedTuple):
    """What prices have come to.

    Attributes:
        bound: the best.
        pays: (classes,) what all boxes of each pay for it.
        use: (cells,) how often each was among the most generous, late steps counting most.
        work: pairs that were looked at.
    """

    bound: float
    pays: Floats
    use: Floats
    work: int


class _Dual:
    """Prices of classes, and what they prove.

    Args:
        held: which classes each cell holds.
        weights: (classes,) of them.
        most: (classes,) that each pays at most.
        count: of the buckets.
        elements: that good ones take.
    """

    def __init__(self, held: Held, weights: Floats, most: Floats, count: int, elements: int) -> None:
        self._held, self._most, self._elements = held, most, float(elements)
        self._costs = held.costs * weights[held.classes]
        self._cells = len(held.firsts) - 1
        self._count = min(count, self._cells)

    def climb(self, pays: Floats, steps: int) -> _Climbed:
        """Returns the best bound that so many steps from these prices lead to."""
        pays = best_pays = np.minimum(pays, self._most)
        best, length, idle = -math.inf, 1.0, 0
        way, use = np.zeros(len(pays)), np.zeros(self._cells)
        work = 0
        for _ in range(steps):
            work += len(self._costs)
            given = np.maximum(pays[self._held.classes] - self._costs, 0)
            gifts = np.add.reduceat(given, self._held.firsts[:-1])
            generous = np.argpartition(-gifts, self._count - 1)[: self._count]
            bound = float(pays.sum()) - float(gifts[generous].sum())
            use *= 0.95
            use[generous] += 0.05
            idle = 0 if bound > best + 2e-5 * self._elements else idle + 1
            if bound > best:
                best, best_pays = bound, pays
            if idle > _PATIENCE:
                length, idle, pays, way = length / 2, 0, best_pays, np.zeros(len(pays))
                continue
            way = (
                _KEPT * way + (1 - _KEPT) * self._slope(given, generous) if way.any() else self._slope(given, generous)
            )
            free = np.where(((pays >= self._most) & (way > 0)) | ((pays <= 0) & (way < 0)), 0, way)
            size = float(free @ (self._most * free))
            if not size or best >= self._elements:
                break
            room = max(self._elements - bound, 1e-6 * self._elements)
            pays = np.clip(pays + length * room / size * self._most * free, 0, self._most)
        return _Climbed(best, best_pays, use, work)

    def _slope(self, given: Floats, generous: Sizes) -> Floats:
        """Returns by how much the bound rises with what each class pays."""
        slope = np.ones(len(self._most))
        for cell in generous.tolist():
            row = slice(self._held.firsts[cell], self._held.firsts[cell + 1])
            slope[self._held.classes[row][given[row] > 0]] -= 1
        return slope


def _possible(boxes: Boxes) -> Sizes:
    """Returns all buckets that best ones can be among: each side is that of a box that the bucket holds."""
    ticks = [np.unique(column) for column in boxes.sizes.T]
    corners = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1).reshape(-1, boxes.rank)
    sides = np.zeros(corners.shape, bool)
    for size in boxes.sizes:
        inside = (corners >= size).all(axis=1)
        sides[inside] |= corners[inside] == size
    return corners[sides.all(axis=1)]
