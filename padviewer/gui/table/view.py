"""The cells of a table, as far as they are seen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractItemView, QTableView

from padviewer.gui.guarding import guarded
from padviewer.gui.table.model import Index, TableModel
from padviewer.gui.theme import monospaced

_ROW_HEIGHT = 20


class CellsView(QTableView):
    """A table that copies by itself, and tells which cell a person chose."""

    copy_wanted = Signal()
    cell_chosen = Signal(QModelIndex)

    def __init__(self, model: TableModel) -> None:
        super().__init__()
        self.following = False
        self.setAccessibleName("Elements")
        self.setFont(monospaced(9))
        self.setModel(model)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setMinimumHeight(3 * _ROW_HEIGHT)
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.setTabKeyNavigation(False)
        for header in (self.verticalHeader(), self.horizontalHeader()):
            # A heading looks up cell by cell whether all of its cells are selected: seconds, where all of a large plane
            # is. With a selection of its own, which is empty, it does not, and still selects when it is pressed.
            header.setSelectionModel(QItemSelectionModel(model, header))

    def event(self, event: QEvent) -> bool:
        """Copying is the table's while it has the keyboard."""
        override = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride
        if isinstance(event, QKeyEvent) and override and event.matches(QKeySequence.StandardKey.Copy):
            event.accept()
            return True
        return super().event(event)

    def keyboardSearch(self, _text: str) -> None:
        """Searches nothing for a key that was pressed: Qt would look at each cell of the column."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copies."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        else:
            super().keyPressEvent(event)

    def go_to(self, index: QModelIndex) -> None:
        """Marks a cell and moves until it is seen, in the middle if it was not; nothing is selected, nobody is told."""
        self.following = True
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.following = False
        if not self.viewport().rect().contains(self.visualRect(index)):
            self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
        self.viewport().update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws a frame around the cell that is marked, with and without the keyboard."""
        super().paintEvent(event)
        place = self.visualRect(self.currentIndex())
        if place.isValid():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.drawRect(place.adjusted(1, 1, -1, -1))

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tells of a cell that a person went to."""
        super().currentChanged(current, previous)
        if current.isValid() and not self.following:
            self.cell_chosen.emit(current)
