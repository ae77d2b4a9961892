"""A plane of a stage as rows and columns of a table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from padviewer.axes import CHANNELS
from padviewer.geometry import Region, Span
from padviewer.gui import screen
from padviewer.gui.rectangles import Rect
from padviewer.gui.screen import Cut
from padviewer.plan import Plan, Stage
from padviewer.workers.digests import block_of


@dataclass(frozen=True)
class TablePlane:
    """What a table shows: of colours, one channel.

    Attributes:
        plan, stage: what it is of.
        cut: which plane.
        region: the whole plane; one element on each axis that is not on screen.
    """

    plan: Plan
    stage: Stage
    cut: Cut
    region: Region

    @property
    def letters(self) -> str:
        """The axes that run down and across."""
        return screen.axes_on_screen(self.plan, self.cut)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = (1 if axis is None else self.region[axis].stop for axis in self.axes)
        return rows, columns

    @property
    def axes(self) -> tuple[int | None, int | None]:
        """The numbers of the axes that run down and across; None where the stage has no such axis."""
        axes = self.plan.require(self.stage).axes
        down, across = (axes.index(letter) if letter in axes else None for letter in self.letters)
        return down, across

    def part(self, rows: Span, columns: Span) -> Region:
        """Returns the region of a block of cells."""
        spans = list(self.region)
        for axis, span in zip(self.axes, (rows, columns), strict=True):
            if axis is not None:
                spans[axis] = span
        return tuple(spans)

    def block(self, data: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Returns the elements of a region as (rows, columns)."""
        return block_of(data, *self.axes)

    def is_padding(self, row: int, column: int) -> bool:
        """Whether a cell is padding, and no data."""
        if self.stage is not Stage.PADDED:
            return False
        index = {letter: span.start for letter, span in zip(self.plan.input.axes, self.region, strict=True)}
        index |= dict(zip(self.letters, (row, column), strict=True))
        return not screen.is_data(self.plan, index)

    def place(self, row: int, column: int) -> tuple[float, float]:
        """Returns the x and y of the middle of an element in the panes."""
        y, x = (
            scale * (index + 0.5) + offset
            for (scale, offset), index in zip(self._to_padded, (row, column), strict=True)
        )
        return x, y

    def cell(self, index: dict[str, int]) -> tuple[int, int] | None:
        """Returns row and column of an element that the probe tells; None where it is in no row or column."""
        row, column = (index.get(letter, 0) for letter in self.letters)
        rows, columns = self.shape
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None

    def visible(self, view: Rect) -> tuple[Span, Span]:
        """Returns the rows and columns that a view of the pane shows, also in part."""
        left, top, width, height = view
        found = []
        for (scale, offset), size, low, extent in zip(
            self._to_padded, self.shape, (top, left), (height, width), strict=True
        ):
            start = min(max(0, math.floor((low - offset) / scale)), size)
            found.append(Span(start, max(start, min(size, math.ceil((low + extent - offset) / scale)))))
        return found[0], found[1]

    @property
    def _to_padded(self) -> list[tuple[float, float]]:
        return [screen.to_padded(self.plan, self.stage, letter) for letter in self.letters]


def table_plane(plan: Plan, stage: Stage, cut: Cut, channel: int) -> TablePlane | None:
    """Returns the plane that a pane shows; of colours the channel that is asked for. None where there is none."""
    if plan.stage(stage) is None:
        return None
    region = screen.plane_region(plan, stage, cut)
    if region is None:
        return None
    if stage is not Stage.FEATURE and screen.shows_colours(plan, cut):
        at = plan.input.axes.index(CHANNELS)
        region = (*region[:at], Span(channel, channel + 1), *region[at + 1 :])
    return TablePlane(plan, stage, cut, region)
