"""A rectangle of elements that a person has enclosed in a pane, and what it covers in the others."""

from __future__ import annotations

import math
from dataclasses import dataclass

from padviewer import reach
from padviewer.axes import BATCH
from padviewer.geometry import Region, Span
from padviewer.gui.axis_names import Names, axis_label
from padviewer.gui.brush.pins import over_content
from padviewer.gui.brush.text import DOT, NO_NAMES, span_text
from padviewer.gui.screen import Cut, axes_on_screen, plane_region, to_padded
from padviewer.plan import AxisPlan, Plan, Stage

Corner = tuple[float, float]


@dataclass(frozen=True)
class Selection:
    """Elements of a stage.

    Attributes:
        stage: in whose indices they are.
        spans: by axis, the elements on those axes of the stage that are on screen, rows first.
    """

    stage: Stage
    spans: tuple[tuple[str, Span], ...]


def enclosed(plan: Plan, stage: Stage, cut: Cut, first: Corner, last: Corner) -> Selection | None:
    """Returns the elements of a stage that a rectangle on screen touches; None where it touches none.

    Args:
        plan, stage, cut: what is shown.
        first, last: two corners (x, y).
    """
    planned = plan.stage(stage)
    if planned is None:
        return None
    spans = []
    for letter, ends in zip(axes_on_screen(plan, cut), zip(first[::-1], last[::-1], strict=True), strict=True):
        if letter not in planned.axes:
            continue
        scale, offset = to_padded(plan, stage, letter)
        low, high = (math.floor((end - offset) / scale) for end in sorted(ends))
        span = Span(max(0, low), min(planned.extent(letter), high + 1))
        if not span.count:
            return None
        spans.append((letter, span))
    return Selection(stage, tuple(spans))


def region_of(plan: Plan, cut: Cut, selection: Selection) -> Region | None:
    """Returns the region of a selection in the plane on screen; None where the pane shows none."""
    plane = plane_region(plan, selection.stage, cut) if plan.stage(selection.stage) is not None else None
    if plane is None:
        return None
    spans = dict(selection.spans)
    return tuple(spans.get(a, span) for a, span in zip(plan.require(selection.stage).axes, plane, strict=True))


def counterpart(plan: Plan, cut: Cut, selection: Selection, stage: Stage) -> Region | None:
    """Returns what a selection covers in the plane of a stage on screen; None where that is nothing.

    In PADDED, of a selection in FEATURE: what its windows read, as far as it lies in the tensor. In INPUT: the content
    under it, without what mirrored padding brings back. In FEATURE: the outputs whose windows touch it.
    """
    if plan.stage(stage) is None or plan.stage(selection.stage) is None:
        return None
    plane = plane_region(plan, stage, cut)
    if plane is None:
        return None
    chosen = dict(selection.spans)
    spans = []
    for letter, shown in zip(plan.require(stage).axes, plane, strict=True):
        span, axis = chosen.get(letter), plan.axis(letter)
        if span is None:
            found = shown
        elif axis is not None:
            found = _carried(axis, span, selection.stage, stage)
        else:
            # Filters are no channels: all of them have to do with each other.
            same = letter == BATCH or (selection.stage is Stage.FEATURE) == (stage is Stage.FEATURE)
            found = span if same else shown
        if not found.count:
            return None
        spans.append(found)
    return tuple(spans)


def followed(plan: Plan, older: Plan | None, selection: Selection) -> Selection | None:
    """Returns a selection after an edit: over the same content where it lay over some; None where it is nowhere."""
    stage = plan.stage(selection.stage)
    if stage is None or any(letter not in stage.axes for letter, _span in selection.spans):
        return None
    spans = []
    for letter, span in selection.spans:
        axis, before = plan.axis(letter), older.axis(letter) if older else None
        first, last = span.start, span.stop - 1
        if axis is not None and before is not None:
            ends = [over_content(selection.stage, end, before, axis) for end in (first, last)]
            if None not in ends:
                first, last = (end for end in ends if end is not None)
        kept = Span(max(0, first), min(last + 1, stage.extent(letter)))
        if not kept.count:
            return None
        spans.append((letter, kept))
    return Selection(selection.stage, tuple(spans))


def selection_text(selection: Selection, names: Names = NO_NAMES) -> str:
    """Returns where a selection lies and its size, such as `selected in padded H 3..10 W 4..8 · 8 × 5`."""
    stage = selection.stage
    where = "  ".join(f"{axis_label(names, letter, stage)} {span_text(span)}" for letter, span in selection.spans)
    size = " × ".join(str(span.count) for _letter, span in selection.spans)
    return f"selected in {stage.value} {where}{DOT}{size}"


def _carried(axis: AxisPlan, span: Span, stage: Stage, to: Stage) -> Span:
    """Returns what elements of a stage cover on the same axis of another."""
    if stage is to:
        return span
    before = axis.pad.before
    if stage is Stage.FEATURE:
        places = reach.extent(axis, span)
    elif stage is Stage.INPUT:
        places = Span(span.start + before, span.stop + before)
    else:
        places = span
    places = reach.meet(places, Span(0, axis.padded))
    if to is Stage.INPUT:
        return reach.meet(Span(places.start - before, places.stop - before), Span(0, axis.size))
    return reach.touching(axis, places.start, places.stop) if to is Stage.FEATURE else places
