"""What is counted of the elements of a plane: in a glance for its levels, and in full, slice by slice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.geometry import Region, Span
from padviewer.workers.parts import IMAGINARY, MAGNITUDE, PHASE, REAL, part_of

Array = npt.NDArray[Any]
Range = tuple[float, float]

# Elements that the statistics of a plane look at: 10 ms of work. In a vast plane each costs a page of the file: fewer.
SAMPLE, SPARSE_SAMPLE = 1 << 20, 1 << 16
VAST = 1 << 28
# An axis of so few samples is not thinned further.
FEW = 4
# Powers of two beyond which squares of numbers would leave float64.
_SQUARED = 300
_WORD = 1 << 32


@dataclass(frozen=True)
class Statistics:
    """Of the finite elements of a plane: what its levels are taken from.

    Attributes:
        minimum, maximum: None where there is no finite element. Exact for integers; of complex numbers the magnitude's.
        nans, infs: how many of the elements looked at are NaN or infinite.
        one_in: elements of the plane for each that was looked at; 1 where each was.
        real, imaginary: the ranges of the parts of complex numbers; None of other numbers, and where none is finite.
    """

    minimum: float | int | None
    maximum: float | int | None
    nans: int
    infs: int
    one_in: float
    real: Range | None = None
    imaginary: Range | None = None

    def range_of(self, part: str) -> Range | None:
        """Returns the least and the largest finite number of a part of complex numbers, or of other numbers."""
        if part == PHASE and self.real is not None:
            return -math.pi, math.pi
        if part == REAL and self.real is not None:
            return self.real
        if part == IMAGINARY and self.imaginary is not None:
            return self.imaginary
        return None if self.minimum is None or self.maximum is None else (float(self.minimum), float(self.maximum))


def summarize(data: Array, one_in: float = 1) -> Statistics:
    """Returns the statistics of an array; complex numbers count by magnitude."""
    parts = (_range(data.real), _range(data.imag)) if data.dtype.kind == "c" else (None, None)
    data = part_of(data, MAGNITUDE)
    nans = infs = 0
    if data.dtype.kind == "f":
        data, nans, infs = _finite(data)
    if not data.size:
        return Statistics(None, None, nans, infs, one_in, *parts)
    return Statistics(data.min().item(), data.max().item(), nans, infs, one_in, *parts)


def _range(data: Array) -> Range | None:
    finite, _nans, _infs = _finite(data)
    return (float(finite.min()), float(finite.max())) if finite.size else None


def _finite(data: Array) -> tuple[Array, int, int]:
    """Returns the finite ones of floats, and how many of the others are NaN and infinite."""
    finite = np.isfinite(data)
    if finite.all():
        return data, 0, 0
    nans = int(np.count_nonzero(np.isnan(data)))
    return data[finite], nans, int(data.size - np.count_nonzero(finite)) - nans


@dataclass(frozen=True)
class Summary:
    """Of some elements. Summaries of parts of a plane are joined without loss.

    Attributes:
        finite: how many elements are finite; `mean` and the like are theirs.
        zeros, nans, infs: how many are 0, NaN or infinite.
        minimum, maximum: None where no element is finite. Exact for integers.
        mean, deviation: the deviation is that of the whole population, as `numpy.std` gives it; 0 where none is finite.
        total: the exact sum of integers; None of floats.
    """

    finite: int
    zeros: int
    nans: int
    infs: int
    minimum: float | int | None = None
    maximum: float | int | None = None
    mean: float = 0.0
    deviation: float = 0.0
    total: int | None = None

    @property
    def count(self) -> int:
        """How many elements there are."""
        return self.finite + self.nans + self.infs

    def joined(self, other: Summary) -> Summary:
        """Returns the summary of the elements of both."""
        finite = self.finite + other.finite
        counted = (finite, self.zeros + other.zeros, self.nans + other.nans, self.infs + other.infs)
        if self.minimum is None or self.maximum is None:
            return Summary(*counted, other.minimum, other.maximum, other.mean, other.deviation, other.total)
        if other.minimum is None or other.maximum is None:
            return Summary(*counted, self.minimum, self.maximum, self.mean, self.deviation, self.total)
        first, second = self.finite / finite, other.finite / finite
        apart = math.sqrt(first * second)
        if self.total is not None and other.total is not None:
            total: int | None = self.total + other.total
            mean = (self.total + other.total) / finite
            # As one division of integers, which is rounded once.
            difference = self.total * other.finite - other.total * self.finite
            between = apart * (difference / (self.finite * other.finite))
        else:
            # Each for itself: the difference of the ends of float64 is no float64.
            total, mean = None, first * self.mean + second * other.mean
            between = apart * self.mean - apart * other.mean
        deviation = math.hypot(math.sqrt(first) * self.deviation, math.sqrt(second) * other.deviation, between)
        low, high = min(self.minimum, other.minimum), max(self.maximum, other.maximum)
        return Summary(*counted, low, high, min(max(mean, low), high), deviation, total)


def summary_of(data: Array, part: str = MAGNITUDE) -> Summary:
    """Returns the summary of an array of any shape; of complex numbers that of a part, one of `parts.PARTS`."""
    values = part_of(data, part).ravel()
    return _of_floats(values) if values.dtype.kind == "f" else _of_integers(values)


def _of_floats(values: Array) -> Summary:
    values, nans, infs = _finite(values)
    if not values.size:
        return Summary(0, 0, nans, infs)
    low, high = float(values.min()), float(values.max())
    exponent = math.frexp(max(abs(low), abs(high)))[1]
    wide = values.astype(np.float64)
    if abs(exponent) > _SQUARED:
        np.ldexp(wide, -exponent, out=wide)
    else:
        exponent = 0
    mean = float(wide.mean())
    wide -= mean
    deviation = math.sqrt(float(np.dot(wide, wide)) / wide.size)
    mean, deviation = math.ldexp(mean, exponent), math.ldexp(deviation, exponent)
    zeros = values.size - int(np.count_nonzero(values))
    return Summary(values.size, zeros, nans, infs, low, high, min(max(mean, low), high), deviation)


def _of_integers(values: Array) -> Summary:
    if not values.size:
        return Summary(0, 0, 0, 0, total=0)
    low, high, count = int(values.min()), int(values.max()), values.size
    offsets = offsets_from(values, low)
    beyond = int(np.sum(offsets >> np.uint64(32), dtype=np.uint64)) * _WORD if high - low >= _WORD else 0
    within = offsets & np.uint64(_WORD - 1) if beyond else offsets
    above = beyond + int(np.sum(within, dtype=np.uint64))
    wide = offsets.astype(np.float64)
    wide -= above / count
    deviation = math.sqrt(float(np.dot(wide, wide)) / count)
    zeros = count - int(np.count_nonzero(values))
    total = low * count + above
    return Summary(count, zeros, 0, 0, low, high, total / count, deviation, total)


def offsets_from(values: Array, low: int) -> npt.NDArray[np.uint64]:
    """Returns how far integers lie above the least of them: exact also where the two are ends of 64 bits."""
    wide = values.astype(np.uint64 if values.dtype.kind == "u" else np.int64).view(np.uint64)
    wide -= np.uint64(low % (1 << 64))
    return wide


def sample(region: Region) -> tuple[Region, float]:
    """Returns `region` sampled to at most about `SAMPLE` elements, and how many elements there are for each of them.

    Of more than `VAST` elements, at most about `SPARSE_SAMPLE` are taken.

    The longest axis is thinned first, and axes of up to `FEW` samples never: colours are looked at in all channels.
    """
    sampled = list(region)
    most = SPARSE_SAMPLE if size_of(region) > VAST else SAMPLE
    while size_of(sampled) > most:
        longest = max(range(len(sampled)), key=lambda axis: sampled[axis].count)
        span = sampled[longest]
        if span.count <= FEW:
            break
        sampled[longest] = span._replace(step=2 * span.step)
    return tuple(sampled), size_of(region) / max(1, size_of(sampled))


def slices(region: Region, most: int) -> Iterator[Region]:
    """Yields parts of a region of about `most` elements at the most, along its first axes."""
    axis = next((axis for axis, span in enumerate(region) if span.count > 1), None)
    if axis is None:
        yield region
        return
    span = region[axis]
    across = size_of(region) // span.count
    length = max(1, most // max(1, across)) * span.step
    for start in range(span.start, span.stop, length):
        part = Span(start, min(start + length, span.stop), span.step)
        if across > most:
            yield from slices((*region[:axis], part, *region[axis + 1 :]), most)
        else:
            yield (*region[:axis], part, *region[axis + 1 :])


def size_of(region: Iterable[Span]) -> int:
    """Returns how many samples a region holds."""
    return math.prod(span.count for span in region)
