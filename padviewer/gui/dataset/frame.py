"""Where sizes lie on a plot: linear, or by their logarithm, in a rectangle of the screen that shows a part of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

# An empty axis has no logarithm: it lies so far before one element, in decades.
_EMPTY = -0.4
# Nothing that is measured is larger.
_LARGEST = 2.0**62
# Closer than this, in the units of a plot, nothing more is seen.
_CLOSEST = {False: 4.0, True: 0.02}
_AROUND = 0.06
# Of the length too: nothing lies before 0.
_BEFORE_NOTHING = 0.02
_STEPS = (1, 2, 5)


class Box(NamedTuple):
    """The part of the plane that is shown, in the units in which a plot is even."""

    left: float
    bottom: float
    right: float
    top: float


class Tick(NamedTuple):
    """A number on a scale: its value, and how it is written."""

    value: float
    text: str


@dataclass(frozen=True)
class Scale:
    """How values lie along a line.

    Attributes:
        log: whether by their logarithm.
    """

    log: bool = False

    def place(self, values: Any) -> Numbers:
        """Returns where values lie, as float64 of the same shape."""
        numbers = np.asarray(values, np.float64)
        if not self.log:
            return numbers
        places: Numbers = np.log10(np.maximum(numbers, 10**_EMPTY))
        return places

    def place_of(self, value: float) -> float:
        """Returns where one value lies."""
        return math.log10(max(value, 10**_EMPTY)) if self.log else float(value)

    def value(self, place: float) -> float:
        """Returns the value at a place, never negative."""
        value = 10.0 ** min(place, 18.6) if self.log else place
        return 0.0 if value < 0.7 and self.log else min(max(0.0, value), _LARGEST)

    def ticks(self, low: float, high: float, most: int) -> list[Tick]:
        """Returns round values between two places, not many more than `most`."""
        return self._decades(low, high, most) if self.log else _even(low, high, most)

    def _decades(self, low: float, high: float, most: int) -> list[Tick]:
        first, last = self.value(low), self.value(high)
        if last < 4 * max(first, 1):
            # Less than a decade is told as on a linear scale.
            return _even(first, last, most)
        found = [Tick(0.0, "0")] if low <= _EMPTY <= high else []
        decades = range(max(0, math.floor(low)), math.floor(high) + 1)
        every = max(1, -(-len(decades) // most))
        within = [step for step in _STEPS if step == 1 or 3 * len(decades) <= most]
        for decade in decades:
            if decade % every == 0:
                values = (step * 10.0**decade for step in within)
                found += [Tick(value, tick_text(value)) for value in values if first <= value <= last]
        return found


@dataclass(frozen=True)
class Frame:
    """A rectangle of the screen, in logical pixels, that shows a box of the plane; the second axis goes up.

    Attributes:
        x, y, width, height: the rectangle; at least one pixel wide and high.
        box: what it shows.
        across, up: the scales.
    """

    x: float
    y: float
    width: float
    height: float
    box: Box
    across: Scale = Scale()
    up: Scale = Scale()

    @property
    def per_unit(self) -> tuple[float, float]:
        """Pixels for each unit across, and up."""
        box = self.box
        return self.width / (box.right - box.left), self.height / (box.top - box.bottom)

    def x_of(self, value: float) -> float:
        """Returns the pixel across of a value."""
        return self.x + (self.across.place_of(value) - self.box.left) * self.per_unit[0]

    def y_of(self, value: float) -> float:
        """Returns the pixel down of a value."""
        return self.y + (self.box.top - self.up.place_of(value)) * self.per_unit[1]

    def pixels(self, places_x: Numbers, places_y: Numbers) -> tuple[Numbers, Numbers]:
        """Returns the pixels of places that the scales have told."""
        across, up = self.per_unit
        return self.x + (places_x - self.box.left) * across, self.y + (self.box.top - places_y) * up

    def value_x(self, x: float) -> float:
        """Returns the value at a pixel across."""
        return self.across.value(self.box.left + (x - self.x) / self.per_unit[0])

    def value_y(self, y: float) -> float:
        """Returns the value at a pixel down."""
        return self.up.value(self.box.top - (y - self.y) / self.per_unit[1])

    def moved(self, right: float, down: float) -> Frame:
        """Returns the frame after what it shows was dragged by so many pixels."""
        across, up = self.per_unit
        box = self.box
        x, y = -right / across, down / up
        return replace(self, box=Box(box.left + x, box.bottom + y, box.right + x, box.top + y))

    def zoomed(self, x: float, y: float, factor: float, upwards: bool = True) -> Frame:
        """Returns the frame zoomed about a pixel, as far as there is something to see.

        Args:
            x, y: the pixel, which shows the same afterwards.
            factor: above 1 shows less.
            upwards: whether the second axis is zoomed too.
        """
        across, up = self.per_unit
        box = self.box
        at_x, at_y = box.left + (x - self.x) / across, box.top - (y - self.y) / up
        left, right = _zoomed(box.left, box.right, at_x, factor, self.across)
        bottom, top = _zoomed(box.bottom, box.top, at_y, factor, self.up) if upwards else (box.bottom, box.top)
        return replace(self, box=Box(left, bottom, right, top))


def fitted(low: float, high: float, scale: Scale, from_nothing: bool = False) -> tuple[float, float]:
    """Returns the two ends of a line that shows values from `low` to `high` with some room around them.

    Args:
        low, high: values; equal where there is but one.
        scale: of the line.
        from_nothing: whether a linear line begins at 0.
    """
    first, last = scale.place_of(low), scale.place_of(high)
    if from_nothing and not scale.log:
        first = min(first, 0.0)
    if last <= first:
        half = 0.5 if scale.log else max(1.0, 0.5 * last)
        first, last = first - half, last + half
    room = (last - first) * _AROUND
    return first - (_BEFORE_NOTHING * (last - first) if first == 0 and not scale.log else room), last + room


def tick_text(value: float) -> str:
    """Returns a round number as it stands on a scale: `640`, `20k`, `1M`."""
    if value < 10_000:
        return f"{value:g}"
    for unit in ("k", "M", "G", "T", "P"):
        value /= 1000
        if value < 1000:
            return f"{value:.6g}{unit}"
    return f"{value:.3g}P"


def _even(low: float, high: float, most: int) -> list[Tick]:
    if high <= low:
        return []
    rough = (high - low) / max(1, most)
    decade = 10.0 ** math.floor(math.log10(rough))
    step = next((n * decade for n in (*_STEPS, 10) if n * decade >= rough), 10 * decade)
    step = max(1.0, step)
    first = max(0, math.ceil(low / step))
    return [Tick(n * step, tick_text(n * step)) for n in range(first, math.floor(high / step) + 1)]


def _zoomed(low: float, high: float, at: float, factor: float, scale: Scale) -> tuple[float, float]:
    length = high - low
    least, most = _CLOSEST[scale.log], 30.0 if scale.log else _LARGEST
    length = min(max(length / factor, least), most)
    share = (at - low) / (high - low)
    return at - share * length, at + (1 - share) * length
