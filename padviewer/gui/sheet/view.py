"""The grid of the sheet, which knows what of it is on screen."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QListView, QWidget

from padviewer.gui.sheet.list import SheetList
from padviewer.gui.sheet.tiles import SheetTiles


class SheetView(QListView):
    """A grid that tells when other filters are on screen."""

    def __init__(self, filters: SheetList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Filters")
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(80)
        self.setModel(filters)
        self._moved = QTimer(self, singleShot=True, interval=0)
        self.rows_moved = self._moved.timeout
        self.verticalScrollBar().valueChanged.connect(self._moved.start)

    def resizeEvent(self, event: QResizeEvent) -> None:
        delegate = self.itemDelegate()
        if isinstance(delegate, SheetTiles) and delegate.set_room(event.size().height()):
            self.scheduleDelayedItemsLayout()
        super().resizeEvent(event)
        self._moved.start()

    @property
    def rows(self) -> range:
        """The rows that are on screen."""
        count = self.model().rowCount()
        first = self.indexAt(QPoint(1, 1))
        if not count or not first.isValid():
            return range(0)
        each = self.sizeHintForIndex(first)
        across = max(1, self.viewport().width() // max(1, each.width()))
        down = -(-self.viewport().height() // max(1, each.height())) + 1
        start = first.row() // across * across
        return range(start, min(count, start + across * down))
