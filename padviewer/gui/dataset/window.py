"""The window of a data set: sizes of many files as dots, a target over them, and what it costs, live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QSplitter, QVBoxLayout, QWidget

from padviewer.dataset.measured import Item, Measured
from padviewer.dataset.table import SizeTable
from padviewer.errors import SettingsError
from padviewer.gui.dataset.arrangement import Arrangement
from padviewer.gui.dataset.buckets_side import BucketsSide
from padviewer.gui.dataset.closing import OnClose, ask_about_export
from padviewer.gui.dataset.collection import Collection
from padviewer.gui.dataset.costs import Costs
from padviewer.gui.dataset.crosshair import Crosshair
from padviewer.gui.dataset.export_panel import ExportPanel
from padviewer.gui.dataset.export_run import ExportOrder
from padviewer.gui.dataset.figures import Question
from padviewer.gui.dataset.head import DatasetHead, PlotChoices, PlotFoot
from padviewer.gui.dataset.latest import Latest
from padviewer.gui.dataset.layout import Laid
from padviewer.gui.dataset.look import DatasetLook
from padviewer.gui.dataset.measuring import Measuring
from padviewer.gui.dataset.plot import SizePlot
from padviewer.gui.dataset.plot_canvas import Shown
from padviewer.gui.dataset.pointing import Pointing
from padviewer.gui.dataset.refused_list import RefusedList
from padviewer.gui.dataset.sieve import parse_filter
from padviewer.gui.dataset.tabs import DatasetTabs
from padviewer.gui.dataset.target import DatasetTarget
from padviewer.gui.dataset.target_panel import TargetPanel
from padviewer.gui.dataset.text import files_text
from padviewer.gui.dataset.waste_side import WasteSide, has_waste
from padviewer.gui.files import FileEntry
from padviewer.gui.guarding import guarded
from padviewer.gui.open_dialog import ask_folder, named_items
from padviewer.gui.theme import Theme
from padviewer.gui.words import grouped
from padviewer.workers.jobs import SCOUT
from padviewer.workers.remembered import memory_path

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

_NOTHING = "Choose a folder, take the files of the list, or drop files here."


class DatasetWindow(QMainWindow):
    """Stands beside the main window, which goes on.

    Args:
        window: whose session, file list, theme and preferences are used.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.setWindowTitle("Data set — padviewer")
        self.setAcceptDrops(True)
        self.setMinimumSize(760, 520)
        self.resize(1200, 760)
        self._window = window
        self._look = DatasetLook.from_json(window.preferences.dataset)
        self.latest = Latest(self)
        self._files = Arrangement(self.latest, self._names_of, self)
        self.costs = Costs(self.latest, self)
        kept = window.keeper.slot is not None
        self.measuring = Measuring(
            window.session.clients[SCOUT], lambda: window.session.budget, memory_path() if kept else None, parent=self
        )
        self.target = DatasetTarget(window.session, self)
        self.head, self.choices, self.foot = DatasetHead(), PlotChoices(), PlotFoot()
        self.plot, self.panel, self.refused = SizePlot(), TargetPanel(), RefusedList()
        self._pointing = Pointing(window, self.plot, self.foot, self)
        self.buckets = BucketsSide(self.plot, self.target, lambda: self._look.batch_size, self)
        self.export = ExportPanel(self._order)
        self.export.set_scheduler(window.scheduler)
        self.export.set_output(self._look.output)
        self._is_ending = False
        self._waste = WasteSide(self.plot, self.target, self.latest)
        self.tabs = DatasetTabs(self.panel, self.buckets.panel, self.export, self.refused)
        self._build()
        self._connect()
        self.panel.setEnabled(False)
        self.panel.set_batch(self._look.batch_size)
        self.plot.set_log(self._look.log)
        self.set_theme(window.theme)
        self._show_state()
        self.plot.set_shown(None, _NOTHING)
        if window.preferences.dataset_geometry is not None:
            self.restoreGeometry(window.preferences.dataset_geometry)

    # ---- what is measured

    def open(self, items: Iterable[Item], folders: Sequence[str] = ()) -> None:
        """Measures files and what folders hold, in place of what is shown."""
        self._files.clear()
        self.refused.set_items([])
        self._show_nothing("Measuring…")
        self.head.set_running(True)
        self.measuring.start(items, folders)
        self._show_state()

    def open_listed(self) -> None:
        """Measures the files of the file list."""
        entries = self._window.session.files.entries
        self.open([entry.item for entry in entries if entry.is_file])

    @property
    def settled(self) -> bool:
        """Whether everything is measured, worked out and on screen."""
        works = self.measuring.runs or self._files.is_due or self.buckets.search.searches
        return not works and self.latest.idle

    @property
    def collection(self) -> Collection:
        """What was measured."""
        return self._files.collection

    @property
    def laid(self) -> Laid | None:
        """What the plot shows."""
        return self._files.laid

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self.plot.set_theme(theme)

    def end(self) -> None:
        """Closes it for good: ends what runs, and remembers how it was looked at."""
        self._is_ending = True
        self.export.close_run()
        self.measuring.close()
        self._files.close()
        self.latest.close()
        self.buckets.close()
        self._keep()
        self.close()
        self.deleteLater()

    # ---- parts

    def _build(self) -> None:
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setHandleWidth(8)
        split.addWidget(self.plot)
        split.addWidget(self.tabs)
        split.setStretchFactor(0, 1)
        split.setCollapsible(0, False)
        split.setCollapsible(1, False)
        split.setSizes([900, 300])
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        for widget in (self.head, self.choices):
            layout.addWidget(widget)
        layout.addWidget(split, 1)
        layout.addWidget(self.foot)
        self.setCentralWidget(centre)
        for keys, slot in (
            (QKeySequence.StandardKey.Close, self.close),
            (QKeySequence("Ctrl+F"), self.choices.filter_field.setFocus),
            (QKeySequence.StandardKey.Undo, self._window.commands.undo),
            (QKeySequence.StandardKey.Redo, self._window.commands.redo),
        ):
            action = QAction(self)
            action.setShortcuts(
                QKeySequence.keyBindings(keys) if isinstance(keys, QKeySequence.StandardKey) else [keys]
            )
            action.triggered.connect(slot)
            self.addAction(action)

    def _connect(self) -> None:
        self._files.changed.connect(self._on_files_changed)
        self._files.filter_refused.connect(self.choices.set_wrong)
        self._window.theme_changed.connect(self.set_theme)
        self.measuring.arrived.connect(self._on_measuring_arrived)
        self.measuring.progressed.connect(self.head.set_progress)
        self.measuring.ended.connect(self._on_measuring_ended)
        self.head.list_wanted.connect(self.open_listed)
        self.head.folder_wanted.connect(self._on_head_folder_wanted)
        self.head.cancel_wanted.connect(self.measuring.cancel)
        self.choices.kind_chosen.connect(self._files.choose_kind)
        self.choices.axes_chosen.connect(self._on_choices_axes_chosen)
        self.choices.log_toggled.connect(self._on_choices_log_toggled)
        self.choices.lines_toggled.connect(self._on_choices_lines_toggled)
        self.choices.fit_wanted.connect(self.plot.fit)
        self.choices.filter_edited.connect(self._on_choices_filter_edited)
        self.plot.target_edited.connect(self.target.move)
        self.plot.view_changed.connect(self._show_waste)
        self.panel.edited.connect(self.target.edit)
        self.panel.batch_edited.connect(self._on_panel_batch_edited)
        self.panel.use_wanted.connect(self.target.use)
        self.panel.longest_wanted.connect(self.target.hold_all)
        self.target.changed.connect(self._show_target)
        self._window.session.plan_changed.connect(self._on_session_plan_changed)
        self.tabs.buckets_shown.connect(self.buckets.set_front)
        self.export.busy_changed.connect(self._on_export_busy_changed)
        self.buckets.changed.connect(self._show_marks)
        self.buckets.told.connect(self.foot.set_pointed)
        self.costs.changed.connect(lambda: self.panel.set_lines(self.costs.lines, self.costs.overflow))

    # ---- what is shown

    def _show_state(self) -> None:
        """Says what was measured, and offers its kinds of axes."""
        files, laid = self._files.collection, self._files.laid
        count, refused, letters = files.count, len(files.refused), self._files.letters
        parts = [files_text(count)] if count or not refused else []
        if laid is not None and len(laid.table) != files.kinds.get(letters, 0):
            parts.append(f"{grouped(len(laid.table))} shown")
        parts += [f"{files_text(refused)} refused"] if refused else []
        self.head.set_text("Data set" if not count and not refused else "  ·  ".join(parts))
        self.tabs.set_refused(refused)
        self.choices.set_kinds(files.kinds, letters)
        names = self._look.names(letters) if letters else ("W", "H")
        self.choices.set_axes(letters or "HW", names)
        self.choices.set_switches(self._look.log, self._look.lines, has_waste(letters, names))

    def _show_nothing(self, why: str) -> None:
        self.plot.set_shown(None, why)
        self._pointing.set_table(None)
        self.costs.ask(None)
        self.buckets.set_laid(None)
        self.panel.setEnabled(False)
        self.export.set_files(0, False)

    def _names_of(self, letters: str) -> tuple[str, str]:
        return self._look.names(letters)

    def _why_nothing(self) -> str:
        refused = len(self._files.collection.refused)
        if self.measuring.runs:
            return "Measuring…"
        if refused:
            return f"None of {files_text(refused)} could be measured: the tab Refused tells why."
        return _NOTHING

    def _on_files_changed(self) -> None:
        laid = self._files.laid
        if laid is None:
            self._show_state()
            self._show_nothing(self._why_nothing())
            return
        self.target.set_table(laid.table)
        self._show_state()
        message = "" if len(laid.table) else "No name of a file holds what the filter looks for."
        self.plot.set_target(self.target.crosshair(laid.names))
        self.plot.set_shown(Shown(laid.places, laid.names), message)
        self._pointing.set_table(laid.table)
        self.buckets.set_laid(laid)
        self._show_target()

    def _show_target(self) -> None:
        laid = self._files.laid
        if laid is None:
            return
        self.panel.setEnabled(True)
        self.panel.set_choice(laid.table.letters, self.target.choice)
        self._show_usable()
        self._ask_figures()
        self._show_waste()

    def _show_marks(self) -> None:
        """Draws the target and what overflows it, or the buckets and what overflows these."""
        laid, buckets = self._files.laid, self.buckets.drawn
        self.export.set_files(0 if laid is None else len(laid.table), self.buckets.found is not None)
        if laid is not None and buckets is None:
            self.plot.set_target(self.target.crosshair(laid.names))
            self.plot.set_over(self.target.overflowing(laid.table))
        elif laid is not None and buckets is not None:
            self.plot.set_target(Crosshair())
            self.plot.set_over(buckets.over)

    def _show_usable(self) -> None:
        self.panel.set_use(*self.target.usable)

    def _ask_figures(self) -> None:
        laid = self._files.laid
        if laid is None:
            self.costs.ask(None)
        else:
            spec = self._window.session.spec
            self.costs.ask(Question(laid.table, self.target.choice, self._look.batch_size, spec))

    def _show_waste(self) -> None:
        self._waste.show(self._files.laid if self._look.lines else None)

    def _order(self, with_buckets: bool) -> ExportOrder | None:
        """Returns what an export of all files that are shown would write."""
        laid = self._files.laid
        if laid is None:
            return None
        choice = self.target.choice
        spec = self._window.session.spec.replace(
            axes=None, target=choice.targets[0], multiple_of=choice.multiple_of, overflow=choice.overflow
        )
        plan = self.buckets.plan if with_buckets else ""
        return ExportOrder(laid.table.items, "", spec, plan)

    # ---- slots

    def _on_measuring_arrived(self, tables: dict[str, SizeTable], refused: list[Measured]) -> None:
        self._files.add(tables, refused)
        if refused:
            self.refused.set_items(self._files.collection.refused)

    def _on_measuring_ended(self, _whole: bool) -> None:
        self.head.set_running(False)
        self._files.lay()

    def _on_head_folder_wanted(self) -> None:
        folders = ask_folder(self)
        if folders:
            self.open((), folders)

    def _on_choices_axes_chosen(self, across: str, up: str) -> None:
        self._look = self._look.with_names(self._files.letters or "HW", across, up)
        self._show_state()
        self._files.lay()

    def _on_choices_log_toggled(self, log: bool) -> None:
        self._look = replace(self._look, log=log)
        self.plot.set_log(log)

    def _on_choices_lines_toggled(self, lines: bool) -> None:
        self._look = replace(self._look, lines=lines)
        self._show_waste()

    def _on_choices_filter_edited(self, text: str) -> None:
        try:
            wanted = parse_filter(text)
        except SettingsError as error:
            self.choices.set_wrong(error.message)
            return
        self.choices.set_wrong("")
        self._files.set_filter(wanted)

    def _on_panel_batch_edited(self, size: int) -> None:
        self._look = replace(self._look, batch_size=size)
        self._ask_figures()
        self.buckets.show()

    def _on_export_busy_changed(self, busy: bool) -> None:
        """An export that went on in the background is told of where somebody looks."""
        self.tabs.set_exporting(busy)
        if not busy and not self.isVisible() and not self._is_ending:
            self._window.status.say(f"export of the data set: {self.export.text or 'ended'}")

    def _on_session_plan_changed(self) -> None:
        """The convolution may be another."""
        if self._files.laid is not None:
            self._show_usable()
            self._ask_figures()

    # ---- Qt's events

    def sizeHint(self) -> QSize:
        """Qt asks how large it wants to be."""
        return QSize(1200, 760)

    @guarded
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes files and folders."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    @guarded
    def dropEvent(self, event: QDropEvent) -> None:
        """Measures what was dropped."""
        items, refused = named_items(event.mimeData())
        event.acceptProposedAction()
        self.open([item for item in items if item[1] is not None], [path for path, member in items if member is None])
        if refused:
            self._on_measuring_arrived({}, [Measured(*entry.item, error=_why(entry)) for entry in refused])

    @guarded
    def closeEvent(self, event: QCloseEvent) -> None:
        """Puts the window away; what was measured stays for when it is opened again."""
        if self.export.run.runs and not self._is_ending:
            wanted = ask_about_export(self)
            if wanted is OnClose.STAY:
                event.ignore()
                return
            if wanted is OnClose.STOP:
                self.export.stop()
        self.measuring.cancel()
        self._keep()
        super().closeEvent(event)

    def _keep(self) -> None:
        self._look = replace(self._look, output=self.export.output)
        self._window.preferences.dataset = self._look.to_json()
        self._window.preferences.dataset_geometry = QByteArray(self.saveGeometry())


def _why(entry: FileEntry) -> str:
    return entry.error.message if entry.error is not None else "it is no file"
