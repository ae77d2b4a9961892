"""The buckets of a data set: how many are wanted, which were found, and what they save."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from padviewer.bytecount import format_bytes
from padviewer.dataset.buckets import Buckets
from padviewer.errors import PadviewerError
from padviewer.gui.dataset.batches import spread_text
from padviewer.gui.dataset.bucketing import Found
from padviewer.gui.dataset.figure_grid import FigureGrid, Line
from padviewer.gui.dataset.side_panel import SidePanel
from padviewer.gui.dataset.text import files_text, size_text
from padviewer.gui.form.fields import FieldGuard
from padviewer.gui.form.section import FormSection
from padviewer.gui.labels import section_label
from padviewer.gui.theme import monospaced
from padviewer.gui.words import grouped, percent

MOST = 16
_HEADS = ("", "Target", "Files", "Share", "Waste")
# What buckets are copied as, by what the menu says.
FORMS = {
    "json": "JSON",
    "keras": "Keras code, with padviewer",
    "keras-plain": "Keras code alone",
    "tf-data": "tf.data code",
}


class BucketsPanel(SidePanel):
    """Shows buckets, and reports what a person wants of them."""

    find_wanted = Signal()
    copy_wanted = Signal(str)  # one of `FORMS`
    save_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Buckets", parent=parent)
        self._fields: dict[str, QWidget] = {}
        layout = self.column
        self._section = FormSection(layout, "Buckets", self._fields, FieldGuard(self))
        self._count = self._section.spin("count", "How many", 1, MOST, "At most so many target shapes")
        self._count.setValue(4)
        self._cover = self._section.spin("cover", "Cover", 50, 100, "Files that must fit; the largest overflow")
        self._cover.setSuffix(" %")
        self._cover.setValue(100)
        self._find = QPushButton("Find")
        self._find.setObjectName("primary")
        self._find.setToolTip("Find the buckets that waste least, with the multiple and the overflow of the target")
        self._find.clicked.connect(self.find_wanted)
        self._copy, self._save = QPushButton("Copy as"), QPushButton("Save JSON…")
        menu = QMenu(self._copy)
        for form, text in FORMS.items():
            menu.addAction(text).triggered.connect(lambda _checked=False, form=form: self.copy_wanted.emit(form))
        self._copy.setMenu(menu)
        self._save.clicked.connect(self.save_wanted)
        self._state = _label("muted")
        self._grid = FigureGrid()
        self.table = QTableWidget(0, len(_HEADS))
        self._build_table()
        layout.addWidget(self._find)
        layout.addWidget(self._state)
        layout.addSpacing(4)
        layout.addWidget(section_label("Padding share"))
        layout.addLayout(self._grid)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._copy)
        layout.addWidget(self._save)
        self.show_found(None, None, False, False)

    @property
    def wanted(self) -> tuple[int, float]:
        """How many buckets, and the share of the files that must fit."""
        return self._count.value(), self._cover.value() / 100

    @property
    def text(self) -> str:
        """What is said of what was found."""
        return self._state.text()

    @property
    def figures(self) -> dict[str, str]:
        """Before and after, by their names."""
        return self._grid.lines

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The table of buckets."""
        cells = [
            [self.table.item(row, column) for column in range(len(_HEADS))] for row in range(self.table.rowCount())
        ]
        return [tuple(cell.text() for cell in row if cell is not None) for row in cells]

    def field(self, name: str) -> QWidget:
        """Returns a field: `count` or `cover`."""
        return self._fields[name]

    @property
    def buttons(self) -> tuple[QPushButton, QPushButton, QPushButton]:
        """Find, copy and save."""
        return self._find, self._copy, self._save

    def show_found(self, found: Found | None, error: PadviewerError | None, searches: bool, is_old: bool) -> None:
        """Shows what was found.

        Args:
            found: None where nothing was.
            error: why nothing was found.
            searches: whether something is looked for.
            is_old: whether files or settings are others by now.
        """
        for button in (self._copy, self._save):
            button.setEnabled(found is not None)
        self._state.setText(_state_text(found, error, searches, is_old))
        self._grid.set_lines(_figure_lines(found) if found is not None else [])
        self.table.setRowCount(0 if found is None else len(found.buckets.targets))
        if found is None:
            return
        parts = found.buckets.cost.parts
        files = max(1, found.buckets.cost.items)
        for row, part in enumerate(parts):
            texts = (
                str(row + 1),
                size_text(part.target).replace(" ", ""),
                grouped(part.items),
                percent(part.items / files),
                percent(part.padding_share),
            )
            for column, text in enumerate(texts):
                cell = QTableWidgetItem(text)
                cell.setToolTip(text)
                cell.setFont(monospaced(8.5))
                cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, cell)

    def _build_table(self) -> None:
        table = self.table
        table.setHorizontalHeaderLabels(list(_HEADS))
        table.setAccessibleName("Buckets that were found")
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 6)
        table.setMinimumHeight(4 * (table.fontMetrics().height() + 6))
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)


def _state_text(found: Found | None, error: PadviewerError | None, searches: bool, is_old: bool) -> str:
    if searches:
        return "looking for them…"
    if error is not None:
        return error.message
    if found is None:
        return "The shapes that waste least, of at most so many."
    return "These are of other files or settings: find again." if is_old else _found_text(found.buckets)


def _found_text(buckets: Buckets) -> str:
    left = buckets.cost.overflowing
    over = f" × {files_text(left)} overflow." if left else ""
    if buckets.is_best:
        return f"These are the best possible.{over}"
    if not math.isfinite(buckets.gap):
        return over.strip()
    gap = "less than 0.1 %" if buckets.gap < 0.001 else f"at most {100 * buckets.gap:.1f} %"
    return f"They take {gap} more elements than the best possible.{over}"


def _figure_lines(found: Found) -> list[Line]:
    count = len(found.buckets.targets)
    size = grouped(found.wanted.batch_size)
    after = found.buckets.cost
    return [
        Line("One target", percent(found.before.padding_share), "One target that holds every file"),
        Line("Longest of batch", spread_text(found.batches), f"Shuffled batches of {size}, each padded to its longest"),
        Line(f"{count} bucket{'s' * (count != 1)}", percent(after.padding_share), "Each file padded to its bucket"),
        Line("Longest in bucket", spread_text(found.within), f"Batches of {size} of one bucket, padded to the longest"),
        Line(f"Batch of {size}", format_bytes(after.batch_bytes), "Memory of a batch of the largest tensors, float32"),
    ]


def _label(name: str = "") -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(name == "muted")
    return label
