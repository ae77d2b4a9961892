"""Two plans of one input and the plane on screen: which of their elements are compared, and where they lie."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from padviewer.alignment import Alignment, AxisMatch, align
from padviewer.axes import CHANNELS
from padviewer.errors import PlanError
from padviewer.geometry import Region, Span
from padviewer.gui.rectangles import Rect, region_rect, visible_at_most
from padviewer.gui.screen import Cut, axes_on_screen, fixed_index, plane_of, shows_colours, to_padded
from padviewer.plan import Plan, Stage
from padviewer.spec import ACROSS_FILTERS
from padviewer.windows import block_bytes
from padviewer.workers.messages import Array, Tile
from padviewer.workers.statistics import Statistics

# Which of the elements that belong together are meant, by axis.
Numbers = dict[str, Span]
# What a plane may have to be compared whole, in elements and in multiply-accumulate operations of both sides.
_MOST, _OPERATIONS = 1 << 26, 1 << 36
# Elements of one slice of it, and of a view, which the window's thread compares in some milliseconds; and bytes that
# the windows of either may read.
_SLICE, _VIEW, _BLOCK_BYTES = 1 << 17, 1 << 19, 96 << 20
_UNKNOWN = Statistics(None, None, 0, 0, 1)


@dataclass(frozen=True)
class Pair:
    """What is compared.

    Attributes:
        plan, other: the settings in force, and the reference, applied to one input.
        stage: PADDED or FEATURE.
        cut: the plane on screen, of `plan`.
        alignment: which elements belong together.
        numbers: those of the plane.
    """

    plan: Plan
    other: Plan
    stage: Stage
    cut: Cut
    alignment: Alignment
    numbers: Numbers

    @classmethod
    def of(cls, plan: Plan, other: Plan, stage: Stage, cut: Cut) -> Pair:
        """Aligns two plans.

        Raises:
            PlanError: nothing of the plane on screen can be compared.
        """
        alignment = align(plan, other, stage)
        shown = set(axes_on_screen(plan, cut))
        if stage is Stage.PADDED and shows_colours(plan, cut):
            shown.add(CHANNELS)
        numbers = {}
        for match in alignment.matches:
            whole = match.letter in shown
            numbers[match.letter] = Span(0, match.count) if whole else _slice(plan, stage, cut, match)
        return cls(plan, other, stage, cut, alignment, numbers)

    @property
    def size(self) -> int:
        """How many elements of the plane belong together."""
        return size_of(self.numbers)

    @property
    def is_complete(self) -> bool:
        """Whether no element of the plane on screen is left out, on either side."""
        letters = [letter for letter, span in self.numbers.items() if span.count > 1]
        stages = [plan.require(self.stage) for plan in (self.plan, self.other)]
        return all(stage.extent(letter) == self.numbers[letter].count for stage in stages for letter in letters)

    @property
    def is_affordable(self) -> bool:
        """Whether the whole plane is compared in the background."""
        return self.size <= _MOST and self.size * (self._operations(self.plan) + self._operations(self.other)) <= (
            _OPERATIONS
        )

    def regions(self, numbers: Numbers) -> tuple[Region, Region]:
        """Returns the regions of both plans that hold some numbers."""
        return self.alignment.regions(numbers)

    def visible(self, view: Rect, pixels: tuple[int, int]) -> Numbers:
        """Returns what a view shows, at most one element for each pixel."""
        left, top, width, height = view
        rows, columns = tuple(axes_on_screen(self.plan, self.cut))
        numbers = dict(self.numbers)
        for letter, low, extent, count in ((columns, left, width, pixels[0]), (rows, top, height, pixels[1])):
            if letter in numbers:
                match = self.alignment.match(letter)
                scale, offset = to_padded(self.plan, self.stage, letter)
                first = (low - offset) / scale - match.first
                numbers[letter] = visible_at_most(match.count, first / match.step, extent / scale / match.step, count)
        return self._thinned(numbers)

    def slices(self) -> Iterator[Numbers]:
        """Yields all of the plane, in parts."""
        sides = self._sides()
        ranges = [range(0, span.stop - span.start, sides[letter]) for letter, span in self.numbers.items()]
        for starts in product(*ranges):
            yield {
                letter: Span(span.start + start, min(span.start + start + sides[letter], span.stop))
                for (letter, span), start in zip(self.numbers.items(), starts, strict=True)
            }

    def rect(self, numbers: Numbers) -> Rect:
        """Returns the rectangle on screen that samples cover."""
        return region_rect(self.plan, self.stage, self.cut, self.regions(numbers)[0])

    def plane(self, data: Array) -> Array:
        """Returns elements of the plane as (rows, columns), or (rows, columns, colours)."""
        region = tuple(Span(0, size) for size in data.shape)
        return plane_of(self.plan, self.cut, Tile(self.stage, region, data, _UNKNOWN))

    def place_of(self, index: dict[str, int]) -> tuple[float, float]:
        """Returns where the middle of an element of the stage lies on screen: x and y."""
        rows, columns = tuple(axes_on_screen(self.plan, self.cut))
        found = []
        for letter in (columns, rows):
            scale, offset = to_padded(self.plan, self.stage, letter)
            found.append(scale * (index.get(letter, 0) + 0.5) + offset)
        return found[0], found[1]

    def _thinned(self, numbers: Numbers) -> Numbers:
        while size_of(numbers) > _VIEW or self._block_bytes(numbers) > _BLOCK_BYTES:
            longest = max(numbers, key=lambda letter: numbers[letter].count if self.plan.axis(letter) else 0)
            span = numbers[longest]
            if span.count <= 1:
                break
            step = 2 * span.step
            numbers = {**numbers, longest: Span(span.start // step * step, span.stop, step)}
        return numbers

    def _sides(self) -> dict[str, int]:
        """Returns how long the parts of each axis are."""
        sides = {letter: span.count for letter, span in self.numbers.items()}

        def is_large() -> bool:
            part = {letter: span._replace(stop=span.start + sides[letter]) for letter, span in self.numbers.items()}
            return size_of(part) > _SLICE or self._block_bytes(part) > _BLOCK_BYTES

        while is_large() and max(sides.values()) > 1:
            longest = max(sides, key=lambda letter: sides[letter])
            sides[longest] = -(-sides[longest] // 2)
        return sides

    def _block_bytes(self, numbers: Numbers) -> int:
        if self.stage is not Stage.FEATURE:
            return 0
        here, there = self.regions(numbers)
        return max(block_bytes(self.plan, here), block_bytes(self.other, there))

    def _operations(self, plan: Plan) -> int:
        """Returns the operations for one element."""
        if self.stage is not Stage.FEATURE:
            return 0
        each = plan.multiply_adds // max(1, plan.require(Stage.FEATURE).size)
        return each * (plan.filters if plan.spec.activation in ACROSS_FILTERS else 1)


def size_of(numbers: Numbers) -> int:
    """Returns how many elements have some numbers."""
    return math.prod(span.count for span in numbers.values())


def _slice(plan: Plan, stage: Stage, cut: Cut, match: AxisMatch) -> Span:
    index = fixed_index(plan, stage, cut, match.letter) or 0
    number = match.number_of(index)
    if number is None:
        name = "filter" if match.letter == CHANNELS and stage is Stage.FEATURE else f"slice of axis {match.letter}"
        raise PlanError(f"{name} {index + 1} has nothing in the reference that belongs to it; choose another")
    return Span(number, number + 1)


def flat_index(numbers: Numbers, place: int) -> dict[str, int]:
    """Returns the numbers of the element at a place of the flattened array."""
    at = np.unravel_index(place, tuple(span.count for span in numbers.values()))
    return {letter: span.start + int(i) * span.step for (letter, span), i in zip(numbers.items(), at, strict=True)}
