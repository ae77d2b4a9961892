"""The work behind the FEATURE pane: have the engine compute the whole map or what is seen of it, and know when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from padviewer.errors import Cancelled, PadviewerError, WorkerDied, WorkerOverMemory
from padviewer.geometry import Region
from padviewer.gui.bridge import settle
from padviewer.gui.feature_view import FeatureView
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.spec import PipelineSpec
from padviewer.weights import Weights
from padviewer.workers.client import Client
from padviewer.workers.jobs import ENGINES, READER
from padviewer.workers.messages import Computed, ComputeRequest, LoadRequest, Tile
from padviewer.workers.shared import OwnedArray, SharedArray


@dataclass(frozen=True)
class FeatureState:
    """What the FEATURE pane says.

    Attributes:
        ready: whether there is something to show of the newest plan: the engine holds the whole feature map, or what
            was on screen has been computed for itself.
        working: whether it is on its way.
        computed: the device and the time it took.
        error: why there is none.
    """

    ready: bool = False
    working: bool = False
    computed: Computed | None = None
    error: PadviewerError | None = None


class FeatureWork:
    """Keeps the engine's feature map up to the newest plan; an answer for an older one is dropped."""

    def __init__(
        self,
        clients: Mapping[str, Client],
        on_change: Callable[[FeatureState], None],
        on_tile: Callable[[Plan, Region, Tile], None],
    ) -> None:
        self._clients = clients
        self._on_change = on_change
        self._on_tile = on_tile
        self._view = FeatureView(clients, self._on_view_tile, self._on_view_error)
        self._plan: Plan | None = None
        self._input: OwnedArray | None = None
        self._input_info: ArrayInfo | None = None
        self._loaded = False
        self._done: tuple[ArrayInfo, PipelineSpec, Weights | None] | None = None
        self._recovered: Plan | None = None
        self._cancelled: Plan | None = None
        self._computed: Computed | None = None
        self.state = FeatureState()

    def update(self, plan: Plan) -> None:
        """Takes up the newest plan."""
        self._plan = plan
        self._cancelled = None
        self._view.forget()
        if plan.feature is None:
            self._set(FeatureState(error=plan.problem))
        elif plan.awaits_weights:
            self._set(FeatureState(working=True))
        elif not plan.is_whole:
            # The engine gives back what it holds as soon as it computes for a view, which the pane asks for.
            self._done = None
            self._set(FeatureState(working=True))
            if not plan.info.decoded:
                self.release()
        elif self._done == plan.made_of:
            self._set(FeatureState(ready=True, computed=self._computed))
        else:
            self._set(FeatureState(working=True))
            self._load(plan)

    def show(self, plan: Plan, region: Region, plane: Region) -> None:
        """Has a region computed for itself, of a plan whose feature map is not whole; `on_tile` brings it."""
        if self._cancelled is not plan and not plan.awaits_weights:
            self._view.show(plan, region, plane)

    def probe(self, plan: Plan, region: Region, on_values: Callable[[dict[Stage, Any]], None]) -> None:
        """Looks up exact elements of a plan whose feature map is not whole."""
        self._view.probe(plan, region, on_values)

    def shared_input(self, plan: Plan) -> SharedArray | None:
        """Returns where the whole input of a plan lies in shared memory, if it does."""
        return self._input.array if self._input and self._loaded and self._input_info == plan.info else None

    def forget(self) -> None:
        """The input is another."""
        self._done = None
        self._view.forget()
        self.state = FeatureState()

    def cancel(self) -> bool:
        """Takes back what is on its way; returns whether the engine had to be ended for it."""
        if not self.state.working or self._plan is None:
            return False
        plan = self._cancelled = self._plan
        if plan.awaits_weights:
            return False
        engine = self._clients[ENGINES[plan.spec.backend]]
        running = self._view.runs if not plan.is_whole else self._loaded and not engine.discard("compute")
        if running:
            engine.cancel()
        self._fail(plan, Cancelled("cancelled"))
        return running

    def recover(self) -> None:
        """The engine is a new one: has it compute again what the older one held."""
        self._done = None
        if self._plan is not None and self.state.ready:
            self.update(self._plan)

    def close(self) -> None:
        """Gives all memory back."""
        self.release()
        self._view.release()

    def release(self) -> None:
        """Gives the memory of the input back."""
        if self._input is not None:
            self._input.release()
        self._input, self._input_info, self._loaded = None, None, False

    def _load(self, plan: Plan) -> None:
        """Has the reader put the whole input into shared memory, once for each input."""
        if self._input_info == plan.info:
            if self._loaded and plan.is_whole:
                self._compute(plan)
            return  # it is on its way, and the newest plan is computed when it is there
        if not plan.is_whole and plan.info.nbytes > plan.budget:
            return  # each process decodes it for itself
        self.release()
        try:
            owned = OwnedArray(plan.info.shape, plan.info.dtype)
        except PadviewerError as error:
            if plan.is_whole:
                self._fail(plan, error)
            return
        self._input, self._input_info = owned, plan.info

        def loaded(_answer: None) -> None:
            if self._input is owned and self._plan is not None:
                self._loaded = True
                if self._cancelled is not self._plan and self._plan.is_whole:
                    self._compute(self._plan)

        def failed(error: PadviewerError) -> None:
            if self._input is not owned or self._plan is None:
                return
            self.release()
            if self._worth_another_try(error, self._plan):
                self._load(self._plan)
            elif self._plan.is_whole:
                self._fail(self._plan, error)

        settle(self._clients[READER].submit("load", LoadRequest(plan, owned.array)), loaded, failed)

    def _compute(self, plan: Plan) -> None:
        if self._input is None or plan.feature is None:
            return

        def computed(answer: Computed) -> None:
            self._done, self._computed = plan.made_of, answer
            if self._plan is plan:
                self._set(FeatureState(ready=True, computed=answer))

        def failed(error: PadviewerError) -> None:
            if self._worth_another_try(error, plan):
                self._compute(plan)
            else:
                self._fail(plan, error)

        request = ComputeRequest(plan, self._input.array)
        settle(self._clients[ENGINES[plan.spec.backend]].submit("compute", request), computed, failed)

    def _on_view_tile(self, plan: Plan, plane: Region, tile: Tile, computed: Computed) -> None:
        if self._plan is not plan or self._cancelled is plan:
            return
        if not self.state.ready:
            self._set(FeatureState(ready=True, computed=computed))
            if plan.info.decoded:
                # Now that something is seen: so that no other process has to decode it.
                self._load(plan)
        self._on_tile(plan, plane, tile)

    def _on_view_error(self, plan: Plan, error: PadviewerError) -> None:
        if self._plan is not plan or self._cancelled is plan:
            return
        if self._worth_another_try(error, plan):
            # The pane asks again for what it shows.
            self._view.forget()
            self._set(FeatureState(ready=True, computed=self._computed))
        else:
            self._fail(plan, error)

    def _worth_another_try(self, error: PadviewerError, plan: Plan) -> bool:
        """A worker that was killed is worth a second try; one that dies of this plan is not worth a third."""
        if not isinstance(error, WorkerDied) or isinstance(error, WorkerOverMemory):
            return False
        if self._plan is not plan or self._recovered is plan:
            return False
        self._recovered = plan
        return True

    def _fail(self, plan: Plan, error: PadviewerError) -> None:
        if self._plan is plan:
            text = (
                PadviewerError("cancelled; change a setting to start again") if isinstance(error, Cancelled) else error
            )
            self._set(FeatureState(error=text))

    def _set(self, state: FeatureState) -> None:
        self.state = state
        self._on_change(state)
