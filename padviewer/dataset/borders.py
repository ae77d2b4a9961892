"""Sizes in a row, cut into buckets that waste least: exact, by dynamic programming.

The least cost of the first `i` sizes in `k` buckets is the least over `j` of `cost(j, k - 1) + size(i) * (weight(i) -
weight(j))`, where `weight` counts all sizes up to there. For each `k` this is the lower envelope of one line for each
`j`, looked up at every size, so a layer takes the time of a sort instead of a square. The condition `j <= i` is met by
itself: sizes between `i` and `j` cost more than `size(i)` each, so a line with `j > i` lies above that of `i`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from padviewer.dataset.counts import Counts
from padviewer.dataset.table import Sizes

# Beyond this the arithmetic is that of Python's integers.
_INT64 = 1 << 62
_NEVER = (1 << 63) - 1
# So few lines are taken out of an envelope one by one, up to so many.
_FEW, _PATIENCE = 64, 500


class Borders(NamedTuple):
    """The best cut.

    Attributes:
        indices: of the largest size of each bucket, ascending; fewer than asked for where no more are of use.
        elements: what all sizes take in these buckets.
    """

    indices: list[int]
    elements: int


def best_borders(sizes: Counts, weights: Counts, count: int) -> Borders:
    """Returns which `count` of ascending, distinct sizes serve all of them with least elements.

    Args:
        sizes: (sizes,) ascending, at least one.
        weights: (sizes,) how many elements of each size there are, at least 0.
        count: how many buckets at most.
    """
    is_small = int(sizes[-1]) * max(1, sum(map(int, weights))) < _INT64
    kind = np.int64 if is_small else object
    sizes = np.concatenate([[0], sizes]).astype(kind)
    places = np.concatenate([[0], np.cumsum(weights.astype(kind))]).astype(kind)
    costs = sizes * places
    numbers = np.arange(len(sizes))
    layers: list[Sizes] = []
    for _ in range(1, count):
        lines, starts = _envelope(places, costs)
        found = np.minimum(lines[np.searchsorted(starts, sizes, side="right")], numbers)
        better = costs[found] + sizes * (places - places[found])
        if better[-1] == costs[-1]:
            break
        layers.append(found.astype(np.int32))
        costs = better
    return Borders(_traced(layers, len(sizes) - 1), int(costs[-1]))


def _traced(layers: list[Sizes], last: int) -> list[int]:
    """Returns the borders, from the last one back."""
    borders = [last]
    for layer in reversed(layers):
        last = int(layer[borders[-1]])
        if last == 0:
            break
        if last < borders[-1]:
            borders.append(last)
    return [border - 1 for border in reversed(borders)]


def _envelope(places: Counts, values: Counts) -> tuple[Sizes, Counts]:
    """Returns which lines `values - x * places` are least somewhere, and from which whole `x` each but the first is.

    Lines that two others make needless are left out all at once. Of equally good lines the last one counts, so that no
    two leave for each other's sake.
    """
    kept = np.arange(len(places))
    while True:
        starts = _starts(places[kept], values[kept], 1)
        needless = np.flatnonzero(starts[1:] <= starts[:-1]) + 1
        if not len(needless):
            return kept, starts
        if len(needless) > _FEW:
            kept = np.delete(kept, needless)
            continue
        kept, is_done = _thinned(kept, places, values, needless)
        if not is_done:
            kept = _thinned_from_afar(kept, places, values)


def _starts(places: Counts, values: Counts, distance: int) -> Counts:
    """Returns the least whole `x` from which each line is as good as the one so many before it."""
    runs, rises = places[distance:] - places[:-distance], values[distance:] - values[:-distance]
    if runs.all():
        return np.asarray(-(-rises // runs))
    return np.where(runs > 0, -(-rises // np.where(runs > 0, runs, 1)), _NEVER)


def _thinned_from_afar(kept: Sizes, places: Counts, values: Counts) -> Sizes:
    """Returns the lines without those that two at the same distance make needless, for each power of two.

    A late line that undercuts a long arc would else take it away one by one.
    """
    distance = 1 << (len(kept).bit_length() - 2)
    while distance > 1:
        if 2 * distance < len(kept):
            starts = _starts(places[kept], values[kept], distance)
            kept = np.delete(kept, np.flatnonzero(starts[distance:] <= starts[:-distance]) + distance)
        distance //= 2
    return kept


def _thinned(kept: Sizes, places: Counts, values: Counts, needless: Sizes) -> tuple[Sizes, bool]:
    """Returns the lines after the needless, and those that become so, have left one by one; and whether all have."""
    gone: set[int] = set()
    before: dict[int, int] = {}
    after: dict[int, int] = {}

    def start(first: int, second: int) -> int:
        run = int(places[kept[second]]) - int(places[kept[first]])
        return -((int(values[kept[first]]) - int(values[kept[second]])) // run) if run else _NEVER

    waiting = needless.tolist()
    while waiting and len(gone) < _PATIENCE:
        line = waiting.pop()
        if line in gone or not 0 < line < len(kept) - 1:
            continue
        left, right = before.get(line, line - 1), after.get(line, line + 1)
        if start(line, right) <= start(left, line):
            gone.add(line)
            after[left], before[right] = right, left
            waiting += [left, right]
    return np.delete(kept, sorted(gone)), not waiting
