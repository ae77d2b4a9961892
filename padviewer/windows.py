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
from padviewer.spec import ACROSS_FILTERS


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
        channels: the span of channels that are read: those of the groups that the filters of the region belong to.
    """

    batch: Span
    spatial: tuple[AxisWindows, ...]
    channels: Span

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the block: batch, spatial axes, channels."""
        return (self.batch.count, *(len(axis.index) for axis in self.spatial), self.channels.count)

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
        region: one span for each axis of the feature map.
    """
    spans = dict(zip(plan.require(Stage.FEATURE).axes, region, strict=True))
    apart = _apart_axes(plan, spans)
    found = tuple((_apart if axis.letter in apart else _together)(axis, spans[axis.letter]) for axis in plan.spatial)
    return Windows(spans.get(BATCH, Span(0, 1)), found, channels_of(plan, spans[CHANNELS]))


def channels_of(plan: Plan, filters: Span) -> Span:
    """Returns the channels that filters read: all, or those of the groups from the first filter's to the last one's."""
    channels = plan.input.extent(CHANNELS)
    if plan.spec.conv == "separable" or plan.spec.activation in ACROSS_FILTERS or not filters.count:
        return Span(0, channels)
    last = filters.start + (filters.count - 1) * filters.step
    within, read = plan.filters // plan.groups, channels // plan.groups
    return Span(filters.start // within * read, (last // within + 1) * read)


def block_bytes(plan: Plan, region: Region) -> int:
    """Returns the bytes of the block that `windows_of` describes, without making its indices."""
    spans = dict(zip(plan.require(Stage.FEATURE).axes, region, strict=True))
    apart = _apart_axes(plan, spans)
    sizes = [
        spans[a.letter].count * a.kernel if a.letter in apart else _run_length(a, spans[a.letter]) for a in plan.spatial
    ]
    batch = spans[BATCH].count if BATCH in spans else 1
    channels = channels_of(plan, spans[CHANNELS]).count
    return batch * math.prod(sizes) * channels * np.dtype(FEATURE_DTYPE).itemsize


def _apart_axes(plan: Plan, spans: dict[str, Span]) -> frozenset[str]:
    """Returns the axes whose windows are gathered one by one: fewer elements are read then."""
    apart = {a.letter for a in plan.spatial if spans[a.letter].count * a.kernel < _run_length(a, spans[a.letter])}
    together = [axis for axis in plan.spatial if axis.letter not in apart]
    strides = any(_stride(a, spans[a.letter]) > 1 for a in together) or any(
        a.kernel > 1 for a in plan.spatial if a.letter in apart
    )
    if strides and any(axis.dilation > 1 for axis in together):
        # No framework has both in one convolution.
        return frozenset(axis.letter for axis in plan.spatial)
    return frozenset(apart)


def thinned(plan: Plan, region: Region, limit: int, most: int | None = None) -> Region:
    """Returns a region with larger steps, so that its block takes at most `limit` bytes, if a block can.

    Args:
        plan, region: as for `windows_of`.
        limit: bytes.
        most: samples on each spatial axis; None allows any number.
    """
    axes = plan.require(Stage.FEATURE).axes
    spans = list(region)
    places = [axes.index(axis.letter) for axis in plan.spatial]

    def longest() -> int:
        return max(places, key=lambda place: spans[place].count)

    while spans[longest()].count > (most or spans[longest()].count):
        spans[longest()] = _coarser(spans[longest()])
    while spans[longest()].count > 1 and block_bytes(plan, tuple(spans)) > limit:
        spans[longest()] = _coarser(spans[longest()])
    return tuple(spans)


def _coarser(span: Span) -> Span:
    """Returns a span of half as many samples, from a multiple of its step on as before."""
    step = 2 * span.step
    return Span(span.start // step * step, span.stop, step)


def _run_length(axis: AxisPlan, outputs: Span) -> int:
    """Returns how many elements lie from the first that the outputs read to the last."""
    return (outputs.count - 1) * outputs.step * axis.stride + axis.span if outputs.count else 0


def _stride(axis: AxisPlan, outputs: Span) -> int:
    # Of a single output the stride does not matter, and 1 goes together with any dilation. With a larger one on the
    # last of three axes, TensorFlow 2.21 returns whatever lies in memory on a CPU.
    return outputs.step * axis.stride if outputs.count > 1 else 1


def _together(axis: AxisPlan, outputs: Span) -> AxisWindows:
    first = outputs.start * axis.stride - axis.conv.before
    index = np.arange(first, first + _run_length(axis, outputs), dtype=np.int64)
    return AxisWindows(index, _stride(axis, outputs), axis.dilation)


def _apart(axis: AxisPlan, outputs: Span) -> AxisWindows:
    firsts = outputs.indices * axis.stride - axis.conv.before
    taps = np.arange(axis.kernel, dtype=np.int64) * axis.dilation
    return AxisWindows((firsts[:, np.newaxis] + taps).ravel(), axis.kernel if outputs.count > 1 else 1, 1)


@dataclass(frozen=True)
class Repeats:
    """The outputs of one axis that differ, and which of them stands at each place.

    Attributes:
        index: what the outputs that differ read, as in `AxisWindows`.
        source: for each output of the axis, the number of the one that is equal to it, int64.
        stride: of the convolution that makes the outputs of the elements at `index`.
    """

    index: Indices
    source: Indices
    stride: int

    @property
    def repeats(self) -> bool:
        """Whether any output is equal to another."""
        return bool(len(self.source) and self.source[-1] != len(self.source) - 1)


def repeats_of(axis: AxisPlan, mode: str) -> Repeats:
    """Returns the outputs of an axis without the repetitions that constant padding brings.

    Outputs whose window holds padding alone are all equal along the axis: of those before the data, and of those after
    it, one is kept.
    """
    outputs = Span(0, axis.outputs)
    index = _together(axis, outputs).index
    source = np.arange(axis.outputs, dtype=np.int64)
    if mode != "constant":
        return Repeats(index, source, _stride(axis, outputs))
    # The later run first, so that the numbers of the earlier one stay.
    for start, stop in reversed(padding_runs(axis)):
        left_out = stop - start - 1
        if left_out > 0:
            cut = start * axis.stride
            index = np.concatenate([index[:cut], index[cut + left_out * axis.stride :]])
            source[start:stop] = start
            source[stop:] -= left_out
    return Repeats(index, source, axis.stride if source[-1] else 1)


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
