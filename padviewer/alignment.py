"""Which elements of two plans of one input belong together: those that lie over the same place of the content.

Two outputs of one kernel belong together where they read the same window of the input; those of two kernels where
their windows have the same middle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from padviewer.errors import PlanError
from padviewer.geometry import Region, Span
from padviewer.plan import AxisPlan, Plan, Stage


@dataclass(frozen=True)
class AxisMatch:
    """The elements of one axis that belong together, numbered from 0.

    Number `t` is the element `first + t * step` of one plan and `other + t * other_step` of the other.

    Attributes:
        letter: the axis.
        count: how many there are, at least 1.
        first, step: their indices in the plan that is aligned.
        other, other_step: their indices in the plan that it is aligned to.
    """

    letter: str
    count: int
    first: int = 0
    step: int = 1
    other: int = 0
    other_step: int = 1

    def number_of(self, index: int) -> int | None:
        """Returns the number of an element of the plan that is aligned; None where it belongs to no other."""
        number, rest = divmod(index - self.first, self.step)
        return number if not rest and 0 <= number < self.count else None

    def spans(self, numbers: Span) -> tuple[Span, Span]:
        """Returns which elements of either plan have some numbers, at least one."""
        return _placed(numbers, self.first, self.step), _placed(numbers, self.other, self.other_step)


@dataclass(frozen=True)
class Alignment:
    """The elements of a stage that belong together: one record for each axis, in the order of the stage's axes."""

    matches: tuple[AxisMatch, ...]

    def match(self, letter: str) -> AxisMatch:
        """Returns the record of an axis."""
        return next(match for match in self.matches if match.letter == letter)

    def regions(self, numbers: Mapping[str, Span]) -> tuple[Region, Region]:
        """Returns the region of either plan that holds the elements of some numbers on each axis."""
        pairs = [match.spans(numbers[match.letter]) for match in self.matches]
        return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)


def align(plan: Plan, other: Plan, stage: Stage) -> Alignment:
    """Returns which elements of a stage belong together in two plans of one input.

    Args:
        plan, other: of the same input.
        stage: PADDED or FEATURE.

    Raises:
        PlanError: one of them has no such stage, or none of their elements lie over the same place.
    """
    axes = plan.require(stage).axes
    if other.input.axes != plan.input.axes:
        raise PlanError(
            f"the axes are read as {plan.input.axes} here and as {other.input.axes} there; set the same axes in both"
        )
    other.require(stage)
    return Alignment(tuple(_match(plan, other, stage, letter) for letter in axes))


def _match(plan: Plan, other: Plan, stage: Stage, letter: str) -> AxisMatch:
    here, there = plan.axis(letter), other.axis(letter)
    if here is None or there is None:
        sizes = (plan.require(stage).extent(letter), other.require(stage).extent(letter))
        if not min(sizes):
            raise PlanError(f"axis {letter} has no elements")
        return AxisMatch(letter, min(sizes))
    if stage is Stage.FEATURE:
        _check_phases(here, there)
    found = _meeting(letter, _middles(here, stage), _middles(there, stage))
    if found is None:
        raise PlanError(
            f"axis {letter}: nothing of one lies over the same content as anything of the other, which shows another "
            "part of the input; choose the same position, or a larger target"
        )
    return found


@dataclass(frozen=True)
class _Middles:
    """Where the elements of an axis lie: the middle of element i is at `first + i * step` half elements of INPUT."""

    count: int
    first: int
    step: int


def _middles(axis: AxisPlan, stage: Stage) -> _Middles:
    if stage is Stage.FEATURE:
        return _Middles(axis.outputs, axis.span - 2 * (axis.conv.before + axis.pad.before), 2 * axis.stride)
    return _Middles(axis.padded, 1 - 2 * axis.pad.before, 2)


def _check_phases(here: AxisPlan, there: AxisPlan) -> None:
    letter = here.letter
    shift = _middles(here, Stage.FEATURE).first - _middles(there, Stage.FEATURE).first
    if shift % 2:
        even, odd = sorted((here.span, there.span), key=lambda span: span % 2)
        raise PlanError(
            f"axis {letter}: the middle of a window of {odd} elements is an element, and of {even} the border between "
            "two, so outputs lie half an element apart; choose kernels that are both odd or both even"
        )
    shared = math.gcd(here.stride, there.stride)
    if shift // 2 % shared:
        strides = str(here.stride) if here.stride == there.stride else f"{here.stride} and {there.stride}"
        raise PlanError(
            f"axis {letter}: windows are shifted by {abs(shift // 2)} against each other, in elements of the input, "
            f"and step by {strides}: that is no multiple of {shared}, so no two have the same place; choose stride 1, "
            f"or a position or target that shifts the content by a multiple of {shared}"
        )


def _meeting(letter: str, here: _Middles, there: _Middles) -> AxisMatch | None:
    """Returns the elements with the same middles; they step evenly."""
    shift = here.first - there.first
    shared = math.gcd(here.step, there.step)
    # here.first + i here.step = there.first + j there.step
    period = there.step // shared
    residue = -shift // shared * pow(here.step // shared, -1, period) % period
    lowest = max(0, -(shift // here.step))
    first = lowest + (residue - lowest) % period
    other, step = (shift + first * here.step) // there.step, here.step // shared
    count = min(-(-(here.count - first) // period), -(-(there.count - other) // step))
    return AxisMatch(letter, count, first, period, other, step) if count > 0 else None


def _placed(numbers: Span, first: int, step: int) -> Span:
    start, last = numbers.start, numbers.start + (numbers.count - 1) * numbers.step
    return Span(first + start * step, first + last * step + 1, step * numbers.step)
