"""Weights that are read from files for the window: what was read last stays, so that undoing is immediate."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from padviewer.errors import Cancelled, PadviewerError
from padviewer.gui.bridge import Drive
from padviewer.spec import FROM_FILE, PipelineSpec
from padviewer.weights import Weights
from padviewer.workers.client import Client
from padviewer.workers.weights_job import LoadedWeights, layers_job, weights_job
from padviewer.workers.weights_messages import Layers

_KEPT = 16
_KEPT_BYTES = 256 << 20


class WeightsWork:
    """Has the reader read weights, and owns the shared memory that they lie in.

    Args:
        clients: the workers.
    """

    def __init__(self, clients: Mapping[str, Client]) -> None:
        self._clients = clients
        self._known: dict[str, LoadedWeights | PadviewerError] = {}
        self._asked: str | None = None
        # What an older plan may still be computed with: of the time before the last that was forgotten.
        self._older: list[LoadedWeights] = []

    def of(self, spec: PipelineSpec) -> Weights | None:
        """Returns the weights that settings name; None where they have not been read."""
        known = self._known.get(spec.weights_file or "") if spec.weights == FROM_FILE else None
        return known.weights if isinstance(known, LoadedWeights) else None

    def refusal(self, spec: PipelineSpec) -> PadviewerError | None:
        """Returns why the weights that settings name cannot be read."""
        known = self._known.get(spec.weights_file or "") if spec.weights == FROM_FILE else None
        return known if isinstance(known, PadviewerError) else None

    def read(self, file: str, budget: int, on_end: Callable[[], None], again: bool = False) -> None:
        """Reads the weights of a file; `of` or `refusal` has them when `on_end` is called.

        Args:
            file: `path`, or `path::member`.
            budget: bytes that they may take.
            on_end: called unless the same file is being read already.
            again: whether a file that was read before is read anew: it may have changed.
        """
        if file in self._known and not again:
            on_end()
            return
        if file == self._asked:
            return
        self._asked = file

        def ended(outcome: LoadedWeights | PadviewerError) -> None:
            if self._asked == file:
                self._asked = None
            if not isinstance(outcome, Cancelled):
                self._keep(file, outcome)
                on_end()

        Drive(weights_job(file, budget), self._clients, ended, ended, key="weights")

    def look(
        self, path: str, budget: int, on_layers: Callable[[Layers], None], on_error: Callable[[PadviewerError], None]
    ) -> None:
        """Looks what layers a file has."""
        Drive(layers_job(path, budget), self._clients, on_layers, on_error, key="layers")

    def forget(self) -> None:
        """Files may have changed: they are read anew when they are asked for."""
        self._drop(list(self._known))

    def release(self) -> None:
        """Gives all memory back."""
        self.forget()
        self.forget()

    def _keep(self, file: str, outcome: LoadedWeights | PadviewerError) -> None:
        if file in self._known:
            self._drop([file])
        self._known[file] = outcome
        sizes = {name: known.memory.nbytes for name, known in self._known.items() if isinstance(known, LoadedWeights)}
        names = list(self._known)
        while len(names) > 1 and (len(names) > _KEPT or sum(sizes.get(name, 0) for name in names) > _KEPT_BYTES):
            names.pop(0)
        left = [name for name in self._known if name not in names]
        if left:
            self._drop(left)

    def _drop(self, files: list[str]) -> None:
        for older in self._older:
            older.release()
        dropped = [self._known.pop(file) for file in files]
        self._older = [known for known in dropped if isinstance(known, LoadedWeights)]
