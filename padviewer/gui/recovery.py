"""What follows when a worker has ended: what a person is told, and what is asked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from padviewer.errors import PadviewerError, WorkerDied
from padviewer.gui.engine_in_force import EngineInForce
from padviewer.gui.feature import FeatureWork
from padviewer.workers.client import MAX_RESTARTS, Client
from padviewer.workers.jobs import READER, SCOUT


class Recovery:
    """Goes on with the worker that its client has started in place of one that ended.

    Args:
        clients: the workers.
        engine: of the backend in force.
        feature: the feature map that an engine takes with it.
        on_died: told the error, and whether another worker runs.
        on_replaced: told what ended while it had nothing to do.
        show_again: asks for what is on screen.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        engine: EngineInForce,
        feature: FeatureWork,
        on_died: Callable[[PadviewerError, bool], None],
        on_replaced: Callable[[str], None],
        show_again: Callable[[], None],
    ) -> None:
        self._clients = clients
        self._engine = engine
        self._feature = feature
        self._on_died, self._on_replaced = on_died, on_replaced
        self._show_again = show_again

    def worker_died(self, worker: str, error: WorkerDied) -> None:
        """A worker ended; settings and pictures are kept."""
        if worker == SCOUT:
            return  # the file that ended it is told in the list, and the next one is looked at
        client = self._clients[worker]
        self._tell(error, client.runs)
        if not client.runs:
            return
        if client is self._engine.client:
            self._engine.start()
            self._feature.recover()
        elif worker == READER and not error.idle:
            self._show_again()

    def _tell(self, error: WorkerDied, runs: bool) -> None:
        if runs and error.idle:
            self._on_replaced(f"{error.message}; it had nothing to do, and another was started")
            return
        outcome = (
            "it was started again; settings and pictures stay"
            if runs
            else f"it has ended {MAX_RESTARTS + 1} times in a row and is not started again by itself"
        )
        told = PadviewerError(f"{error.message}; {outcome}")
        told.details = error.details
        self._on_died(told, runs)
