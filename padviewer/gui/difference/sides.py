"""Both sides of what cannot be compared, each for itself, with the content under the same place."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from padviewer.errors import PadviewerError, PlanError
from padviewer.geometry import Region
from padviewer.gui.difference.reference_plane import ReferencePlane
from padviewer.gui.difference.reference_work import elements_job
from padviewer.gui.difference.view import HERE, THERE, DifferenceView
from padviewer.gui.newest import NewestJob
from padviewer.gui.rectangles import Rect
from padviewer.gui.rendering import Levels, Look
from padviewer.gui.screen import Cut
from padviewer.plan import Plan, Stage
from padviewer.workers.client import Client
from padviewer.workers.messages import Array


class DifferenceSides:
    """Asks for both sides, the newest first.

    Args:
        clients: the workers.
        on_change: called when one of them has come.
        on_error: told why one does not.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        on_change: Callable[[], None],
        on_error: Callable[[PadviewerError], None],
    ) -> None:
        self._on_change, self._on_error = on_change, on_error
        self._jobs = {name: NewestJob(clients, f"difference {name}") for name in (HERE, THERE)}
        self._planes: dict[str, ReferencePlane] = {}
        self._found: dict[str, tuple[ReferencePlane, Region, Array]] = {}

    @property
    def shows(self) -> bool:
        """Whether there is a side to show."""
        return bool(self._planes)

    def show(self, plans: tuple[Plan, Plan] | None, shown: tuple[Stage, Cut] | None) -> bool:
        """Takes up two plans and what is on screen; returns whether any side can be shown."""
        self._planes, self._found = {}, {}
        if plans is None or shown is None:
            return False
        for name, plan in zip((HERE, THERE), plans, strict=True):
            try:
                self._planes[name] = ReferencePlane.of(plans[0], plan, *shown)
            except PlanError:
                continue  # the note over the pictures says why
        return bool(self._planes)

    def ask(self, view: Rect, pixels: tuple[int, int]) -> None:
        """Asks for what a view shows of each."""
        for name, plane in self._planes.items():
            self._ask(name, plane, plane.region(view, pixels))

    def draw(self, view: DifferenceView, look: Look, levels: Levels) -> None:
        """Draws what has come."""
        for name, (plane, region, data) in self._found.items():
            exact = all(span.step == 1 for span in region)
            view.draw_side(name, plane.pixels_of(region, data), plane.rect(region), look, levels, plane.stage, exact)

    def _ask(self, name: str, plane: ReferencePlane, region: Region) -> None:
        def deliver(data: Array) -> None:
            if self._planes.get(name) is plane:
                self._found[name] = (plane, region, data)
                self._on_change()

        def fail(error: PadviewerError) -> None:
            if self._planes.get(name) is plane:
                self._on_error(error)

        self._jobs[name].run(lambda: elements_job(plane.other, plane.stage, region), deliver, fail)
