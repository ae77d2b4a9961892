"""The bars over and under the plot: what is measured, how it is shown, and what is pointed at or chosen."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QWidget,
)

from padviewer.gui.dataset.places import FILES, axis_names, axis_title
from padviewer.gui.dataset.sieve import LONGEST
from padviewer.gui.dataset.text import files_text
from padviewer.gui.form.fields import mark
from padviewer.gui.labels import ElidedLabel
from padviewer.gui.words import grouped

_HINT = "Point at a dot to see its files, click to open one; drag with Shift to choose some"


class DatasetHead(QWidget):
    """Says what was measured, and how far it is; files are chosen here."""

    list_wanted = Signal()
    folder_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._headline = ElidedLabel("title")
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(120)
        self._progress.setAccessibleName("Files measured")
        self._cancel = QPushButton("Cancel")
        self._cancel.setToolTip("Stop measuring; what has come stays")
        self._cancel.clicked.connect(self.cancel_wanted)
        files = QPushButton("Files of the list")
        files.setToolTip("Measure the files of the file list")
        files.clicked.connect(self.list_wanted)
        folder = QPushButton("Folder…")
        folder.setToolTip("Measure what a folder holds")
        folder.clicked.connect(self.folder_wanted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._headline, 1)
        for widget in (self._progress, self._cancel, files, folder):
            layout.addWidget(widget)
        self.set_running(False)

    @property
    def text(self) -> str:
        """What is said."""
        return self._headline.text()

    def set_text(self, text: str) -> None:
        """Says what was measured."""
        self._headline.setText(text)

    def set_progress(self, done: int, total: int) -> None:
        """Shows how many files have come."""
        # Qt takes a range of nothing for work without an end.
        self._progress.setRange(0, total if done else 0)
        self._progress.setValue(done)

    def set_running(self, runs: bool) -> None:
        """Shows progress, or nothing of it."""
        self._progress.setVisible(runs)
        self._cancel.setVisible(runs)


class PlotChoices(QWidget):
    """Which files are shown, on which axes, and how."""

    kind_chosen = Signal(str)
    axes_chosen = Signal(str, str)
    log_toggled = Signal(bool)
    lines_toggled = Signal(bool)
    fit_wanted = Signal()
    filter_edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = _combo("Kind of axes", "Files with these spatial axes are shown")
        self._across = _combo("Across", "What is shown from left to right")
        self._up = _combo("Up", "What is shown upwards; files counts them, as bars")
        self._log = QCheckBox("Log")
        self._log.setToolTip("Show sizes by their logarithm")
        self._waste = QCheckBox("Waste")
        self._waste.setToolTip("Padding share of targets: lines of equal waste over dots, a curve over bars")
        fit = QPushButton("Fit")
        fit.setToolTip("Show everything (F)")
        self._filter = QLineEdit()
        self._filter.setPlaceholderText("Filter: text, *.png, or /regex/")
        self._filter.setAccessibleName("Filter")
        self._filter.setAccessibleDescription(
            "Files whose name, folders included, holds this text; with * or ? whole names; /regex/ between slashes"
        )
        self._filter.setToolTip(self._filter.accessibleDescription())
        self._filter.setMaxLength(LONGEST)
        self._filter.setClearButtonEnabled(True)
        self._filter.setMinimumWidth(110)
        self._between = QLabel("by")
        self._between.setObjectName("muted")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self._kind, self._up, self._between, self._across, self._log, self._waste, fit):
            layout.addWidget(widget)
        layout.addWidget(self._filter, 1)
        self._kind.activated.connect(lambda _row: self.kind_chosen.emit(self._kind.currentData()))
        for combo in (self._across, self._up):
            combo.activated.connect(self._on_axes_activated)
        self._log.toggled.connect(self.log_toggled)
        self._waste.toggled.connect(self.lines_toggled)
        fit.clicked.connect(self.fit_wanted)
        self._filter.textChanged.connect(self.filter_edited)

    def set_kinds(self, kinds: dict[str, int], current: str) -> None:
        """Offers sets of spatial axes, with how many files each has."""
        with QSignalBlocker(self._kind):
            self._kind.clear()
            for letters, count in kinds.items():
                self._kind.addItem(f"{' '.join(letters)}: {grouped(count)}", letters)
            self._kind.setCurrentIndex(max(0, self._kind.findData(current)))
        self._kind.setVisible(len(kinds) > 1)

    def set_axes(self, letters: str, names: tuple[str, str]) -> None:
        """Offers the axes of files with these spatial axes, and shows which are chosen."""
        offered = axis_names(letters)
        for combo, choices, chosen in ((self._across, offered, names[0]), (self._up, [*offered, FILES], names[1])):
            with QSignalBlocker(combo):
                combo.clear()
                for name in choices:
                    combo.addItem(axis_title(name), name)
                combo.setCurrentIndex(combo.findData(chosen))

    def set_switches(self, log: bool, lines: bool, lines_enabled: bool) -> None:
        """Shows what is on; waste needs axes of a target."""
        for box, on in ((self._log, log), (self._waste, lines)):
            with QSignalBlocker(box):
                box.setChecked(on)
        self._waste.setEnabled(lines_enabled)

    def set_wrong(self, reason: str) -> None:
        """Marks a filter that cannot be; an empty reason takes the mark away."""
        mark(self._filter, reason)

    @property
    def filter_field(self) -> QLineEdit:
        """Where a filter is typed."""
        return self._filter

    @property
    def combos(self) -> tuple[QComboBox, QComboBox, QComboBox]:
        """Kind of axes, the axis across, the axis up."""
        return self._kind, self._across, self._up

    @property
    def boxes(self) -> tuple[QCheckBox, QCheckBox]:
        """Logarithm, and lines of equal waste."""
        return self._log, self._waste

    def _on_axes_activated(self) -> None:
        self.axes_chosen.emit(self._across.currentData(), self._up.currentData())


class PlotFoot(QWidget):
    """Says what is pointed at and what is chosen; chosen files are opened from here."""

    open_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pointed = ElidedLabel("muted")
        self._chosen = QLabel()
        self._open = QPushButton("Open in the file list")
        self._open.setToolTip("Open the chosen files in the file list of the main window")
        self._open.clicked.connect(self.open_wanted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._pointed, 1)
        layout.addWidget(self._chosen)
        layout.addWidget(self._open)
        self.setFixedHeight(self._open.sizeHint().height())
        self.set_chosen(0)

    def set_pointed(self, text: str) -> None:
        """Says what is pointed at."""
        self._pointed.setText(text or _HINT)

    def set_chosen(self, count: int) -> None:
        """Says how many files are chosen."""
        self._chosen.setText(f"{files_text(count)} chosen")
        self._chosen.setVisible(bool(count))
        self._open.setVisible(bool(count))

    @property
    def text(self) -> str:
        """What is said of what is pointed at."""
        return self._pointed.text()

    @property
    def chosen_text(self) -> str:
        """What is said of what is chosen; empty where nothing is."""
        return "" if self._chosen.isHidden() else self._chosen.text()

    @property
    def open_button(self) -> QPushButton:
        """What opens the chosen files."""
        return self._open


def _combo(name: str, tip: str) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    combo.setToolTip(tip)
    combo.setAccessibleDescription(tip)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return combo
