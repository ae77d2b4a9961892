"""What an element is tied to in another stage, as boxes of a view: few of them, whatever the window and the zoom are.

Hovering an output shows the window that it reads, hovering an element of the input all outputs that it reaches. Boxes
are the product of stretches of rows and stretches of columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import NamedTuple

from padviewer import reach
from padviewer.axes import BATCH, CHANNELS
from padviewer.geometry import Span
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
from padviewer.plan import AxisPlan, Plan, Stage
from padviewer.reach import Kind
from padviewer.windows import channels_of

# Boxes that one element has in a pane at most, and stretches that an axis has before they are merged.
MOST_BOXES, _MOST = 1000, 256
# Taps of a window whose folded places are counted one by one.
_MOST_FOLDED = 1 << 14
# Gaps smaller than this, in the device's pixels, are not drawn; what is smaller as a whole is one box.
_SMALLEST_GAP, _SMALLEST = 3.0, 6.0
_ORDER = (Kind.DATA, Kind.PADDING, Kind.ZERO)


@dataclass(frozen=True)
class Element:
    """An element of a stage, by its index on each axis; without one on the channels, all of them."""

    stage: Stage
    index: dict[str, int]


class Stretch(NamedTuple):
    """Elements `[start, stop)` of one axis that are drawn as one, what stands there, and how often each is read."""

    start: int
    stop: int
    kind: Kind
    times: int = 1


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


class _Sight(NamedTuple):
    """The elements `[start, stop)` of an axis that a pane shows, and the device's pixels that each takes."""

    start: int
    stop: int
    pixels: float


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
    rows = _stretches(plan, row, element, stage, _sight(plan, stage, row, top, height, pixels[1]))
    columns = _stretches(plan, column, element, stage, _sight(plan, stage, column, left, width, pixels[0]))
    if not rows or not columns:
        return None
    while len(rows) * len(columns) > MOST_BOXES:
        rows, columns = (_hulls(rows), columns) if len(rows) > len(columns) else (rows, _hulls(columns))
    behind = _behind(plan, cut, element, stage)
    kind, times = behind or (Kind.DATA, 1)
    if behind is None:
        rows, columns = (_one(rows),), (_one(columns),)
    else:
        rows, columns = _lifted(rows, kind), _lifted(columns, kind)
    return Cells(_boxes(plan, stage, (row, rows), (column, columns), kind, times), behind is not None)


def _sight(plan: Plan, stage: Stage, letter: str, low: float, length: float, pixels: int) -> _Sight:
    scale, offset = to_padded(plan, stage, letter)
    first, last = (low - offset) / scale, (low + length - offset) / scale
    return _Sight(math.floor(first), math.ceil(last), scale * pixels / max(length, 1e-9))


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
    worst = {(a, b): _worst(kind, a, b) for a in Kind for b in Kind}
    return tuple(
        Box((left, top, width, height), worst[r.kind, c.kind], times * r.times * c.times)
        for top, height, r in rows
        for left, width, c in columns
    )


def _placed(plan: Plan, stage: Stage, letter: str, found: tuple[Stretch, ...]) -> list[tuple[float, float, Stretch]]:
    """Returns where stretches begin on screen and how long they are there."""
    scale, offset = to_padded(plan, stage, letter)
    return [(offset + scale * stretch.start, scale * (stretch.stop - stretch.start), stretch) for stretch in found]


def _worst(*kinds: Kind) -> Kind:
    """Returns what stands where axes cross: beyond the tensor on one of them is beyond it."""
    return max(kinds, key=_ORDER.index)


def _behind(plan: Plan, cut: Cut, element: Element, stage: Stage) -> tuple[Kind, int] | None:
    """Returns what stands in the plane on screen, by the axes that are not, and how often; None where nothing does."""
    kinds, times = [Kind.DATA], 1
    for letter in hidden_axes(plan, stage, cut):
        if letter == CHANNELS and stage is not Stage.FEATURE and shows_colours(plan, cut):
            continue
        shown = fixed_index(plan, stage, cut, letter) or 0
        found = _stretches(plan, letter, element, stage, _Sight(shown, shown + 1, _SMALLEST))
        if not found:
            return None
        kinds.append(found[0].kind)
        times *= found[0].times
    return _worst(*kinds), times


# ---- one axis


def _stretches(plan: Plan, letter: str, element: Element, stage: Stage, sight: _Sight) -> tuple[Stretch, ...]:
    """Returns what an element is tied to on one axis of a stage, as far as it is in sight, in order."""
    inside = Span(sight.start, max(sight.start, sight.stop))
    found: list[Stretch] = []
    for kind, span, times in _ties(plan, letter, element, stage, inside):
        seen = reach.meet(span, inside)
        if not seen.count:
            continue
        last = seen.start + (seen.count - 1) * seen.step
        if seen.step == 1 or seen.count > _MOST or seen.step * sight.pixels < _SMALLEST_GAP:
            found.append(Stretch(seen.start, last + 1, kind, times))
        else:
            found += [Stretch(at, at + 1, kind, times) for at in range(*seen)]
    merged = _united(found)
    if merged and (merged[-1].stop - merged[0].start) * sight.pixels < _SMALLEST and len(merged) > 1:
        return (_one(merged),)
    return _hulls(merged) if len(merged) > _MOST else merged


def _united(found: list[Stretch]) -> tuple[Stretch, ...]:
    """Returns stretches in order; those of the same kind that overlap are one."""
    united: list[Stretch] = []
    for stretch in sorted(found):
        before = united[-1] if united else None
        if before and stretch.start < before.stop and stretch.kind == before.kind:
            united[-1] = before._replace(stop=max(before.stop, stretch.stop))
        else:
            united.append(stretch)
    return tuple(united)


def _lifted(found: tuple[Stretch, ...], kind: Kind) -> tuple[Stretch, ...]:
    """Returns stretches of a slice that is of a kind; those that are alike then and touch are one."""
    lifted: list[Stretch] = []
    for stretch in found:
        after = stretch._replace(kind=_worst(stretch.kind, kind))
        before = lifted[-1] if lifted else None
        if before and (before.stop, before.kind, before.times) == (after.start, after.kind, after.times):
            lifted[-1] = before._replace(stop=after.stop)
        else:
            lifted.append(after)
    return tuple(lifted)


def _hulls(found: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Returns one stretch for each run of the same kind, with the gaps in it."""
    return tuple(
        Stretch(run[0].start, run[-1].stop, kind, max(stretch.times for stretch in run))
        for kind, run in ((kind, list(group)) for kind, group in groupby(found, key=lambda stretch: stretch.kind))
    )


def _one(found: tuple[Stretch, ...]) -> Stretch:
    """Returns one stretch for all; there is data in it where any of them is."""
    kind = min((stretch.kind for stretch in found), key=_ORDER.index)
    return Stretch(found[0].start, found[-1].stop, kind, max(stretch.times for stretch in found))


def _ties(plan: Plan, letter: str, element: Element, stage: Stage, inside: Span) -> Iterator[tuple[Kind, Span, int]]:
    """Yields what an element is tied to on one axis of a stage: what stands there, where, and how often it is read."""
    axis = plan.axis(letter)
    if letter not in plan.require(stage).axes:
        yield Kind.DATA, Span(0, 1), 1
    elif axis is not None:
        yield from _spatial_ties(axis, plan.spec.mode, element, stage, inside)
    elif letter == BATCH:
        yield Kind.DATA, _single(element.index[letter]), 1
    else:
        yield Kind.DATA, _channels(plan, element, stage), 1


def _channels(plan: Plan, element: Element, stage: Stage) -> Span:
    number = element.index.get(CHANNELS)
    if (element.stage is Stage.FEATURE) == (stage is Stage.FEATURE):
        return Span(0, plan.require(stage).extent(CHANNELS)) if number is None else _single(number)
    if element.stage is Stage.FEATURE:
        return channels_of(plan, _single(number or 0))
    return Span(0, plan.filters) if number is None else reach.filters_reading(plan, number)


def _spatial_ties(
    axis: AxisPlan, mode: str, element: Element, stage: Stage, inside: Span
) -> Iterator[tuple[Kind, Span, int]]:
    index = element.index[axis.letter]
    way = (element.stage, stage)
    if way == (Stage.FEATURE, Stage.INPUT):
        yield from _sources(axis, mode, index)
    elif way == (Stage.INPUT, Stage.FEATURE):
        for span in _reached(axis, mode, index, reach.meet(inside, Span(0, axis.outputs))):
            yield Kind.DATA, span, 1
    elif way == (Stage.PADDED, Stage.FEATURE):
        yield Kind.DATA, reach.readers(axis, index), 1
    elif way == (Stage.PADDED, Stage.INPUT):
        source = reach.origin(axis, mode, index)
        if source is not None:
            yield Kind.DATA, _single(source), 1
    elif stage is Stage.PADDED:
        for places in _places(axis, mode, element.stage, index):
            yield from ((kind, part, 1) for kind, part in reach.parts(axis, places))
    else:
        yield Kind.DATA, _single(index), 1


def _places(axis: AxisPlan, mode: str, stage: Stage, index: int) -> tuple[Span, ...]:
    """Returns the padded places that an element of a stage is tied to."""
    if stage is Stage.FEATURE:
        return (reach.window(axis, index),)
    return reach.copies(axis, mode, index) if stage is Stage.INPUT else (_single(index),)


def _sources(axis: AxisPlan, mode: str, output: int) -> Iterator[tuple[Kind, Span, int]]:
    """Yields the input elements that an output reads, and how often; of large or torn windows, all between them."""
    if axis.kernel > _MOST_FOLDED and mode != "constant":
        taps = reach.window(axis, output)
        inside = axis.data[0] <= taps.start and taps.stop <= axis.data[1]
        yield (
            Kind.DATA,
            Span(taps.start - axis.pad.before, taps.stop - axis.pad.before) if inside else Span(0, axis.size),
            1,
        )
        return
    found = list(reach.sources(axis, mode, output))
    if len(found) <= _MOST:
        yield from ((Kind.DATA, span, times) for span, times in found)
    else:
        yield Kind.DATA, Span(found[0][0].start, found[-1][0].stop), max(times for _span, times in found)


def _reached(axis: AxisPlan, mode: str, index: int, inside: Span) -> list[Span]:
    """Returns the outputs in sight that an input element reaches; where its copies are too many, all between them."""
    found = list(islice(reach.reached(axis, mode, index, inside), _MOST + 1))
    if len(found) <= _MOST:
        return found
    places = reach.copies(axis, mode, index)
    first, stop = min(span.start for span in places), max(span.stop for span in places)
    return [reach.touching(axis, first, stop)]


def _single(index: int) -> Span:
    return Span(index, index + 1)
