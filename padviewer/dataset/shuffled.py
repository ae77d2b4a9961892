"""Batches of shuffled items, each padded to its longest: what that wastes, by simulation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from padviewer.dataset.choice import REFUSED, Choice, assign
from padviewer.dataset.counts import product, total
from padviewer.dataset.table import Sizes, SizeTable
from padviewer.geometry import padded_size


class Spread(NamedTuple):
    """Padding shares of several rounds.

    Attributes:
        mean, least, most: over the rounds, each 0 to 1.
        deviation: the standard deviation over the rounds.
    """

    mean: float
    least: float
    most: float
    deviation: float


def longest_of_batch(
    table: SizeTable,
    batch_size: int,
    multiple_of: tuple[int, ...] = (1,),
    seed: int = 0,
    rounds: int = 20,
    choice: Choice | None = None,
) -> Spread:
    """Returns the padding share where items are shuffled, and each batch is padded to the longest of its items.

    The same items give the same shares, in whatever order they come.

    Args:
        table: of the items.
        batch_size: items of a batch; the last one of a round takes what is left.
        multiple_of: divisor of the padded sizes.
        seed: of the order.
        rounds: how often all items are shuffled.
        choice: batches are made of items of one bucket, as `bucket_by_sequence_length` does; items that it refuses are
            left out, those that it crops are cropped. None mixes all.
    """
    rank = len(table.letters)
    sizes, weights, buckets = table.sizes, table.weights, np.zeros(len(table), np.int64)
    if choice is not None:
        taken = assign(table, choice)
        rows = taken.buckets != REFUSED
        sizes, weights, buckets = taken.kept[rows], weights[rows], taken.buckets[rows]
    ordered = np.lexsort((*sizes.T, weights, buckets))
    sizes, weights, buckets = sizes[ordered], weights[ordered], buckets[ordered]
    divisors = Choice(((None,) * rank,), multiple_of).divisors(rank)
    if not len(sizes):
        return Spread(0.0, 0.0, 0.0, 0.0)
    data = total(product((*sizes.T, weights), len(sizes)))
    starts = _starts(np.bincount(buckets), batch_size)
    random = np.random.default_rng(seed)
    shares = []
    for _ in range(rounds):
        order = random.permutation(len(sizes))
        if choice is not None:
            order = order[np.argsort(buckets[order], kind="stable")]
        longest = np.maximum.reduceat(sizes[order], starts, axis=0)
        columns = [
            padded_size(column, None, "keep", divisor) for column, divisor in zip(longest.T, divisors, strict=True)
        ]
        elements = total(product((*columns, np.add.reduceat(weights[order], starts)), len(starts)))
        shares.append(1 - data / elements if elements else 0.0)
    return Spread(float(np.mean(shares)), min(shares), max(shares), float(np.std(shares)))


def _starts(counts: Sizes, batch_size: int) -> Sizes:
    """Returns where each batch starts, of items that are sorted by bucket."""
    ends = np.cumsum(counts)
    return np.concatenate([np.arange(end - count, end, batch_size) for count, end in zip(counts, ends, strict=True)])
