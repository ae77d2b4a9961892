"""Where a stage lies on screen. All panes share the coordinates of PADDED: element i covers [i, i + 1).

So the same content is under the same place in each pane, through offset, crop and stride, and linking panes means
showing the same rectangle in each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.axes import BATCH, CHANNELS
from padviewer.geometry import Region, Span
from padviewer.plan import Plan, Stage
from padviewer.workers.messages import Tile

Rect = tuple[float, float, float, float]  # left, top, width, height
# A view is read with this much around it, so that a small pan finds the picture there.
_MARGIN = 0.25
_COLOURS = (3, 4)


@dataclass(frozen=True)
class Cut:
    """Which plane is on screen.

    Attributes:
        batch: index on the batch axis.
        depth: index on the D axis, in PADDED's own indices.
        channel: index on the channel axis of input and padded; None shows three or four channels as colours, and of
            any other number the first.
        filter: index on the channel axis of the feature map.
    """

    batch: int = 0
    depth: int = 0
    channel: int | None = None
    filter: int = 0


def fit_cut(cut: Cut, plan: Plan) -> Cut:
    """Returns the cut with every index inside the plan's stages."""
    channels = plan.input.extent(CHANNELS)
    channel = None if cut.channel is None else min(cut.channel, max(0, channels - 1))
    depth = plan.axis("D")
    return Cut(
        min(cut.batch, max(0, plan.input.extent(BATCH) - 1)),
        min(cut.depth, max(0, depth.padded - 1)) if depth else 0,
        channel,
        min(cut.filter, plan.spec.filters - 1),
    )


def has_colours(plan: Plan) -> bool:
    """Whether the channels can be shown as colours."""
    few = plan.input.extent(CHANNELS) in _COLOURS
    return few and not is_signal(plan) and not plan.info.dtype.startswith("complex")


def shows_colours(plan: Plan, cut: Cut) -> bool:
    """Whether the channels are shown as colours."""
    return cut.channel is None and has_colours(plan)


def follow_content(cut: Cut, older: Plan | None, plan: Plan) -> Cut:
    """Returns the cut that shows the same slice of the input as before, or its first where there was none."""
    before = older.axis("D") if older else None
    depth = plan.axis("D")
    if depth is not None:
        shift = depth.pad.before - (before.pad.before if before else 0)
        cut = replace(cut, depth=max(0, cut.depth + shift))
    return fit_cut(cut, plan)


def row_letter(plan: Plan) -> str:
    """Returns the axis that runs down the screen: H, or the channels of a signal."""
    return "H" if "H" in plan.input.axes else CHANNELS


def column_letter(plan: Plan) -> str:
    """Returns the axis that runs across the screen: W, or T of a signal."""
    return "W" if "W" in plan.input.axes else "T"


def is_signal(plan: Plan) -> bool:
    """Whether the input has one spatial axis: rows are channels then, and need not be square with the columns."""
    return row_letter(plan) == CHANNELS


def to_padded(plan: Plan, stage: Stage, letter: str) -> tuple[float, float]:
    """Returns (scale, offset) from the stage's coordinates to those on screen."""
    axis = plan.axis(letter)
    return axis.to_padded(stage) if axis else (1.0, 0.0)


def region_rect(plan: Plan, stage: Stage, region: Region) -> Rect:
    """Returns the rectangle on screen that a region's samples cover, a sample standing for `step` elements."""
    axes = plan.require(stage).axes
    left, width = _cover(plan, stage, axes, region, column_letter(plan))
    top, height = _cover(plan, stage, axes, region, row_letter(plan))
    return left, top, width, height


def _cover(plan: Plan, stage: Stage, axes: str, region: Region, letter: str) -> tuple[float, float]:
    if letter not in axes:
        return 0.0, 1.0
    span = region[axes.index(letter)]
    scale, offset = to_padded(plan, stage, letter)
    return scale * span.start + offset, scale * span.count * span.step


def stage_rect(plan: Plan, stage: Stage) -> Rect:
    """Returns the rectangle on screen of a whole stage."""
    return region_rect(plan, stage, tuple(Span(0, size) for size in plan.require(stage).shape))


def content_rect(plan: Plan, cut: Cut) -> Rect:
    """Returns the rectangle on screen of what is data in a slice of PADDED: empty where the slice is padding."""
    depth = plan.axis("D")
    if depth and not depth.data[0] <= cut.depth < depth.data[1]:
        return 0.0, 0.0, 0.0, 0.0
    column, row = plan.axis(column_letter(plan)), plan.axis(row_letter(plan))
    left, right = column.data if column else (0, 1)
    top, bottom = row.data if row else (0, plan.input.extent(CHANNELS))
    return left, top, max(0, right - left), max(0, bottom - top)


def all_rect(plan: Plan) -> Rect:
    """Returns the rectangle on screen that holds every stage."""
    rects = [stage_rect(plan, s) for s in (Stage.INPUT, Stage.PADDED, Stage.FEATURE) if plan.stage(s) is not None]
    if is_signal(plan):
        # Filters are many more than channels; each pane of a signal has rows of its own.
        rects = [(left, 0.0, width, 1.0) for left, _top, width, _height in rects]
    left, top = min(r[0] for r in rects), min(r[1] for r in rects)
    right, bottom = max(r[0] + r[2] for r in rects), max(r[1] + r[3] for r in rects)
    return left, top, max(right - left, 1.0), max(bottom - top, 1.0)


def fixed_index(plan: Plan, stage: Stage, cut: Cut, letter: str) -> int | None:
    """Returns the index shown on an axis that is not on screen; None where INPUT has nothing at that depth."""
    if letter == BATCH:
        return cut.batch
    if letter == CHANNELS:
        return cut.filter if stage is Stage.FEATURE else cut.channel or 0
    scale, offset = to_padded(plan, stage, letter)
    index = math.floor((cut.depth + 0.5 - offset) / scale)
    size = plan.require(stage).extent(letter)
    if stage is Stage.FEATURE:
        return min(max(index, 0), size - 1)
    return index if 0 <= index < size else None


def with_index(plan: Plan, stage: Stage, cut: Cut, letter: str, index: int) -> Cut:
    """Returns the cut after a slider of a stage was set; -1 on the channel axis is all of them, as colours."""
    if letter == BATCH:
        return replace(cut, batch=index)
    if letter == CHANNELS and stage is Stage.FEATURE:
        return replace(cut, filter=index)
    if letter == CHANNELS:
        return replace(cut, channel=None if index < 0 else index)
    scale, offset = to_padded(plan, stage, letter)
    axis = plan.axis(letter)
    last = axis.padded - 1 if axis else 0
    return replace(cut, depth=min(max(0, math.floor(scale * (index + 0.5) + offset)), last))


def plane_region(plan: Plan, stage: Stage, cut: Cut) -> Region | None:
    """Returns the whole plane that a pane shows; None where there is none at this cut."""
    planned = plan.require(stage)
    shown = {row_letter(plan), column_letter(plan)}
    if stage is not Stage.FEATURE and shows_colours(plan, cut):
        shown.add(CHANNELS)
    spans = []
    for letter, size in zip(planned.axes, planned.shape, strict=True):
        index = None if letter in shown else fixed_index(plan, stage, cut, letter)
        if letter not in shown and index is None:
            return None
        spans.append(Span(0, size) if index is None else Span(index, index + 1))
    return tuple(spans) if all(span.count for span in spans) else None


def statistics_region(plan: Plan, cut: Cut) -> Region:
    """Returns the plane of INPUT that gives INPUT and PADDED their levels: the nearest where the cut is in padding.

    It has no elements where the input has none.
    """
    depth = plan.axis("D")
    if depth is not None and depth.size:
        inside = min(max(cut.depth, depth.pad.before), depth.pad.before + depth.size - 1)
        cut = replace(cut, depth=inside)
    return plane_region(plan, Stage.INPUT, cut) or tuple(Span(0, 0) for _letter in plan.input.axes)


def visible_region(plan: Plan, stage: Stage, plane: Region, view: Rect, pixels: tuple[int, int]) -> Region:
    """Returns the part of a plane that a view shows, with a margin, at the step that its pixels need.

    Steps are powers of two and regions start at multiples of them, so that a pan does not change which elements
    are sampled.

    Args:
        plan, stage, plane: what is shown.
        view: rectangle on screen that the pane shows.
        pixels: width and height of the pane.
    """
    axes = plan.require(stage).axes
    spans = list(plane)
    for letter, low, extent, count in (
        (column_letter(plan), view[0], view[2], pixels[0]),
        (row_letter(plan), view[1], view[3], pixels[1]),
    ):
        if letter in axes:
            at = axes.index(letter)
            spans[at] = _visible(spans[at].stop, to_padded(plan, stage, letter), low, extent, count)
    return tuple(spans)


def _visible(size: int, transform: tuple[float, float], low: float, extent: float, pixels: int) -> Span:
    scale, offset = transform
    first, length = (low - offset) / scale, extent / scale
    step = 1
    while step * 2 * max(1, pixels) <= length:
        step *= 2
    start = math.floor((first - length * _MARGIN) / step) * step
    stop = math.ceil((first + length * (1 + _MARGIN)) / step) * step
    start = min(max(0, start), max(0, (size - 1) // step * step))
    return Span(start, max(min(size, stop), min(size, start + step)), step)


def place_at(plan: Plan, stage: Stage, cut: Cut, x: float, y: float) -> tuple[dict[str, int], Region] | None:
    """Returns which element of a stage lies under a place on screen.

    Returns:
        The index on each axis but channels, and the one-element region (all channels of INPUT and PADDED); None where
        the stage has nothing there.
    """
    planned = plan.stage(stage)
    if planned is None:
        return None
    on_screen = {column_letter(plan): x, row_letter(plan): y}
    index: dict[str, int] = {}
    spans = []
    for letter, size in zip(planned.axes, planned.shape, strict=True):
        if letter in on_screen:
            scale, offset = to_padded(plan, stage, letter)
            found: int | None = math.floor((on_screen[letter] - offset) / scale)
        elif letter == CHANNELS and stage is not Stage.FEATURE:
            spans.append(Span(0, size))
            continue
        else:
            found = fixed_index(plan, stage, cut, letter)
        if found is None or not 0 <= found < size:
            return None
        index[letter] = found
        spans.append(Span(found, found + 1))
    return index, tuple(spans)


def is_data(plan: Plan, index: dict[str, int]) -> bool:
    """Whether an element of PADDED is data and not padding."""
    return all(axis.data[0] <= index.get(axis.letter, axis.data[0]) < axis.data[1] for axis in plan.spatial)


def plane_of(plan: Plan, tile: Tile) -> npt.NDArray[Any]:
    """Returns a tile as (rows, columns), or (rows, columns, colours)."""
    axes = plan.require(tile.stage).axes
    rows, columns = row_letter(plan), column_letter(plan)
    colours = tile.stage is not Stage.FEATURE and rows != CHANNELS and CHANNELS in axes
    colours = colours and tile.data.shape[axes.index(CHANNELS)] in _COLOURS
    wanted = [letter for letter in (rows, columns, CHANNELS if colours else "") if letter and letter in axes]
    others = [i for i, letter in enumerate(axes) if letter not in wanted]
    plane = tile.data.transpose([*(axes.index(letter) for letter in wanted), *others])
    plane = plane.reshape(plane.shape[: len(wanted)])
    return np.ascontiguousarray(plane if rows in axes else plane[np.newaxis])
