"""What an element is tied to in another stage, as boxes of a view: few of them, whatever the window and the zoom are.

Hovering an output shows the window that it reads, hovering an element of the input all outputs that it reaches. Boxes
are the product of stretches of rows and stretches of columns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from padviewer.axes import CHANNELS
from padviewer.gui.brush.stretches import SMALLEST, Element, Sight, Stretch, hull, hulls, lifted, stretches, worst_of
from padviewer.gui.rectangles import Rect
from padviewer.gui.screen import (
    Cut,
    column_letter,
    fixed_index,
    hidden_axes,
    place_at,
    row_letter,
    shows_colours,
    to_padded,
)
from padviewer.plan import Plan, Stage
from padviewer.reach import Kind

# Boxes that one element has in a pane at most.
MOST_BOXES = 1000


class Box(NamedTuple):
    """A rectangle on screen, what stands there, and how often it is read."""

    rect: Rect
    kind: Kind
    times: int


@dataclass(frozen=True)
class Cells:
    """What an element is tied to in a pane.

    Attributes:
        boxes: in the coordinates that panes share.
        is_here: whether the plane on screen is among them; else they lie in others, before or behind it.
    """

    boxes: tuple[Box, ...]
    is_here: bool


def element_at(plan: Plan, stage: Stage, cut: Cut, x: float, y: float) -> Element | None:
    """Returns the element of a stage under a place on screen."""
    found = place_at(plan, stage, cut, x, y)
    if found is None:
        return None
    index = dict(found[0])
    lacks_channel = stage is not Stage.FEATURE and CHANNELS in plan.input.axes and CHANNELS not in index
    if lacks_channel and not shows_colours(plan, cut):
        index[CHANNELS] = cut.channel or 0
    return Element(stage, index)


def cells_of(plan: Plan, cut: Cut, element: Element, stage: Stage, view: Rect, pixels: tuple[int, int]) -> Cells | None:
    """Returns what an element is tied to in the pane of a stage; None where that is nothing, or out of sight.

    Args:
        plan, cut: what is shown.
        element: of a stage that the plan has.
        stage: the pane's.
        view: rectangle on screen that the pane shows.
        pixels: width and height of the pane, in the device's pixels.
    """
    if plan.stage(stage) is None or plan.stage(element.stage) is None:
        return None
    if any(fixed_index(plan, stage, cut, letter) is None for letter in hidden_axes(plan, stage, cut)):
        return None  # the pane has no picture
    row, column = row_letter(plan, cut), column_letter(plan, cut)
    left, top, width, height = view
    rows = stretches(plan, row, element, stage, _sight(plan, stage, row, top, height, pixels[1]))
    columns = stretches(plan, column, element, stage, _sight(plan, stage, column, left, width, pixels[0]))
    if not rows or not columns:
        return None
    while len(rows) * len(columns) > MOST_BOXES:
        rows, columns = (hulls(rows), columns) if len(rows) > len(columns) else (rows, hulls(columns))
    behind = _behind(plan, cut, element, stage)
    kind, times = behind or (Kind.DATA, 1)
    if behind is None:
        rows, columns = (hull(rows),), (hull(columns),)
    else:
        rows, columns = lifted(rows, kind), lifted(columns, kind)
    return Cells(_boxes(plan, stage, (row, rows), (column, columns), kind, times), behind is not None)


def _sight(plan: Plan, stage: Stage, letter: str, low: float, length: float, pixels: int) -> Sight:
    scale, offset = to_padded(plan, stage, letter)
    first, last = (low - offset) / scale, (low + length - offset) / scale
    return Sight(math.floor(first), math.ceil(last), scale * pixels / max(length, 1e-9))


def _boxes(
    plan: Plan,
    stage: Stage,
    down: tuple[str, tuple[Stretch, ...]],
    across: tuple[str, tuple[Stretch, ...]],
    kind: Kind,
    times: int,
) -> tuple[Box, ...]:
    """Returns a box for each stretch of rows and each of columns, given by the letter of their axis."""
    rows, columns = _placed(plan, stage, *down), _placed(plan, stage, *across)
    worst = {(a, b): worst_of(kind, a, b) for a in Kind for b in Kind}
    return tuple(
        Box((left, top, width, height), worst[r.kind, c.kind], times * r.times * c.times)
        for top, height, r in rows
        for left, width, c in columns
    )


def _placed(plan: Plan, stage: Stage, letter: str, found: tuple[Stretch, ...]) -> list[tuple[float, float, Stretch]]:
    """Returns where stretches begin on screen and how long they are there."""
    scale, offset = to_padded(plan, stage, letter)
    return [(offset + scale * stretch.start, scale * (stretch.stop - stretch.start), stretch) for stretch in found]


def _behind(plan: Plan, cut: Cut, element: Element, stage: Stage) -> tuple[Kind, int] | None:
    """Returns what stands in the plane on screen, by the axes that are not, and how often; None where nothing does."""
    kinds, times = [Kind.DATA], 1
    for letter in hidden_axes(plan, stage, cut):
        if letter == CHANNELS and stage is not Stage.FEATURE and shows_colours(plan, cut):
            continue
        shown = fixed_index(plan, stage, cut, letter) or 0
        found = stretches(plan, letter, element, stage, Sight(shown, shown + 1, SMALLEST))
        if not found:
            return None
        kinds.append(found[0].kind)
        times *= found[0].times
    return worst_of(*kinds), times
