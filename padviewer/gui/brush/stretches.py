"""What an element is tied to on one axis: stretches of elements, few of them, whatever the window and the zoom are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import NamedTuple

from padviewer import reach
from padviewer.axes import BATCH, CHANNELS
from padviewer.geometry import Span
from padviewer.plan import AxisPlan, Plan, Stage
from padviewer.reach import Kind
from padviewer.windows import channels_of

# Stretches that an axis has before they are merged.
_MOST = 256
# Taps of a window whose folded places are counted one by one.
_MOST_FOLDED = 1 << 14
# Gaps smaller than this, in the device's pixels, are not drawn; what is smaller as a whole is one box.
_SMALLEST_GAP, SMALLEST = 3.0, 6.0
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


class Sight(NamedTuple):
    """The elements `[start, stop)` of an axis that a pane shows, and the device's pixels that each takes."""

    start: int
    stop: int
    pixels: float


def stretches(plan: Plan, letter: str, element: Element, stage: Stage, sight: Sight) -> tuple[Stretch, ...]:
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
    if merged and (merged[-1].stop - merged[0].start) * sight.pixels < SMALLEST and len(merged) > 1:
        return (hull(merged),)
    return hulls(merged) if len(merged) > _MOST else merged


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


def lifted(found: tuple[Stretch, ...], kind: Kind) -> tuple[Stretch, ...]:
    """Returns stretches of a slice that is of a kind; those that are alike then and touch are one."""
    lifted: list[Stretch] = []
    for stretch in found:
        after = stretch._replace(kind=worst_of(stretch.kind, kind))
        before = lifted[-1] if lifted else None
        if before and (before.stop, before.kind, before.times) == (after.start, after.kind, after.times):
            lifted[-1] = before._replace(stop=after.stop)
        else:
            lifted.append(after)
    return tuple(lifted)


def hulls(found: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Returns one stretch for each run of the same kind, with the gaps in it."""
    return tuple(
        Stretch(run[0].start, run[-1].stop, kind, max(stretch.times for stretch in run))
        for kind, run in ((kind, list(group)) for kind, group in groupby(found, key=lambda stretch: stretch.kind))
    )


def hull(found: tuple[Stretch, ...]) -> Stretch:
    """Returns one stretch for all; there is data in it where any of them is."""
    kind = min((stretch.kind for stretch in found), key=_ORDER.index)
    return Stretch(found[0].start, found[-1].stop, kind, max(stretch.times for stretch in found))


def worst_of(*kinds: Kind) -> Kind:
    """Returns what stands where axes cross: beyond the tensor on one of them is beyond it."""
    return max(kinds, key=_ORDER.index)


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
