"""A model that is being saved: the engine writes it, and what a writer that ended left behind is taken away."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from padviewer.errors import PadviewerError
from padviewer.gui.bridge import settle
from padviewer.plan import Plan
from padviewer.workers.client import Client
from padviewer.workers.jobs import ENGINES
from padviewer.workers.model_messages import SavedModel, SaveModelRequest

# The file, and what it takes, or why there is none.
OnEnd = Callable[[str, SavedModel | PadviewerError], None]


class ModelSaving:
    """Has models written.

    Args:
        clients: the workers.
        on_end: told what became of each.
    """

    def __init__(self, clients: Mapping[str, Client], on_end: OnEnd) -> None:
        self._clients = clients
        self._on_end = on_end

    def begin(self, plan: Plan, path: str) -> None:
        """Writes the model of a plan to a file, over one that exists."""

        def failed(error: PadviewerError) -> None:
            from padviewer.export import remove_abandoned  # noqa: PLC0415 - not needed for the first picture

            # An engine that was ended could not.
            remove_abandoned(path)
            self._on_end(path, error)

        engine = self._clients[ENGINES[plan.spec.backend]]
        request = SaveModelRequest(plan, path, overwrite=True)
        settle(engine.submit("model", request), lambda saved: self._on_end(path, saved), failed)
