"""Draws a figure that is laid out, with any painter."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from padviewer.gui.figure.layout import Layout, Line, Placed, font
from padviewer.gui.rendering import Pixels
from padviewer.gui.theme import Theme

# From so many of the device's pixels to one on screen on, hatches are drawn as they are.
_FINE = 3.0


def draw(painter: QPainter, layout: Layout, theme: Theme, ratio: float, over: bool = True) -> None:
    """Draws a figure.

    Args:
        painter: whose coordinates are the units of the layout.
        layout: of the figure.
        theme: its colours.
        ratio: of the device's pixels to units: pictures are drawn with so many.
        over: whether what lies over pictures is drawn; it is cut off at their borders.
    """
    painter.fillRect(QRectF(0, 0, layout.width, layout.height), QColor(theme.panel))
    for line in layout.lines:
        _draw_line(painter, line, theme)
    for placed in layout.panes:
        painter.fillRect(placed.canvas, QColor(theme.canvas))
        _draw_picture(painter, placed, ratio)
        if over:
            draw_over(painter, placed, placed.canvas)
        _draw_note(painter, placed, theme)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.border), 0.75))
        painter.drawRect(placed.canvas)
        _draw_bar(painter, placed, theme)
        for line in placed.lines:
            _draw_line(painter, line, theme)


def draw_over(painter: QPainter, placed: Placed, target: QRectF) -> None:
    """Draws what lies over a picture into a rectangle of the size of `placed.canvas`."""
    painter.save()
    painter.setClipRect(target)
    density = placed.scale * painter.worldTransform().m11()
    if isinstance(painter.device(), QImage) and density < _FINE:
        painter.drawImage(target, _smooth_over(placed, density))
    else:
        painter.translate(target.topLeft() + placed.origin - placed.canvas.topLeft())
        painter.scale(placed.scale, placed.scale)
        _play(painter, placed)
    painter.restore()


def _smooth_over(placed: Placed, density: float) -> QImage:
    """Returns what lies over a picture, made of more pixels: Qt leaves out lines of hatches that it makes smaller."""
    finer = math.ceil(2 * density)
    rows = placed.canvas.height() / placed.scale
    size = QSize(math.ceil(placed.pane.size[0] * finer), math.ceil(rows * finer))
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.scale(finer, finer)
    painter.translate(0, (placed.origin.y() - placed.canvas.y()) / placed.scale)
    _play(painter, placed)
    painter.end()
    wanted = QSize(max(1, round(placed.pane.size[0] * density)), max(1, round(rows * density)))
    return image.scaled(wanted, mode=Qt.TransformationMode.SmoothTransformation)


def _play(painter: QPainter, placed: Placed) -> None:
    # Qt draws a recording larger on a device that has more dots to the inch than the one that it was made for.
    over = placed.pane.over
    scale = over.logicalDpiX() / painter.device().logicalDpiX()
    painter.scale(scale, scale)
    painter.drawPicture(QPointF(0, 0), over)


def _draw_picture(painter: QPainter, placed: Placed, ratio: float) -> None:
    """Draws what is seen of a picture, with the device's pixels, so that no viewer blurs its elements."""
    if placed.pane.picture is None:
        return
    image, rect = placed.pane.picture
    scale = placed.scale
    covered = QRectF(rect.topLeft() * scale + placed.origin, rect.size() * scale)
    # A line of elements is seen, however thin it is.
    across, down = (max(0.0, 1 / ratio - side) / 2 for side in (covered.width(), covered.height()))
    covered.adjust(-across, -down, across, down)
    seen = covered.intersected(placed.canvas)
    left, top = math.floor(seen.left() * ratio), math.floor(seen.top() * ratio)
    columns, rows = math.ceil(seen.right() * ratio) - left, math.ceil(seen.bottom() * ratio) - top
    if seen.isEmpty() or columns < 1 or rows < 1:
        return
    drawn = QImage(columns, rows, QImage.Format.Format_ARGB32_Premultiplied)
    drawn.fill(Qt.GlobalColor.transparent)
    inner = QPainter(drawn)
    inner.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, covered.width() * ratio < image.width())
    inner.translate(-left, -top)
    inner.scale(ratio, ratio)
    inner.setClipRect(placed.canvas)
    inner.drawImage(covered, image)
    inner.end()
    painter.drawImage(QRectF(left / ratio, top / ratio, columns / ratio, rows / ratio), drawn)


def _draw_note(painter: QPainter, placed: Placed, theme: Theme) -> None:
    if placed.pane.note:
        painter.setFont(font("text"))
        painter.setPen(QColor(theme.muted))
        flags = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignLeft)
        painter.save()
        painter.setClipRect(placed.canvas)
        painter.drawText(placed.canvas.adjusted(6, 6, -6, -6), flags, placed.pane.note)
        painter.restore()


def _draw_bar(painter: QPainter, placed: Placed, theme: Theme) -> None:
    framed = [rect for rect, _colour in placed.swatches]
    if placed.bar is not None:
        painter.drawImage(placed.bar, _strip(placed.pane.colours))
        framed.append(placed.bar)
    for rect, colour in placed.swatches:
        painter.fillRect(rect, QColor(*colour))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.muted), 0.5))
    painter.drawRects(framed)


def _strip(colours: Pixels) -> QImage:
    return QImage(colours.tobytes(), len(colours), 1, 4 * len(colours), QImage.Format.Format_RGBA8888).copy()


def _draw_line(painter: QPainter, line: Line, theme: Theme) -> None:
    painter.setFont(font(line.role))
    painter.setPen(QColor(getattr(theme, line.colour)))
    painter.drawText(line.base, line.text)
