"""Which plane is on screen, and where a stage lies there. All panes share PADDED: its element i covers [i, i + 1).

So the same content is under the same place in each pane, through offset, crop and stride, and linking panes means
showing the same rectangle in each. Batch and channels are of one unit with nothing else: where one of them is on
screen, each pane shows all of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.axes import BATCH, CHANNELS
from padviewer.geometry import Region, Span
from padviewer.plan import AxisPlan, Plan, Stage
from padviewer.workers.messages import Tile

_COLOURS = (3, 4)
# Of two axes on screen, the one that stands first here runs down.
_DOWN = "BDHCWT"
# Where a cut keeps the index of a spatial axis.
_FIELDS = {"D": "depth", "H": "height", "W": "width", "T": "time"}


@dataclass(frozen=True)
class Cut:
    """Which plane is on screen.

    Attributes:
        batch: index on the batch axis.
        depth: index on the D axis, in PADDED's own indices.
        channel: index on the channel axis of input and padded; None shows three or four channels as colours, and of
            any other number the first.
        filter: index on the channel axis of the feature map.
        height, width, time: indices on H, W and T, in PADDED's own indices; None is the middle of the content.
        axes: the letters that run down and across the screen, such as `DW`; None is `HW`, or `CT` of a signal.
    """

    batch: int = 0
    depth: int = 0
    channel: int | None = None
    filter: int = 0
    height: int | None = None
    width: int | None = None
    time: int | None = None
    axes: str | None = None


def fit_cut(cut: Cut, plan: Plan) -> Cut:
    """Returns the cut with every index inside the plan's stages, and axes on screen that the plan has."""
    channels = plan.input.extent(CHANNELS)
    kept = axes_on_screen(plan, cut)
    fitted = replace(
        cut,
        batch=min(cut.batch, max(0, plan.input.extent(BATCH) - 1)),
        channel=None if cut.channel is None else min(cut.channel, max(0, channels - 1)),
        filter=min(cut.filter, max(0, plan.filters - 1)),
        axes=None if kept == _default_axes(plan) else kept,
    )
    inside: dict[str, Any] = {}
    for letter, name in _FIELDS.items():
        axis, index = plan.axis(letter), getattr(cut, name)
        last = max(0, axis.padded - 1) if axis else 0
        inside[name] = None if index is None else min(index, last)
    return replace(fitted, **inside)


def follow_content(cut: Cut, older: Plan | None, plan: Plan) -> Cut:
    """Returns the cut that shows the same slice of the input as before, or its first where there was none."""
    moved: dict[str, Any] = {}
    for axis in plan.spatial:
        index = getattr(cut, _FIELDS[axis.letter])
        before = older.axis(axis.letter) if older else None
        shift = axis.pad.before - (before.pad.before if before else 0)
        moved[_FIELDS[axis.letter]] = None if index is None else max(0, index + shift)
    return fit_cut(replace(cut, **moved), plan)


# ---- the two axes on screen


def axes_on_screen(plan: Plan, cut: Cut) -> str:
    """Returns the letters of the axes that run down and across the screen."""
    if cut.axes and set(cut.axes) <= set(plan.input.axes):
        return cut.axes
    return _default_axes(plan)


def _default_axes(plan: Plan) -> str:
    return "HW" if "H" in plan.input.axes else f"{CHANNELS}T"


def row_letter(plan: Plan, cut: Cut) -> str:
    """Returns the axis that runs down the screen."""
    return axes_on_screen(plan, cut)[0]


def column_letter(plan: Plan, cut: Cut) -> str:
    """Returns the axis that runs across the screen."""
    return axes_on_screen(plan, cut)[1]


def axes_choices(plan: Plan) -> tuple[str, ...]:
    """Returns the pairs of axes that are worth a look, the usual one first: axes of one element show nothing."""
    long = [letter for letter in _DOWN if max(_extents(plan, letter)) > 1]
    usual = _default_axes(plan)
    others = ["".join(pair) for pair in combinations(long, 2)]
    return (usual, *(pair for pair in others if pair != usual))


def _extents(plan: Plan, letter: str) -> tuple[int, int]:
    return plan.input.extent(letter), plan.padded.extent(letter) if plan.padded else 1


def fills(letter: str) -> bool:
    """Whether each pane shows all of an axis at any zoom: batch and channels have no place among spatial axes."""
    return letter in (BATCH, CHANNELS)


def has_colours(plan: Plan, cut: Cut) -> bool:
    """Whether the channels can be shown as colours: few of them, and not on screen as an axis."""
    few = plan.input.extent(CHANNELS) in _COLOURS
    return few and CHANNELS not in axes_on_screen(plan, cut) and not plan.info.dtype.startswith("complex")


def shows_colours(plan: Plan, cut: Cut) -> bool:
    """Whether the channels are shown as colours."""
    return cut.channel is None and has_colours(plan, cut)


# ---- the axes that are not


def hidden_axes(plan: Plan, stage: Stage, cut: Cut) -> tuple[str, ...]:
    """Returns the axes of a stage that are not on screen, in the order B, D, H, W or T, C."""
    shown = axes_on_screen(plan, cut)
    return tuple(letter for letter in "BDHWTC" if letter in plan.require(stage).axes and letter not in shown)


def padded_index(cut: Cut, axis: AxisPlan) -> int:
    """Returns the index of a spatial axis that is not on screen, in PADDED's own indices."""
    index: int | None = getattr(cut, _FIELDS[axis.letter])
    if index is not None:
        return index
    start, stop = axis.data
    return (start + max(start, stop - 1)) // 2


def fixed_index(plan: Plan, stage: Stage, cut: Cut, letter: str) -> int | None:
    """Returns the index shown on an axis that is not on screen; None where INPUT has nothing there."""
    if letter == BATCH:
        return cut.batch
    if letter == CHANNELS:
        return cut.filter if stage is Stage.FEATURE else cut.channel or 0
    axis = plan.axis(letter)
    scale, offset = to_padded(plan, stage, letter)
    index = math.floor(((padded_index(cut, axis) if axis else 0) + 0.5 - offset) / scale)
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
    place = min(max(0, math.floor(scale * (index + 0.5) + offset)), last)
    changes: dict[str, Any] = {_FIELDS[letter]: place}
    return replace(cut, **changes)


# ---- planes and places


def to_padded(plan: Plan, stage: Stage, letter: str) -> tuple[float, float]:
    """Returns (scale, offset) from the stage's coordinates to those on screen."""
    axis = plan.axis(letter)
    return axis.to_padded(stage) if axis else (1.0, 0.0)


def plane_region(plan: Plan, stage: Stage, cut: Cut) -> Region | None:
    """Returns the whole plane that a pane shows; None where there is none at this cut."""
    planned = plan.require(stage)
    shown = set(axes_on_screen(plan, cut))
    if stage is not Stage.FEATURE and shows_colours(plan, cut):
        shown.add(CHANNELS)
    spans = []
    for letter, size in zip(planned.axes, planned.shape, strict=True):
        index = None if letter in shown else fixed_index(plan, stage, cut, letter)
        if letter not in shown and (index is None or index >= size):
            return None  # nothing there, or no element at all
        spans.append(Span(0, size) if index is None else Span(index, index + 1))
    return tuple(spans) if all(span.count for span in spans) else None


def statistics_region(plan: Plan, cut: Cut) -> Region:
    """Returns the plane of INPUT that gives INPUT and PADDED their levels: the nearest where the cut is in padding.

    It has no elements where the input has none.
    """
    nearest: dict[str, Any] = {}
    for axis in plan.spatial:
        if axis.size:
            first = axis.pad.before
            nearest[_FIELDS[axis.letter]] = min(max(padded_index(cut, axis), first), first + axis.size - 1)
    plane = plane_region(plan, Stage.INPUT, replace(cut, **nearest))
    return plane or tuple(Span(0, 0) for _letter in plan.input.axes)


def place_at(plan: Plan, stage: Stage, cut: Cut, x: float, y: float) -> tuple[dict[str, int], Region] | None:
    """Returns which element of a stage lies under a place on screen.

    Returns:
        The index on each axis, and the one-element region; but for channels that are not on screen, of which INPUT and
        PADDED tell all. None where the stage has nothing there.
    """
    planned = plan.stage(stage)
    if planned is None:
        return None
    on_screen = dict(zip(axes_on_screen(plan, cut), (y, x), strict=True))
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


def plane_of(plan: Plan, cut: Cut, tile: Tile) -> npt.NDArray[Any]:
    """Returns a tile as (rows, columns), or (rows, columns, colours)."""
    axes = plan.require(tile.stage).axes
    rows, columns = row_letter(plan, cut), column_letter(plan, cut)
    colours = tile.stage is not Stage.FEATURE and CHANNELS not in (rows, columns) and CHANNELS in axes
    colours = colours and tile.data.shape[axes.index(CHANNELS)] in _COLOURS
    wanted = [letter for letter in (rows, columns, CHANNELS if colours else "") if letter and letter in axes]
    others = [i for i, letter in enumerate(axes) if letter not in wanted]
    plane = tile.data.transpose([*(axes.index(letter) for letter in wanted), *others])
    plane = plane.reshape(plane.shape[: len(wanted)])
    return np.ascontiguousarray(plane if rows in axes else plane[np.newaxis])
