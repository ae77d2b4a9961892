"""How the elements of a plane are spread over equal bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.workers.parts import MAGNITUDE, part_of
from padviewer.workers.statistics import Array, offsets_from

# Bins that a pane's width can show apart.
MOST_BINS = 256


@dataclass(frozen=True)
class Bins:
    """Bins of equal width.

    Attributes:
        low, high: the least and the largest number that is counted. Integers where integers are counted.
        count: how many bins there are.
        width: of a bin of integers, exact; None of floats, whose bins divide the way from `low` to `high`.
    """

    low: float | int
    high: float | int
    count: int
    width: int | None = None

    @property
    def edges(self) -> npt.NDArray[np.float64]:
        """The ends of the bins, one more than there are; a bin of integers reaches half a step around them."""
        if self.width is not None:
            return np.array([self.low + i * self.width - 0.5 for i in range(self.count + 1)])
        # Halves, because the difference of the two ends of float64 is no float64.
        shares = np.arange(self.count + 1) / self.count
        edges: npt.NDArray[np.float64] = self.low * (1 - shares) + self.high * shares
        return edges


def bins_between(low: float | int, high: float | int, integers: bool) -> Bins:
    """Returns bins from the least to the largest number; of integers one for each, where they are few."""
    if integers:
        span = int(high) - int(low) + 1
        width = -(-span // MOST_BINS)
        return Bins(int(low), int(high), -(-span // width), width)
    return Bins(float(low), float(high), MOST_BINS if high > low else 1)


@dataclass(frozen=True)
class Histogram:
    """What was counted.

    Attributes:
        counts: int64, one for each bin.
        outside: finite elements below the first bin or above the last.
        quantiles: the numbers below which the shares that were asked for lie; empty where none were, or none is finite.
    """

    counts: npt.NDArray[np.int64]
    outside: int
    quantiles: tuple[float, ...] = ()

    def joined(self, other: Histogram) -> Histogram:
        """Returns the counts of both; quantiles cannot be joined."""
        return Histogram(self.counts + other.counts, self.outside + other.outside)


@dataclass(frozen=True)
class CountBins:
    """A digest that makes a `Histogram`.

    Attributes:
        bins: what is counted.
        part: of complex numbers.
        shares: 0 to 1, whose quantiles are wanted.
    """

    bins: Bins
    part: str = MAGNITUDE
    shares: tuple[float, ...] = ()

    def __call__(self, data: Array) -> Histogram:
        """Returns the histogram of all elements."""
        values = part_of(data, self.part).ravel()
        if values.dtype.kind == "f":
            values = values[np.isfinite(values)].astype(np.float64)
        inside = values[(values >= self.bins.low) & (values <= self.bins.high)]
        places = _among_integers(inside, self.bins) if self.bins.width else _among_floats(inside, self.bins)
        counts = np.bincount(places, minlength=self.bins.count).astype(np.int64)
        quantiles: Any = np.quantile(values, self.shares).tolist() if self.shares and values.size else []
        return Histogram(counts, values.size - inside.size, tuple(quantiles))


def _among_integers(values: Array, bins: Bins) -> npt.NDArray[np.intp]:
    offsets = offsets_from(values, int(bins.low))
    if bins.width and bins.width > 1:
        offsets //= np.uint64(bins.width)
    return offsets.astype(np.intp)


def _among_floats(values: Array, bins: Bins) -> npt.NDArray[np.intp]:
    if bins.count == 1:
        return np.zeros(values.size, np.intp)
    edges = bins.edges
    low, high = bins.low / 2, bins.high / 2
    places = ((values / 2 - low) / max(high - low, 5e-324) * bins.count).astype(np.intp)
    np.clip(places, 0, bins.count - 1, out=places)
    # Rounding may lead to the bin beside.
    places -= (values < edges[places]) & (places > 0)
    places += (values >= edges[places + 1]) & (places < bins.count - 1)
    return places
