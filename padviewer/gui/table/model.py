"""The cells of a table of any size: those that are looked at are asked for, block by block."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QBrush, QColor

from padviewer.geometry import Span
from padviewer.gui.axis_names import Names, axis_label
from padviewer.gui.probe_panel import exact
from padviewer.gui.table.plane import TablePlane
from padviewer.gui.theme import Theme

# Rows or columns that a table has at the most: Qt keeps a record of each. Of longer axes a part is shown.
WINDOW = 100_000
# Cells that are asked for together.
ROWS, COLUMNS = 64, 16
_KEPT, _MOST_MISSING = 256, 64

Block = tuple[int, int]
Index = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()
_ROLE = Qt.ItemDataRole


class TableModel(QAbstractTableModel):
    """Holds blocks of a plane, and tells when others are wanted."""

    blocks_missing = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._plane: TablePlane | None = None
        self._first = (0, 0)
        # Qt asks for them all the time.
        self._counts = (0, 0)
        self._blocks: dict[Block, npt.NDArray[Any]] = {}
        self._missing: dict[Block, None] = {}
        self._names: Names = {}
        self._hatch = QBrush()
        self._tell = QTimer(self, singleShot=True, interval=0)
        self._tell.timeout.connect(self.blocks_missing)

    @property
    def plane(self) -> TablePlane | None:
        """What is shown."""
        return self._plane

    @property
    def first(self) -> tuple[int, int]:
        """The row and the column that the table begins with."""
        return self._first

    def set_names(self, names: Names) -> None:
        """Calls axes by the names that a person gave them."""
        self._names = names

    def set_theme(self, theme: Theme) -> None:
        """Takes the colour of padding."""
        colour = QColor(theme.padding)
        colour.setAlpha(90)
        self._hatch = QBrush(colour, Qt.BrushStyle.BDiagPattern)

    def set_plane(self, plane: TablePlane | None) -> None:
        """Shows another plane; where it has as many cells, what is selected stays so."""
        older = self._plane
        self._blocks.clear()
        self._missing.clear()
        if older is not None and plane is not None and older.shape == plane.shape and older.letters == plane.letters:
            self._plane = plane
            self._tell_changed(0, 0, *self._counts)
            return
        self.beginResetModel()
        self._plane, self._first = plane, (0, 0)
        rows, columns = plane.shape if plane is not None else (0, 0)
        self._counts = min(rows, WINDOW), min(columns, WINDOW)
        self.endResetModel()

    def set_first(self, row: int, column: int) -> None:
        """Begins with another row and column of an axis that is longer than the table."""
        rows, columns = self._plane.shape if self._plane else (0, 0)
        first = min(max(0, row), max(0, rows - WINDOW)), min(max(0, column), max(0, columns - WINDOW))
        if first != self._first:
            self.beginResetModel()
            self._first = first
            self._missing.clear()
            self.endResetModel()

    def index_of(self, row: int, column: int) -> QModelIndex:
        """Returns the index of an element; the table begins elsewhere afterwards, where it does not hold it."""
        if not (0 <= row - self._first[0] < self.rowCount() and 0 <= column - self._first[1] < self.columnCount()):
            self.set_first(row - WINDOW // 2, column - WINDOW // 2)
        return self.index(row - self._first[0], column - self._first[1])

    def cell_at(self, index: Index) -> tuple[int, int]:
        """Returns row and column of the plane."""
        return index.row() + self._first[0], index.column() + self._first[1]

    def take_missing(self) -> tuple[Block, Span, Span] | None:
        """Returns the block that was looked at last and is not there, with its rows and columns."""
        if self._plane is None or not self._missing:
            return None
        block, _none = self._missing.popitem()
        spans = [
            Span(number * each, min((number + 1) * each, size))
            for number, each, size in zip(block, (ROWS, COLUMNS), self._plane.shape, strict=True)
        ]
        return block, spans[0], spans[1]

    def set_block(self, block: Block, data: npt.NDArray[Any]) -> None:
        """Takes the elements of a block, (rows, columns)."""
        self._blocks[block] = data
        if len(self._blocks) > _KEPT:
            del self._blocks[next(iter(self._blocks))]
        top, left = block[0] * ROWS - self._first[0], block[1] * COLUMNS - self._first[1]
        self._tell_changed(top, left, data.shape[0], data.shape[1])

    # ---- Qt's questions

    def rowCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else self._counts[0]

    def columnCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else self._counts[1]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        if role != _ROLE.DisplayRole:
            return None
        return str(section + self._first[orientation is Qt.Orientation.Horizontal])

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> Any:
        if self._plane is None or not index.isValid():
            return None
        row, column = self.cell_at(index)
        if role == _ROLE.DisplayRole:
            return self._text(row, column)
        if role == _ROLE.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == _ROLE.BackgroundRole:
            return self._hatch if self._plane.is_padding(row, column) else None
        if role in (_ROLE.ToolTipRole, _ROLE.AccessibleTextRole):
            down, across = (axis_label(self._names, letter, self._plane.stage) for letter in tuple(self._plane.letters))
            padding = ", padding" if self._plane.is_padding(row, column) else ""
            return f"{down} {row}, {across} {column}: {self._text(row, column)}{padding}"
        return None

    def _text(self, row: int, column: int) -> str:
        block = row // ROWS, column // COLUMNS
        data = self._blocks.get(block)
        if data is not None:
            return exact(data[row % ROWS, column % COLUMNS])
        self._missing.pop(block, None)
        self._missing[block] = None
        if len(self._missing) > _MOST_MISSING:
            del self._missing[next(iter(self._missing))]
        if not self._tell.isActive():
            self._tell.start()
        return "…"

    def _tell_changed(self, top: int, left: int, rows: int, columns: int) -> None:
        top, left, bottom, right = max(0, top), max(0, left), top + rows, left + columns
        bottom, right = min(bottom, self.rowCount()), min(right, self.columnCount())
        if top < bottom and left < right:
            self.dataChanged.emit(self.index(top, left), self.index(bottom - 1, right - 1))
