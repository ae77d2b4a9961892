"""What marks provenance on a picture: a hatch on padding, lines between its copies, a ghost of what was cropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QWidget

from padviewer.gui.provenance import Provenance
from padviewer.gui.rectangles import Rect
from padviewer.gui.theme import DARK, Theme, monospaced
from padviewer.plan import Stage

# Without it, a hatch is twice as dense where there are twice as many pixels.
PATTERNS = QPainter.RenderHint.NonCosmeticBrushPatterns
_EMPTY = (0.0, 0.0, 0.0, 0.0)
_POINTS = 7.5
# Folds that lie closer together, in logical pixels, would cover what they divide.
_CLOSEST_FOLDS = 24
_GAP = 4.0
_ABOUT = 0.9
# On larger elements, in logical pixels, their values are written; a word over them would hide some.
_LARGEST_ELEMENT = 12


class PaddingMarks(QGraphicsItem):
    """Draws over the picture of INPUT or PADDED, at any zoom alike."""

    def __init__(self) -> None:
        super().__init__()
        self._provenance: Provenance | None = None
        self._theme = DARK
        self._font = monospaced(_POINTS)

    def set_provenance(self, provenance: Provenance | None) -> None:
        """Sets what is marked; None marks nothing."""
        self.prepareGeometryChange()
        self._provenance = provenance
        self.update()

    @property
    def rects(self) -> tuple[Rect, Rect]:
        """The stage, and the part of it that is data; empty where nothing is marked."""
        return (self._provenance.outer, self._provenance.kept) if self._provenance else (_EMPTY, _EMPTY)

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme = theme
        self.update()

    def boundingRect(self) -> QRectF:
        """Qt asks for the part of the scene that is drawn on."""
        if self._provenance is None:
            return QRectF()
        return QRectF(*self._provenance.read).united(QRectF(*self._provenance.ghost))

    def paint(self, painter: QPainter, _option: Any, widget: QWidget | None = None) -> None:
        """Draws in logical pixels, so that hatches and lines keep their density, and only what is visible."""
        marks = self._provenance
        if marks is None or marks.outer == marks.kept == marks.ghost == marks.read:
            return
        transform = painter.worldTransform()
        view = _view(widget.size() if widget else painter.viewport().size())
        painter.save()
        painter.setWorldTransform(QTransform())
        painter.setRenderHint(PATTERNS)
        outer, kept, ghost, read = (
            transform.mapRect(QRectF(*rect)).intersected(view) if rect[2] and rect[3] else QRectF()
            for rect in (marks.outer, marks.kept, marks.ghost, marks.read)
        )
        if marks.stage is Stage.INPUT:
            self._paint_cropped(painter, outer, kept)
        else:
            self._paint_padding(painter, outer, kept)
            painter.drawLines(list(self._folds(marks, transform, view, outer)))
            self._paint_zeros(painter, outer, read)
            self._paint_ghost(painter, view, outer, ghost)
            if min(abs(transform.m11()), abs(transform.m22())) < _LARGEST_ELEMENT:
                self._paint_mode(painter, marks.mode, outer, kept)
        painter.restore()

    def _paint_padding(self, painter: QPainter, outer: QRectF, kept: QRectF) -> None:
        """Hatches what is padding; a slice that lies in padding has no content, and is hatched whole."""
        hatch = QColor(self._theme.padding)
        hatch.setAlpha(140)
        painter.fillPath(_between(outer, kept), QBrush(hatch, Qt.BrushStyle.BDiagPattern))
        painter.setPen(QPen(QColor(self._theme.padding), 1))
        if not kept.isEmpty() and kept != outer:
            painter.drawRect(kept)

    def _folds(self, marks: Provenance, transform: QTransform, view: QRectF, outer: QRectF) -> Iterator[QLineF]:
        """Yields a line at each place where one copy of the content meets another."""
        inverse, invertible = transform.inverted()
        if not invertible or outer.isEmpty():
            return
        seen = inverse.mapRect(view)
        across, down = _CLOSEST_FOLDS * seen.width() / view.width(), _CLOSEST_FOLDS * seen.height() / view.height()
        for place in marks.columns.folds(seen.left(), seen.right(), across):
            x = transform.map(QPointF(place, 0)).x()
            yield QLineF(x, outer.top(), x, outer.bottom())
        for place in marks.rows.folds(seen.top(), seen.bottom(), down):
            y = transform.map(QPointF(0, place)).y()
            yield QLineF(outer.left(), y, outer.right(), y)

    def _paint_zeros(self, painter: QPainter, outer: QRectF, read: QRectF) -> None:
        """Hatches what the convolution itself adds around PADDED, crosswise: it is padding, and in no tensor."""
        if outer.isEmpty() or read == outer:
            return
        hatch = QColor(self._theme.padding)
        hatch.setAlpha(110)
        painter.fillPath(_between(read, outer), QBrush(hatch, Qt.BrushStyle.DiagCrossPattern))
        painter.setPen(QPen(QColor(self._theme.padding), 1, Qt.PenStyle.DotLine))
        painter.drawRect(read)

    def _paint_ghost(self, painter: QPainter, view: QRectF, outer: QRectF, ghost: QRectF) -> None:
        """Outlines the content that lies outside of PADDED."""
        if ghost.isEmpty() or outer.contains(ghost):
            return
        outside = QPainterPath()
        outside.addRect(view)
        painter.save()
        if not outer.isEmpty():
            outside.addRect(outer)
        painter.setClipPath(outside)
        tint = QColor(self._theme.muted)
        tint.setAlpha(36)
        painter.fillRect(ghost, tint)
        painter.setPen(QPen(QColor(self._theme.muted), 1, Qt.PenStyle.DashLine))
        painter.drawRect(ghost.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.restore()

    def _paint_cropped(self, painter: QPainter, outer: QRectF, kept: QRectF) -> None:
        """Dims and hatches what PADDED leaves out of INPUT, and draws where it is cut."""
        if outer.isEmpty() or kept == outer:
            return
        left_out = _between(outer, kept)
        dim = QColor(self._theme.canvas)
        dim.setAlpha(150)
        painter.fillPath(left_out, dim)
        hatch = QColor(self._theme.muted)
        hatch.setAlpha(150)
        # The other way than padding, and in no colour of its own.
        painter.fillPath(left_out, QBrush(hatch, Qt.BrushStyle.FDiagPattern))
        if not kept.isEmpty():
            painter.setPen(QPen(QColor(self._theme.canvas), 1))
            painter.drawRect(kept)
            painter.setPen(QPen(QColor(self._theme.text), 1, Qt.PenStyle.DashLine))
            painter.drawRect(kept)

    def _paint_mode(self, painter: QPainter, mode: str, outer: QRectF, kept: QRectF) -> None:
        """Says what the padding is copied from, in the middle of its largest strip."""
        if mode in ("", "constant"):
            return
        painter.setFont(self._font)
        metrics = QFontMetricsF(self._font)
        wanted = QRectF(0, 0, metrics.horizontalAdvance(mode) + 2 * _GAP, metrics.height() + 2)
        strips = [s for s in _strips(outer, kept) if s.width() >= wanted.width() and s.height() >= wanted.height()]
        if strips:
            # Of strips that are about as large, always the same, so that it does not jump as the view moves.
            areas = [strip.width() * strip.height() for strip in strips]
            largest = next(s for s, area in zip(strips, areas, strict=True) if area >= _ABOUT * max(areas))
            wanted.moveCenter(largest.center())
            plate = QColor(self._theme.canvas)
            plate.setAlpha(220)
            painter.fillRect(wanted, plate)
            painter.setPen(QColor(self._theme.padding))
            painter.drawText(wanted, Qt.AlignmentFlag.AlignCenter, mode)


def rect_of(rect: QRectF) -> Rect:
    """Returns left, top, width and height."""
    return rect.x(), rect.y(), rect.width(), rect.height()


def _view(size: QSize) -> QRectF:
    """Returns the visible rectangle and a little more, so that edges outside of it are not drawn at its border."""
    return QRectF(0, 0, size.width(), size.height()).adjusted(-4, -4, 4, 4)


def _between(outer: QRectF, inner: QRectF) -> QPainterPath:
    path = QPainterPath()
    path.addRect(outer)
    if not inner.isEmpty():
        path.addRect(inner)
    return path


def _strips(outer: QRectF, inner: QRectF) -> tuple[QRectF, ...]:
    """Returns what lies over, under, left and right of the inner rectangle."""
    if inner.isEmpty():
        return (outer,)
    return (
        QRectF(outer.topLeft(), QPointF(outer.right(), inner.top())),
        QRectF(QPointF(outer.left(), inner.bottom()), outer.bottomRight()),
        QRectF(QPointF(outer.left(), inner.top()), inner.bottomLeft()),
        QRectF(inner.topRight(), QPointF(outer.right(), inner.bottom())),
    )
