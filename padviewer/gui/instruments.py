"""What looks closer at a plan: panels and overlays, made when first wanted, so that the window starts without them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QTabBar, QWidget

from padviewer.gui.brush.switch import BrushSwitch
from padviewer.gui.difference.reference import Reference, ReferenceActions

if TYPE_CHECKING:
    from padviewer.gui.contamination.overlay import ContaminationOverlay
    from padviewer.gui.dataset.window import DatasetWindow
    from padviewer.gui.main_window import MainWindow

# Of the window's height, for the first panel that is opened.
_SHARE = 0.3


@dataclass(frozen=True)
class Panel:
    """A panel that a person opens from the menu.

    Attributes:
        name: for settings.
        title: of its tab; the menu's text.
        shortcut: that opens and closes it.
        tip: what it shows.
        make: makes its widget; imports what it needs by itself.
    """

    name: str
    title: str
    shortcut: str
    tip: str
    make: Callable[[MainWindow], QWidget]


def _make_sheet(window: MainWindow) -> QWidget:
    from padviewer.gui.sheet.panel import SheetPanel  # noqa: PLC0415

    return SheetPanel(window)


def _make_histogram(window: MainWindow) -> QWidget:
    from padviewer.gui.histogram.panel import HistogramPanel  # noqa: PLC0415

    return HistogramPanel(window)


def _make_contamination(window: MainWindow) -> QWidget:
    from padviewer.gui.contamination.panel import ContaminationPanel  # noqa: PLC0415

    return ContaminationPanel(window)


def _make_table(window: MainWindow) -> QWidget:
    from padviewer.gui.table.panel import TablePanel  # noqa: PLC0415

    return TablePanel(window)


def _make_card(window: MainWindow) -> QWidget:
    from padviewer.gui.card.card import Card  # noqa: PLC0415

    return Card(window)


def _make_difference(window: MainWindow) -> QWidget:
    from padviewer.gui.difference.panel import DifferencePanel  # noqa: PLC0415

    return DifferencePanel(window)


def _make_log(window: MainWindow) -> QWidget:
    from padviewer.gui.log.panel import LogPanel  # noqa: PLC0415

    return LogPanel(window)


PANELS: tuple[Panel, ...] = (
    Panel("table", "Table", "T", "The slice of a pane as a table of exact elements, to copy as TSV", _make_table),
    Panel("histogram", "Histogram", "H", "How the values of a pane are spread, and its levels", _make_histogram),
    Panel("card", "Multiply-accumulate", "K", "How an output is made of its window, term by term", _make_card),
    Panel("filters", "Filters", "G", "All filters of the feature map as thumbnails; dead ones are marked", _make_sheet),
    Panel(
        "contamination",
        "Contamination",
        "Shift+C",
        "How many outputs touch padding, how far it reaches, and what to crop",
        _make_contamination,
    ),
    Panel(
        "difference",
        "Difference",
        "D",
        "The settings in force against others, in pictures and figures",
        _make_difference,
    ),
    Panel("log", "Log", "L", "What happened: files, exports, workers, warnings and errors", _make_log),
)


class Instruments:
    """Adds the instruments to the menus of a window.

    Args:
        window: its session, panes and menus are there already.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._docks: dict[str, QDockWidget] = {}
        self._contamination: ContaminationOverlay | None = None
        self._dataset: DatasetWindow | None = None
        self.toggles: dict[str, QAction] = {}
        self.brushing = BrushSwitch(window)
        self.reference = Reference(window.session, window)
        self.reference_actions = ReferenceActions(window, self.reference)
        self._build_panels()

    def panel(self, name: str) -> QWidget | None:
        """Returns the widget of a panel; None where it was never opened."""
        dock = self._docks.get(name)
        return dock.widget() if dock else None

    def show_panel(self, name: str, shown: bool = True) -> None:
        """Opens a panel, or closes it."""
        dock = self._docks.get(name)
        if dock is None and shown:
            panel = next(panel for panel in PANELS if panel.name == name)
            dock = self._docks[name] = self._make_dock(panel)
            # Not told of a tab that lies behind another: that one is open still.
            dock.toggleViewAction().toggled.connect(self.toggles[name].setChecked)
        if dock is not None:
            dock.setVisible(shown)
            if shown:
                dock.raise_()
        self.toggles[name].setChecked(shown)

    def _make_dock(self, panel: Panel) -> QDockWidget:
        """Puts a panel under the panes, beside those that are there as another tab."""
        window = self._window
        dock = QDockWidget(panel.title, window)
        dock.setObjectName(panel.name)
        content = panel.make(window)
        dock.setWidget(content)
        # What lies behind another tab is out of sight, but Tab would lead into it.
        dock.visibilityChanged.connect(content.setEnabled)
        below = [other for other in self._docks.values() if not other.isFloating()]
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        if below:
            window.tabifyDockWidget(below[-1], dock)
            # Qt makes the bar of the tabs when it next lays the window out.
            QTimer.singleShot(0, window, self._name_tabs)
        else:
            # What the panes show is what the panel is about.
            window.resizeDocks([dock], [round(window.height() * _SHARE)], Qt.Orientation.Vertical)
        return dock

    def _name_tabs(self) -> None:
        for bar in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setAccessibleName("Panels")

    def show_contamination(self, shown: bool) -> None:
        """Lays contamination over the feature map, or takes it away."""
        if self._contamination is None and shown:
            from padviewer.gui.contamination.overlay import ContaminationOverlay  # noqa: PLC0415 - where it is wanted

            self._contamination = ContaminationOverlay(self._window)
        if self._contamination is not None:
            self._contamination.set_shown(shown)

    @property
    def contamination(self) -> ContaminationOverlay | None:
        """What lies over the feature map; None where it was never wanted."""
        return self._contamination

    @property
    def dataset(self) -> DatasetWindow | None:
        """The window of the data set; None where it was never wanted."""
        return self._dataset

    def show_dataset(self, again: bool = False) -> None:
        """Opens the window of the data set, on the files of the list where it is new.

        Args:
            again: whether it takes these in place of what it shows.
        """
        is_new = self._dataset is None
        if self._dataset is None:
            from padviewer.gui.dataset.window import DatasetWindow  # noqa: PLC0415 - where it is wanted

            self._dataset = DatasetWindow(self._window)
        if again or (is_new and self._window.session.files.entries):
            self._dataset.open_listed()
        self._dataset.setWindowState(self._dataset.windowState() & ~Qt.WindowState.WindowMinimized)
        self._dataset.show()
        self._dataset.activateWindow()

    def may_close(self) -> bool:
        """Whether the window may be closed: asks where a data set is being exported."""
        if self._dataset is None or not self._dataset.export.run.runs:
            return True
        from padviewer.gui.dataset.closing import may_stop_export  # noqa: PLC0415 - where it is asked

        return may_stop_export(self._window)

    def close(self) -> None:
        """Closes what stands beside the window."""
        dataset, self._dataset = self._dataset, None
        if dataset is not None:
            dataset.end()

    def _build_panels(self) -> None:
        actions = self._window.actions_
        menu = actions.menus["View"].addMenu("&Panels")
        menu.setEnabled(bool(PANELS))
        for panel in PANELS:
            toggle = actions.add_toggle(menu, panel.title, self._shower(panel.name), panel.shortcut)
            toggle.setToolTip(panel.tip)
            toggle.setStatusTip(panel.tip)
            self.toggles[panel.name] = toggle

    def _shower(self, name: str) -> Callable[[bool], None]:
        return lambda shown: self.show_panel(name, shown)
