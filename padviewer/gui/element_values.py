"""A grid between elements, and their values on them, where a view is close enough to read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem, QWidget

from padviewer.gui.element_text import Lines, element_lines
from padviewer.gui.rendering import Pixels
from padviewer.gui.theme import monospaced

# Smaller elements, in the device's pixels, have no grid.
_SMALLEST_CELL = 12
_MOST_TEXTS = 4000
_POINTS = 7.5
# Between the lines of an element.
_LEADING = 3.0
_GAP = 2.0
# Written where a value does not fit.
_LEFT_OUT = ("…",)
# Of two luminances, white text has more contrast below this one, and black text above.
_MIDDLE = 0.179
_SHADE, _LIGHT = QColor(0, 0, 0, 150), QColor(255, 255, 255, 110)


@dataclass(frozen=True)
class Cells:
    """The elements that a view shows, in its logical pixels.

    Attributes:
        left, top: of element (0, 0).
        width, height: of an element.
        rows, columns: the half-open ranges that are visible.
    """

    left: float
    top: float
    width: float
    height: float
    rows: tuple[int, int]
    columns: tuple[int, int]

    @property
    def count(self) -> int:
        """How many there are."""
        return (self.rows[1] - self.rows[0]) * (self.columns[1] - self.columns[0])

    def x(self, column: int) -> float:
        """Returns the left border of a column."""
        return self.left + column * self.width

    def y(self, row: int) -> float:
        """Returns the upper border of a row."""
        return self.top + row * self.height


class ElementValues(QGraphicsItem):
    """Draws over a picture of elements; nothing where they are small."""

    def __init__(self) -> None:
        super().__init__()
        self._values: npt.NDArray[Any] | None = None
        self._pixels: Pixels = np.zeros((0, 0, 4), np.uint8)
        self._rect = QRectF()
        self._background = 0.0
        self._is_hatched = False
        self._font = monospaced(_POINTS)
        metrics = QFontMetricsF(self._font)
        self._digit, self._high = metrics.horizontalAdvance("0"), metrics.capHeight()
        self._line = self._high + _LEADING

    def set_elements(self, values: npt.NDArray[Any], pixels: Pixels, rect: QRectF) -> None:
        """Sets the elements, (rows, columns) or (rows, columns, colours), their RGBA pixels, and what they cover."""
        self.prepareGeometryChange()
        self._values, self._pixels, self._rect = values, pixels, rect
        self.update()

    def clear(self) -> None:
        """Draws nothing."""
        if self._values is not None:
            self.prepareGeometryChange()
            self._values = None

    def set_background(self, colour: str) -> None:
        """Sets the colour that is seen through transparent elements."""
        seen = QColor(colour)
        self._background = float(_luminance(np.array([seen.red(), seen.green(), seen.blue()], np.uint8)))
        self.update()

    def set_hatched(self, hatched: bool) -> None:
        """Whether a hatch lies over elements: their texts get a plate of the element's colour then."""
        self._is_hatched = hatched
        self.update()

    def boundingRect(self) -> QRectF:
        """Qt asks for the part of the scene that is drawn on."""
        return self._rect if self._values is not None else QRectF()

    def paint(self, painter: QPainter, _option: Any, widget: QWidget | None = None) -> None:
        """Draws in the device's pixels what is visible."""
        size = widget.size() if widget else painter.viewport().size()
        cells = self.cells(painter.worldTransform(), size, painter.device().devicePixelRatio())
        if cells is None:
            return
        painter.save()
        painter.setWorldTransform(QTransform())
        _draw_grid(painter, cells)
        painter.setFont(self._font)
        for (row, column), lines, is_dark in self.texts(cells):
            painter.setPen(Qt.GlobalColor.white if is_dark else Qt.GlobalColor.black)
            middle, height = cells.x(column) + cells.width / 2, self._line * len(lines) - _LEADING
            top = cells.y(row) + (cells.height - height) / 2
            if self._is_hatched:
                width = self._digit * max(map(len, lines))
                plate = QRectF(middle - width / 2 - 1, top - 1, width + 2, height + 2)
                painter.fillRect(plate, QColor(*self._pixels[row, column].tolist()))
            base = top + self._high
            for line in lines:
                painter.drawText(QPointF(middle - self._digit * len(line) / 2, base), line)
                base += self._line
        painter.restore()

    def cells(self, transform: QTransform, size: QSize, ratio: float) -> Cells | None:
        """Returns the elements that are visible; None where they are too small for a grid.

        Args:
            transform: from the item's coordinates to logical pixels, without rotation.
            size: of the view in logical pixels.
            ratio: of the device's pixels to logical ones.
        """
        if self._values is None:
            return None
        covered = transform.mapRect(self._rect)
        rows, columns = self._values.shape[:2]
        width, height = covered.width() / columns, covered.height() / rows
        if min(width, height) * ratio < _SMALLEST_CELL:
            return None
        return Cells(
            covered.left(),
            covered.top(),
            width,
            height,
            _between(-covered.top() / height, (size.height() - covered.top()) / height, rows),
            _between(-covered.left() / width, (size.width() - covered.left()) / width, columns),
        )

    def texts(self, cells: Cells) -> Iterator[tuple[tuple[int, int], Lines, bool]]:
        """Yields row and column, the lines of text, and whether the element is dark, for each that is visible.

        Numbers that are too long are left out and marked so, and where most of them are, nothing is written. Whole
        numbers are written only where all of them fit.
        """
        lines_each = self._lines_each()
        room = int((cells.width - 2 * _GAP) // self._digit)
        high = lines_each * self._line - _LEADING + 2 * _GAP <= cells.height
        if self._values is None or room < 1 or not high or cells.count * lines_each > _MOST_TEXTS:
            return
        rows, columns = slice(*cells.rows), slice(*cells.columns)
        shown = self._values[rows, columns]
        texts = element_lines(shown.reshape(cells.count, *shown.shape[2:]))
        fits = [max(map(len, lines)) <= room for lines in texts]
        if 2 * sum(fits) < len(fits) or (shown.dtype.kind in "iub" and not all(fits)):
            return
        dark = (self._luminances(self._pixels[rows, columns]) < _MIDDLE).ravel().tolist()
        wide = cells.columns[1] - cells.columns[0]
        for at, (lines, is_dark, is_short) in enumerate(zip(texts, dark, fits, strict=True)):
            place = (cells.rows[0] + at // wide, cells.columns[0] + at % wide)
            yield place, lines if is_short else _LEFT_OUT, is_dark

    def _lines_each(self) -> int:
        if self._values is None:
            return 0
        return self._values.shape[2] if self._values.ndim == 3 else 2 if self._values.dtype.kind == "c" else 1

    def _luminances(self, pixels: Pixels) -> npt.NDArray[np.float64]:
        alpha = pixels[..., 3] / 255
        return alpha * _luminance(pixels) + (1 - alpha) * self._background


def _between(first: float, last: float, size: int) -> tuple[int, int]:
    start = min(max(0, math.floor(first)), size)
    return start, max(start, min(size, math.ceil(last)))


def _luminance(colours: Pixels) -> npt.NDArray[np.float64]:
    """Returns the relative luminance of sRGB colours, 0 to 1, after WCAG 2."""
    shares = colours[..., :3] / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    luminance: npt.NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return luminance


def _draw_grid(painter: QPainter, cells: Cells) -> None:
    """Draws lines that are dark and light by turns, so that they are seen on any colour."""
    left, right = (round(cells.x(column)) for column in cells.columns)
    top, bottom = (round(cells.y(row)) for row in cells.rows)
    across, down = _strips(1 << max(right - left, bottom - top).bit_length())
    part = QRect(0, 0, 1, bottom - top)
    for column in range(cells.columns[0], cells.columns[1] + 1):
        painter.drawImage(QPoint(round(cells.x(column)), top), down, part)
    part = QRect(0, 0, right - left, 1)
    for row in range(cells.rows[0], cells.rows[1] + 1):
        painter.drawImage(QPoint(left, round(cells.y(row))), across, part)


@lru_cache(maxsize=4)
def _strips(length: int) -> tuple[QImage, QImage]:
    """Returns a line across and one down, as pictures: a pen or a brush with a pattern takes three times as long."""
    across = QImage(length, 1, QImage.Format.Format_ARGB32_Premultiplied)
    for x in range(length):
        across.setPixelColor(x, 0, _LIGHT if x % 2 else _SHADE)
    return across, across.transformed(QTransform().rotate(90))
