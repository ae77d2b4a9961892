"""Rectangles on screen: what a stage, a tile and the content cover, and which region a view of a pane shows."""

from __future__ import annotations

import math

from padviewer.geometry import Region, Span, Split
from padviewer.gui.screen import (
    Cut,
    axes_on_screen,
    column_letter,
    fills,
    hidden_axes,
    padded_index,
    row_letter,
    to_padded,
)
from padviewer.plan import Plan, Stage

Rect = tuple[float, float, float, float]  # left, top, width, height
# A view is read with this much around it, so that a small pan finds the picture there.
_MARGIN = 0.25


def region_rect(plan: Plan, stage: Stage, cut: Cut, region: Region) -> Rect:
    """Returns the rectangle on screen that a region's samples cover, a sample standing for `step` elements."""
    (top, height), (left, width) = (_cover(plan, stage, region, letter) for letter in axes_on_screen(plan, cut))
    return left, top, width, height


def _cover(plan: Plan, stage: Stage, region: Region, letter: str) -> tuple[float, float]:
    axes = plan.require(stage).axes
    if letter not in axes:
        return 0.0, 1.0
    span = region[axes.index(letter)]
    scale, offset = to_padded(plan, stage, letter)
    return scale * span.start + offset, scale * span.count * span.step


def stage_rect(plan: Plan, stage: Stage, cut: Cut) -> Rect:
    """Returns the rectangle on screen of a whole stage."""
    return region_rect(plan, stage, cut, tuple(Span(0, size) for size in plan.require(stage).shape))


def content_rect(plan: Plan, cut: Cut) -> Rect:
    """Returns the rectangle on screen of what is data in a slice of PADDED: empty where the slice is padding."""
    for letter in hidden_axes(plan, Stage.PADDED, cut):
        axis = plan.axis(letter)
        if axis and not axis.data[0] <= padded_index(cut, axis) < axis.data[1]:
            return 0.0, 0.0, 0.0, 0.0
    (top, bottom), (left, right) = (
        axis.data if (axis := plan.axis(letter)) else (0, plan.input.extent(letter))
        for letter in axes_on_screen(plan, cut)
    )
    return left, top, max(0, right - left), max(0, bottom - top)


def read_rect(plan: Plan, cut: Cut) -> Rect:
    """Returns the rectangle on screen of PADDED with the zeros that the convolution itself adds around it."""
    left, top, width, height = stage_rect(plan, Stage.PADDED, cut)
    if plan.feature is None:
        return left, top, width, height
    adds = [axis.conv if (axis := plan.axis(letter)) else Split(0, 0) for letter in axes_on_screen(plan, cut)]
    rows, columns = adds
    return left - columns.before, top - rows.before, width + sum(columns), height + sum(rows)


def all_rect(plan: Plan, cut: Cut) -> Rect:
    """Returns the rectangle on screen that holds every stage, and what the convolution reads around PADDED.

    On an axis of which each pane shows its own, it reaches from 0 to 1.
    """
    stages = (Stage.INPUT, Stage.PADDED, Stage.FEATURE)
    rects = [stage_rect(plan, stage, cut) for stage in stages if plan.stage(stage) is not None]
    if plan.padded is not None:
        rects.append(read_rect(plan, cut))
    low, high = [], []
    for letter, first in zip(axes_on_screen(plan, cut), (1, 0), strict=True):
        low.append(0.0 if fills(letter) else min(rect[first] for rect in rects))
        high.append(1.0 if fills(letter) else max(rect[first] + rect[first + 2] for rect in rects))
    return low[1], low[0], max(high[1] - low[1], 1.0), max(high[0] - low[0], 1.0)


def stepped(
    plan: Plan, stage: Stage, cut: Cut, place: tuple[float, float], across: int, down: int
) -> tuple[float, float]:
    """Returns the middle (x, y) of the element of a stage that lies some elements from a place, or at its border."""
    found = []
    for letter, start, steps in zip(axes_on_screen(plan, cut)[::-1], place, (across, down), strict=True):
        scale, offset = to_padded(plan, stage, letter)
        index = math.floor((start - offset) / scale) + steps
        inside = min(max(index, 0), max(0, plan.require(stage).extent(letter) - 1))
        found.append(offset + scale * (inside + 0.5))
    return found[0], found[1]


def revealed(first: float, length: float, place: float) -> float:
    """Returns where a view of a length starts so that a place lies in it, in its middle if the view has to move."""
    return first if first <= place <= first + length else place - length / 2


def visible_region(plan: Plan, stage: Stage, cut: Cut, plane: Region, view: Rect, pixels: tuple[int, int]) -> Region:
    """Returns the part of a plane that a view shows, with a margin, at the step that its pixels need.

    Steps are powers of two and regions start at multiples of them, so that a pan does not change which elements
    are sampled. Of a feature map that is computed for the view, there is no margin, and no more samples than pixels.

    Args:
        plan, stage, cut, plane: what is shown.
        view: rectangle on screen that the pane shows.
        pixels: width and height of the pane.
    """
    axes = plan.require(stage).axes
    visible = _visible if stage is not Stage.FEATURE or plan.is_whole else visible_at_most
    spans = list(plane)
    rows, columns = row_letter(plan, cut), column_letter(plan, cut)
    for letter, low, extent, count in ((columns, view[0], view[2], pixels[0]), (rows, view[1], view[3], pixels[1])):
        if letter in axes:
            at = axes.index(letter)
            scale, offset = to_padded(plan, stage, letter)
            spans[at] = visible(spans[at].stop, (low - offset) / scale, extent / scale, count)
    return tuple(spans)


def _visible(size: int, first: float, length: float, pixels: int) -> Span:
    step = 1
    while step * 2 * max(1, pixels) <= length:
        step *= 2
    return _aligned(size, first - length * _MARGIN, first + length * (1 + _MARGIN), step)


def visible_at_most(size: int, first: float, length: float, pixels: int) -> Span:
    """Returns the samples of an axis that a stretch of it shows: no more than pixels, at a power of two."""
    step = 1
    while (span := _aligned(size, first, first + length, step)).count > max(1, pixels):
        step *= 2
    return span


def _aligned(size: int, first: float, last: float, step: int) -> Span:
    """Returns the samples at multiples of a step that cover a stretch, at least one."""
    start = min(max(0, math.floor(first / step) * step), max(0, (size - 1) // step * step))
    stop = min(size, math.ceil(last / step) * step)
    return Span(start, max(stop, min(size, start + step)), step)
