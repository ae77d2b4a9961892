"""What reads what: between an output, the padded elements of its window, and the input elements that stand there.

Everything is exact and of one axis; what several axes have together is the product of what each has. Progressions stay
`Span`s, so an axis of 10^12 elements and a window of 10^6 cost nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import StrEnum

import numpy as np

from padviewer.axes import CHANNELS
from padviewer.geometry import Span, fold
from padviewer.plan import AxisPlan, Plan
from padviewer.windows import channels_of

NONE = Span(0, 0)


class Kind(StrEnum):
    """What stands at a place that a window reads."""

    DATA = "data"
    PADDING = "padding"
    ZERO = "zero"  # beyond the padded tensor: a zero of the convolution's own padding


def meet(a: Span, b: Span) -> Span:
    """Returns the elements that two progressions have in common, by the Chinese remainder theorem."""
    common = math.gcd(a.step, b.step)
    if (b.start - a.start) % common:
        return NONE
    period = b.step // common
    turns = (b.start - a.start) // common * pow(a.step // common, -1, period) % period
    step = a.step * period
    first = a.start + turns * a.step
    first += max(0, -(-(b.start - first) // step)) * step
    return Span(first, max(first, min(a.stop, b.stop)), step)


# ---- from outputs to what they read


def window(axis: AxisPlan, output: int) -> Span:
    """Returns the padded indices that an output reads; those outside of the tensor are the convolution's own zeros."""
    first = output * axis.stride - axis.conv.before
    return Span(first, first + axis.span, axis.dilation)


def parts(axis: AxisPlan, places: Span) -> Iterator[tuple[Kind, Span]]:
    """Yields the runs of padded indices by what stands there, in order; none of them is empty."""
    start, stop = axis.data
    cuts = (
        (Kind.ZERO, Span(min(places.start, 0), 0)),
        (Kind.PADDING, Span(0, start)),
        (Kind.DATA, Span(start, stop)),
        (Kind.PADDING, Span(max(start, stop), axis.padded)),
        (Kind.ZERO, Span(axis.padded, max(places.stop, axis.padded))),
    )
    for kind, cut in cuts:
        part = meet(places, cut)
        if part.count:
            yield kind, part


def kind_at(axis: AxisPlan, place: int) -> Kind:
    """Returns what stands at a padded index, which may lie outside of the tensor."""
    if not 0 <= place < axis.padded:
        return Kind.ZERO
    return Kind.DATA if axis.data[0] <= place < axis.data[1] else Kind.PADDING


def origin(axis: AxisPlan, mode: str, place: int) -> int | None:
    """Returns the input index that stands at a padded index; None where a constant or a zero does."""
    kind = kind_at(axis, place)
    if kind is Kind.ZERO or (kind is Kind.PADDING and mode == "constant"):
        return None
    index = place - axis.pad.before
    return index if kind is Kind.DATA else int(fold(index, axis.size, mode))


def sources(axis: AxisPlan, mode: str, output: int) -> Iterator[tuple[Span, int]]:
    """Yields the input elements that an output reads, and how often: more than once where padding brings them back.

    Each element once, in runs without a common element. Where the window reaches into padding that is not constant,
    all of its taps are gone through.
    """
    taps = meet(window(axis, output), Span(0, axis.padded))
    inside = meet(taps, Span(*axis.data))
    if mode == "constant" or inside.count == taps.count:
        if inside.count:
            first, last = inside.start, inside.start + (inside.count - 1) * inside.step
            yield Span(first - axis.pad.before, last + 1 - axis.pad.before, inside.step), 1
        return
    index, counts = np.unique(fold(taps.indices - axis.pad.before, axis.size, mode), return_counts=True)
    cuts = np.flatnonzero((np.diff(index) != 1) | (np.diff(counts) != 0)) + 1
    firsts, lasts = [0, *cuts.tolist()], [*cuts.tolist(), len(index)]
    for first, last in zip(firsts, lasts, strict=True):
        yield Span(int(index[first]), int(index[last - 1]) + 1), int(counts[first])


# ---- from the input to what reads it


def copies(axis: AxisPlan, mode: str, index: int) -> tuple[Span, ...]:
    """Returns all padded places where an input element stands: at most two progressions, without a common element."""
    own, size = index + axis.pad.before, axis.size
    whole = Span(0, axis.padded)
    if mode == "constant":
        found = [Span(own, own + 1)]
    elif mode == "edge":
        first = min(own, 0) if index == 0 else own
        found = [Span(first, max(own + 1, axis.padded) if index == size - 1 else own + 1)]
    elif mode == "wrap":
        found = [_through(own, size, axis.padded)]
    else:
        period, turned = (2 * size, -1) if mode == "symmetric" else (max(2 * size - 2, 1), 0)
        mirrored = axis.pad.before + turned - index
        found = [_through(own, period, axis.padded)]
        if (own - mirrored) % period:
            found.append(_through(mirrored, period, axis.padded))
    return tuple(kept for span in found if (kept := meet(span, whole)).count)


def _through(place: int, period: int, size: int) -> Span:
    return Span(place % period, max(size, place % period), period)


def readers(axis: AxisPlan, place: int) -> Span:
    """Returns the outputs that read a padded index."""
    last = place + axis.conv.before
    firsts = Span(last - axis.span + 1, last + 1, axis.dilation)
    found = meet(firsts, Span(0, axis.outputs * axis.stride, axis.stride))
    return Span(found.start // axis.stride, (found.stop - 1) // axis.stride + 1, max(1, found.step // axis.stride))


def extent(axis: AxisPlan, outputs: Span) -> Span:
    """Returns the padded run from the first element that outputs read to their last; it may leave the tensor."""
    if not outputs.count:
        return NONE
    last = outputs.start + (outputs.count - 1) * outputs.step
    return Span(window(axis, outputs.start).start, window(axis, last).stop)


def touching(axis: AxisPlan, start: int, stop: int) -> Span:
    """Returns the outputs whose windows, gaps of the dilation included, touch the padded run `[start, stop)`."""
    if stop <= start:
        return NONE
    first = -(-(start + axis.conv.before - axis.span + 1) // axis.stride)
    last = (stop - 1 + axis.conv.before) // axis.stride
    return meet(Span(first, max(first, last + 1)), Span(0, max(0, axis.outputs)))


def reached(axis: AxisPlan, mode: str, index: int, inside: Span) -> Iterator[Span]:
    """Yields the outputs that an input element reaches, by its copies; they may have outputs in common.

    Args:
        axis, mode, index: the element.
        inside: the outputs that are of interest, of step 1: copies that none of them reads are not looked at.
    """
    for copy in copies(axis, mode, index):
        near = meet(copy, extent(axis, inside))
        if near.step == 1 and near.count >= axis.dilation:
            # A run without gaps: each window that touches it reads some of it.
            yield meet(touching(axis, near.start, near.stop), inside)
        else:
            for place in range(*near):
                found = meet(readers(axis, place), inside)
                if found.count:
                    yield found


# ---- channels and filters


def filters_reading(plan: Plan, channel: int) -> Span:
    """Returns the filters that read a channel of the input: the reverse of `windows.channels_of`."""
    within = plan.filters // plan.groups
    first = channel // (plan.input.extent(CHANNELS) // plan.groups) * within
    reads_some = channels_of(plan, Span(first, first + 1)).count < plan.input.extent(CHANNELS)
    return Span(first, first + within) if reads_some else Span(0, plan.filters)


# ---- all axes together


def places_by_kind(plan: Plan, outputs: dict[str, int]) -> dict[Kind, int]:
    """Returns how many places of an output's window hold data, padding, and zeros of the convolution.

    A place is one of all spatial axes; each has a term for each channel.

    Args:
        plan: a plan that has a FEATURE stage.
        outputs: the output's index on each spatial axis.
    """
    data = inside = everywhere = 1
    for axis in plan.spatial:
        found = {Kind.DATA: 0, Kind.PADDING: 0, Kind.ZERO: 0}
        for kind, part in parts(axis, window(axis, outputs[axis.letter])):
            found[kind] += part.count
        data *= found[Kind.DATA]
        inside *= found[Kind.DATA] + found[Kind.PADDING]
        everywhere *= axis.kernel
    return {Kind.DATA: data, Kind.PADDING: inside - data, Kind.ZERO: everywhere - inside}
