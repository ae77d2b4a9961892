"""The state of the window: one spec, one plan, the files, and the requests that are on their way.

Every edit is a new spec, resolved to a new plan; widgets are told, and answers that belong to an older generation are
dropped. Nothing here is a widget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from padviewer.axes import spatial_axes
from padviewer.errors import Cancelled, MissingFeature, PadviewerError, SettingsError, WorkerDied
from padviewer.geometry import Region
from padviewer.gui.bridge import Drive, settle
from padviewer.gui.feature import FeatureState, FeatureWork
from padviewer.gui.file_list import FileList
from padviewer.gui.screen import Cut, fit_cut, follow_content, is_data, place_at, plane_region
from padviewer.gui.tiles import TileWork
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.client import Client
from padviewer.workers.export_job import export_job
from padviewer.workers.export_messages import Begun
from padviewer.workers.jobs import ENGINES, READER
from padviewer.workers.messages import AttachRequest, Devices, DevicesRequest, ProbeRequest, Tile
from padviewer.workers.process import OnProgress

EXPORTER = "exporter"
# Settings that belong to a number of spatial axes, and so are kept for each.
_PER_RANK = ("target", "multiple_of", "kernel", "strides", "dilation")


class Session(QObject):
    """Holds the spec and asks the workers; every signal is sent in the window's thread.

    Args:
        clients: reader, engine and exporter.
        spec: the first settings.
        budget: bytes that one result may take.
        demonstration: settings that were chosen for a sample, and are not kept for the files that a person opens.
    """

    plan_changed = Signal(object, object)  # the older Plan or None, the newer
    source_changed = Signal()  # another array is shown
    cut_changed = Signal(object)
    tile_ready = Signal(object)
    feature_changed = Signal(object)  # FeatureState
    failed = Signal(object)  # PadviewerError: something that was asked for could not be done
    worker_died = Signal(object, bool)  # PadviewerError, and whether another worker runs
    probed = Signal(object)  # {Stage: (index, is data, values or None)}
    devices_changed = Signal(object)  # Devices; None while the engine starts
    export_resumed = Signal(object, object)  # done and total bytes: an export that was interrupted is continued
    export_progressed = Signal(object, object)  # done and total bytes: more than 32 bits
    export_ended = Signal(str, object)  # path, PadviewerError or None

    def __init__(
        self,
        clients: Mapping[str, Client],
        spec: PipelineSpec,
        budget: int,
        demonstration: PipelineSpec | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clients = clients
        self._budget = budget
        self._kept: dict[int, dict[str, Any]] = {}
        self._probe: dict[Stage, Any] = {}
        self._export: Drive | None = None
        self._pointer: tuple[float, float] | None = None
        self._demonstration = demonstration
        self.exporting = False
        self.spec = spec
        self.plan: Plan | None = None
        self.cut = Cut()
        self.files = FileList(clients[READER], budget, self)
        self.files.opened.connect(self._adopt)
        self.files.failed.connect(self.failed)
        self.devices: Devices | None = None
        self.feature = FeatureWork(clients, self._on_feature_changed, self._on_view_tile)
        self.tiles = TileWork(clients, self.feature, self._is_current, self.tile_ready.emit, self._on_request_failed)

    @property
    def idle(self) -> bool:
        """Whether every answer has come."""
        return all(client.idle for client in self._clients.values())

    @property
    def _engine(self) -> Client:
        """The engine of the backend in force; each starts when it is first asked."""
        return self._clients[ENGINES[self.spec.backend]]

    def start(self) -> None:
        """Asks the engine what devices there are; it answers when its backend has started."""
        self.devices = None
        self.devices_changed.emit(None)
        engine = self._engine
        settle(
            engine.submit("devices", DevicesRequest()),
            lambda devices: self._on_devices(engine, devices),
            self._on_request_failed,
        )

    def choose_member(self, member: str) -> None:
        """Shows another array of the same file."""
        if self.plan is not None:
            self.files.open([(self.plan.info.path, member)])

    def edit(self, changes: dict[str, Any]) -> None:
        """Changes settings; what could be valid for no input is refused and nothing changes."""
        try:
            spec = self.spec.replace(**changes)
        except SettingsError as error:
            self.failed.emit(error)
            return
        if spec == self.spec:
            return
        older, switched = self._engine, spec.backend != self.spec.backend
        self.spec = spec
        if switched:
            # An engine holds much memory; the next use of its backend starts another.
            older.rest()
            self.start()
        self._resolve()

    def set_budget(self, budget: int) -> None:
        """Sets the bytes that one result may take."""
        self._budget = budget
        self.files.set_budget(budget)
        self._resolve()

    def set_averaging(self, averages: bool) -> None:
        """Sets whether pictures that are seen from afar show means of blocks, instead of samples."""
        self.tiles.averages = averages
        self.cut_changed.emit(self.cut)

    def set_cut(self, cut: Cut) -> None:
        """Shows another plane."""
        if self.plan is not None:
            cut = fit_cut(cut, self.plan)
        if cut != self.cut:
            self.cut = cut
            self.cut_changed.emit(cut)
            self._probe_again()

    def request_tile(self, stage: Stage, region: Region) -> None:
        """Asks for a region of a stage; `tile_ready` brings it, unless a newer plan or plane has come."""
        if self.plan is not None:
            self.tiles.request(self.plan, self.cut, stage, region)

    def probe(self, x: float, y: float) -> None:
        """Looks up the exact elements under a place on screen in every stage; `probed` brings them."""
        self._pointer = (x, y)
        if self.plan is None or not self.plan.spatial:
            return
        places = {s: place_at(self.plan, s, self.cut, x, y) for s in (Stage.INPUT, Stage.PADDED, Stage.FEATURE)}
        found = {stage: place for stage, place in places.items() if place is not None}
        plan = self.plan
        self._probe = {
            s: (index, s is not Stage.PADDED or is_data(plan, index), None) for s, (index, _r) in found.items()
        }
        self.probed.emit(self._probe)
        regions = {stage: region for stage, (_index, region) in found.items()}
        feature = regions.pop(Stage.FEATURE, None)
        self._ask_values(self._clients[READER], plan, regions)
        if feature is None or not self.feature.state.ready:
            return
        if plan.is_whole:
            self._ask_values(self._engine, plan, {Stage.FEATURE: feature})
        else:
            self.feature.probe(plan, feature, self._probe_receiver(plan))

    def end_probe(self) -> None:
        """The pointer has left the panes."""
        self._pointer, self._probe = None, {}
        self.probed.emit({})

    def export(self, stage: Stage, path: str) -> None:
        """Writes a stage to a file, over one that exists; `export_ended` tells what became of it."""
        if self.plan is None or self.exporting:
            return

        def done(error: PadviewerError | None) -> None:
            self.exporting, self._export = False, None
            self.export_ended.emit(path, error)

        def begun(found: Begun) -> None:
            if found.resumed:
                self.export_resumed.emit(found.resumed, found.total)

        on_progress: OnProgress = self.export_progressed.emit
        job = export_job(self.plan, stage, path, overwrite=True, on_begun=begun)
        clients = {**self._clients, READER: self._clients[EXPORTER]}
        self.exporting = True
        decoded = self.feature.shared_input(self.plan) if self.plan.info.decoded else None
        if decoded is not None:
            # Where that fails, the file is decoded again.
            self._clients[EXPORTER].submit("attach", AttachRequest(self.plan.info, decoded))
        self._export = Drive(job, clients, lambda _bytes: done(None), done, on_progress, key="export")

    def cancel_export(self) -> None:
        """Ends the export that is running."""
        if not self.exporting:
            return
        # First the process that writes, so that what it leaves behind can be taken away.
        self._clients[EXPORTER].rest()
        if self._export is not None:
            self._export.cancel()

    def cancel_feature(self) -> None:
        """Takes back the feature map that is on its way; an engine that computes it is ended and starts again."""
        if self.feature.cancel():
            self.start()

    def restart_workers(self) -> None:
        """Starts reader and engine anew and asks again for what is on screen."""
        for client in self._clients.values():
            client.restart()
        self.start()
        self._resolve()

    def on_worker_died(self, worker: str, error: PadviewerError) -> None:
        """A worker ended and was started again; settings and pictures are kept."""
        client = self._clients[worker]
        outcome = "it was started again; settings and pictures stay" if client.runs else "see Tools, Restart workers"
        self.worker_died.emit(PadviewerError(f"{worker}: {error.message}; {outcome}"), client.runs)
        if not client.runs:
            return
        if client is self._engine:
            self.start()
            self.feature.recover()
        elif worker == READER:
            # What was being read is asked for again.
            self.cut_changed.emit(self.cut)

    def close(self) -> None:
        """Ends the workers and gives the memory back."""
        for client in self._clients.values():
            client.close()
        self.feature.close()

    def _adopt(self, info: ArrayInfo) -> None:
        """Shows an array, with the settings last used for its number of spatial axes."""
        changes: dict[str, Any] = {}
        another = self.plan is not None and (self.plan.info.path, self.plan.info.member) != (info.path, info.member)
        if another and self.spec == self._demonstration:
            self.spec = PipelineSpec()
        if self.spec.axes and (another or len(self.spec.axes) != len(info.shape)):
            changes["axes"] = None  # which axis is which was said of the other array
        if self.plan is not None:
            before = len(spatial_axes(self.plan.input.axes))
            after = len(spatial_axes(changes.get("axes", self.spec.axes) or info.axes))
            if before != after:
                self._kept[before] = {name: getattr(self.spec, name) for name in _PER_RANK}
                defaults = {name: getattr(PipelineSpec(), name) for name in _PER_RANK}
                changes |= self._kept.get(after, defaults)
        self.spec = self.spec.replace(**changes)
        self.feature.forget()
        self.feature.release()
        self.cut = Cut()
        self._resolve(info, source_changed=True)

    def _resolve(self, info: ArrayInfo | None = None, source_changed: bool = False) -> None:
        info = info or (self.plan.info if self.plan else None)
        if info is None:
            return
        older, self.plan = self.plan, resolve(self.spec, info, self._budget)
        self.cut = follow_content(self.cut, None if source_changed else older, self.plan)
        if source_changed:
            self.source_changed.emit()
        self.plan_changed.emit(None if source_changed else older, self.plan)
        self.cut_changed.emit(self.cut)
        self.feature.update(self.plan)
        self._probe_again()

    def _probe_again(self) -> None:
        """What is under a resting pointer may be another element, or another number, now."""
        if self._pointer is not None:
            self.probe(*self._pointer)

    def _ask_values(self, client: Client, plan: Plan, places: dict[Stage, Region]) -> None:
        if not places:
            return

        future = client.submit("probe", ProbeRequest(plan, places))
        settle(future, self._probe_receiver(plan), lambda error: self._on_request_failed(error, plan))

    def _probe_receiver(self, plan: Plan) -> Callable[[dict[Stage, Any]], None]:
        """Returns what takes values that are on their way, as long as they are of what is under the pointer."""
        pointer, cut = self._pointer, self.cut

        def deliver(values: dict[Stage, Any]) -> None:
            still = self.plan is plan and self.cut == cut and self._pointer == pointer
            if still and all(stage in self._probe for stage in values):
                for stage, elements in values.items():
                    index, data, _older = self._probe[stage]
                    self._probe = {**self._probe, stage: (index, data, elements)}
                self.probed.emit(self._probe)

        return deliver

    def _is_current(self, plan: Plan, cut: Cut) -> bool:
        return self.plan is plan and self.cut == cut

    def _on_view_tile(self, plan: Plan, plane: Region, tile: Tile) -> None:
        if self.plan is plan and plane == plane_region(plan, Stage.FEATURE, self.cut):
            self.tile_ready.emit(tile)

    def _on_request_failed(self, error: PadviewerError, plan: Plan | None = None) -> None:
        if plan is not None and plan is not self.plan:
            return  # of an older plan: nobody waits for it
        if isinstance(error, MissingFeature):
            self.feature.recover()
        elif not isinstance(error, Cancelled | WorkerDied):  # of a death the client tells by itself
            self.failed.emit(error)

    def _on_devices(self, engine: Client, devices: Devices) -> None:
        if engine is not self._engine:
            return  # another backend was chosen meanwhile
        self.devices = devices
        self.devices_changed.emit(devices)

    def _on_feature_changed(self, state: FeatureState) -> None:
        self.feature_changed.emit(state)
        if state.ready:
            self._probe_again()
