"""The target on a plot: lines that a person takes hold of, also at their crossing, and the grid of multiples."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from padviewer.gui.dataset.frame import Frame
from padviewer.gui.theme import Theme
from padviewer.spec import MAX_SIZE

# A line is taken hold of from so far away, in pixels.
_REACH = 6.0
_HANDLE = 5.0
# Multiples that lie closer together are not drawn.
_CLOSEST = 9.0


@dataclass(frozen=True)
class Crosshair:
    """A target on the axes of a plot.

    Attributes:
        across, up: the size on each axis, rounded to its multiple; None where the axis has none.
        steps: the multiples of both axes.
    """

    across: int | None = None
    up: int | None = None
    steps: tuple[int, int] = (1, 1)

    def hit(self, frame: Frame, x: float, y: float) -> str:
        """Returns what lies under a pixel: `x`, `y`, `xy`, or nothing."""
        found = ""
        if self.across is not None and abs(frame.x_of(self.across) - x) <= _REACH:
            found += "x"
        if self.up is not None and abs(frame.y_of(self.up) - y) <= _REACH:
            found += "y"
        inside = frame.x <= x <= frame.x + frame.width and frame.y <= y <= frame.y + frame.height
        return found if inside else ""

    def at(self, frame: Frame, held: str, x: float, y: float) -> Crosshair:
        """Returns it after what is held was moved to a pixel, on the nearest multiples."""
        across = nearest(frame.value_x(x), self.steps[0]) if "x" in held else self.across
        up = nearest(frame.value_y(y), self.steps[1]) if "y" in held else self.up
        return Crosshair(across, up, self.steps)

    def stepped(self, right: int, upwards: int) -> Crosshair:
        """Returns it after so many multiples on each axis."""
        return Crosshair(
            _stepped(self.across, right, self.steps[0]), _stepped(self.up, upwards, self.steps[1]), self.steps
        )

    def draw_grid(self, painter: QPainter, frame: Frame, theme: Theme) -> None:
        """Draws the multiples, where they lie far enough apart."""
        colour = QColor(theme.border)
        colour.setAlpha(110)
        painter.setPen(QPen(colour, 1, Qt.PenStyle.DotLine))
        lines = [QLineF(x, frame.y, x, frame.y + frame.height) for x in self._multiples(frame, 0)]
        if self.up is not None:
            lines += [QLineF(frame.x, y, frame.x + frame.width, y) for y in self._multiples(frame, 1)]
        painter.drawLines(lines)

    def _multiples(self, frame: Frame, axis: int) -> list[float]:
        step = self.steps[axis]
        if step < 2 or (self.across, self.up)[axis] is None:
            return []
        first, last = (
            (frame.value_x(frame.x), frame.value_x(frame.x + frame.width)),
            (frame.value_y(frame.y + frame.height), frame.value_y(frame.y)),
        )[axis]
        place = (frame.x_of, frame.y_of)[axis]
        # On a scale of logarithms they lie closest together at its end.
        if abs(place(last) - place(max(0.0, last - step))) < _CLOSEST:
            return []
        number = int(first // step) + 1
        found = []
        while number * step <= last:
            found.append(place(number * step))
            number += 1
        return found

    def draw(self, painter: QPainter, frame: Frame, theme: Theme, held: str) -> None:
        """Draws what the target holds, its lines and its handles."""
        accent = QColor(theme.accent)
        right, bottom = frame.x + frame.width, frame.y + frame.height
        x = None if self.across is None else frame.x_of(self.across)
        y = None if self.up is None else frame.y_of(self.up)
        tint = QColor(accent)
        tint.setAlpha(20)
        edge = right if x is None else min(max(x, frame.x), right)
        top = frame.y if y is None else min(max(y, frame.y), bottom)
        if x is not None or y is not None:
            painter.fillRect(QRectF(frame.x, top, edge - frame.x, bottom - top), tint)
        shown_x, shown_y = x is not None and frame.x <= x <= right, y is not None and frame.y <= y <= bottom
        for shown, name, line in (
            (shown_x, "x", QLineF(x or 0, frame.y, x or 0, bottom)),
            (shown_y, "y", QLineF(frame.x, y or 0, right, y or 0)),
        ):
            if shown:
                painter.setPen(QPen(accent, 2 if name in held else 1))
                painter.drawLine(line)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        if shown_x and x is not None:
            painter.drawPolygon(_pointer(x, bottom, 0, -1))
            painter.drawPolygon(_pointer(x, frame.y, 0, 1))
        if shown_y and y is not None:
            painter.drawPolygon(_pointer(frame.x, y, 1, 0))
            painter.drawPolygon(_pointer(right, y, -1, 0))
        if shown_x and shown_y and x is not None and y is not None:
            # Hollow: the largest files of many data sets lie in it.
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(accent, 2))
            painter.drawRect(QRectF(x - _HANDLE - 1, y - _HANDLE - 1, 2 * _HANDLE + 2, 2 * _HANDLE + 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)


def nearest(value: float, step: int) -> int:
    """Returns the nearest multiple, at least one."""
    return min(max(step, round(value / step) * step), MAX_SIZE // step * step)


def _stepped(size: int | None, by: int, step: int) -> int | None:
    return None if size is None else nearest(size // step * step + by * step, step) if by else size


def _pointer(x: float, y: float, right: int, down: int) -> QPolygonF:
    """Returns a triangle at the end of a line, which points along it."""
    size = _HANDLE
    if down:
        return QPolygonF([QPointF(x - size, y), QPointF(x + size, y), QPointF(x, y + down * 1.6 * size)])
    return QPolygonF([QPointF(x, y - size), QPointF(x, y + size), QPointF(x + right * 1.6 * size, y)])
