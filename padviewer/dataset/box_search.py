"""Buckets for sizes of two or three axes: good ones, by search from several starts, the same for the same seed."""

from __future__ import annotations

import itertools

import numpy as np

from padviewer.dataset.boxes import Boxes, Floats
from padviewer.dataset.table import Sizes

# How many levels of an axis are searched, and with how many what was found is moved afterwards.
_COARSE, _FINER = {2: 40, 3: 11}, {2: 200, 3: 40}
# Levels of the boxes that are cut in a row, and new buckets that are tried at once.
_IN_A_ROW, _TRIED = {2: 17, 3: 6}, 256
# How many costs may be looked at, which bounds the time; which part of it one start may take; how often one bucket is
# replaced by another.
_WORK, _PARTS, _KICKS = 1 << 27, 8, 60


def good_buckets(boxes: Boxes, count: int, seed: int) -> Sizes:
    """Returns at most `count` buckets, (buckets, axes), that hold all boxes.

    Args:
        boxes: of two or three axes.
        count: of the buckets, at least 1.
        seed: of the search.
    """
    coarse = boxes.coarse(boxes.levels(_COARSE[boxes.rank], up=True), up=True)
    best = _searched(coarse, count, np.random.default_rng(seed))
    finer = boxes.coarse(boxes.levels(_FINER[boxes.rank], up=True), up=True)
    search = _Search(finer, tightened(finer, best))
    search.settle(_WORK)
    return tightened(boxes, search.buckets)


def tightened(boxes: Boxes, buckets: Sizes) -> Sizes:
    """Returns the buckets that are used, no larger than what they hold, those of least volume first."""
    while True:
        ordered = buckets[np.argsort(_volumes(buckets), kind="stable")]
        taken = np.full(len(boxes), -1)
        for number, bucket in enumerate(ordered):
            taken[(taken < 0) & (boxes.sizes <= bucket).all(axis=1)] = number
        tight = np.stack([boxes.sizes[taken == number].max(axis=0) for number in np.unique(taken)])
        if np.array_equal(tight, buckets):
            return tight
        buckets = tight


def _searched(boxes: Boxes, count: int, random: np.random.Generator) -> Sizes:
    """Returns the best that several starts lead to, after buckets of it were replaced as long as there is time."""
    best, spent = None, 0
    for start in _starts(boxes, count, random):
        search = _Search(boxes, start)
        search.settle(_WORK // _PARTS)
        spent += search.work
        best = search if best is None or search.cost < best.cost else best
    for _ in range(_KICKS):
        if best is None or spent > _WORK or len(best.buckets) == 1:
            break
        number = int(random.integers(len(best.buckets)))
        search = _Search(boxes, best.replaced(number, random))
        search.settle(_WORK // _PARTS)
        spent += search.work + len(boxes) * _TRIED
        if search.cost <= best.cost:
            best = search
    return np.asarray(boxes.sizes[-1:] if best is None else best.buckets)


def _starts(boxes: Boxes, count: int, random: np.random.Generator) -> list[Sizes]:
    rough = boxes.coarse(boxes.levels(_IN_A_ROW[boxes.rank], up=True), up=True)
    orders = [np.arange(len(rough)), *(np.argsort(column, kind="stable") for column in rough.sizes.T)]
    return [_grown(boxes, count, random), *(_cut(rough, order, count) for order in orders)]


def _grown(boxes: Boxes, count: int, random: np.random.Generator) -> Sizes:
    """Returns the box that holds all, and one after the other those that save most."""
    buckets = boxes.sizes.max(axis=0)[None]
    while len(buckets) < count:
        search = _Search(boxes, buckets)
        added, gain = search.best_of(_some_boxes(boxes, random), search.least)
        if gain <= 0:
            break
        buckets = np.concatenate([buckets, added[None]])
    return np.asarray(buckets)


def _cut(boxes: Boxes, order: Sizes, count: int) -> Sizes:
    """Returns the best buckets of boxes that are cut in this order, each as large as the boxes between two cuts."""
    sizes, weights = boxes.sizes[order], boxes.weights[order].astype(float)
    length = len(sizes)
    summed = np.concatenate([[0.0], np.cumsum(weights)])
    # costs[i, j]: of the boxes from j up to i in one bucket.
    costs = np.full((length + 1, length + 1), np.inf)
    for last in range(1, length + 1):
        largest = np.maximum.accumulate(sizes[:last][::-1], axis=0)[::-1]
        costs[last, :last] = largest.astype(float).prod(axis=1) * (summed[last] - summed[:last])
    least = np.concatenate([[0.0], costs[1:, 0]])
    layers = []
    for _ in range(1, min(count, length)):
        sums = costs + least
        layers.append(sums.argmin(axis=1))
        least = np.minimum(least, sums.min(axis=1))
    cuts = [length]
    for layer in reversed(layers):
        if cuts[-1] == 0:
            break
        cuts.append(int(layer[cuts[-1]]))
    cuts = [0, *sorted(cut for cut in set(cuts) if cut)]
    return np.stack([sizes[first:last].max(axis=0) for first, last in itertools.pairwise(cuts)])


def _some_boxes(boxes: Boxes, random: np.random.Generator) -> Sizes:
    """Returns sizes that a bucket may well have: of a box, or as large as two of them together."""
    first, second = random.integers(len(boxes), size=(2, _TRIED))
    both = np.maximum(boxes.sizes[first], boxes.sizes[second])
    return np.concatenate([boxes.sizes[first[: _TRIED // 2]], both[_TRIED // 2 :]])


def _volumes(sizes: Sizes) -> Floats:
    return np.asarray(sizes.astype(float).prod(axis=-1))


class _Search:
    """Buckets that are moved as long as that helps; costs are floats, as nothing but comparisons depends on them.

    Attributes:
        buckets: (buckets, axes), which hold all boxes together.
        costs: (buckets, boxes) volume of each bucket, infinite where it does not hold a box.
        work: how many costs were looked at.
    """

    def __init__(self, boxes: Boxes, buckets: Sizes) -> None:
        self.boxes, self.buckets = boxes, buckets.copy()
        self.weights = boxes.weights.astype(float)
        self.costs = np.stack([self._costs_in(bucket) for bucket in buckets])
        self.work = self.costs.size
        ticked = [np.unique(column, return_inverse=True) for column in boxes.sizes.T]
        self._ticks, self._numbers = [ticks for ticks, _ in ticked], [numbers for _, numbers in ticked]

    @property
    def least(self) -> Floats:
        """(boxes,) cost of each box in its bucket."""
        return np.asarray(self.costs.min(axis=0))

    @property
    def cost(self) -> float:
        """What all boxes take."""
        return float(self.weights @ self.least)

    def settle(self, work: int) -> None:
        """Moves one side of one bucket at a time to where it is best, until none moves or so much was looked at."""
        moved, until = True, self.work + work
        while moved and self.work < until:
            moved = False
            for bucket in range(len(self.buckets)):
                for axis in range(self.boxes.rank):
                    moved |= self._move(bucket, axis)

    def replaced(self, number: int, random: np.random.Generator) -> Sizes:
        """Returns the buckets with another one, a good one for what the rest leaves, in the place of one."""
        rest = self._without(number)
        tried = _some_boxes(self.boxes, random)
        alone = np.isinf(rest)
        if alone.any():
            tried = np.maximum(tried, self.boxes.sizes[alone].max(axis=0))
        added, _ = self.best_of(tried[random.random(len(tried)) < 0.5], np.minimum(rest, 2 * self.least.max()))
        buckets = self.buckets.copy()
        buckets[number] = added if len(added) else self.buckets[number]
        return buckets

    def best_of(self, tried: Sizes, rest: Floats) -> tuple[Sizes, float]:
        """Returns which of the buckets saves most where the boxes cost `rest` without it, and how much."""
        if not len(tried):
            return np.empty(0, np.int64), 0.0
        gains = [float(self.weights @ np.maximum(rest - self._costs_in(bucket), 0)) for bucket in tried]
        number = int(np.argmax(gains))
        return tried[number], gains[number]

    def _costs_in(self, bucket: Sizes) -> Floats:
        holds = (self.boxes.sizes <= bucket).all(axis=1)
        return np.where(holds, float(_volumes(bucket)), np.inf)

    def _without(self, number: int) -> Floats:
        kept = np.arange(len(self.costs)) != number
        return np.asarray(self.costs.min(axis=0, where=kept[:, None], initial=np.inf))

    def _move(self, number: int, axis: int) -> bool:
        """Moves a side of a bucket to its best place, given all others; returns whether that was another one."""
        self.work += self.costs.size + 8 * len(self.boxes)
        bucket, ticks = self.buckets[number], self._ticks[axis]
        rest = self._without(number)
        across = float(np.delete(bucket, axis).astype(float).prod())
        others = np.delete(np.arange(self.boxes.rank), axis)
        rows = (self.boxes.sizes[:, others] <= bucket[others]).all(axis=1)
        rows &= rest > self.boxes.sizes[:, axis] * across
        alone = np.isinf(rest[rows])
        first, costs, weights = self._numbers[axis][rows], rest[rows], self.weights[rows]
        # A box takes this bucket from where it fits to where the bucket costs as much as the next best.
        last = np.searchsorted(ticks * across, costs)
        costs = np.where(alone, 0, costs)
        taken = np.bincount(first, weights, len(ticks) + 1) - np.bincount(last, weights, len(ticks) + 1)
        saved = np.bincount(first, weights * costs, len(ticks) + 1) - np.bincount(last, weights * costs, len(ticks) + 1)
        change = (taken.cumsum() * np.append(ticks, 0) * across - saved.cumsum())[:-1]
        if alone.any():
            change[: first[alone].max()] = np.inf
        best, now = int(np.argmin(change)), int(np.searchsorted(ticks, bucket[axis]))
        if not change[best] < change[now] - 1e-9 * abs(change[now]):
            return False
        self.buckets[number, axis] = ticks[best]
        self.costs[number] = self._costs_in(self.buckets[number])
        return True
