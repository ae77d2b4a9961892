"""The work behind the FEATURE pane: hand the input to the engine, have it compute, know when it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from padviewer.errors import Cancelled, PadviewerError, WorkerDied
from padviewer.gui.bridge import settle
from padviewer.plan import ArrayInfo, Plan
from padviewer.spec import PipelineSpec
from padviewer.workers.client import Client
from padviewer.workers.jobs import ENGINES, READER
from padviewer.workers.messages import Computed, ComputeRequest, LoadRequest
from padviewer.workers.shared import OwnedArray


@dataclass(frozen=True)
class FeatureState:
    """What the FEATURE pane says.

    Attributes:
        ready: whether the engine holds the feature map of the newest plan.
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

    def __init__(self, clients: Mapping[str, Client], on_change: Callable[[FeatureState], None]) -> None:
        self._clients = clients
        self._on_change = on_change
        self._plan: Plan | None = None
        self._input: OwnedArray | None = None
        self._input_info: ArrayInfo | None = None
        self._loaded = False
        self._done: tuple[ArrayInfo, PipelineSpec] | None = None
        self._recovered: Plan | None = None
        self._cancelled: Plan | None = None
        self._computed: Computed | None = None
        self.state = FeatureState()

    def update(self, plan: Plan) -> None:
        """Takes up the newest plan."""
        self._plan = plan
        self._cancelled = None
        if plan.feature is None:
            self._set(FeatureState(error=plan.problem))
        elif self._done == (plan.info, plan.spec):
            self._set(FeatureState(ready=True, computed=self._computed))
        else:
            self._set(FeatureState(working=True))
            self._load(plan)

    def forget(self) -> None:
        """The input is another."""
        self._done = None
        self.state = FeatureState()

    def cancel(self) -> bool:
        """Takes back what is on its way; returns whether the engine had to be ended for it."""
        if not self.state.working or self._plan is None:
            return False
        plan = self._cancelled = self._plan
        engine = self._clients[ENGINES[plan.spec.backend]]
        running = self._loaded and not engine.discard("compute")
        if running:
            engine.cancel()
        self._fail(plan, Cancelled("cancelled"))
        return running

    def recover(self) -> None:
        """The engine is a new one: has it compute again what the older one held."""
        self._done = None
        if self._plan is not None and self.state.ready:
            self.update(self._plan)

    def release(self) -> None:
        """Gives the memory of the input back."""
        if self._input is not None:
            self._input.release()
        self._input, self._input_info, self._loaded = None, None, False

    def _load(self, plan: Plan) -> None:
        """Has the reader put the whole input into shared memory, once for each input."""
        if self._input_info == plan.info:
            if self._loaded:
                self._compute(plan)
            return  # it is on its way, and the newest plan is computed when it is there
        self.release()
        try:
            owned = OwnedArray(plan.info.shape, plan.info.dtype)
        except PadviewerError as error:
            self._fail(plan, error)
            return
        self._input, self._input_info = owned, plan.info

        def loaded(_answer: None) -> None:
            if self._input is owned and self._plan is not None:
                self._loaded = True
                if self._cancelled is not self._plan:
                    self._compute(self._plan)

        def failed(error: PadviewerError) -> None:
            if self._input is not owned or self._plan is None:
                return
            self.release()
            if self._worth_another_try(error, self._plan):
                self._load(self._plan)
            else:
                self._fail(self._plan, error)

        settle(self._clients[READER].submit("load", LoadRequest(plan, owned.array)), loaded, failed)

    def _compute(self, plan: Plan) -> None:
        if self._input is None or plan.feature is None:
            return

        def computed(answer: Computed) -> None:
            self._done, self._computed = (plan.info, plan.spec), answer
            if self._plan is plan:
                self._set(FeatureState(ready=True, computed=answer))

        def failed(error: PadviewerError) -> None:
            if self._worth_another_try(error, plan):
                self._compute(plan)
            else:
                self._fail(plan, error)

        request = ComputeRequest(plan, self._input.array)
        settle(self._clients[ENGINES[plan.spec.backend]].submit("compute", request), computed, failed)

    def _worth_another_try(self, error: PadviewerError, plan: Plan) -> bool:
        """A worker that was killed is worth a second try; one that dies of this plan is not worth a third."""
        if not isinstance(error, WorkerDied) or self._plan is not plan or self._recovered is plan:
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
