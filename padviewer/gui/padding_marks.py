"""What marks padding on a picture: a hatch over it and a line around the content."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QWidget

from padviewer.gui.rectangles import Rect


class PaddingMarks(QGraphicsItem):
    """Hatches what is padding and draws a line around the content, at any zoom alike."""

    def __init__(self) -> None:
        super().__init__()
        self._outer = QRectF()
        self._content = QRectF()
        self._colour = QColor()

    def set_rects(self, outer: QRectF, content: QRectF) -> None:
        """Sets the padded tensor and the content in it; equal rectangles mark nothing."""
        self.prepareGeometryChange()
        self._outer, self._content = outer, content
        self.update()

    @property
    def rects(self) -> tuple[Rect, Rect]:
        """The padded tensor and the content in it."""
        return rect_of(self._outer), rect_of(self._content)

    def set_colour(self, colour: str) -> None:
        """Sets the colour of padding."""
        self._colour = QColor(colour)
        self.update()

    def boundingRect(self) -> QRectF:
        """Qt asks for the part of the scene that is drawn on."""
        return self._outer if self._content.isEmpty() else self._outer.united(self._content)

    def paint(self, painter: QPainter, _option: Any, _widget: QWidget | None = None) -> None:
        """Draws in the device's pixels, so that the hatch keeps its density."""
        if self._outer.isEmpty() or self._outer == self._content:
            return
        # A slice that lies in padding has no content, and is hatched whole.
        hatch = QColor(self._colour)
        hatch.setAlpha(140)
        brush = QBrush(hatch, Qt.BrushStyle.BDiagPattern)
        inverse, invertible = painter.worldTransform().inverted()
        if invertible:
            brush.setTransform(inverse)
        path = QPainterPath()
        path.addRect(self._outer)
        if self._content.isEmpty():
            painter.fillPath(path, brush)
            return
        path.addRect(self._content)
        painter.fillPath(path, brush)
        pen = QPen(self._colour, 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawRect(self._content)


def rect_of(rect: QRectF) -> Rect:
    """Returns left, top, width and height."""
    return rect.x(), rect.y(), rect.width(), rect.height()
