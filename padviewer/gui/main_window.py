"""The window: files on the left, three panes in the middle, settings on the right, the probe below."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QPushButton

from padviewer.errors import PadviewerError, shortened
from padviewer.gui import ledger
from padviewer.gui.actions import Actions
from padviewer.gui.axis_names import AxisNames
from padviewer.gui.centre import Centre
from padviewer.gui.commands import Commands
from padviewer.gui.complaints import Complaints
from padviewer.gui.drops import Drops, can_be_taken
from padviewer.gui.feature import FeatureState
from padviewer.gui.file_panel import FilePanel
from padviewer.gui.form.form import SettingsForm
from padviewer.gui.form.weights_choice import WeightsChoice
from padviewer.gui.guarding import guarded
from padviewer.gui.instruments import Instruments
from padviewer.gui.labels import ElidedLabel
from padviewer.gui.linked_panes import LinkedPanes
from padviewer.gui.log.lines import LogLines
from padviewer.gui.log.unexpected import UnexpectedErrors
from padviewer.gui.message_bar import MessageBar
from padviewer.gui.pane import Pane
from padviewer.gui.plane_statistics import PlaneStatistics
from padviewer.gui.preferences import Preferences
from padviewer.gui.probe_panel import ProbePanel
from padviewer.gui.reloading import Reloading
from padviewer.gui.screen import Cut, axes_choices, axes_on_screen
from padviewer.gui.session import Session
from padviewer.gui.sessions.keeper import SessionKeeper
from padviewer.gui.sessions.store import Slot
from padviewer.gui.status import Status
from padviewer.gui.theme import THEMES, Theme, apply_theme, scheme_of
from padviewer.gui.watch import FileWatch
from padviewer.handed import parse_handed
from padviewer.plan import Plan, Stage
from padviewer.workers.frameworks import NAMES
from padviewer.workers.messages import Tile

if TYPE_CHECKING:
    from padviewer.gui.clipboard import Clipboard

# Below this width the list of files makes room for the panes.
_ROOM_FOR_FILES = 1150


class MainWindow(QMainWindow):
    """Shows a session; every edit goes to the session and comes back as a plan.

    Args:
        session: not started yet.
        preferences: what was remembered.
        slot: where the session is kept; None keeps it nowhere.
    """

    theme_changed = Signal(object)  # Theme

    def __init__(self, session: Session, preferences: Preferences, slot: Slot | None = None) -> None:
        super().__init__()
        self.session = session
        self.preferences = preferences
        self.scheduler = ""  # of the cluster that the window was opened with
        self._files_wanted: bool | None = None
        self.log = LogLines()
        self.log.attach()
        self.errors = UnexpectedErrors(self)
        self.setWindowTitle(ledger.window_title(None))
        self.setAcceptDrops(True)
        self.setMinimumSize(720, 480)
        self.resize(1400, 900)
        self.statistics = PlaneStatistics(session, self)
        self.axis_names = AxisNames(preferences, self)
        self.panes = LinkedPanes()
        self.files = FilePanel()
        self.form = SettingsForm()
        self.probe = ProbePanel()
        self.message = MessageBar()
        self.status = Status(self.statusBar())
        self.weights = WeightsChoice(session, self)
        self.commands = Commands(self)
        self.actions_ = Actions(self, self.commands)
        self.instruments = Instruments(self)
        self._build()
        self._connect()
        self.complaints = Complaints(self)
        self.drops = Drops(self)
        # After the panes are connected: it shows the view of a session when they know the session's plane.
        self.keeper = SessionKeeper(self, slot)
        self.reloading = Reloading(self, FileWatch())
        self.reloading.automatic = preferences.watches
        self.actions_.watch.setChecked(preferences.watches)
        self.keeper.refused.connect(lambda error: self.status.say(f"the session could not be saved: {error}"))
        self.keeper.saved_as.connect(lambda path: self.status.say(f"saved the session as {shortened(path)}"))
        self.set_theme(self.theme_in_force())
        self.actions_.set_theme(preferences.theme)
        self.actions_.average.setChecked(preferences.averages)
        session.tiles.averages = preferences.averages
        self.show_play_settings()
        self.actions_.provenance.setChecked(preferences.provenance)
        self.panes.set_provenance_shown(preferences.provenance)
        self.actions_.contamination.setChecked(preferences.contamination)
        self.instruments.show_contamination(preferences.contamination)
        self.actions_.set_recent(preferences.recent)
        if preferences.geometry is not None:
            self.restoreGeometry(preferences.geometry)
        if preferences.complaint:
            self.message.show_error(PadviewerError(preferences.complaint))

    def set_files_shown(self, shown: bool) -> None:
        """Shows or hides the list of files, whatever the window's width."""
        self._files_wanted = shown
        self._show_files()

    def show_play_settings(self) -> None:
        """Plays sliders as it is remembered."""
        player, preferences = self.panes.player, self.preferences
        player.rate, player.bounces = preferences.play_rate, preferences.play_bounces
        self.actions_.play.set_playing(player.rate, player.bounces)

    def set_theme(self, theme: Theme) -> None:
        """Paints everything in a theme."""
        self.theme = theme
        apply_theme(QApplication.instance(), theme)  # type: ignore[arg-type]  # there is one, or no window could be
        self.panes.set_theme(theme)
        self.files.set_theme(theme)
        self.theme_changed.emit(theme)

    def theme_in_force(self) -> Theme:
        """Returns the theme that was chosen, or the desktop's."""
        app = QGuiApplication.instance()
        return THEMES.get(self.preferences.theme) or scheme_of(app)  # type: ignore[arg-type]

    @property
    def clipboard(self) -> Clipboard:
        """Opens what is on the clipboard."""
        return self.drops.clipboard

    @property
    def settled(self) -> bool:
        """Whether everything that was asked for is on screen."""
        counted = not self.statistics.is_due
        return counted and self.session.idle and not any(pane.is_asking for pane in self.panes.panes.values())

    def pane(self, stage: Stage) -> Pane:
        """Returns the pane of a stage."""
        return self.panes.panes[stage]

    # ---- parts

    def _build(self) -> None:
        self._headline = ElidedLabel("title")
        export = QPushButton("Export")
        export.setToolTip("Write a stage to a file (the padded tensor: Ctrl+S)")
        export.setObjectName("primary")
        export.setMenu(self.actions_.export_menu)
        fit = QPushButton("Fit")
        fit.setToolTip("Show everything (F)")
        fit.clicked.connect(self.commands.fit)
        parts = (self.message, self.panes, self.probe)
        head = (self._headline, fit, export)
        self.setCentralWidget(Centre((self.files, self.form), head, parts, self.panes, self.probe))

    def _connect(self) -> None:
        session = self.session
        session.source_changed.connect(self._on_session_source_changed)
        session.plan_changed.connect(self._on_session_plan_changed)
        session.cut_changed.connect(self._on_session_cut_changed)
        session.tile_ready.connect(self._on_session_tile_ready)
        session.tile_refused.connect(lambda stage, error: self.pane(stage).set_refused(error.message))
        session.feature_changed.connect(self._on_session_feature_changed)
        session.worker_replaced.connect(self.status.say)
        session.probed.connect(self.probe.set_probe)
        session.devices_changed.connect(self._on_session_devices_changed)
        session.history_changed.connect(self._on_session_history_changed)
        session.export_resumed.connect(self.status.show_resumed)
        session.export_progressed.connect(self.status.set_progress)
        session.model_ended.connect(self.commands.results.tell_model)
        session.export_ended.connect(self._on_session_export_ended)
        self._connect_widgets(session)

    def _connect_widgets(self, session: Session) -> None:
        self.statistics.changed.connect(self._on_statistics_changed)
        self.axis_names.changed.connect(self._on_axis_names_changed)
        self.panes.selection_changed.connect(self.statistics.set_selection)
        self.status.cancel_wanted.connect(session.cancel_export)
        self.actions_.axes.axes_chosen.connect(self.commands.choose_axes)
        self.actions_.play.toggled.connect(self.commands.play)
        self.actions_.play.rate_chosen.connect(self.commands.set_play_rate)
        self.actions_.play.bouncing_chosen.connect(self.commands.set_bouncing)
        self.panes.play_menu_wanted.connect(self.actions_.play.popup)
        session.failed.connect(self.panes.player.pause)
        self.form.spec_edited.connect(session.edit)
        self.form.budget_edited.connect(session.set_budget)
        self.form.member_chosen.connect(session.choose_member)
        self.form.members_wanted.connect(self.commands.members.ask)
        self.form.weights_wanted.connect(self.weights.ask)
        self.form.layers_wanted.connect(session.look_for_weights)
        self._connect_files()
        self.message.remedy_chosen.connect(session.edit)
        self.message.dismissed.connect(self._on_message_dismissed)
        self.message.details_wanted.connect(self.commands.help.show_details)
        self.message.raw_wanted.connect(self.commands.ask_raw)
        self.panes.probed.connect(session.probe)
        self.panes.probe_ended.connect(session.end_probe)
        self.panes.probe_stepped.connect(self.probe.announce)
        self.panes.selection_told.connect(self.probe.set_selection)
        for pane in self.panes.panes.values():
            pane.offer(self.actions_.copy_as)
            pane.region_wanted.connect(session.request_tile)
            pane.cut_edited.connect(session.set_cut)
            pane.cancel_wanted.connect(session.cancel_feature)
            pane.look_changed.connect(lambda pane=pane: self.statistics.set_part(pane.stage, pane.look.part))
            pane.picture_copied.connect(lambda: self.status.say("picture copied"))

    def _connect_files(self) -> None:
        listed = self.session.files
        listed.changed.connect(self._on_session_files_changed)
        listed.noted.connect(self._on_session_files_noted)
        listed.told.connect(self.status.say)
        self.files.file_chosen.connect(listed.select)
        self.files.file_closed.connect(listed.close)
        self.files.dataset_wanted.connect(lambda: self.instruments.show_dataset(again=True))
        self.pane(Stage.INPUT).details_wanted.connect(self.commands.show_input_details)

    def _show_axes(self, plan: Plan, cut: Cut) -> None:
        self.actions_.axes.set_axes(axes_choices(plan), axes_on_screen(plan, cut), self.axis_names.of(plan))

    def _show_axis_names(self, plan: Plan | None) -> None:
        names = self.axis_names.of(plan)
        self.panes.set_names(names)
        self.probe.set_names(names)

    def _on_axis_names_changed(self) -> None:
        plan = self.session.plan
        self._show_axis_names(plan)
        if plan is not None:
            self._show_axes(plan, self.session.cut)

    def _show_files(self) -> None:
        wanted = self.width() >= _ROOM_FOR_FILES if self._files_wanted is None else self._files_wanted
        self.files.setVisible(wanted)
        self.actions_.show_files.setChecked(wanted)

    # ---- slots

    def _on_session_plan_changed(self, older: Plan | None, plan: Plan) -> None:
        if older is None or older.input.axes != plan.input.axes:
            self._show_axis_names(plan)
        self.panes.set_plan(older, plan)
        self.form.set_plan(plan)
        self.setWindowTitle(ledger.window_title(plan))
        self._headline.setText(ledger.headline(plan))
        for stage, action in self.actions_.export.items():
            action.setEnabled(plan.stage(stage) is not None)
        self.actions_.copy_as.set_plan(plan)
        self.actions_.save_model.setEnabled(plan.feature is not None)

    def _on_session_cut_changed(self, cut: Cut) -> None:
        self.panes.set_cut(cut)
        plan = self.session.plan
        if plan is not None:
            self._show_axes(plan, cut)

    def _on_session_source_changed(self) -> None:
        plan = self.session.plan
        if plan is None:
            return
        if parse_handed(plan.info.path) is None:
            self.preferences.add_recent(plan.info.path)
        self.actions_.set_recent(self.preferences.recent)
        self.actions_.set_members(len(self.session.members))
        self.form.set_members(self.session.members)

    def _on_session_tile_ready(self, tile: Tile) -> None:
        self.pane(tile.stage).set_tile(tile)

    def _on_session_feature_changed(self, state: FeatureState) -> None:
        self.pane(Stage.FEATURE).set_state(state)

    def _on_statistics_changed(self, stage: Stage) -> None:
        known = self.statistics
        self.pane(stage).set_statistics(known.found(stage), known.is_selection(stage), known.is_counting(stage))

    def _on_session_files_changed(self) -> None:
        files = self.session.files
        self.files.set_files(files.entries, files.current)
        self.files.offer_dataset(len(files.entries), files.has_folder)

    def _on_session_files_noted(self, row: int) -> None:
        files = self.session.files
        self.files.set_file(row, files.entries[row], files.current)

    def _on_session_devices_changed(self, devices: Any) -> None:
        backend = NAMES[self.session.spec.backend]
        self.pane(Stage.FEATURE).set_starting(None if devices else backend)
        self.status.set_engine(devices.framework if devices else f"starting {backend}…")
        if devices is not None:
            self.form.set_devices(devices.names)

    def _on_session_history_changed(self) -> None:
        history = self.session.history
        self.actions_.set_steps(history.last_done, history.last_undone)

    def _on_session_export_ended(self, path: str, error: PadviewerError | None) -> None:
        self.status.end_export(path, error)
        if error is not None:
            self.complaints.tell(error)

    def _on_message_dismissed(self, key: str) -> None:
        if key:
            self.preferences.set_read(key)

    def _may_end_export(self) -> bool:
        from padviewer.gui.export_dialog import may_end_export  # noqa: PLC0415 - not needed for the first picture

        return may_end_export(self)

    # ---- Qt's events

    @guarded
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes anything that names files, or can be made one."""
        if can_be_taken(event.mimeData()):
            event.acceptProposedAction()

    @guarded
    def dropEvent(self, event: QDropEvent) -> None:
        """Opens what was dropped; what cannot be is told, item by item."""
        event.acceptProposedAction()
        self.drops.take(event.mimeData())

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Makes room for the panes where the window is narrow."""
        super().resizeEvent(event)
        self._show_files()

    @guarded
    def closeEvent(self, event: QCloseEvent) -> None:
        """Remembers the window's place and ends the workers; what fails of it stops nothing of the rest."""
        if self.session.exporting and not self._may_end_export():
            event.ignore()
            return
        if not self.instruments.may_close():
            event.ignore()
            return
        with ExitStack() as ending:  # the last one first
            ending.callback(super().closeEvent, event)
            ending.callback(self.log.detach)
            ending.callback(self.session.close)
            ending.callback(self.keeper.close)
            ending.callback(self.drops.close)
            ending.callback(self.instruments.close)
            ending.callback(self.reloading.close)
            ending.callback(self._keep_place)

    def _keep_place(self) -> None:
        self.preferences.geometry = self.saveGeometry()
