"""What the stages of a plan hold, region by region, and which regions are one value throughout."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator

import numpy as np

from padviewer.axes import CHANNELS
from padviewer.export import Array, Content, Payload, Space, in_space
from padviewer.geometry import Region, Span, counts
from padviewer.plan import AxisPlan, Plan, Stage
from padviewer.sources import Source
from padviewer.sources.padded import read_mask, read_padded
from padviewer.windows import block_bytes

# Elements of an axis whose places are counted at a time: each takes 8 bytes, several times.
_LONG = 1 << 19
# Runs that an axis is cut into at most, where mirrored or repeated elements turn.
_TURNS = 16

SourceOf = Callable[[Plan], Source]


class PaddedContent:
    """The padded tensor.

    Args:
        plan: a plan that has a PADDED stage.
        source_of: returns the source of the plan, or raises where the file is another by now.
    """

    def __init__(self, plan: Plan, source_of: SourceOf) -> None:
        self._plan, self._source_of = plan, source_of
        self._axes = plan.require(Stage.PADDED).axes

    def read(self, region: Region) -> Array:
        """Returns the elements of a region."""
        source = self._source_of(self._plan)
        boxes = _boxes(self._plan, self._axes, region)
        if len(boxes) == 1:
            return read_padded(source, self._plan, region)
        out: Array = np.empty(counts(region), self._plan.input.dtype)
        for box in boxes:
            places = zip(box, region, strict=True)
            place = tuple(slice(cut.start - span.start, cut.stop - span.start) for cut, span in places)
            out[place] = read_padded(source, self._plan, box)
        return out

    def constant(self, region: Region) -> Array | None:
        """Returns the padding of each channel, where there is nothing else."""
        if self._plan.spec.mode != "constant" or not _lacks_data(self._plan, self._axes, region):
            return None
        corner = _corner(self._axes, region)
        return read_padded(self._source_of(self._plan), self._plan, corner)


class MaskContent:
    """The pixel mask of a plan that has a PADDED stage."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._axes = plan.require(Stage.MASK).axes

    def read(self, region: Region) -> Array:
        """Computes the elements of a region."""
        return read_mask(self._plan, region)

    def constant(self, region: Region) -> Array | None:
        """Returns 0 where there is padding alone, 1 where there is data alone."""
        if _lacks_data(self._plan, self._axes, region) or _is_all_data(self._plan, self._axes, region):
            return read_mask(self._plan, _corner("", region))
        return None


class FeatureContent:
    """A whole feature map that has been computed."""

    def __init__(self, plan: Plan, array: Array) -> None:
        self._plan, self._array = plan, array

    def read(self, region: Region) -> Array:
        """Returns the elements of a region."""
        return self._array[tuple(slice(span.start, span.stop) for span in region)]

    def constant(self, region: Region) -> Array | None:
        """Returns the value of each filter, where the windows hold nothing but constant padding."""
        if not sees_padding_alone(self._plan, region):
            return None
        return self.read(_corner(self._plan.require(Stage.FEATURE).axes, region))


def payload_of(plan: Plan, stage: Stage) -> Payload:
    """Describes a stage, and what its elements are made of."""
    wanted, info, fill = plan.require(stage), plan.info, plan.spec.fill_value
    read = plan.weights.modified if plan.weights else 0
    origin = [os.path.realpath(info.path), info.member, info.modified, info.file_bytes, info.shape, info.dtype]
    plain = stage is Stage.PADDED and plan.spec.mode == "constant" and not isinstance(fill, tuple)
    return Payload(
        stage.value,
        wanted.axes,
        wanted.shape,
        wanted.dtype,
        plan.spec.to_json(),
        # Computed whole or in pieces, a sum may be rounded otherwise.
        json.dumps([*origin, plan.input.axes, stage is Stage.FEATURE and plan.is_whole, read]),
        fill if plain and not isinstance(fill, tuple) else 0,
        space_of(plan, stage),
    )


def space_of(plan: Plan, stage: Stage) -> Space:
    """Returns where a stage lies in space: each element of the input that it holds is where it was.

    The matrix of the input is about the first three axes of its file. Where it has none, x runs along its rows, y down
    and z through, elements of the input are the unit, and its first one is the origin. An output of the feature map
    lies in the middle of its window.
    """
    axes, affine = plan.input.axes, plan.info.affine
    letters = axes[:3] if affine else in_space(axes)
    within = np.eye(4)
    for number, letter in enumerate(letters):
        if (axis := plan.axis(letter)) is not None:
            scale, offset = axis.to_padded(stage)
            # `to_padded` is about the borders of elements, matrices of images about their middles.
            within[number, number], within[number, 3] = scale, (scale - 1) / 2 + offset - axis.pad.before
    matrix = np.array(affine if affine else np.eye(4).ravel()).reshape(4, 4) @ within
    return Space(letters, tuple(matrix.ravel().tolist()), affine is not None)


def content_of(plan: Plan, stage: Stage, source_of: SourceOf) -> Content:
    """Returns the content of PADDED or of the mask."""
    return MaskContent(plan) if stage is Stage.MASK else PaddedContent(plan, source_of)


def sees_padding_alone(plan: Plan, region: Region) -> bool:
    """Whether the windows of a region of FEATURE hold constant padding and nothing else: one value for each filter."""
    if plan.spec.mode != "constant":
        return False
    spans = dict(zip(plan.require(Stage.FEATURE).axes, region, strict=True))
    found = [(axis, _reach(axis, spans[axis.letter])) for axis in plan.spatial]
    if not any(_is_beside(axis, reach) for axis, reach in found):
        return False
    fill = plan.spec.fill_value
    # The zeros of the convolution's own padding are another value than a fill that is not zero.
    zero = not any(fill if isinstance(fill, tuple) else (fill,))
    return zero or all(first >= 0 and stop <= axis.padded for axis, (first, stop) in found)


def output_of(plan: Plan, region: Region) -> Region:
    """Returns a single output of a region of FEATURE, with all filters."""
    stage = plan.require(Stage.FEATURE)
    return (*_corner(stage.axes, region)[:-1], Span(0, stage.shape[-1]))


def pieces(plan: Plan, region: Region, limit: int) -> Iterator[Region]:
    """Cuts a region of FEATURE until each piece is computed of a block of at most `limit` bytes, or is one output.

    The first axis is cut first, so that the pieces come in the order of their elements where those of the region do.
    """
    axis = next((axis for axis, span in enumerate(region[:-1]) if span.count > 1), None)
    if axis is None or block_bytes(plan, region) <= limit:
        yield region
        return
    span = region[axis]
    middle = span.start + span.count // 2
    for half in (Span(span.start, middle), Span(middle, span.stop)):
        yield from pieces(plan, (*region[:axis], half, *region[axis + 1 :]), limit)


def _reach(axis: AxisPlan, outputs: Span) -> tuple[int, int]:
    """Returns the half-open range of the padded axis from the first element that outputs read to their last."""
    first = outputs.start * axis.stride - axis.conv.before
    return first, (outputs.stop - 1) * axis.stride - axis.conv.before + axis.span


def _is_beside(axis: AxisPlan, reach: tuple[int, int]) -> bool:
    """Whether a range of the padded axis lies before the data, or after it."""
    start, stop = axis.data
    return stop <= start or reach[1] <= start or reach[0] >= stop


def _boxes(plan: Plan, axes: str, region: Region) -> list[Region]:
    """Cuts a region of the padded tensor so that its elements are moved in runs, and few are counted at a time."""
    cut = []
    for letter, span in zip(axes, region, strict=True):
        axis = plan.axis(letter)
        turns = _turns(axis, plan.spec.mode, span) if axis else []
        ends = sorted({span.start, *turns, *range(span.start, span.stop, _LONG), span.stop})
        cut.append([Span(start, stop) for start, stop in itertools.pairwise(ends)])
    return list(itertools.product(*cut))


def _turns(axis: AxisPlan, mode: str, span: Span) -> list[int]:
    """Returns where the elements of the input that stand along an axis do not go on evenly."""
    inside = range(span.start + 1, span.stop)
    if mode == "constant":
        return []
    period = axis.size - 1 if mode == "reflect" else axis.size
    if mode != "edge" and span.count <= _TURNS * period:
        first = axis.pad.before + -(-(inside.start - axis.pad.before) // period) * period
        return list(range(first, inside.stop, period))
    return [at for at in axis.data if at in inside]


def _lacks_data(plan: Plan, axes: str, region: Region) -> bool:
    spans = dict(zip(axes, region, strict=True))
    return any(_is_beside(axis, spans[axis.letter][:2]) for axis in plan.spatial)


def _is_all_data(plan: Plan, axes: str, region: Region) -> bool:
    spans = dict(zip(axes, region, strict=True))
    return all(
        axis.data[0] <= spans[axis.letter].start and spans[axis.letter].stop <= axis.data[1] for axis in plan.spatial
    )


def _corner(axes: str, region: Region) -> Region:
    """Returns the first element of a region on each axis, and all of its channels."""
    return tuple(
        span if axes[number : number + 1] == CHANNELS else Span(span.start, span.start + 1)
        for number, span in enumerate(region)
    )
