"""How good buckets of two or three axes can be at best: bounds that are proven, however good the buckets are.

Two kinds. Where an item costs no padding on all axes but one, the best buckets are found exactly, and no real ones are
better. And a price for each box gives a bound for any buckets at all: each box pays its price, and a bucket gives back
what its boxes pay above its cost, so `count` buckets give back at most what the `count` most generous of all possible
ones do (the Lagrangian dual of the p-median problem). Prices are improved step by step.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np

from padviewer.dataset.borders import best_borders
from padviewer.dataset.boxes import Boxes, Floats
from padviewer.dataset.counts import product
from padviewer.dataset.table import Sizes

# Levels of an axis, pairs of a box and a bucket that are looked at in a step, and steps.
_LEVELS, _PAIRS, _STEPS = {2: 48, 3: 14}, 2_000_000, 150
# Boxes pay at most so many times their own volume, the most that the number of pairs allows.
_PRICES = (math.inf, 64.0, 16.0, 8.0, 4.0, 2.0, 1.5)
# Sets of buckets that are all tried, and the most that a sum of floats is exact to.
_SETS, _EXACT = 200_000, 2**53


def exact_buckets(boxes: Boxes, count: int) -> Sizes | None:
    """Returns the best buckets where few enough are possible to try all of them; else None."""
    possible = _possible(boxes, _SETS)
    if possible is None:
        return None
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
    bounds = [_bound_of_axis(boxes, axis, count) for axis in range(boxes.rank)]
    coarse = boxes.coarse(boxes.levels(_LEVELS[boxes.rank], up=False), up=False)
    bounds.append(math.floor(_priced(coarse, count, buckets, elements) * (1 - 1e-9)))
    return max(bounds)


def _bound_of_axis(boxes: Boxes, axis: int, count: int) -> int:
    """Returns what boxes take at least that are padded on one axis alone."""
    ticks, numbers = np.unique(boxes.sizes[:, axis], return_inverse=True)
    others = product((*np.delete(boxes.sizes, axis, axis=1).T, boxes.weights), len(boxes))
    sums = np.zeros(len(ticks), others.dtype)
    np.add.at(sums, numbers, others)
    return best_borders(ticks, sums, count).elements


class _Pairs(NamedTuple):
    """Boxes and the buckets that hold them at a cost that is of interest."""

    boxes: Sizes
    buckets: Sizes
    costs: Floats


def _priced(boxes: Boxes, count: int, good: Sizes, elements: int) -> float:
    """Returns the best bound that prices have given."""
    possible = _possible(boxes, _PAIRS)
    if possible is None:
        return 0.0
    weights = boxes.weights.astype(float)
    pairs, most = _pairs(boxes, possible)
    in_good = np.where((boxes.sizes[:, None] <= good).all(axis=2), good.astype(float).prod(axis=1), np.inf)
    prices = np.minimum(in_good.min(axis=1), most)
    best, step, idle, kept = 0.0, 1.0, 0, prices
    for _ in range(_STEPS):
        paid = np.maximum(prices[pairs.boxes] - pairs.costs, 0) * weights[pairs.boxes]
        gifts = np.bincount(pairs.buckets, paid, len(possible))
        generous = np.argsort(-gifts, kind="stable")[:count]
        bound = float(weights @ prices) - float(gifts[generous].sum())
        idle += 1
        if bound > best * (1 + 1e-5):
            best, idle, kept = bound, 0, prices
        if idle > 12:
            step, idle, prices = step / 2, 0, kept
            continue
        chosen = np.isin(pairs.buckets, generous) & (paid > 0)
        slope = 1.0 - np.bincount(pairs.boxes[chosen], minlength=len(boxes))
        size = float(slope @ slope)
        if not size or best >= elements:
            break
        moved = step * max(elements - bound, 1e-6 * elements) / size * slope
        prices = np.clip(prices + moved / np.maximum(weights, 1), 0, most)
    return best


def _pairs(boxes: Boxes, possible: Sizes) -> tuple[_Pairs, Floats]:
    """Returns the pairs, and the most that each box may pay so that they are not too many."""
    costs = np.asarray(possible.astype(float).prod(axis=1))
    order = np.argsort(costs, kind="stable")
    possible, costs = possible[order], costs[order]
    volumes = boxes.volumes.astype(float)
    # One box may be worth a bucket, so that without a cap its price is beyond the cost of any.
    most = [times * np.maximum(volumes, 1e-9) for times in _PRICES]
    ends = [np.searchsorted(costs, each, "right") for each in most]
    firsts = np.searchsorted(costs, volumes)
    chosen = next((n for n, end in enumerate(ends) if int((end - firsts).clip(0).sum()) <= 4 * _PAIRS), len(ends) - 1)
    found = []
    for number, (first, end) in enumerate(zip(firsts, ends[chosen], strict=True)):
        holding = np.flatnonzero((possible[first:end] >= boxes.sizes[number]).all(axis=1)) + first
        found.append(holding)
    owners = np.repeat(np.arange(len(boxes)), [len(each) for each in found])
    buckets = np.concatenate(found) if found else np.empty(0, np.int64)
    return _Pairs(owners, buckets, costs[buckets]), np.asarray(most[chosen])


def _possible(boxes: Boxes, most: int) -> Sizes | None:
    """Returns all buckets that best ones can be among, as large as boxes on each axis; None where they are too many."""
    ticks = [np.unique(column) for column in boxes.sizes.T]
    if math.prod(map(len, ticks)) > most:
        return None
    corners = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1).reshape(-1, boxes.rank)
    # Each side is that of a box that the bucket holds; a cell where none is would be as good with less.
    held = np.zeros(len(corners), bool)
    sides = np.zeros(corners.shape, bool)
    for size in boxes.sizes:
        inside = (corners >= size).all(axis=1)
        held |= inside
        sides[inside] |= corners[inside] == size
    return corners[held & sides.all(axis=1)]
