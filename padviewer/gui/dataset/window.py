"""The window of a data set: sizes of many files as dots, a target over them, and what it costs, live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QSplitter, QTabWidget, QVBoxLayout, QWidget

from padviewer.dataset.measured import Item, Measured
from padviewer.dataset.table import SizeTable
from padviewer.errors import Cancelled, PadviewerError, SettingsError
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
from padviewer.gui.dataset.layout import Laid, lay
from padviewer.gui.dataset.look import DatasetLook
from padviewer.gui.dataset.measuring import Measuring
from padviewer.gui.dataset.places import FILES
from padviewer.gui.dataset.plot import SizePlot
from padviewer.gui.dataset.plot_canvas import Shown
from padviewer.gui.dataset.pointing import Pointing
from padviewer.gui.dataset.refused_list import RefusedList
from padviewer.gui.dataset.sieve import Filter, Sieve, parse_filter
from padviewer.gui.dataset.target import DatasetTarget
from padviewer.gui.dataset.target_panel import TargetPanel
from padviewer.gui.dataset.text import files_text
from padviewer.gui.dataset.waste_plane import curve_in, lines_in
from padviewer.gui.files import FileEntry
from padviewer.gui.guarding import guarded
from padviewer.gui.open_dialog import ask_folder, named_items
from padviewer.gui.theme import Theme
from padviewer.gui.words import grouped
from padviewer.workers.jobs import SCOUT
from padviewer.workers.remembered import memory_path

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

# Between two layouts while files come.
_LAY_MS = 300
_BUCKETS, _EXPORT, _REFUSED = 1, 2, 3
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
        self._collection = Collection()
        self._letters = ""
        self._kind_chosen = False
        self._laid: Laid | None = None
        self._wanted: Filter | None = None
        self._sieve = Sieve()
        self.latest = Latest(self)
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
        self.tabs = QTabWidget()
        self._soon = QTimer(self, singleShot=True, interval=_LAY_MS)
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
        self._collection, self._letters, self._kind_chosen = Collection(), "", False
        self._laid = None
        self.latest.drop("lay")
        self.refused.set_items([])
        self._pointing.set_table(None)
        self.costs.ask(None)
        self.buckets.set_laid(None)
        self.panel.setEnabled(False)
        self.export.set_files(0, False)
        self.plot.set_shown(None, "Measuring…")
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
        works = self.measuring.runs or self._soon.isActive() or self.buckets.search.searches
        return not works and self.latest.idle

    @property
    def collection(self) -> Collection:
        """What was measured."""
        return self._collection

    @property
    def laid(self) -> Laid | None:
        """What the plot shows."""
        return self._laid

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self.plot.set_theme(theme)

    def end(self) -> None:
        """Closes it for good: ends what runs, and remembers how it was looked at."""
        self._is_ending = True
        self._soon.stop()
        self.export.close_run()
        self.measuring.close()
        self._sieve.close()
        self.latest.close()
        self.buckets.close()
        self._keep()
        self.close()
        self.deleteLater()

    # ---- parts

    def _build(self) -> None:
        self.tabs.addTab(self.panel, "Target")
        self.tabs.addTab(self.buckets.panel, "Buckets")
        self.tabs.addTab(self.export, "Export")
        self.tabs.addTab(self.refused, "Refused")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabBar().setAccessibleName("Target, buckets, export and refused files")
        self.tabs.setMinimumWidth(264)
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
        self._soon.timeout.connect(self._lay)
        self._window.theme_changed.connect(self.set_theme)
        self.measuring.arrived.connect(self._on_measuring_arrived)
        self.measuring.progressed.connect(self.head.set_progress)
        self.measuring.ended.connect(self._on_measuring_ended)
        self.head.list_wanted.connect(self.open_listed)
        self.head.folder_wanted.connect(self._on_head_folder_wanted)
        self.head.cancel_wanted.connect(self.measuring.cancel)
        self.choices.kind_chosen.connect(self._on_choices_kind_chosen)
        self.choices.axes_chosen.connect(self._on_choices_axes_chosen)
        self.choices.log_toggled.connect(self._on_choices_log_toggled)
        self.choices.lines_toggled.connect(self._on_choices_lines_toggled)
        self.choices.fit_wanted.connect(self.plot.fit)
        self.choices.filter_edited.connect(self._on_choices_filter_edited)
        self.plot.target_edited.connect(self.target.move)
        self.plot.view_changed.connect(self._ask_lines)
        self.panel.edited.connect(self.target.edit)
        self.panel.batch_edited.connect(self._on_panel_batch_edited)
        self.panel.use_wanted.connect(self.target.use)
        self.panel.longest_wanted.connect(self.target.hold_all)
        self.target.changed.connect(self._show_target)
        self._window.session.plan_changed.connect(self._on_session_plan_changed)
        self.tabs.currentChanged.connect(lambda tab: self.buckets.set_front(tab == _BUCKETS))
        self.export.busy_changed.connect(self._on_export_busy_changed)
        self.buckets.changed.connect(self._show_marks)
        self.buckets.told.connect(self.foot.set_pointed)
        self.costs.changed.connect(lambda: self.panel.set_lines(self.costs.lines, self.costs.overflow))

    # ---- what is shown

    def _show_state(self) -> None:
        """Says what was measured, and offers its kinds of axes."""
        count, refused = self._collection.count, len(self._collection.refused)
        parts = [files_text(count)] if count or not refused else []
        kinds = self._collection.kinds
        if self._laid is not None and len(self._laid.table) != kinds.get(self._letters, 0):
            parts.append(f"{grouped(len(self._laid.table))} shown")
        parts += [f"{files_text(refused)} refused"] if refused else []
        self.head.set_text("Data set" if not count and not refused else "  ·  ".join(parts))
        self.tabs.setTabText(_REFUSED, f"Refused {grouped(refused)}" if refused else "Refused")
        self.choices.set_kinds(kinds, self._letters)
        names = self._look.names(self._letters) if self._letters else ("W", "H")
        self.choices.set_axes(self._letters or "HW", names)
        self.choices.set_switches(self._look.log, self._look.lines, self._has_lines(names))

    def _has_lines(self, names: tuple[str, str]) -> bool:
        return names[0] in self._letters and names[1] in (*self._letters, FILES) and names[0] != names[1]

    def _lay(self) -> None:
        """Has the files laid out anew."""
        kinds = self._collection.kinds
        if not self._kind_chosen or self._letters not in kinds:
            self._letters = next(iter(kinds), "")
        self._show_state()
        if not self._letters:
            self._laid = None
            self.plot.set_shown(None, self._why_nothing())
            self._pointing.set_table(None)
            self.buckets.set_laid(None)
            self.panel.setEnabled(False)
            self.export.set_files(0, False)
            self._ask_figures()
            return
        names, parts = self._look.names(self._letters), self._collection.parts(self._letters)
        keep = None if self._wanted is None else partial(self._sieve.kept, self._wanted)
        work = partial(lay, self._letters, parts, names, keep)
        self.latest.ask("lay", work, self._on_laid, self._on_filter_refused)

    def _on_filter_refused(self, error: PadviewerError) -> None:
        if not isinstance(error, Cancelled):
            self.choices.set_wrong(error.message)

    def _why_nothing(self) -> str:
        refused = len(self._collection.refused)
        if self.measuring.runs:
            return "Measuring…"
        if refused:
            return f"None of {files_text(refused)} could be measured: the tab Refused tells why."
        return _NOTHING

    def _on_laid(self, laid: Laid) -> None:
        self._laid = laid
        self.target.set_table(laid.table)
        self._show_state()
        message = "" if len(laid.table) else "No name of a file holds what the filter looks for."
        self.plot.set_target(self.target.crosshair(laid.names))
        self.plot.set_shown(Shown(laid.places, laid.names), message)
        self._pointing.set_table(laid.table)
        self.buckets.set_laid(laid)
        self._show_target()

    def _show_target(self) -> None:
        laid = self._laid
        if laid is None:
            return
        self.panel.setEnabled(True)
        self.panel.set_choice(laid.table.letters, self.target.choice)
        self._show_usable()
        self._ask_figures()
        self._ask_lines()

    def _show_marks(self) -> None:
        """Draws the target and what overflows it, or the buckets and what overflows these."""
        laid, buckets = self._laid, self.buckets.drawn
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
        laid = self._laid
        if laid is None:
            self.costs.ask(None)
        else:
            spec = self._window.session.spec
            self.costs.ask(Question(laid.table, self.target.choice, self._look.batch_size, spec))

    def _ask_lines(self) -> None:
        """Has the lines of equal waste worked out for what is seen."""
        laid = self._laid
        if laid is None or not len(laid.table) or not self._look.lines or not self._has_lines(laid.names):
            self.latest.drop("lines")
            self.plot.set_lines(())
            self.plot.set_curve(None)
            return
        if laid.names[1] == FILES:
            curve = partial(curve_in, self.plot.frame, laid.table, self.target.choice, laid.names[0])
            self.latest.ask("lines", curve, self.plot.set_curve)
            return
        work = partial(lines_in, self.plot.frame, laid.table, self.target.choice, laid.names)
        self.latest.ask("lines", work, self.plot.set_lines)

    def _order(self, with_buckets: bool) -> ExportOrder | None:
        """Returns what an export of all files that are shown would write."""
        if self._laid is None:
            return None
        choice = self.target.choice
        spec = self._window.session.spec.replace(
            axes=None, target=choice.targets[0], multiple_of=choice.multiple_of, overflow=choice.overflow
        )
        plan = self.buckets.plan if with_buckets else ""
        return ExportOrder(self._laid.table.items, "", spec, plan)

    # ---- slots

    def _on_measuring_arrived(self, tables: dict[str, SizeTable], refused: list[Measured]) -> None:
        self._collection.add(tables, refused)
        if refused:
            self.refused.set_items(self._collection.refused)
        if not self._soon.isActive():
            self._soon.start()

    def _on_measuring_ended(self, _whole: bool) -> None:
        self.head.set_running(False)
        self._soon.stop()
        self._lay()

    def _on_head_folder_wanted(self) -> None:
        folders = ask_folder(self)
        if folders:
            self.open((), folders)

    def _on_choices_kind_chosen(self, letters: str) -> None:
        self._letters, self._kind_chosen = letters, True
        self._lay()

    def _on_choices_axes_chosen(self, across: str, up: str) -> None:
        self._look = self._look.with_names(self._letters or "HW", across, up)
        self._lay()

    def _on_choices_log_toggled(self, log: bool) -> None:
        self._look = replace(self._look, log=log)
        self.plot.set_log(log)

    def _on_choices_lines_toggled(self, lines: bool) -> None:
        self._look = replace(self._look, lines=lines)
        self._ask_lines()

    def _on_choices_filter_edited(self, text: str) -> None:
        try:
            self._wanted = parse_filter(text)
        except SettingsError as error:
            self.choices.set_wrong(error.message)
            return
        self.choices.set_wrong("")
        # What an older filter is tried on is of no use any more.
        self._sieve.stop()
        if self._letters:
            self._lay()

    def _on_panel_batch_edited(self, size: int) -> None:
        self._look = replace(self._look, batch_size=size)
        self._ask_figures()
        self.buckets.show()

    def _on_export_busy_changed(self, busy: bool) -> None:
        """An export that went on in the background is told of where somebody looks."""
        self.tabs.setTabText(_EXPORT, "Export …" if busy else "Export")
        if not busy and not self.isVisible() and not self._is_ending:
            self._window.status.say(f"export of the data set: {self.export.text or 'ended'}")

    def _on_session_plan_changed(self) -> None:
        """The convolution may be another."""
        if self._laid is not None:
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
