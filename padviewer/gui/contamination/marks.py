"""The tint of contamination over a feature map, and the contour of the outputs that see data only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QWidget

from padviewer.gui.contamination.slice import ContaminationSlice, Shares
from padviewer.gui.padding_marks import PATTERNS, rect_of
from padviewer.gui.theme import DARK, Theme, monospaced

# How opaque each step of the tint is, of 255; the last is hatched besides.
OPACITIES = (0, 50, 90, 130, 170, 170)
_HATCH = 230
_POINTS = 7.5
_CONTOUR_LABEL = "0 %"
_ROOM = (44, 28)
# Outputs of these sizes, in logical pixels, may have values written where the name would stand.
_VALUES = (12, 40)

Picture = tuple[tuple[float, ...], QImage, npt.NDArray[np.uint32]]


class ContaminationMarks(QGraphicsItem):
    """Draws over the picture of FEATURE. What it drew stays until the view changes."""

    def __init__(self) -> None:
        super().__init__()
        self._slice: ContaminationSlice | None = None
        self._theme = DARK
        self._font = monospaced(_POINTS)
        self._drawn: Picture | None = None

    def set_slice(self, found: ContaminationSlice | None) -> None:
        """Sets what is shown; None shows nothing."""
        self.prepareGeometryChange()
        self._slice, self._drawn = found, None
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme, self._drawn = theme, None
        self.update()

    @property
    def slice(self) -> ContaminationSlice | None:
        """What is shown."""
        return self._slice

    def boundingRect(self) -> QRectF:
        """Qt asks for the part of the scene that is drawn on."""
        return QRectF(*self._slice.rect) if self._slice else QRectF()

    def paint(self, painter: QPainter, _option: Any, widget: QWidget | None = None) -> None:
        """Draws one tint for each of the device's pixels, and only those that are visible."""
        found = self._slice
        if found is None:
            return
        transform = painter.worldTransform()
        size = widget.size() if widget else painter.viewport().size()
        view = QRectF(0, 0, size.width(), size.height())
        covered = transform.mapRect(QRectF(*found.rect))
        visible = covered.intersected(view)
        if visible.isEmpty():
            return
        painter.save()
        painter.setWorldTransform(QTransform())
        ratio = painter.device().devicePixelRatio()
        key = (*rect_of(covered), *rect_of(visible), ratio)
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = (key, *_tinted(found, covered, visible, ratio, self._theme))
        left, top = math.floor(visible.left() * ratio) / ratio, math.floor(visible.top() * ratio) / ratio
        painter.drawImage(QPointF(left, top), self._drawn[1])
        if found.clean is not None and found.clean != found.rect:
            element = min(covered.width() / found.columns.size, covered.height() / found.rows.size)
            self._paint_contour(painter, transform.mapRect(QRectF(*found.clean)), view, element)
        painter.restore()

    def _paint_contour(self, painter: QPainter, clean: QRectF, view: QRectF, element: float) -> None:
        """Draws a line around the outputs that see data only, with its name where it covers no value."""
        clean = clean.intersected(view.adjusted(-4, -4, 4, 4))
        if clean.isEmpty():
            return
        painter.setPen(QPen(QColor(self._theme.canvas), 3))
        painter.drawRect(clean)
        painter.setPen(QPen(QColor(self._theme.padding), 1))
        painter.drawRect(clean)
        inside = clean.intersected(view)
        is_far = clean.left() < 0 and clean.top() < 0
        if is_far or _VALUES[0] <= element < _VALUES[1] or inside.width() < _ROOM[0] or inside.height() < _ROOM[1]:
            return
        painter.setFont(self._font)
        metrics = QFontMetricsF(self._font)
        corner = inside.topLeft() + QPointF(2, 2)
        plate = QRectF(corner, QSizeF(metrics.horizontalAdvance(_CONTOUR_LABEL) + 4, metrics.height()))
        painter.fillRect(plate, QColor(self._theme.canvas))
        painter.setPen(QColor(self._theme.padding))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, _CONTOUR_LABEL)


def hatch(theme: Theme) -> QBrush:
    """Returns what marks windows of padding alone, beside their tint."""
    colour = QColor(theme.padding)
    colour.setAlpha(_HATCH)
    return QBrush(colour, Qt.BrushStyle.BDiagPattern)


def tints(theme: Theme) -> list[QColor]:
    """Returns the tint of each step."""
    colours = []
    for opacity in OPACITIES:
        colour = QColor(theme.padding)
        colour.setAlpha(opacity)
        colours.append(colour)
    return colours


def _tinted(
    found: ContaminationSlice, covered: QRectF, visible: QRectF, ratio: float, theme: Theme
) -> tuple[QImage, npt.NDArray[np.uint32]]:
    """Returns the tint of what is visible, in the device's pixels, and the memory that the picture lies in.

    Along an axis few shares differ, so colours are chosen for the pairs that do, and not for each pixel.
    """
    rows = found.rows.data_shares(
        _edges(covered.top(), covered.height(), found.rows.size, visible.top(), visible.bottom(), ratio)
    )
    columns = found.columns.data_shares(
        _edges(covered.left(), covered.width(), found.columns.size, visible.left(), visible.right(), ratio)
    )
    row_values, row_places = np.unique(rows, return_inverse=True)
    column_values, column_places = np.unique(columns, return_inverse=True)
    colours = np.array([_premultiplied(colour) for colour in tints(theme)], np.uint32)
    chosen = colours[found.steps(row_values, column_values)]
    pixels = np.ascontiguousarray(chosen[row_places].take(column_places, axis=1))
    height, width = pixels.shape
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    _hatch_padding(image, found, rows, columns, ratio, theme)
    return image, pixels


def _edges(start: float, length: float, size: int, first: float, last: float, ratio: float) -> Shares:
    """Returns the borders of the device's pixels from one place on screen to another, in outputs.

    Args:
        start, length: what all outputs cover, in logical pixels.
        size: how many outputs there are.
        first, last: what is visible, in logical pixels.
        ratio: of the device's pixels to logical ones.
    """
    pixels = np.arange(math.floor(first * ratio), math.ceil(last * ratio) + 1) / ratio
    edges: Shares = (pixels - start) / length * size
    return edges


def _premultiplied(colour: QColor) -> int:
    red, green, blue, alpha = colour.red(), colour.green(), colour.blue(), colour.alpha()
    return alpha << 24 | red * alpha // 255 << 16 | green * alpha // 255 << 8 | blue * alpha // 255


def _hatch_padding(
    image: QImage, found: ContaminationSlice, rows: Shares, columns: Shares, ratio: float, theme: Theme
) -> None:
    """Hatches the outputs that see nothing but padding: whole rows and columns of them, or all."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    width, height = len(columns) / ratio, len(rows) / ratio
    if found.hidden == 0:
        path.addRect(QRectF(0, 0, width, height))
    for start, stop in _runs(rows == 0):
        path.addRect(QRectF(0, start / ratio, width, (stop - start) / ratio))
    for start, stop in _runs(columns == 0):
        path.addRect(QRectF(start / ratio, 0, (stop - start) / ratio, height))
    if not path.isEmpty():
        painter = QPainter(image)
        painter.setRenderHint(PATTERNS)
        painter.fillPath(path, hatch(theme))
        painter.end()


def _runs(wanted: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Returns the half-open ranges in which an array is true."""
    edges = np.flatnonzero(np.diff(wanted.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
