"""The files that could not be measured, each with its reason."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableView, QWidget

from padviewer.dataset.measured import Measured
from padviewer.errors import printable, shortened
from padviewer.gui.dataset.text import item_name
from padviewer.gui.plain_tip import plain_tip

_Index = QModelIndex | QPersistentModelIndex
_HEADS = ("File", "Why")


class RefusedModel(QAbstractTableModel):
    """Refused files, as Qt reads them: any number costs nothing until it is scrolled to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[Measured] = []

    def set_items(self, items: list[Measured]) -> None:
        """Shows others."""
        self.beginResetModel()
        self._items = list(items)
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many there are."""
        return 0 if parent.isValid() else len(self._items)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Name and reason."""
        return 0 if parent.isValid() else len(_HEADS)

    def headerData(self, section: int, direction: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What the columns are."""
        if role == Qt.ItemDataRole.DisplayRole and direction == Qt.Orientation.Horizontal:
            return _HEADS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell shows."""
        item = self._items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item_name(item) if index.column() == 0 else printable(shortened(reason(item), 300))
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(f"{shortened(item.name, 400)}\n{shortened(reason(item), 600)}")
        return None

    def line(self, row: int) -> str:
        """Returns a row as it is copied."""
        item = self._items[row]
        return f"{printable(item.name)}\t{printable(reason(item))}"


class RefusedList(QTableView):
    """Lists refused files; Ctrl+C copies those that are marked, or all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = RefusedModel(self)
        self.setModel(self._model)
        self.setAccessibleName("Refused files")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(0, 130)
        copy = QAction("Copy", self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._on_copy_triggered)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def set_items(self, items: list[Measured]) -> None:
        """Shows refused files."""
        self._model.set_items(items)

    @property
    def rows(self) -> list[str]:
        """What is listed, as it is copied."""
        return [self._model.line(row) for row in range(self._model.rowCount())]

    def _on_copy_triggered(self) -> None:
        marked = sorted({index.row() for index in self.selectionModel().selectedRows()})
        lines = [self._model.line(row) for row in marked] or self.rows
        QApplication.clipboard().setText("\n".join(lines))


def reason(item: Measured) -> str:
    """Returns why a file was refused, without its name, which stands beside it."""
    return item.error.removeprefix(f"{shortened(item.path)}: ")
