"""What an element is tied to in the other stages, as one line of text."""

from __future__ import annotations

import math
from itertools import islice, starmap

from padviewer import reach
from padviewer.axes import CHANNELS
from padviewer.geometry import Span
from padviewer.gui.axis_names import Names, axis_label
from padviewer.gui.brush.stretches import Element
from padviewer.plan import AxisPlan, Plan, Stage
from padviewer.reach import Kind

DOT = "  ·  "
NO_NAMES: Names = {}
# Copies of an input element whose outputs are counted one by one, and outputs that are.
_MOST_COPIES, _MOST_OUTPUTS = 64, 10_000


def tie_text(plan: Plan, element: Element, names: Names = NO_NAMES) -> str:
    """Returns what an output reads, or what reads another element; empty where the plan has no such stage.

    For instance `window H 4..6 W 10..12 · 6 of 9 places are padding`.

    Args:
        plan, element: of which it is told.
        names: those that were given to axes.
    """
    if plan.stage(element.stage) is None:
        return ""
    if element.stage is Stage.FEATURE:
        return window_text(plan, element.index, names)
    if element.stage is Stage.PADDED:
        return _padded_text(plan, element, names)
    return _input_text(plan, element, names)


def place_text(element: Element, names: Names = NO_NAMES) -> str:
    """Returns where an element is, such as `padded H 4 W 10`."""
    called = {CHANNELS: "channel", **names}
    if element.stage is Stage.FEATURE:
        called[CHANNELS] = "filter"
    return " ".join((element.stage.value, *(f"{called.get(a) or a} {i}" for a, i in element.index.items())))


def window_text(plan: Plan, output: dict[str, int], names: Names = NO_NAMES) -> str:
    """Returns the window of an output, and how much of it is padding."""
    spans = {axis.letter: reach.window(axis, output[axis.letter]) for axis in plan.spatial}
    found = reach.places_by_kind(plan, output)
    total = sum(found.values())
    words = [f"window {spans_text(spans, names)}", share_text(found[Kind.PADDING], total, "padding", "place")]
    if found[Kind.ZERO]:
        words.append(share_text(found[Kind.ZERO], total, "zeros of the convolution", "place"))
    return DOT.join(words)


def share_text(part: int, total: int, what: str, noun: str) -> str:
    """Returns how many of all are of a kind, such as `6 of 9 places are padding`."""
    if not part:
        return f"no {noun} of {total} is {what}"
    return f"{part} of {total} {noun}{'s' if total > 1 else ''} {'is' if part == 1 else 'are'} {what}"


def spans_text(spans: dict[str, Span], names: Names = NO_NAMES) -> str:
    """Returns ranges with their last elements, such as `H 4..6 W 10..14 step 2`."""
    return "  ".join(f"{axis_label(names, letter)} {span_text(span)}" for letter, span in spans.items())


def span_text(span: Span) -> str:
    """Returns the first and the last element of a range."""
    if span.count == 1:
        return _number(span.start)
    last = span.start + (span.count - 1) * span.step
    step = f" step {span.step}" if span.step > 1 else ""
    return f"{_number(span.start)}..{_number(last)}{step}"


def _number(value: int) -> str:
    return str(value).replace("-", "−")


def _padded_text(plan: Plan, element: Element, names: Names) -> str:
    kinds = [reach.kind_at(axis, element.index[axis.letter]) for axis in plan.spatial]
    sources = {a.letter: reach.origin(a, plan.spec.mode, element.index[a.letter]) for a in plan.spatial}
    if None in sources.values():
        source = "padding by the fill value"
    else:
        by = f"padding, mode {plan.spec.mode}, from" if Kind.PADDING in kinds else "from"
        source = f"{by} input {'  '.join(f'{axis_label(names, letter)} {index}' for letter, index in sources.items())}"
    if plan.feature is None:
        return source
    return DOT.join(
        (source, _readers_text(plan, {a.letter: _readers(a, element) for a in plan.spatial}, element, names))
    )


def _input_text(plan: Plan, element: Element, names: Names) -> str:
    if plan.padded is None:
        return ""
    places = [reach.copies(axis, plan.spec.mode, element.index[axis.letter]) for axis in plan.spatial]
    count = math.prod(sum(span.count for span in spans) for spans in places)
    if not count:
        return "cropped away: no output reads it"
    if count == 1:
        where = spans_text({a.letter: spans[0] for a, spans in zip(plan.spatial, places, strict=True)}, names)
        stands = f"stands at padded {where}"
    else:
        stands = f"stands at {count} places of padded"
    if plan.feature is None:
        return stands
    return DOT.join(
        (stands, _readers_text(plan, {a.letter: _reached(plan, a, element) for a in plan.spatial}, element, names))
    )


def _readers(axis: AxisPlan, element: Element) -> tuple[Span, int | None]:
    outputs = reach.readers(axis, element.index[axis.letter])
    return outputs, outputs.count


def _reached(plan: Plan, axis: AxisPlan, element: Element) -> tuple[Span, int | None]:
    """Returns the range of the outputs that an input element reaches, and how many; None where they are very many."""
    mode, index = plan.spec.mode, element.index[axis.letter]
    found = list(islice(reach.reached(axis, mode, index, Span(0, axis.outputs)), _MOST_COPIES + 1))
    found = [span for span in found if span.count]
    if not found:
        return reach.NONE, 0
    if len(found) == 1:
        return found[0], found[0].count
    if len(found) > _MOST_COPIES:
        places = reach.copies(axis, mode, index)
        return reach.touching(axis, min(s.start for s in places), max(s.stop for s in places)), None
    hull = Span(min(s.start for s in found), max(s.start + (s.count - 1) * s.step for s in found) + 1)
    if sum(span.count for span in found) > _MOST_OUTPUTS:
        return hull, None
    return hull, len(set().union(*starmap(range, found)))


def _readers_text(plan: Plan, outputs: dict[str, tuple[Span, int | None]], element: Element, names: Names) -> str:
    counted = [count for _span, count in outputs.values()]
    if 0 in counted:
        return "no output reads it"
    known = [count for count in counted if count is not None]
    number = "very many outputs" if len(known) < len(counted) else _outputs(math.prod(known))
    channel = element.index.get(CHANNELS)
    read = Span(0, plan.filters) if channel is None else reach.filters_reading(plan, channel)
    of = (
        ""
        if plan.filters == 1
        else " of each filter"
        if read.count == plan.filters
        else f" of filter {span_text(read)}"
    )
    where = spans_text({letter: span for letter, (span, _count) in outputs.items()}, names)
    return f"reaches outputs {where}{DOT}{number}{of}"


def _outputs(number: int) -> str:
    return f"{number} output{'' if number == 1 else 's'}"
