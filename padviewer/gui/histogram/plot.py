"""Bars, and two lines that are the levels of a pane."""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from padviewer.gui.focus_drawn import FocusDrawn
from padviewer.gui.guarding import guarded
from padviewer.gui.rendering import Levels, Pixels
from padviewer.gui.statistics_text import short
from padviewer.gui.theme import DARK, Theme, monospaced
from padviewer.workers.histogram import Bins

_STRIP, _HANDLE, _MARGIN = 6, 5, 8
# A line is taken hold of from so far away.
_REACH = 8


class HistogramPlot(FocusDrawn):
    """Draws counts over values; reports levels that a person drags, or moves by the arrow keys."""

    levels_edited = Signal(object)  # Levels

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bins: Bins | None = None
        self._edges: npt.NDArray[np.float64] = np.zeros(0)
        self._counts: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._levels: Levels = (0.0, 1.0)
        self._colours: Pixels | None = None
        self._is_log = True
        self._is_old = False
        self._held = 0
        self._dragging = False
        self._theme = DARK
        self.setFont(monospaced(8))
        self.setMinimumSize(120, 56)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Histogram")
        self.setToolTip("Drag a line to set a level. Arrow keys move the line that is held; up and down choose it")

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme = theme
        self.update()

    def set_counts(self, bins: Bins | None, counts: npt.NDArray[np.int64]) -> None:
        """Shows the bars of bins; None shows none."""
        self._bins, self._counts = bins, counts
        self._edges = np.zeros(0) if bins is None else bins.edges
        self._is_old = False
        self.setAccessibleDescription(self.described)
        self.update()

    def set_levels(self, levels: Levels, colours: Pixels) -> None:
        """Shows the levels of a pane, and the 256 RGBA colours between them."""
        self._levels, self._colours = levels, colours
        self.update()

    def set_log(self, log: bool) -> None:
        """Shows the logarithm of the counts."""
        self._is_log = log
        self.update()

    def set_old(self, old: bool) -> None:
        """Fades bars that are those of something else."""
        self._is_old = old
        self.update()

    @property
    def heights(self) -> npt.NDArray[np.float64]:
        """The height of each bar, as a share of the highest."""
        counts = self._counts.astype(np.float64)
        counts = np.log1p(counts) if self._is_log else counts
        highest = counts.max(initial=0.0)
        shares: npt.NDArray[np.float64] = counts / highest if highest else counts
        return shares

    @property
    def described(self) -> str:
        """The histogram in words."""
        if self._bins is None or not self._counts.size:
            return "nothing is counted"
        most = int(self._counts.argmax())
        return (
            f"{len(self._counts)} bins from {short(self._bins.low)} to {short(self._bins.high)}; "
            f"most elements, {self._counts[most]}, in {self._bin_text(most)}"
        )

    def x_of(self, value: float) -> float:
        """Returns where a value lies across the widget."""
        low, high = self._range
        # Halves, because the difference of the two ends of float64 is no float64.
        share = (value / 2 - low / 2) / max(high / 2 - low / 2, 5e-324)
        return _MARGIN + share * (self.width() - 2 * _MARGIN)

    def value_at(self, x: float) -> float:
        """Returns the value at a place, rounded to what a pixel can tell."""
        low, high = self._range
        share = (x - _MARGIN) / max(1, self.width() - 2 * _MARGIN)
        value = low * (1 - share) + high * share
        pixel = (high / 2 - low / 2) / max(1, self.width()) * 2
        if not (math.isfinite(value) and math.isfinite(pixel) and pixel > 0):
            return min(max(value, -1.7e308), 1.7e308)
        return round(value, -math.floor(math.log10(pixel)))

    @property
    def _range(self) -> Levels:
        ends = [*self._levels, *(self._edges[[0, -1]] if len(self._edges) else ())]
        low, high = float(min(ends)), float(max(ends))
        return (low, high) if high > low else (low - 0.5, low + 0.5)

    def _end(self, number: int) -> float | int:
        """Returns the least or the largest value that is shown: of integers not the half step around it."""
        end = self._range[number]
        if self._bins is None or end != self._edges[-number]:
            return end
        return self._bins.high if number else self._bins.low

    def _bin_text(self, number: int) -> str:
        if self._bins is None:
            return ""
        if self._bins.width is not None:
            first = int(self._bins.low) + number * self._bins.width
            last = min(first + self._bins.width - 1, int(self._bins.high))
            return str(first) if first == last else f"{first} to {last}"
        return f"{short(float(self._edges[number]))} to {short(float(self._edges[number + 1]))}"

    # ---- Qt's events

    def sizeHint(self) -> QSize:
        """Qt asks how large it wants to be."""
        return QSize(480, 120)

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws everything: there are few bars."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.canvas))
        metrics = QFontMetricsF(self.font())
        bottom = self.height() - metrics.height() - _STRIP - 4
        painter.setOpacity(0.35 if self._is_old else 1.0)
        self._draw_bars(painter, bottom)
        painter.setOpacity(1.0)
        self._draw_strip(painter, bottom + 2)
        self._draw_texts(painter, metrics)
        for number in (0, 1):
            self._draw_line(painter, number, bottom)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.accent), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _draw_bars(self, painter: QPainter, bottom: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.muted))
        if self._bins is not None and self._bins.count == 1:
            x = self.x_of(float(self._bins.low))
            painter.drawRect(QRectF(x - 2, 4, 4, bottom - 4))
            return
        for number, share in enumerate(self.heights):
            if share:
                left, right = self.x_of(float(self._edges[number])), self.x_of(float(self._edges[number + 1]))
                high = max(1.0, share * (bottom - 4))
                painter.drawRect(QRectF(left, bottom - high, max(1.0, right - left), high))

    def _draw_strip(self, painter: QPainter, top: float) -> None:
        if self._colours is None:
            return
        row = np.ascontiguousarray(self._colours[np.newaxis])
        image = QImage(row.data, row.shape[1], 1, row.nbytes, QImage.Format.Format_RGBA8888)
        left, right = (self.x_of(level) for level in self._levels)
        painter.drawImage(QRectF(left, top, max(1.0, right - left), _STRIP), image)

    def _draw_texts(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        painter.setPen(QColor(self._theme.muted))
        base = self.height() - metrics.descent() - 1
        low, high = (short(self._end(number)) for number in (0, 1))
        painter.drawText(QPointF(_MARGIN, base), low)
        painter.drawText(QPointF(self.width() - _MARGIN - metrics.horizontalAdvance(high), base), high)
        if self._counts.size:
            scale = " (log)" if self._is_log else ""
            text = f"most {int(self._counts.max())}{scale}"
            painter.drawText(QPointF((self.width() - metrics.horizontalAdvance(text)) / 2, base), text)

    def _draw_line(self, painter: QPainter, number: int, bottom: float) -> None:
        x = self.x_of(self._levels[number])
        colour = QColor(self._theme.accent)
        held = number == self._held and self.hasFocus()
        painter.setPen(QPen(colour, 2 if held else 1))
        painter.drawLine(QPointF(x, 0), QPointF(x, bottom))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        inwards = _HANDLE if number == 0 else -_HANDLE
        painter.drawPolygon(QPolygonF([QPointF(x, 0), QPointF(x + 2 * inwards, 0), QPointF(x, 2 * _HANDLE)]))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of the nearer line."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x = event.position().x()
        low, high = (self.x_of(level) for level in self._levels)
        self._held = 0 if abs(x - low) < abs(x - high) or (x < low and low == high) else 1
        self._dragging = min(abs(x - low), abs(x - high)) <= _REACH
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Moves the line that is held; else tells of the bar."""
        x = event.position().x()
        if self._dragging:
            self._move(self.value_at(x))
            return
        near = min(abs(x - self.x_of(level)) for level in self._levels) <= _REACH
        self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)
        number = self._bin_at(x)
        if number is not None:
            share = self._counts[number] / max(1, self._counts.sum())
            text = f"{self._bin_text(number)}: {self._counts[number]} elements, {share:.2%}".replace("%", " %")
            QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Lets go."""
        self._dragging = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves the line that is held by a pixel, with Ctrl by ten."""
        pixels = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._held = 1 - self._held
            self.update()
        elif pixels is not None:
            far = 10 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 1
            self._move(self.value_at(self.x_of(self._levels[self._held]) + far * pixels))
        else:
            super().keyPressEvent(event)

    def _move(self, value: float) -> None:
        low, high = (value, self._levels[1]) if self._held == 0 else (self._levels[0], value)
        if low < high and (low, high) != self._levels:
            self._levels = (low, high)
            self.update()
            self.levels_edited.emit(self._levels)

    def _bin_at(self, x: float) -> int | None:
        if not len(self._edges):
            return None
        low, high = self._range
        share = (x - _MARGIN) / max(1, self.width() - 2 * _MARGIN)
        number = bisect_right(self._edges.tolist(), low * (1 - share) + high * share) - 1
        return number if 0 <= number < len(self._counts) else None
