"""The figures of a difference as lines of text."""

from __future__ import annotations

from padviewer.axes import CHANNELS
from padviewer.geometry import Span
from padviewer.gui.difference.figures import Figures
from padviewer.gui.difference.pair import Pair
from padviewer.gui.words import grouped, joined, number, percent
from padviewer.plan import Stage
from padviewer.refusals import counted


def figures_text(pair: Pair, figures: Figures, whole: bool) -> str:
    """Returns what a person wants to know of a difference.

    Args:
        pair: what is compared.
        figures: of what was compared of it.
        whole: whether that was all of the plane.
    """
    if not figures.compared:
        return "comparing…"
    looked = _looked(pair, figures, whole)
    if not figures.differing:
        return joined([f"identical{'' if whole else ' so far'}: {looked} are equal to the last bit", *_reading(pair)])
    parts = []
    if figures.largest:
        parts = [f"largest {number(figures.largest)} at {place_text(pair, figures)}", f"mean {number(figures.mean)}"]
    if figures.odd:
        first = "" if figures.largest else f", the first at {place_text(pair, figures)}"
        parts.append(f"{grouped(figures.odd)} are NaN or infinite on one side{first}")
    differing, beyond = (percent(count / figures.compared) for count in (figures.differing, figures.beyond))
    shares = [f"{differing} of {looked} differ", f"{beyond} by more than 1e−6 of the value"]
    return joined([*parts, *_reach_parts(pair, figures, whole), *shares, *_reading(pair)])


def _looked(pair: Pair, figures: Figures, whole: bool) -> str:
    noun = "output" if pair.stage is Stage.FEATURE else "element"
    noun += "s" if pair.size != 1 else ""
    count = grouped(figures.compared)
    if not whole:
        return f"{count} of {grouped(pair.size)} {noun}"
    return f"all {count} {noun}" if pair.is_complete else f"the {count} {noun} that both have"


def place_text(pair: Pair, figures: Figures) -> str:
    """Returns where the largest difference is: `H 3 W 5`; with the channel where several are compared."""
    place = dict(figures.place or {})
    channel = place.pop(CHANNELS, 0)
    words = [f"{letter} {index}" for letter, index in place.items()]
    if pair.numbers.get(CHANNELS, Span(0, 1)).count > 1:
        words.append(f"filter {channel + 1}" if pair.stage is Stage.FEATURE else f"{CHANNELS} {channel}")
    return " ".join(words)


def _reach_parts(pair: Pair, figures: Figures, whole: bool) -> list[str]:
    if not figures.content:
        return []
    if not figures.content_differing:
        return [f"over the content none {'' if whole else 'that was looked at '}differs"]
    share = percent(figures.content_differing / figures.content)
    reached = f"over the content {share} differ, as far as {_depth(pair, figures, figures.reach)}"
    return [reached, *_beyond(pair, figures)]


def _beyond(pair: Pair, figures: Figures) -> list[str]:
    if figures.reach_beyond == figures.reach:
        return []
    if not figures.reach_beyond[0]:
        return ["none of these beyond rounding"]
    return [f"beyond rounding as far as {_depth(pair, figures, figures.reach_beyond)}"]


def _depth(pair: Pair, figures: Figures, reach: tuple[int, int]) -> str:
    deep, elements = reach
    if deep == figures.deepest:
        return "its middle"
    if pair.stage is not Stage.FEATURE:
        return f"{counted(elements, 'element')} from its border"
    return f"{counted(deep, 'output')} ({counted(elements, 'element')}) from its border"


def _reading(pair: Pair) -> list[str]:
    """Returns what has to be known to read the figures rightly."""
    here, there = pair.plan.spec, pair.other.spec
    notes: list[str] = []
    if pair.stage is not Stage.FEATURE:
        return notes
    kernels = [tuple((axis.kernel, axis.dilation) for axis in plan.spatial) for plan in (pair.plan, pair.other)]
    if kernels[0] != kernels[1]:
        notes.append("kernels differ: outputs are matched by the middles of their windows")
    elif here.backend != there.backend and "random" in (here.weights, there.weights):
        notes.append("each backend draws a kernel of its own from a seed: choose weights by a rule or of a file")
    return notes
