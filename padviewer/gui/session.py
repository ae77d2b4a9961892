"""The state of the window: one spec, one plan, the files, and the requests that are on their way.

Every edit is a new spec, resolved to a new plan; widgets are told, and answers that belong to an older generation are
dropped. Nothing here is a widget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from padviewer.axes import spatial_axes
from padviewer.errors import (
    Cancelled,
    MissingFeature,
    PadviewerError,
    PlanError,
    SettingsError,
    WorkerDied,
    shortened,
)
from padviewer.geometry import Region
from padviewer.gui.bridge import settle
from padviewer.gui.digest_work import DigestWork
from padviewer.gui.engine_in_force import EngineInForce
from padviewer.gui.exports import EXPORTER, ExportWork
from padviewer.gui.feature import FeatureState, FeatureWork
from padviewer.gui.file_list import FileList
from padviewer.gui.files import FileEntry, Item, absolute
from padviewer.gui.history import History, Step
from padviewer.gui.model_saving import ModelSaving
from padviewer.gui.palette.setting_text import BUDGET
from padviewer.gui.planning import Planning
from padviewer.gui.probe import ProbeWork
from padviewer.gui.recovery import Recovery
from padviewer.gui.screen import Cut, fit_cut, follow_content, plane_region
from padviewer.gui.sessions.saved_session import SavedSession
from padviewer.gui.settings import Settings
from padviewer.gui.tiles import TileWork
from padviewer.gui.weights_work import WeightsWork
from padviewer.handed import identity, parse_handed
from padviewer.plan import ArrayInfo, Member, Plan, Stage
from padviewer.resolve import settings_for
from padviewer.spec import PipelineSpec
from padviewer.weights import Layer, choice_of
from padviewer.workers.client import Client
from padviewer.workers.jobs import READER, SCOUT
from padviewer.workers.messages import Devices, TextRequest, Tile

__all__ = ["EXPORTER", "Session"]


class Session(QObject):
    """Holds the spec and asks the workers; every signal is sent in the window's thread.

    Args:
        clients: reader, engine and exporter.
        spec: the first settings.
        budget: bytes that one result may take.
        demonstration: settings that were chosen for a sample, and are not kept for the files that a person opens.
        follows: names of the first settings that are taken from their file of weights.
    """

    plan_changed = Signal(object, object)  # the older Plan or None, the newer
    source_changed = Signal()  # another array is shown
    cut_changed = Signal(object)
    tile_ready = Signal(object)
    tile_refused = Signal(object, object)  # Stage, PadviewerError: what is on screen of it cannot be read
    feature_changed = Signal(object)  # FeatureState
    failed = Signal(object)  # PadviewerError: something that was asked for could not be done
    worker_died = Signal(object, bool)  # PadviewerError, and whether another worker runs
    worker_replaced = Signal(str)  # what ended while it had nothing to do
    probed = Signal(object)  # {Stage: (index, is data, values or None)}
    history_changed = Signal()  # what can be undone or done again
    devices_changed = Signal(object)  # Devices; None while the engine starts
    layers_found = Signal(object)  # Layers of a file that weights may be taken from
    export_began = Signal(str, str)  # path, and the stage that is written
    export_resumed = Signal(object, object)  # done and total bytes: an export that was interrupted is continued
    export_progressed = Signal(object, object)  # done and total bytes: more than 32 bits
    export_ended = Signal(str, object)  # path, PadviewerError or None
    model_ended = Signal(str, object)  # path, SavedModel or PadviewerError

    def __init__(
        self,
        clients: Mapping[str, Client],
        spec: PipelineSpec,
        budget: int,
        demonstration: PipelineSpec | None = None,
        follows: frozenset[str] = frozenset(),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clients = clients
        self._settings = Settings(spec, budget, demonstration)
        self._restored: tuple[Item, Cut] | None = None
        self.plan: Plan | None = None
        self.members: tuple[Member, ...] = ()
        self.cut = Cut()
        self.files = FileList(clients[READER], clients[SCOUT], budget, self)
        self.files.opened.connect(self._adopt)
        self.files.failed.connect(self._on_files_failed)
        self._engine = EngineInForce(clients, spec.backend, self.devices_changed.emit, self._on_request_failed)
        self.feature = FeatureWork(clients, self._on_feature_changed, self._on_view_tile)
        self.weights = WeightsWork(clients)
        self._planning = Planning(self._settings, self.weights, follows)
        self.digests = DigestWork(clients)
        self.tiles = TileWork(
            clients,
            self.feature,
            self._is_current,
            self.tile_ready.emit,
            self._on_request_failed,
            self.tile_refused.emit,
        )
        self.recovery = Recovery(
            clients,
            self._engine,
            self.feature,
            self.worker_died.emit,
            self.worker_replaced.emit,
            lambda: self.cut_changed.emit(self.cut),
        )
        self._probe = ProbeWork(clients, self.feature, self._is_current, self.probed.emit, self._on_request_failed)
        self._models = ModelSaving(clients, self.model_ended.emit)
        self._exports = ExportWork(
            clients, self.feature, self.export_resumed.emit, self.export_progressed.emit, self.export_ended.emit
        )

    @property
    def spec(self) -> PipelineSpec:
        """The settings in force."""
        return self._settings.spec

    @property
    def budget(self) -> int:
        """Bytes that one result may take."""
        return self._settings.budget

    @property
    def history(self) -> History:
        """What was edited."""
        return self._settings.history

    @property
    def exporting(self) -> bool:
        """Whether an export is running."""
        return self._exports.running

    @property
    def clients(self) -> Mapping[str, Client]:
        """The workers, for what asks them by itself."""
        return self._clients

    @property
    def exported(self) -> Plan | None:
        """What is being exported."""
        return self._exports.plan

    @property
    def idle(self) -> bool:
        """Whether every answer has come."""
        return all(client.idle for client in self._clients.values())

    @property
    def devices(self) -> Devices | None:
        """The devices of the engine; None while it starts."""
        return self._engine.devices

    def start(self) -> None:
        """Asks the engine what devices there are; it answers when its backend has started."""
        self._engine.start()

    def choose_member(self, member: str) -> None:
        """Shows another array of the same file, in its line of the list."""
        if self.plan is not None:
            self.files.open_in_place((self.plan.info.path, member))

    def plan_of(self, entry: FileEntry) -> Plan | None:
        """Returns the plan that a file of the list has, or would have on screen; None where it is not known yet."""
        if self.plan is None or entry.info is None or self.plan.info == entry.info:
            return self.plan if entry.info is not None else None
        return self._planning.plan_elsewhere(entry.item, entry.info, self._letters)

    def edit(self, changes: dict[str, Any], what: str = "") -> None:
        """Changes settings; what could be valid for no input is refused and nothing changes.

        Args:
            changes: values by the names of the settings; `budget` is one of them.
            what: says what this is, where it is a step of its own for undoing, such as a remedy.
        """
        try:
            changed = self._settings.edit(changes, what, self._letters, self.files.shown)
        except SettingsError as error:
            self.failed.emit(error)
        else:
            if changed:
                self._put_in_force()

    def look_for_weights(self, path: str) -> None:
        """Looks what layers a file has; `layers_found` brings them."""
        self.weights.look(path, self.budget, self.layers_found.emit, self._on_request_failed)

    def choose_weights(self, file: str) -> None:
        """Convolves by the weights of a file, `path` or `path::member`, with the settings that go with them."""

        def read() -> None:
            spec = self.spec.replace(**choice_of(file))
            weights, refusal = self.weights.of(spec), self.weights.refusal(spec)
            if refusal is not None:
                self.failed.emit(refusal)
            elif weights is not None:
                self.take_settings(weights.layer, choice_of(file))
                if self.plan is not None and self.plan.weights is not weights:
                    self._resolve()  # the same settings, read anew

        self.weights.read(file, self.budget, read, again=True)

    def take_settings(self, layer: Layer, others: Mapping[str, Any] | None = None) -> None:
        """Takes the settings of a layer of a file, and others with them, in one edit.

        Args:
            layer: a convolution or padding.
            others: values by the names of the settings.
        """
        if self.plan is None:
            return
        try:
            found = settings_for(layer, self.plan)
        except PlanError as error:
            self.failed.emit(error)
        else:
            self.edit({**found, **(others or {})}, f"settings of {shortened(layer.title, 40)}")

    def set_budget(self, budget: int) -> None:
        """Sets the bytes that one result may take."""
        self.edit({BUDGET: budget})

    def undo(self) -> Step | None:
        """Takes the last edit back; returns it, or None where there is none."""
        step = self._settings.undo(self._letters, self.files.shown)
        if step is not None:
            self._put_in_force()
        return step

    def redo(self) -> Step | None:
        """Does again what was undone last; returns it, or None where there is nothing."""
        step = self._settings.redo(self._letters, self.files.shown)
        if step is not None:
            self._put_in_force()
        return step

    def save(self) -> SavedSession:
        """Returns what is open and how it is set; how it is looked at is the window's to add."""
        shown = self.files.shown
        if shown is not None:
            # What a running Python handed over is gone with the window.
            shown = (absolute(shown[0]), shown[1]) if parse_handed(shown[0]) is None else None
        return self._settings.save(SavedSession(items=self.files.items, shown=shown, cut=self.cut))

    def restore(self, saved: SavedSession, demonstration: PipelineSpec | None = None) -> None:
        """Opens the files of a session with its settings, in place of what is open.

        Args:
            saved: the session.
            demonstration: as of this class.
        """
        self._settings.restore(saved, demonstration)
        shown = saved.shown if saved.shown in saved.items else next(iter(saved.items), None)
        self._restored = (shown, saved.cut) if shown is not None else None
        self._put_in_force()
        self.files.restore(list(saved.items), shown)

    def read_text(self, path: str, limit: int, on_text: Callable[[str], None]) -> None:
        """Has the reader read a text of at most `limit` bytes; what cannot be read is told by `failed`."""
        settle(self._clients[READER].submit("text", TextRequest(path, limit)), on_text, self._on_request_failed)

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
            self._probe.again(self.plan, cut)

    def request_tile(self, stage: Stage, region: Region) -> None:
        """Asks for a region of a stage; `tile_ready` brings it, unless a newer plan or plane has come."""
        if self.plan is not None:
            self.tiles.request(self.plan, self.cut, stage, region)

    def probe(self, x: float, y: float) -> None:
        """Looks up the exact elements under a place on screen in every stage; `probed` brings them."""
        self._probe.point(self.plan, self.cut, x, y)

    def end_probe(self) -> None:
        """The pointer has left the panes."""
        self._probe.leave()

    def export(self, stage: Stage, path: str) -> None:
        """Writes a stage to a file, over one that exists; `export_ended` tells what became of it."""
        if self.plan is not None:
            if not self.exporting:
                self.export_began.emit(path, stage.value)
            self._exports.begin(self.plan, stage, path)

    def save_model(self, path: str) -> None:
        """Writes padding and convolution as a Keras model; `model_ended` tells what became of it."""
        if self.plan is not None:
            self._models.begin(self.plan, path)

    def cancel_export(self) -> None:
        """Ends the export that is running."""
        self._exports.cancel()

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
        self.files.describe([])

    def close(self) -> None:
        """Ends the workers and gives the memory back."""
        self.files.end()
        for client in self._clients.values():
            client.close()
        self.feature.close()
        self.weights.release()
        self.digests.release()

    @property
    def _letters(self) -> str:
        """The spatial axes of what is shown."""
        return spatial_axes(self.plan.input.axes) if self.plan is not None else ""

    def _put_in_force(self) -> None:
        """Uses the settings; those of a session that is being opened show with its file."""
        self.files.set_budget(self.budget)
        self._engine.choose(self.spec.backend)
        if self._restored is None:
            self._resolve()
        self.history_changed.emit()

    def _adopt(self, info: ArrayInfo, item: Item, before: Item | None) -> None:
        """Shows an array, with the settings last used for its number of spatial axes."""
        self.members = info.members
        info = replace(info, members=())
        restored, self._restored = self._restored, None
        older = self.plan.info if self.plan is not None and restored is None else None
        another = older is not None and (identity(older.path), older.member) != (identity(info.path), info.member)
        again = older is not None and not another and older.axes == info.axes
        as_left = restored is not None and restored[0] == item
        letters = self._letters if older is not None else ""
        self._settings.take_over(info, item, before, letters, another or (restored is not None and not as_left))
        if restored is not None and as_left:
            self.cut = restored[1]
        elif not again:
            self.cut = Cut()
        if again and older is not None and older.path == info.path:
            self.weights.forget()  # a file that is reloaded has its weights reloaded too
        self.feature.forget()
        self.feature.release()
        self._resolve(info, source_changed=not again)

    def _resolve(self, info: ArrayInfo | None = None, source_changed: bool = False) -> None:
        read = info is not None
        info = info or (self.plan.info if self.plan else None)
        if info is None:
            return
        older, self.plan = self.plan, self._planning.plan(info, self._resolve)
        self.cut = follow_content(self.cut, None if source_changed else older, self.plan)
        if read:
            self.source_changed.emit()
        self.plan_changed.emit(None if source_changed else older, self.plan)
        self.cut_changed.emit(self.cut)
        self.feature.update(self.plan)
        self._probe.again(self.plan, self.cut)

    def _is_current(self, plan: Plan, cut: Cut) -> bool:
        return self.plan is plan and self.cut == cut

    def _on_view_tile(self, plan: Plan, plane: Region, tile: Tile) -> None:
        if self.plan is plan and plane == plane_region(plan, Stage.FEATURE, self.cut):
            self.tile_ready.emit(tile)

    def _on_files_failed(self, error: PadviewerError) -> None:
        if self._restored is not None:
            # None of a session's files could be opened: its settings are in force for what was there before.
            self._restored = None
            self._resolve()
        self.failed.emit(error)

    def _on_request_failed(self, error: PadviewerError, plan: Plan | None = None) -> None:
        if plan is not None and plan is not self.plan:
            return  # of an older plan: nobody waits for it
        if isinstance(error, MissingFeature):
            self.feature.recover()
        elif not isinstance(error, Cancelled | WorkerDied):  # of a death the client tells by itself
            self.failed.emit(error)

    def _on_feature_changed(self, state: FeatureState) -> None:
        self.feature_changed.emit(state)
        if state.ready:
            self._probe.again(self.plan, self.cut)
