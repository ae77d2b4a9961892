"""Draws what is selected over the pictures."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QWidget

from padviewer.gui.rectangles import Rect
from padviewer.gui.theme import Theme

# In logical pixels: what is smaller is drawn so large, and how far lines reach beyond it.
_SMALLEST, _BEYOND = 6.0, 8.0


class SelectionItem(QGraphicsItem):
    """A rectangle of long dashes, filled thinly; solid where it was drawn."""

    def __init__(self) -> None:
        super().__init__()
        self._rect: QRectF | None = None
        self._covered = QRectF()
        self._is_own = False
        self._accent, self._halo = QColor(), QColor()

    @property
    def rect(self) -> Rect | None:
        """What is marked."""
        return None if self._rect is None else (*self._rect.topLeft().toTuple(), *self._rect.size().toTuple())

    def set_rect(self, rect: Rect | None, is_own: bool, pixel: tuple[float, float]) -> None:
        """Marks a rectangle; None marks nothing.

        Args:
            rect: in the coordinates that panes share.
            is_own: whether it was drawn in this pane.
            pixel: width and height of a logical pixel, in the same coordinates.
        """
        self.prepareGeometryChange()
        self._rect, self._is_own = None if rect is None else QRectF(*rect), is_own
        across, down = (_BEYOND * size for size in pixel)
        self._covered = QRectF() if self._rect is None else self._rect.adjusted(-across, -down, across, down)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._accent, self._halo = QColor(theme.accent), QColor(theme.canvas)
        self.update()

    def boundingRect(self) -> QRectF:
        """Qt asks for the part of the scene that is drawn on."""
        return self._covered

    def paint(self, painter: QPainter, _option: Any, _widget: QWidget | None = None) -> None:
        """Draws in the device's pixels, so that lines keep their width."""
        if self._rect is None:
            return
        seen = painter.worldTransform().mapRect(self._rect)
        wide, high = max(0.0, _SMALLEST - seen.width()) / 2, max(0.0, _SMALLEST - seen.height()) / 2
        seen.adjust(-wide, -high, wide, high)
        painter.save()
        painter.setWorldTransform(QTransform())
        painter.setPen(QPen(self._halo, 3))
        painter.drawRect(seen)
        pen = QPen(self._accent, 1.5)
        if not self._is_own:
            pen.setStyle(Qt.PenStyle.CustomDashLine)
            pen.setDashPattern([8, 4])
        fill = QColor(self._accent)
        fill.setAlpha(24)
        # By itself: a PDF knows one opacity for filling and line.
        painter.fillRect(seen, fill)
        painter.setPen(pen)
        painter.drawRect(seen)
        painter.restore()
