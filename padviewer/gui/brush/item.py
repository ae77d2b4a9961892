"""Draws over a picture what elements are tied to: data, padding and the convolution's own zeros each in its way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QWidget

from padviewer.gui.brush.cells import Box, Cells
from padviewer.gui.rectangles import Rect
from padviewer.gui.theme import Theme, monospaced
from padviewer.reach import Kind

# In logical pixels: how small a box is drawn, alone or as one of many.
_SMALLEST, _SMALLEST_TAP = 5.0, 3.0
# From where on a box has room for a second frame and for a text in it, and how far lines reach beyond it.
_FRAMED, _ROOM, _BEYOND = 10.0, 22.0, 24.0
# More boxes than these, and narrower ones, are drawn with thin lines.
_MANY, _NARROW = 200, 7.0
_PENS = {
    Kind.DATA: Qt.PenStyle.SolidLine,
    Kind.PADDING: Qt.PenStyle.DashLine,
    Kind.ZERO: Qt.PenStyle.DotLine,
}
_HATCHES = {
    Kind.DATA: Qt.BrushStyle.SolidPattern,
    Kind.PADDING: Qt.BrushStyle.FDiagPattern,
    Kind.ZERO: Qt.BrushStyle.DiagCrossPattern,
}


@dataclass(frozen=True)
class Mark:
    """What one element is tied to in a pane.

    Attributes:
        cells: its boxes.
        pinned: whether it stays.
        tag: written beside it, such as the number of a pin; empty for none.
    """

    cells: Cells
    pinned: bool = False
    tag: str = ""


class BrushItem(QGraphicsItem):
    """Draws marks in the device's pixels, so that lines keep their width at any zoom."""

    def __init__(self) -> None:
        super().__init__()
        self._marks: tuple[Mark, ...] = ()
        self._covered = QRectF()
        self._colours = dict.fromkeys(Kind, QColor())
        self._halo = QColor()
        self._font = monospaced(7.5)
        self._metrics = QFontMetricsF(self._font)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is drawn."""
        return self._marks

    def set_marks(self, marks: Iterable[Mark], pixel: tuple[float, float]) -> None:
        """Draws other marks.

        Args:
            marks: the last lies over the others.
            pixel: width and height of a logical pixel, in the coordinates that panes share.
        """
        self._marks = tuple(marks)
        self.prepareGeometryChange()
        rects = [box.rect for mark in self._marks for box in mark.cells.boxes]
        self._covered = QRectF()
        if rects:
            across, down = (_BEYOND * size for size in pixel)
            first = QPointF(min(rect[0] for rect in rects) - across, min(rect[1] for rect in rects) - down)
            right, bottom = max(rect[0] + rect[2] for rect in rects), max(rect[1] + rect[3] for rect in rects)
            self._covered = QRectF(first, QPointF(right + across, bottom + down))
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._colours = {
            Kind.DATA: QColor(theme.accent),
            Kind.PADDING: QColor(theme.padding),
            Kind.ZERO: QColor(theme.muted),
        }
        self._halo = QColor(theme.canvas)
        self._halo.setAlpha(200)
        self.update()

    def boundingRect(self) -> QRectF:
        """Qt asks for the part of the scene that is drawn on."""
        return self._covered

    def paint(self, painter: QPainter, _option: Any, _widget: QWidget | None = None) -> None:
        """Draws all marks."""
        transform = painter.worldTransform()
        painter.save()
        painter.setWorldTransform(QTransform())
        painter.setFont(self._font)
        for mark in self._marks:
            boxes = mark.cells.boxes
            least = _SMALLEST if len(boxes) == 1 else _SMALLEST_TAP
            self._draw(painter, mark, [(box, _seen(transform, box.rect, least)) for box in boxes])
        painter.restore()

    def _draw(self, painter: QPainter, mark: Mark, boxes: list[tuple[Box, QRectF]]) -> None:
        width = 2.5 if mark.pinned else 1.5
        sides = [min(rect.width(), rect.height()) for _box, rect in boxes]
        if len(boxes) > _MANY or (len(boxes) > 1 and min(sides, default=0.0) < _NARROW):
            # Many boxes are seen without a halo, and thin lines are drawn ten times as fast; narrow ones need the room.
            width = 1.0
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._halo, width + 2))
            painter.drawRects([rect for _box, rect in boxes])
        for kind in Kind:
            rects = [rect for box, rect in boxes if box.kind is kind]
            if rects:
                self._draw_kind(painter, kind, rects, width, mark.cells.is_here)
        for box, rect in boxes:
            if box.times > 1:
                self._draw_times(painter, box, rect)
        if mark.tag and boxes:
            self._draw_tag(painter, mark.tag, boxes[0][1])

    def _draw_kind(self, painter: QPainter, kind: Kind, rects: list[QRectF], width: float, is_here: bool) -> None:
        colour = self._colours[kind]
        pen = QPen(colour, width, _PENS[kind] if is_here else Qt.PenStyle.DotLine)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        fill = QColor(colour)
        fill.setAlpha(36 if kind is Kind.DATA else 150)
        if is_here:
            # By itself: a PDF knows one opacity for both.
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QBrush(fill, _HATCHES[kind]))
            painter.drawRects(rects)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRects(rects)

    def _draw_times(self, painter: QPainter, box: Box, rect: QRectF) -> None:
        """Writes how often an element is read, inside a second frame."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._colours[box.kind], 1))
        if min(rect.width(), rect.height()) > _FRAMED:
            painter.drawRect(rect.adjusted(3, 3, -3, -3))
        if min(rect.width(), rect.height()) > _ROOM:
            self._draw_plate(painter, f"×{box.times}", rect.bottomRight() - QPointF(4, 4), right=True)

    def _draw_tag(self, painter: QPainter, tag: str, rect: QRectF) -> None:
        self._draw_plate(painter, tag, rect.topLeft() - QPointF(1, 2), right=False)

    def _draw_plate(self, painter: QPainter, text: str, corner: QPointF, right: bool) -> None:
        """Writes a text on a plate whose lower corner is given."""
        wide, high = self._metrics.horizontalAdvance(text) + 6, self._metrics.capHeight() + 6
        plate = QRectF(corner.x() - (wide if right else 0), corner.y() - high, wide, high)
        painter.fillRect(plate, self._colours[Kind.DATA])
        painter.setPen(QPen(self._halo.darker() if self._halo.lightness() < 128 else self._halo.lighter()))
        painter.drawText(QPointF(plate.left() + 3, plate.bottom() - 3), text)


def _seen(transform: QTransform, rect: Rect, least: float) -> QRectF:
    """Returns a rectangle in logical pixels, on whole ones, with sides of at least so many."""
    left, top, width, height = rect
    across, down = transform.m11(), transform.m22()
    wide, high = max(width * across, least), max(height * down, least)
    x = transform.dx() + (left + width / 2) * across - wide / 2
    y = transform.dy() + (top + height / 2) * down - high / 2
    return QRectF(round(x) + 0.5, round(y) + 0.5, round(wide) - 1, round(high) - 1)
