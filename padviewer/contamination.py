"""Contamination: which share of each output's window is padding, exactly, for a feature map of any size.

Windows are boxes and data is a box, so the elements of a window that are data are counted axis by axis and multiplied.
Along an axis their number changes only where one of the kernel's taps enters the data or leaves it. So what is told of
a whole feature map follows from a few pieces for each tap, however many outputs there are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.geometry import Indices, Span, Split
from padviewer.plan import AxisPlan, Plan

# Bars of a histogram between those for none and all of a window.
_BARS = 10
# Kernels of more taps along an axis are not looked into: only a map that nobody could compute has one.
_MOST_PIECES = 1 << 20
_LARGEST_INT64 = 1 << 62


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram.

    Attributes:
        low, high: the shares of a window that it counts, from `low` to below `high`. The first and the last count
            exactly 0 and 1, and have both equal; the one after the first leaves 0 to it.
        outputs: how many there are.
    """

    low: float
    high: float
    outputs: int


@dataclass(frozen=True, eq=False)
class AxisContamination:
    """How many taps of the outputs along one axis are data.

    Attributes:
        axis: the plan of the axis, with at least one output.
        starts: first output of each piece, int64, ascending from 0.
        taps: how many of the kernel's taps are data there, int64; neighbours differ.
    """

    axis: AxisPlan
    starts: Indices
    taps: Indices

    def data_taps(self, outputs: Indices) -> Indices:
        """Returns how many taps of some outputs are data, int64 of the same shape, from 0 to the kernel's size."""
        return self.taps[np.searchsorted(self.starts, outputs, side="right") - 1]

    def data_shares(self, first: Indices, stop: Indices) -> npt.NDArray[np.float64]:
        """Returns the share of taps that are data in blocks of outputs: 1 only where all are, 0 only where none is.

        Args:
            first, stop: the half-open ranges of outputs, none of them empty.
        """
        found: npt.NDArray[np.float64] = (self._before(stop) - self._before(first)) / (
            (stop - first) * self.axis.kernel
        )
        return found

    @property
    def clean(self) -> tuple[int, int]:
        """Half-open range of the outputs whose taps are data alone; empty where there is none."""
        found = np.flatnonzero(self.taps == self.axis.kernel)
        if not len(found):
            return 0, 0
        return int(self.starts[found[0]]), int(self.starts[found[-1]] + self._lengths[found[-1]])

    @property
    def seeing(self) -> int:
        """How many outputs have a tap that is data."""
        return int(self._lengths[self.taps > 0].sum())

    @property
    def data_sum(self) -> int:
        """The number of taps that are data, over all outputs."""
        return int((self._lengths * self.taps).sum())

    @property
    def reach(self) -> Split | None:
        """Outputs that touch padding at the start and at the end of the axis; None where all of them do."""
        start, stop = self.clean
        return Split(start, self.axis.outputs - stop) if stop > start else None

    @property
    def depth(self) -> Split | None:
        """How many elements of the data, from its first and its last on, are read together with padding.

        None where every output touches padding, and so all of the data is.
        """
        reach, axis = self.reach, self.axis
        if reach is None:
            return None
        (first, last), length = axis.data, axis.data[1] - axis.data[0]
        end_of_window = (reach.before - 1) * axis.stride - axis.conv.before + axis.span
        start_of_window = (axis.outputs - reach.after) * axis.stride - axis.conv.before
        before = end_of_window - first if reach.before else 0
        after = last - start_of_window if reach.after else 0
        return Split(min(max(before, 0), length), min(max(after, 0), length))

    @property
    def counts(self) -> tuple[Indices, Indices]:
        """The numbers of data taps that occur, ascending, and how many outputs have each, both int64."""
        values, places = np.unique(self.taps, return_inverse=True)
        outputs = np.zeros(len(values), np.int64)
        np.add.at(outputs, places, self._lengths)
        return values, outputs

    @cached_property
    def _lengths(self) -> Indices:
        return np.diff(self.starts, append=self.axis.outputs)

    @cached_property
    def _sums(self) -> Indices:
        """Data taps of all outputs before each piece."""
        sums = np.cumsum(self._lengths * self.taps)
        return np.concatenate([np.zeros(1, np.int64), sums[:-1]])

    def _before(self, outputs: Indices) -> Indices:
        """Returns the data taps of all outputs before some, which may be one past the last."""
        piece = np.searchsorted(self.starts, outputs, side="right") - 1
        found: Indices = self._sums[piece] + (outputs - self.starts[piece]) * self.taps[piece]
        return found


@dataclass(frozen=True, eq=False)
class Contamination:
    """What is known of all outputs: one filter of one item of a batch, as they are the same for each.

    Attributes:
        axes: one record for each spatial axis, in the order D, H, W or T.
    """

    axes: tuple[AxisContamination, ...]

    @property
    def taps(self) -> int:
        """Elements of a window, of one channel."""
        return math.prod(each.axis.kernel for each in self.axes)

    @property
    def outputs(self) -> int:
        """How many outputs there are."""
        return math.prod(each.axis.outputs for each in self.axes)

    @property
    def touching(self) -> int:
        """How many outputs have padding in their window."""
        return self.outputs - math.prod(stop - start for start, stop in (each.clean for each in self.axes))

    @property
    def seeing_nothing(self) -> int:
        """How many outputs have padding alone in their window."""
        return self.outputs - math.prod(each.seeing for each in self.axes)

    @property
    def mean(self) -> float:
        """The mean share of a window that is padding."""
        read = self.outputs * self.taps
        return _ratio(read - math.prod(each.data_sum for each in self.axes), read)

    def share(self, outputs: int) -> float:
        """Returns a number of outputs as a share of all: 0 or 1 only where it is none or all of them."""
        return _ratio(outputs, self.outputs)

    def shares(self, spans: Sequence[Span]) -> npt.NDArray[np.float64]:
        """Returns the contamination of some outputs.

        Args:
            spans: one for each spatial axis, in the feature map's own indices.

        Returns:
            The share of each window that is padding, 0 to 1, with one dimension for each spatial axis. 0 and 1 are none
            and all of it exactly.
        """
        data = np.ones((), np.int64)
        for each, span in zip(self.axes, spans, strict=True):
            data = np.multiply.outer(data, each.data_taps(span.indices))
        found: npt.NDArray[np.float64] = (self.taps - data) / self.taps
        return found

    @cached_property
    def histogram(self) -> tuple[Bar, ...]:
        """How many outputs have which share: none, ten bars of a tenth each, and all. They add up to `outputs`."""
        taps, at_least = self.taps, self._counter()
        # Below a share of j tenths are the windows with more data than this.
        edges = [taps * (_BARS - j) // _BARS + 1 for j in range(_BARS + 1)]
        below = [at_least(min(edge, taps)) for edge in edges]
        tenths = [Bar(j / _BARS, (j + 1) / _BARS, below[j + 1] - below[j]) for j in range(_BARS)]
        return Bar(0, 0, at_least(taps)), *tenths, Bar(1, 1, self.outputs - at_least(1))

    def _counter(self) -> Any:
        """Returns the function that counts outputs with at least a number of data elements, 1 or more, exactly."""
        counts = sorted((each.counts for each in self.axes), key=lambda pair: len(pair[0]))
        kind: Any = np.int64 if self.outputs < _LARGEST_INT64 else object
        values, outputs = np.ones(1, np.int64), np.ones(1, kind)
        for others, numbers in counts[:-1]:
            values, outputs = _joined(values, outputs, others, numbers.astype(kind))
        longest, numbers = counts[-1]
        tail = np.append(np.cumsum(numbers[::-1])[::-1], 0).astype(kind)
        values, outputs = values[values > 0], outputs[values > 0]

        def at_least(elements: int) -> int:
            return int((outputs * tail[np.searchsorted(longest, -(-elements // values))]).sum())

        return at_least


def contamination_of(plan: Plan) -> Contamination | None:
    """Returns the contamination of a plan's feature map.

    Returns:
        None where there is no feature map, or its kernel has over half a million taps along an axis.
    """
    if plan.feature is None or any(_pieces(axis) > _MOST_PIECES for axis in plan.spatial):
        return None
    return Contamination(tuple(axis_contamination(axis) for axis in plan.spatial))


def axis_contamination(axis: AxisPlan) -> AxisContamination:
    """Returns how many taps of the outputs along an axis are data.

    What the convolution pads itself is no data, and neither is what lies in the gaps of a dilated kernel.
    """
    (first, last), outputs = axis.data, axis.outputs
    if last <= first:
        zero = np.zeros(1, np.int64)
        return AxisContamination(axis, zero, zero)
    taps = np.arange(axis.kernel, dtype=np.int64) * axis.dilation - axis.conv.before
    if outputs <= 2 * axis.kernel:
        starts = np.arange(outputs, dtype=np.int64)
        counts = _below(taps, last - starts * axis.stride) - _below(taps, first - starts * axis.stride)
    else:
        # The outputs at which each tap comes to lie on the data, and at which it has left it.
        enters, leaves = (np.clip(-((taps - edge) // axis.stride), 0, outputs) for edge in (first, last))
        # `np.unique` loads numpy's masked arrays, which takes longer than everything else here.
        starts = np.sort(np.concatenate([np.zeros(1, np.int64), enters, leaves]))
        starts = starts[np.append(True, starts[1:] != starts[:-1]) & (starts < outputs)]
        enters.sort()
        leaves.sort()
        counts = np.searchsorted(enters, starts, side="right") - np.searchsorted(leaves, starts, side="right")
    differs = np.append(True, counts[1:] != counts[:-1])
    return AxisContamination(axis, starts[differs], counts[differs].astype(np.int64))


def _ratio(part: int, whole: int) -> float:
    """Returns a quotient that is 1 only where it is exactly that, however large the numbers are."""
    return 1.0 if part == whole else min(part / whole, math.nextafter(1, 0))


def _pieces(axis: AxisPlan) -> int:
    return min(axis.outputs, 2 * axis.kernel)


def _below(taps: Indices, limits: Indices) -> npt.NDArray[np.intp]:
    """Returns how many taps lie below each limit."""
    return np.searchsorted(taps, limits)


def _joined(
    values: Indices, outputs: npt.NDArray[Any], others: Indices, numbers: npt.NDArray[Any]
) -> tuple[Indices, npt.NDArray[Any]]:
    """Returns the products of the values of two distributions, ascending, and how many outputs have each."""
    products, places = np.unique(np.multiply.outer(values, others).ravel(), return_inverse=True)
    joined = np.zeros(len(products), outputs.dtype)
    np.add.at(joined, places, np.multiply.outer(outputs, numbers).ravel())
    return products, joined
