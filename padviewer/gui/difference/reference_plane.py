"""The plane of another plan that shows the content on screen, in the coordinates of the panes."""

from __future__ import annotations

from dataclasses import dataclass

from padviewer.errors import PlanError
from padviewer.geometry import Region
from padviewer.gui import rectangles
from padviewer.gui.rectangles import Rect
from padviewer.gui.screen import Cut, axes_on_screen, follow_content, plane_of, plane_region
from padviewer.plan import Plan, Stage
from padviewer.windows import thinned
from padviewer.workers.messages import Array, Tile
from padviewer.workers.statistics import Statistics

# What one view may gather.
_VIEW_BYTES = 128 << 20
_UNKNOWN = Statistics(None, None, 0, 0, 1)


@dataclass(frozen=True)
class ReferencePlane:
    """A stage of a plan, laid over that of the plan on screen so that the content lies over the content.

    Attributes:
        other: whose stage it is.
        stage: PADDED or FEATURE.
        cut: the plane of `other`.
        plane: the region of it.
        shift: how far the content of `other` lies from that on screen: across, and down.
    """

    other: Plan
    stage: Stage
    cut: Cut
    plane: Region
    shift: tuple[float, float]

    @classmethod
    def of(cls, plan: Plan, other: Plan, stage: Stage, cut: Cut) -> ReferencePlane:
        """Finds the plane that belongs to a cut of the plan on screen.

        Raises:
            PlanError: there is none.
        """
        other.require(stage)
        if other.input.axes != plan.input.axes:
            raise PlanError(f"the axes are read as {plan.input.axes} here and as {other.input.axes} there")
        followed = follow_content(cut, plan, other)
        plane = plane_region(other, stage, followed)
        if plane is None:
            raise PlanError("there is nothing of it here")
        shifts = []
        for letter in reversed(axes_on_screen(plan, cut)):
            here, there = plan.axis(letter), other.axis(letter)
            shifts.append(float(there.pad.before - here.pad.before) if here and there else 0.0)
        return cls(other, stage, followed, plane, (shifts[0], shifts[1]))

    def region(self, view: Rect, pixels: tuple[int, int]) -> Region:
        """Returns what a view of the plan on screen shows of it."""
        left, top, width, height = view
        shifted = (left + self.shift[0], top + self.shift[1], width, height)
        region = rectangles.visible_region(self.other, self.stage, self.cut, self.plane, shifted, pixels)
        return thinned(self.other, region, _VIEW_BYTES) if self.stage is Stage.FEATURE else region

    def rect(self, region: Region) -> Rect:
        """Returns the rectangle on screen that a region's samples cover."""
        left, top, width, height = rectangles.region_rect(self.other, self.stage, self.cut, region)
        return left - self.shift[0], top - self.shift[1], width, height

    def pixels_of(self, region: Region, data: Array) -> Array:
        """Returns a region's elements as (rows, columns), or (rows, columns, colours)."""
        return plane_of(self.other, self.cut, Tile(self.stage, region, data, _UNKNOWN))
