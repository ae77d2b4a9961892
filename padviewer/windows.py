"""The windows of a convolution: which elements of the padded tensor the outputs of a region read.

A region of the feature map is computed from a *block*: the elements that its windows read, gathered from the padded
tensor, and convolved without any padding. So the cost follows the region, however large the tensor is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from padviewer.axes import BATCH, CHANNELS
from padviewer.geometry import Indices, Region, Span
from padviewer.plan import FEATURE_DTYPE, AxisPlan, Plan, Stage


@dataclass(frozen=True)
class AxisWindows:
    """What the outputs of one spatial axis read.

    Attributes:
        index: indices on the padded axis, int64; those outside of it are the zeros that the convolution itself pads.
        stride, dilation: of the convolution that makes the outputs of the elements at `index`.
    """

    index: Indices
    stride: int
    dilation: int


@dataclass(frozen=True)
class Windows:
    """What a region of the feature map reads.

    Attributes:
        batch: the span on the batch axis; one element where there is none.
        spatial: one record for each spatial axis.
        channels: how many channels the input has: all of them are read.
    """

    batch: Span
    spatial: tuple[AxisWindows, ...]
    channels: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the block: batch, spatial axes, channels."""
        return (self.batch.count, *(len(axis.index) for axis in self.spatial), self.channels)

    @property
    def nbytes(self) -> int:
        """Bytes of the block, float32."""
        return math.prod(self.shape) * np.dtype(FEATURE_DTYPE).itemsize


def windows_of(plan: Plan, region: Region) -> Windows:
    """Returns what the outputs of a region read.

    Where outputs lie close together their windows overlap, and one run of elements serves all of them; where they lie
    far apart, each window is gathered for itself, and the convolution steps from window to window.

    Args:
        plan: a plan that has a FEATURE stage.
        region: one span for each axis of the feature map; the filters do not matter.
    """
    axes = plan.require(Stage.FEATURE).axes
    spans = dict(zip(axes, region, strict=True))
    found = [_smaller(axis, spans[axis.letter]) for axis in plan.spatial]
    if any(w.stride > 1 for w in found) and any(w.dilation > 1 for w in found):
        # No framework has both in one convolution.
        found = [_apart(axis, spans[axis.letter]) for axis in plan.spatial]
    return Windows(spans.get(BATCH, Span(0, 1)), tuple(found), plan.input.extent(CHANNELS))


def _smaller(axis: AxisPlan, outputs: Span) -> AxisWindows:
    run, apart = run_length(axis, outputs), outputs.count * axis.kernel
    return _together(axis, outputs) if run <= apart else _apart(axis, outputs)


def run_length(axis: AxisPlan, outputs: Span) -> int:
    """Returns how many elements lie from the first that the outputs read to the last."""
    return max(0, (outputs.count - 1) * outputs.step * axis.stride + axis.span) if outputs.count else 0


def _together(axis: AxisPlan, outputs: Span) -> AxisWindows:
    first = outputs.start * axis.stride - axis.conv.before
    index = np.arange(first, first + run_length(axis, outputs), dtype=np.int64)
    # Of a single output the stride does not matter, and 1 goes together with any dilation.
    return AxisWindows(index, outputs.step * axis.stride if outputs.count > 1 else 1, axis.dilation)


def _apart(axis: AxisPlan, outputs: Span) -> AxisWindows:
    firsts = outputs.indices * axis.stride - axis.conv.before
    taps = np.arange(axis.kernel, dtype=np.int64) * axis.dilation
    return AxisWindows((firsts[:, np.newaxis] + taps).ravel(), axis.kernel, 1)


@dataclass(frozen=True)
class Repeats:
    """The outputs of one axis that differ, and which of them stands at each place.

    Attributes:
        index: what the outputs that differ read, as in `AxisWindows`.
        source: for each output of the axis, the number of the one that is equal to it, int64.
    """

    index: Indices
    source: Indices


def repeats_of(axis: AxisPlan, mode: str) -> Repeats:
    """Returns the outputs of an axis without the repetitions that constant padding brings.

    Outputs whose window holds padding alone are all equal along the axis: of those before the data, and of those after
    it, one is kept. A stride of `axis.stride` over `index` makes the outputs that are kept.
    """
    outputs = Span(0, axis.outputs)
    index = _together(axis, outputs).index
    source = np.arange(axis.outputs, dtype=np.int64)
    if mode != "constant":
        return Repeats(index, source)
    # The later run first, so that the numbers of the earlier one stay.
    for start, stop in reversed(padding_runs(axis)):
        left_out = stop - start - 1
        if left_out > 0:
            cut = start * axis.stride
            index = np.concatenate([index[:cut], index[cut + left_out * axis.stride :]])
            source[start:stop] = start
            source[stop:] -= left_out
    return Repeats(index, source)


def padding_runs(axis: AxisPlan) -> tuple[tuple[int, int], tuple[int, int]]:
    """Returns two half-open ranges of outputs whose windows hold constant padding alone: before the data, and after it.

    Windows that reach into the zeros of the convolution itself are not among them.
    """
    first, last = axis.data
    inside = -(-axis.conv.before // axis.stride)
    end = (axis.padded - axis.span + axis.conv.before) // axis.stride + 1
    end = min(max(end, 0), axis.outputs)
    before = (first - axis.span + axis.conv.before) // axis.stride + 1
    after = -(-(last + axis.conv.before) // axis.stride)
    if last <= first:  # no data at all
        return (inside, max(inside, end)), (max(inside, end), max(inside, end))
    before = min(max(before, inside), end)
    after = max(min(after, end), before)
    return (min(inside, before), before), (after, max(after, end))
