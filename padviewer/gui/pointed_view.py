"""A view that tells what mouse and keys do on it: points, clicks, rectangles drawn with Shift, steps and Enter."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from padviewer.gui.guarding import guarded

# By the numbers of keys: those of foreign letters are no `Qt.Key`.
_STEPS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_BY_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class PointedView(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph ships no types
    """Holds one box, in whose coordinates places are told. A ring is drawn around it while the keyboard is there."""

    hovered = Signal(float, float)
    left = Signal()
    clicked = Signal(float, float, bool)  # a place, and whether Ctrl was held
    swept = Signal(object, object, bool)  # two corners (x, y) that Shift and a drag enclose, and whether it has ended
    stepped = Signal(int, int, object)  # columns and rows that an arrow key goes, and the modifiers that were held
    entered = Signal(bool)  # the Enter key, and whether Ctrl was held

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = pg.ViewBox(enableMenu=False, invertY=True, lockAspect=1.0, border=None)
        self._box.disableAutoRange()
        self._box.setDefaultPadding(0)
        self.setCentralItem(self._box)
        self._swept_from: tuple[float, float] | None = None
        self._is_ringed = False
        self._accent = QColor()
        self.scene().sigMouseMoved.connect(self._on_scene_moved)
        self.scene().sigMouseClicked.connect(self._on_scene_clicked)
        self.setMouseTracking(True)
        # A press or Tab gives the keyboard to the pane, for its arrows and shortcuts and for screen readers.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_ring_colour(self, colour: str) -> None:
        """Sets the colour of the ring."""
        self._accent = QColor(colour)
        self.viewport().update()

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """With Shift, a drag encloses elements; else it moves the picture."""
        if event.button() is Qt.MouseButton.LeftButton and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._swept_from = self._place(event.position())
            event.accept()
        else:
            super().mousePressEvent(event)

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Encloses more or less, or goes on."""
        if self._swept_from is None:
            super().mouseMoveEvent(event)
        else:
            self.swept.emit(self._swept_from, self._place(event.position()), False)

    @guarded
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """What was enclosed stays so."""
        if self._swept_from is None:
            super().mouseReleaseEvent(event)
            return
        first, self._swept_from = self._swept_from, None
        self.swept.emit(first, self._place(event.position()), True)

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from element to element, Enter takes one."""
        if event.key() in _STEPS:
            self._show_ring(True)
            self.stepped.emit(*_STEPS[event.key()], event.modifiers())
        elif event.key() in _ENTER:
            self.entered.emit(bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """A ring tells where the keyboard is, to those who use it."""
        super().focusInEvent(event)
        self._show_ring(event.reason() in _BY_KEYBOARD)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard is elsewhere."""
        super().focusOutEvent(event)
        self._show_ring(False)

    @guarded
    def leaveEvent(self, event: QEvent) -> None:
        """The pointer has left."""
        super().leaveEvent(event)
        self.left.emit()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """Draws the ring."""
        super().drawForeground(painter, rect)
        if self._is_ringed:
            painter.save()
            painter.resetTransform()
            painter.setPen(QPen(self._accent, 2))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
            painter.restore()

    def _show_ring(self, shown: bool) -> None:
        if shown != self._is_ringed:
            self._is_ringed = shown
            self.viewport().update()

    def _place(self, position: QPointF) -> tuple[float, float]:
        place = self._box.mapSceneToView(self.mapToScene(position.toPoint()))
        return place.x(), place.y()

    def _on_scene_clicked(self, event: Any) -> None:
        if event.button() is Qt.MouseButton.LeftButton and not event.double():
            place = self._box.mapSceneToView(event.scenePos())
            held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            self.clicked.emit(place.x(), place.y(), bool(held))

    def _on_scene_moved(self, position: QPointF) -> None:
        if self.rect().contains(position.toPoint()):
            place = self._box.mapSceneToView(position)
            self.hovered.emit(place.x(), place.y())
