"""Provenance: where the elements of a stage come from, as it lies on screen. What is padding, and what was cropped."""

from __future__ import annotations

import math
from dataclasses import dataclass

from padviewer.geometry import Split
from padviewer.gui.rectangles import Rect, content_rect, read_rect, stage_rect
from padviewer.gui.screen import Cut, axes_on_screen
from padviewer.plan import Plan, Stage


@dataclass(frozen=True)
class Track:
    """One axis of PADDED, in its own indices.

    Attributes:
        letter: of the axis.
        size: elements of PADDED.
        content: half-open range of all of INPUT, which reaches outside where it was cropped.
        mode: what the padding is made of; empty for batch and channels, which are not padded.
    """

    letter: str
    size: int
    content: tuple[int, int]
    mode: str

    @property
    def pad(self) -> Split:
        """Elements added before and after; negative numbers are a crop."""
        return Split(self.content[0], self.size - self.content[1])

    @property
    def data(self) -> tuple[int, int]:
        """Half-open range of PADDED that is data."""
        return max(0, self.content[0]), min(self.size, self.content[1])

    def folds(self, low: float, high: float, closest: float) -> list[float]:
        """Returns the places in the padding where one copy of the content ends and the next begins.

        `reflect` turns in the middle of an element, `symmetric` and `wrap` between two. Constants and edges have none.

        Args:
            low, high: what is visible.
            closest: where folds would lie closer together than this, there are none.
        """
        start, stop = self.content
        length = stop - start
        first, period = (start + 0.5, length - 1) if self.mode == "reflect" else (float(start), length)
        if self.mode not in ("reflect", "symmetric", "wrap") or period <= 0 or period < closest:
            return []
        low, high = max(low, 0), min(high, self.size)
        numbers = range(math.ceil((low - first) / period), math.floor((high - first) / period) + 1)
        places = [first + number * period for number in numbers]
        return [place for place in places if 0 < place < self.size and not start <= place <= stop]


@dataclass(frozen=True)
class Provenance:
    """What is marked on the picture of a stage.

    Attributes:
        stage: INPUT or PADDED.
        outer: the rectangle of the stage.
        kept: of INPUT the part that PADDED has too; of PADDED what is data, empty in a slice of padding.
        ghost: of PADDED the rectangle of all of INPUT, also where it was cropped.
        read: of PADDED the rectangle with the zeros around it that `same` or `causal` adds for the convolution.
        mode: what padding is made of; empty where there is none.
        rows, columns: the axes on screen.
    """

    stage: Stage
    outer: Rect
    kept: Rect
    ghost: Rect
    read: Rect
    mode: str
    rows: Track
    columns: Track


def provenance_of(plan: Plan, stage: Stage, cut: Cut) -> Provenance | None:
    """Returns what is marked on a stage; None for FEATURE, and where there is no PADDED."""
    if stage not in (Stage.INPUT, Stage.PADDED) or plan.padded is None:
        return None
    rows, columns = (_track(plan, letter) for letter in axes_on_screen(plan, cut))
    outer, ghost = stage_rect(plan, stage, cut), stage_rect(plan, Stage.INPUT, cut)
    kept = content_rect(plan, cut) if stage is Stage.PADDED else _box(rows, columns)
    mode = plan.spec.mode if any(max(axis.pad) > 0 for axis in plan.spatial) else ""
    read = read_rect(plan, cut) if stage is Stage.PADDED else outer
    return Provenance(stage, outer, kept, ghost, read, mode, rows, columns)


def _track(plan: Plan, letter: str) -> Track:
    axis = plan.axis(letter)
    if axis is None:
        size = plan.input.extent(letter)
        return Track(letter, size, (0, size), "")
    return Track(letter, axis.padded, (axis.pad.before, axis.pad.before + axis.size), plan.spec.mode)


def _box(rows: Track, columns: Track) -> Rect:
    (top, bottom), (left, right) = rows.data, columns.data
    return left, top, max(0, right - left), max(0, bottom - top)
