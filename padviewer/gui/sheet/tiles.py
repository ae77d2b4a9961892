"""How a filter is drawn on the sheet: its thumbnail or curve, its number, and two of its figures."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from padviewer.gui.rendering import Levels, Look, choose_map, levels_of, lookup_table, paint
from padviewer.gui.sheet.list import SheetList, state_of
from padviewer.gui.sheet.page import SheetPage
from padviewer.gui.theme import DARK, Theme, monospaced
from padviewer.gui.words import number
from padviewer.workers.messages import Array
from padviewer.workers.statistics import summarize

Index = QModelIndex | QPersistentModelIndex
_WIDTH, _HIGHEST, _LOWEST = 96.0, 72.0, 32.0
_MARGIN, _GAP = 6.0, 3.0
_LINES = 3
_POINTS = 7.5
# No plane is drawn narrower than this share of its length.
_SLIMMEST = 0.125


class SheetTiles(QStyledItemDelegate):
    """Draws the rows of a `SheetList`."""

    def __init__(self, filters: SheetList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filters = filters
        self._theme = DARK
        self._look = Look()
        self._common: Levels | None = None
        self._aspect: float | None = None
        self._current = -1
        self._font = monospaced(_POINTS)
        self._line = QFontMetricsF(self._font).height()
        self._height = _HIGHEST
        self._pictures: dict[int, QImage] = {}

    def set_room(self, height: int) -> bool:
        """Fits a row into a height, where that can be; returns whether rows have another height now."""
        before, self._height = self._height, min(max(_LOWEST, height - self._texts), _HIGHEST)
        return self._height != before

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme = theme

    def set_look(self, look: Look, common: Levels | None, aspect: float | None) -> None:
        """Sets how numbers become colours.

        Args:
            look: colour map and rule of the levels.
            common: levels of all filters; None gives each its own.
            aspect: width of a plane for each unit of its height; None fills the room that there is.
        """
        if (look, common, aspect) != (self._look, self._common, self._aspect):
            self._look, self._common, self._aspect = look, common, aspect
            self.forget()

    def set_current(self, filter_number: int) -> None:
        """Sets which filter is on screen: it has an outline."""
        self._current = filter_number

    def forget(self) -> None:
        """Thumbnails are others now."""
        self._pictures.clear()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(round(_WIDTH + 2 * _MARGIN), round(self._height + self._texts))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        page = self._filters.page
        if page is None:
            return
        filter_number = self._filters.filter_at(index.row())
        area = QRectF(option.rect)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        inside = area.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        room = QRectF(inside.left(), inside.top(), inside.width(), self._height)
        painter.save()
        painter.setFont(self._font)
        self._draw_frame(painter, area, filter_number == self._current, focused)
        self._draw_outputs(painter, room, page, filter_number)
        inside.setTop(room.bottom() + _GAP)
        self._write(painter, inside, page, filter_number)
        painter.restore()

    @property
    def _texts(self) -> float:
        """The height that is not the picture's."""
        return _GAP + _LINES * self._line + 2 * _MARGIN

    def _draw_frame(self, painter: QPainter, area: QRectF, current: bool, focused: bool) -> None:
        painter.setBrush(QColor(self._theme.field) if current else Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._theme.accent), 2) if current else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(area.adjusted(2, 2, -2, -2), 4, 4)
        if focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.text), 1, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(area.adjusted(3.5, 3.5, -3.5, -3.5), 3, 3)

    def _draw_outputs(self, painter: QPainter, room: QRectF, page: SheetPage, filter_number: int) -> None:
        data = page.thumbnail(filter_number)
        if data is None or page.has_curves:
            painter.fillRect(room, QColor(self._theme.canvas))
            if data is not None:
                self._draw_curve(painter, room, data.ravel())
        else:
            room = _fitted(room, self._aspect)
            picture = self._picture(filter_number, data)
            # Few outputs are shown as they are; of many, the picture counts.
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, 2 * picture.width() > room.width())
            painter.drawImage(room, picture)
        if data is not None and page.figures.is_dead(filter_number):
            hatch = QColor(self._theme.muted)
            painter.setBrushOrigin(room.topLeft())
            painter.fillRect(room, QBrush(hatch, Qt.BrushStyle.DiagCrossPattern))

    def _picture(self, filter_number: int, data: Array) -> QImage:
        picture = self._pictures.get(filter_number)
        if picture is None:
            name, levels = choose_map(self._look, True, self._levels(data))
            pixels = np.ascontiguousarray(paint(np.ascontiguousarray(data), lookup_table(name), levels))
            rows, columns = pixels.shape[:2]
            picture = QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()
            self._pictures[filter_number] = picture
        return picture

    def _draw_curve(self, painter: QPainter, room: QRectF, outputs: Array) -> None:
        low, high = self._levels(outputs)
        scale = room.height() / (high - low)
        painter.setClipRect(room)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if low <= 0 <= high:
            painter.setPen(QPen(QColor(self._theme.border), 1))
            zero = room.bottom() + low * scale
            painter.drawLine(QPointF(room.left(), zero), QPointF(room.right(), zero))
        painter.setPen(QPen(QColor(self._theme.accent), 1.2))
        step = room.width() / max(1, len(outputs) - 1)
        points = [
            QPointF(room.left() + at * step, room.bottom() - (float(value) - low) * scale)
            for at, value in enumerate(outputs)
            if np.isfinite(value)
        ]
        if len(points) == 1:
            painter.drawEllipse(points[0], 2, 2)
        painter.drawPolyline(QPolygonF(points))
        painter.setClipping(False)

    def _levels(self, data: Array) -> Levels:
        return self._common or levels_of(self._look, data, summarize(data))

    def _write(self, painter: QPainter, area: QRectF, page: SheetPage, filter_number: int) -> None:
        figures = page.figures
        known = bool(figures.finite[filter_number] + figures.odd[filter_number])
        lines = [(f"{filter_number + 1}", state_of(page, filter_number) if known else "…")]
        for name, values in (("mean", figures.mean), ("max", figures.maximum)):
            value = float(values[filter_number])
            lines.append((name, number(value) if np.isfinite(value) else "—"))
        for row, (left, right) in enumerate(lines):
            line = QRectF(area.left(), area.top() + row * self._line, area.width(), self._line)
            painter.setPen(QColor(self._theme.muted if row else self._theme.text))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, left)
            painter.setPen(QColor(self._theme.text))
            painter.drawText(line, Qt.AlignmentFlag.AlignRight, right)


def _fitted(room: QRectF, aspect: float | None) -> QRectF:
    """Returns the largest rectangle of an aspect in the middle of a room."""
    if aspect is None:
        return room
    aspect = min(max(aspect, _SLIMMEST), 1 / _SLIMMEST)
    width, height = min(room.width(), room.height() * aspect), min(room.height(), room.width() / aspect)
    return QRectF(room.center().x() - width / 2, room.center().y() - height / 2, width, height)
