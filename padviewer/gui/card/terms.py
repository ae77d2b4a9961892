"""The terms of an output's sum as a person reads them, and how its rounding is named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from padviewer import reach
from padviewer.axes import CHANNELS
from padviewer.gui.brush.text import share_text
from padviewer.plan import Plan
from padviewer.reach import Kind
from padviewer.workers.explanation import Explanation

_DIGITS = 5
# Half a unit in the last place of float32.
_HALF_ULP = 2.0**-24


@dataclass(frozen=True)
class Term:
    """One product of the sum.

    Attributes:
        taps: its padded index on each spatial axis.
        channel: of the input.
        value, weight: its factors, float32.
        kind: what stands there.
    """

    taps: tuple[int, ...]
    channel: int
    value: float
    weight: float
    kind: Kind

    @property
    def product(self) -> float:
        """Exact in float64."""
        return self.value * self.weight


@dataclass(frozen=True)
class Step:
    """One line from the sum to the value that is shown: what it is, the number, and what is to be said of it."""

    name: str
    number: str
    note: str


def terms_of(plan: Plan, output: dict[str, int], found: Explanation) -> list[Term]:
    """Returns the terms that an explanation tells, in their order."""
    windows = [reach.window(axis, output[axis.letter]) for axis in plan.spatial]
    order, terms = list(Kind), []
    places = np.unravel_index(found.places, found.shape)
    numbers = zip(*(vector.tolist() for vector in places), strict=True)
    for at, value, weight in zip(numbers, found.values.tolist(), found.weights.tolist(), strict=True):
        taps = tuple(w.start + i * w.step for w, i in zip(windows, at[:-1], strict=True))
        kind = max((reach.kind_at(a, tap) for a, tap in zip(plan.spatial, taps, strict=True)), key=order.index)
        terms.append(Term(taps, found.first_channel + at[-1], value, weight, kind))
    return terms


def shares_text(plan: Plan, output: dict[str, int], found: Explanation) -> str:
    """Returns how many of the terms are padding, such as `6 of 27 terms are padding`."""
    channels = found.shape[-1]
    places = reach.places_by_kind(plan, output)
    words = [share_text(places[Kind.PADDING] * channels, found.count, "padding", "term")]
    if places[Kind.ZERO]:
        words.append(share_text(places[Kind.ZERO] * channels, found.count, "zeros of the convolution", "term"))
    return ", ".join(words)


def steps_of(plan: Plan, found: Explanation, shown: float) -> list[Step]:
    """Returns the way from the products to the value that is shown, every rounding named.

    Args:
        plan: whose output it is.
        found: how it comes about.
        shown: what the pane shows, float32.
    """
    total = found.exact + found.bias
    activation = plan.spec.activation
    steps = [
        Step(f"sum of {found.count} products", exact(found.exact), "exact, in float64"),
        Step("bias", single(found.bias), ""),
        Step("float32 sum", single(found.summed), _sum_note(plan, found, total)),
    ]
    if activation != "linear":
        what = "of the exact sum"
        if found.largest is not None:
            what = f"{what} among all {plan.filters} filters, the largest {single(found.largest)}"
        steps.append(Step(activation, single(found.activated), what))
    steps.append(Step("shown", single(shown), _shown_note(shown, found.activated, activation)))
    return steps


def ulps(a: float, b: float) -> int | None:
    """Returns how many steps of float32 lie between two numbers, both rounded to it; None where one is not finite."""
    if not (np.isfinite(a) and np.isfinite(b)):
        return None
    with np.errstate(over="ignore"):
        first, second = (int(np.float32(x).view(np.int32)) for x in (a, b))
    ordered = [x if x >= 0 else -(x & 0x7FFFFFFF) for x in (first, second)]
    return abs(ordered[0] - ordered[1])


def single(value: float) -> str:
    """Returns the shortest text that reads back as the same float32."""
    with np.errstate(over="ignore"):
        return str(np.float32(value)).replace("-", "−")


def exact(value: float) -> str:
    """Returns the shortest text that reads back as the same float64."""
    return repr(value).replace("-", "−")


def short(value: float, is_whole: bool) -> str:
    """Returns a number for a grid: whole where the input has whole numbers, else with five significant digits."""
    if is_whole and value.is_integer():
        return str(int(value)).replace("-", "−")
    return f"{value:.{_DIGITS}g}".replace("-", "−")


def tsv(plan: Plan, terms: list[Term], steps: list[Step]) -> str:
    """Returns terms and sums for a spreadsheet: tabs between columns, numbers that read back exactly."""
    letters = [axis.letter for axis in plan.spatial]
    head = [*letters, *([CHANNELS] if CHANNELS in plan.input.axes else []), "kind", "value", "weight", "product"]
    lines = ["\t".join(head)]
    for term in terms:
        place = [*term.taps, *([term.channel] if CHANNELS in plan.input.axes else [])]
        numbers = [str(np.float32(term.value)), str(np.float32(term.weight)), repr(term.product)]
        lines.append("\t".join([*map(str, place), term.kind.value, *numbers]))
    lines += ["", *(f"{step.name}\t{step.number.replace('−', '-')}\t{step.note}" for step in steps)]
    return "\n".join(lines) + "\n"


def _sum_note(plan: Plan, found: Explanation, total: float) -> str:
    apart = ulps(found.summed, total)
    if apart is None:
        return "not finite"
    if apart == 0:
        return "the same in float32"
    # Of each addition at most half a unit is lost, and of each product; a separable convolution adds twice.
    rounds = (found.count + 2) * (2 if plan.spec.conv == "separable" else 1)
    possible = rounds * _HALF_ULP * (found.magnitude + abs(found.bias))
    away = f"{apart} ulp off ({abs(found.summed - total):.1e})"
    if abs(found.summed - total) <= 2 * possible:
        return f"{away}: float32 rounds each addition"
    return f"{away}: more than float32 rounding explains; the device computes with fewer bits"


def _shown_note(shown: float, activated: float, activation: str) -> str:
    if np.isnan(shown) and np.isnan(activated):
        return "equal: not a number"
    if shown == activated:
        return "equal"
    apart = ulps(shown, activated)
    if apart is None:
        return "not equal"
    what = "the float32 sum" if activation == "linear" else f"the sum and of {activation}"
    return f"{apart} ulp off ({abs(shown - activated):.1e}), by the rounding of {what}"
