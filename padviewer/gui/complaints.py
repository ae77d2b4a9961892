"""What goes wrong, on the message bar: each error stays until what it is about has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padviewer.errors import PadviewerError, UnexpectedError
from padviewer.plan import Plan
from padviewer.workers.messages import Tile

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow


class Complaints:
    """Shows the errors of a session, its plans and its workers.

    Args:
        window: whose session is followed, and whose bar is used.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._message = window.message
        self._of_plan = False
        self._of_worker = False
        self._told: list[UnexpectedError] = []
        session = window.session
        session.failed.connect(self.tell)
        session.worker_died.connect(self._on_session_worker_died)
        session.source_changed.connect(self._on_session_source_changed)
        session.plan_changed.connect(self._on_session_plan_changed)
        session.tile_ready.connect(self._on_session_tile_ready)
        window.errors.told.connect(self._on_errors_told)

    def tell(self, error: PadviewerError) -> None:
        """Shows an error, which a person dismisses."""
        self._of_plan = self._of_worker = False
        self._message.show_error(error)

    def _on_session_worker_died(self, error: PadviewerError, runs: bool) -> None:
        self.tell(error)
        self._of_worker = runs
        if not runs:
            details = [("Details", lambda: self._window.commands.help.show_details(error))] if error.details else []
            self._message.show_offer(error.message, [("Restart workers", self._restart_workers), *details])
            self._window.status.set_engine("a worker is stopped; see Tools, Restart workers")

    def _restart_workers(self) -> None:
        self._message.clear()
        self._window.commands.restart_workers()

    def _on_session_source_changed(self) -> None:
        if self._window.session.plan is not None and self._message.kind == "error":
            self._message.clear()

    def _on_session_plan_changed(self, _older: Plan | None, plan: Plan) -> None:
        if plan.problem is not None:
            self._of_plan = True
            self._message.show_error(plan.problem)
        elif self._of_plan:
            self._of_plan = False
            self._message.clear()

    def _on_session_tile_ready(self, _tile: Tile) -> None:
        if self._of_worker:
            # What the worker was needed for has come: the message has had its day.
            self._of_worker = False
            self._message.clear()

    def _on_errors_told(self, error: UnexpectedError, count: int) -> None:
        """Shows an error when it first comes; one that was dismissed, or has made room, goes on in the log alone."""
        if error is self._message.error or error not in self._told:
            self._told.append(error)
            self._message.show_error(error, count)
