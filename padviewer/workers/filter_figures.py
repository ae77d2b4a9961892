"""What the outputs of each filter are like: mean, deviation, range, and which filters are dead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from padviewer.workers.messages import Array

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LookAtFilters:
    """A digest of a region of FEATURE: the `FilterFigures` of its filters."""

    def __call__(self, data: Array) -> FilterFigures:
        """Returns the figures."""
        return figures_of(data)


@dataclass(frozen=True)
class FilterFigures:
    """One number for each filter.

    Attributes:
        mean, deviation, minimum, maximum: of the finite outputs, float64; NaN where there are none.
        finite, odd: how many outputs are finite, and how many NaN or infinite, int64.
    """

    mean: Numbers
    deviation: Numbers
    minimum: Numbers
    maximum: Numbers
    finite: npt.NDArray[np.int64]
    odd: npt.NDArray[np.int64]

    @property
    def dead(self) -> npt.NDArray[np.bool_]:
        """Whether every output that was looked at is 0."""
        dead: npt.NDArray[np.bool_] = (self.minimum == 0) & (self.maximum == 0) & (self.odd == 0)
        return dead

    def is_dead(self, number: int) -> bool:
        """Whether every output of a filter that was looked at is 0."""
        return bool(self.minimum[number] == 0 == self.maximum[number] and not self.odd[number])

    def with_more(self, more: FilterFigures) -> FilterFigures:
        """Returns the figures of these outputs and of others of the same filters."""
        finite = self.finite + more.finite
        shares = more.finite / np.maximum(finite, 1)
        # Of none there is no mean; the other's stands then.
        here, there = np.where(self.finite, self.mean, more.mean), np.where(more.finite, more.mean, self.mean)
        apart = there - here
        squares = _squares(self) + _squares(more) + apart**2 * shares * self.finite
        return FilterFigures(
            here + apart * shares,
            np.where(finite, np.sqrt(squares / np.maximum(finite, 1)), np.nan),
            np.fmin(self.minimum, more.minimum),
            np.fmax(self.maximum, more.maximum),
            finite,
            self.odd + more.odd,
        )


def figures_of(data: Array) -> FilterFigures:
    """Returns the figures of outputs whose last axis is that of the filters."""
    outputs = data.reshape(-1, data.shape[-1])
    finite = np.isfinite(outputs)
    whole = bool(finite.all())
    count = np.full(outputs.shape[1], len(outputs)) if whole else finite.sum(axis=0)
    known, divisor = count > 0, np.maximum(count, 1)
    wide = outputs.astype(np.float64)
    if not whole:
        wide[~finite] = 0
    mean = wide.sum(axis=0) / divisor
    wide -= mean
    if not whole:
        wide[~finite] = 0
    squares = np.einsum("of,of->f", wide, wide)
    low, high = (outputs, outputs) if whole else (np.where(finite, outputs, e) for e in (np.inf, -np.inf))
    return FilterFigures(
        np.where(known, mean, np.nan),
        np.where(known, np.sqrt(squares / divisor), np.nan),
        np.where(known, low.min(axis=0, initial=np.inf), np.nan),
        np.where(known, high.max(axis=0, initial=-np.inf), np.nan),
        count.astype(np.int64),
        len(outputs) - count.astype(np.int64),
    )


def _squares(figures: FilterFigures) -> Numbers:
    """Returns the sums of the squared distances from the means."""
    return np.where(figures.finite, figures.deviation, 0) ** 2 * figures.finite
