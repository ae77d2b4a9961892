"""What is written and drawn around the dots: scales, lines of equal waste, and how many files lie outside a target."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from padviewer.gui.dataset.bars import Bars, height_of
from padviewer.gui.dataset.captions import Captions
from padviewer.gui.dataset.crosshair import Crosshair
from padviewer.gui.dataset.frame import Frame, Numbers, Scale, tick_text
from padviewer.gui.dataset.places import Places, Rows
from padviewer.gui.dataset.waste_plane import WasteCurve, WasteLine
from padviewer.gui.theme import Theme
from padviewer.gui.words import grouped

# Targets of buckets across and up; None where the axis is none of theirs.
Corners = tuple[tuple[int | None, int | None], ...]
# Pixels for each number on a scale.
_TICK_WIDTH, _TICK_HEIGHT = 70, 44
_TICK = 4.0
# Bars do not touch what is written over them.
BARS_SHARE = 0.94
_LARGER = {"H": "higher", "W": "wider", "D": "deeper", "T": "longer"}


def draw_scales(
    painter: QPainter, frame: Frame, theme: Theme, titles: tuple[str, str], counted: tuple[int, bool]
) -> None:
    """Draws both scales with their numbers and titles.

    Args:
        painter, frame, theme: of the plot.
        titles: of the axes.
        counted: the most files of a bar, and whether bars go by their logarithm; 0 where the second axis is no count.
    """
    metrics = QFontMetricsF(painter.font())
    right, bottom = frame.x + frame.width, frame.y + frame.height
    text, line = QColor(theme.muted), QColor(theme.border)
    painter.setPen(QPen(line, 1))
    painter.drawLines([QLineF(frame.x, frame.y, frame.x, bottom), QLineF(frame.x, bottom, right, bottom)])
    box = frame.box
    free = frame.x
    for tick in frame.across.ticks(box.left, box.right, max(2, int(frame.width / _TICK_WIDTH))):
        x = frame.x_of(tick.value)
        wide = metrics.horizontalAdvance(tick.text)
        if not frame.x - 0.5 <= x <= right + 0.5 or x - wide / 2 < free - 20:
            continue
        free = x + wide / 2 + 26
        painter.setPen(QPen(line, 1))
        painter.drawLine(QLineF(x, bottom, x, bottom + _TICK))
        painter.setPen(text)
        painter.drawText(QPointF(x - wide / 2, bottom + _TICK + metrics.ascent() + 1), tick.text)
    most, log = counted
    ticks = (
        [
            (frame.y + frame.height * (1 - BARS_SHARE * float(height_of(n, most, log))), tick_text(n))
            for n in _counts(most, log)
        ]
        if most
        else [
            (frame.y_of(tick.value), tick.text)
            for tick in frame.up.ticks(box.bottom, box.top, max(2, int(frame.height / _TICK_HEIGHT)))
        ]
    )
    for y, written in ticks:
        if frame.y - 0.5 <= y <= bottom + 0.5:
            painter.setPen(QPen(line, 1))
            painter.drawLine(QLineF(frame.x - _TICK, y, frame.x, y))
            painter.setPen(text)
            wide = metrics.horizontalAdvance(written)
            painter.drawText(QPointF(frame.x - _TICK - 4 - wide, y + metrics.ascent() / 2 - 1), written)
    painter.setPen(text)
    wide = metrics.horizontalAdvance(titles[0])
    painter.drawText(QPointF(frame.x + (frame.width - wide) / 2, bottom + 2 * metrics.height() + _TICK + 2), titles[0])
    painter.save()
    painter.translate(metrics.ascent() + 3, frame.y + (frame.height + metrics.horizontalAdvance(titles[1])) / 2)
    painter.rotate(-90)
    painter.drawText(QPointF(0, 0), titles[1])
    painter.restore()


def draw_bars(painter: QPainter, frame: Frame, theme: Theme, bars: Bars, log: bool) -> None:
    """Draws bars; the part of files that overflow is hatched, and stands on top."""
    bottom = frame.y + frame.height
    whole = height_of(bars.files, bars.most, log) * frame.height * BARS_SHARE
    fit = whole * (bars.files - bars.over) / np.maximum(bars.files, 1)
    painter.setPen(Qt.PenStyle.NoPen)
    accent, error = QColor(theme.accent), QColor(theme.error)
    for left, width, high, under, over in zip(*bars[:2], whole, fit, bars.over, strict=True):
        if under > 0:
            painter.fillRect(QRectF(left, bottom - max(1.0, under), width, max(1.0, under)), accent)
        if over:
            part = QRectF(left, bottom - max(high, 2.0), width, max(high - under, 2.0))
            tint = QColor(error)
            tint.setAlpha(90)
            painter.fillRect(part, tint)
            painter.setPen(QPen(error, 1))
            painter.drawLines(_strokes(part))
            painter.setPen(Qt.PenStyle.NoPen)


def draw_curve(painter: QPainter, frame: Frame, theme: Theme, curve: WasteCurve, target: int | None) -> str:
    """Draws the waste over the targets along one axis, with its scale on the right.

    Returns:
        The waste of the target in words; empty where there is no target on the axis.
    """
    right, bottom = frame.x + frame.width, frame.y + frame.height
    x, _y = frame.pixels(curve.at, curve.at)
    y = bottom - curve.waste * frame.height * BARS_SHARE
    metrics = QFontMetricsF(painter.font())
    painter.setPen(QColor(theme.padding))
    for tenths in range(0, 11, 2 if frame.height > _TICK_HEIGHT * 5 else 5):
        level = bottom - tenths / 10 * frame.height * BARS_SHARE
        painter.drawLine(QLineF(right, level, right + _TICK, level))
        painter.drawText(QPointF(right + _TICK + 4, level + metrics.ascent() / 2 - 1), f"{10 * tenths} %")
    painter.save()
    painter.setClipRect(QRectF(frame.x, frame.y, frame.width, frame.height))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.padding), 1.5))
    painter.drawPolyline(QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)]))
    said = ""
    if target is not None:
        place = float(frame.across.place_of(target))
        waste = float(np.interp(place, curve.at, curve.waste))
        said = f"{round(100 * waste)} % waste"
        painter.setBrush(QColor(theme.padding))
        painter.drawEllipse(QPointF(frame.x_of(target), bottom - waste * frame.height * BARS_SHARE), 3.5, 3.5)
    painter.restore()
    return said


def draw_waste_lines(painter: QPainter, frame: Frame, theme: Theme, lines: tuple[WasteLine, ...]) -> None:
    """Draws the lines of equal waste."""
    colour = QColor(theme.padding)
    colour.setAlpha(170)
    painter.setPen(QPen(colour, 1))
    for line in lines:
        painter.drawLines([QLineF(*piece) for piece in _seen(line, frame).tolist()])


def write_waste(captions: Captions, frame: Frame, theme: Theme, lines: tuple[WasteLine, ...]) -> None:
    """Writes its share on each line of equal waste, where it is free."""
    for line in lines:
        pieces = _seen(line, frame)
        if not len(pieces):
            continue
        text = f"{round(line.level * 100)} %"
        middles = np.stack([(pieces[:, 0] + pieces[:, 2]) / 2, (pieces[:, 1] + pieces[:, 3]) / 2], axis=1)
        # From the middle of the line outwards: its ends lie at the scales.
        order = np.argsort(np.abs(middles[:, 1] - np.median(middles[:, 1])), kind="stable")
        some = middles[order][:: max(1, len(middles) // 40)]
        corners = some - [captions.width(text) / 2, captions.height / 2]
        captions.write(text, (tuple(corner) for corner in corners.tolist()), theme.padding)


def _seen(line: WasteLine, frame: Frame) -> Numbers:
    """Returns the pieces of a line that a frame shows, (pieces, 4): both ends in pixels."""
    x, y = frame.pixels(line.ends[..., 0], line.ends[..., 1])
    shown = ((x > frame.x) & (x < frame.x + frame.width) & (y > frame.y) & (y < frame.y + frame.height)).any(axis=1)
    pieces: Numbers = np.stack([x, y], axis=-1)[shown].reshape(-1, 4)
    return pieces


def write_outside(
    captions: Captions,
    frame: Frame,
    theme: Theme,
    places: Places,
    over: Rows,
    target: Crosshair,
    names: tuple[str, str],
) -> None:
    """Writes at the edges how many files are larger than the target: on one axis, on the other, on both.

    And below how many are larger on an axis that is not shown.
    """
    right = np.zeros(len(places), bool) if target.across is None else places.x > target.across
    above = np.zeros(len(places), bool) if target.up is None else places.y > target.up
    end, bottom = frame.x + frame.width, frame.y + frame.height
    x = end if target.across is None else min(max(frame.x_of(target.across), frame.x), end)
    y = frame.y if target.up is None else min(max(frame.y_of(target.up), frame.y), bottom)
    wider, higher = _LARGER.get(names[0], "more"), _LARGER.get(names[1], "more")
    beyond = right | above
    for count, words, edge, top in (
        (places.counts[right & above].sum(), f"{wider} and {higher}", end, frame.y + 9),
        (places.counts[above & ~right].sum(), higher, x - 8, frame.y + 9),
        (places.counts[right & ~above].sum(), wider, end, y + 9),
        (over[~beyond].sum(), "on another axis", x - 8, bottom),
    ):
        if count:
            text = f"× {grouped(int(count))} {words}"
            left = edge - captions.width(text)
            # Beside the line where there is room, and always in sight.
            step = captions.height + 3
            corners = [(left, top + number * step) for number in (0, 1, 2, -1)]
            # Above the line of the target, or below it, wherever what it tells of lies.
            same = [each for each in corners if (each[1] + captions.height <= y) == (top + captions.height <= y)]
            captions.write(text, same, theme.error)


def draw_buckets(painter: QPainter, frame: Frame, theme: Theme, buckets: Corners) -> None:
    """Draws buckets as rectangles from the origin."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.text), 1))
    bottom = frame.y + frame.height
    for across, up in buckets:
        right, top = _corner(frame, across, up)
        painter.drawRect(QRectF(frame.x - 4, top, right - frame.x + 4, bottom + 4 - top))


def draw_pointed(painter: QPainter, frame: Frame, theme: Theme, at: tuple[float, float], is_bar: bool) -> None:
    """Draws a ring about the dot, or a frame about the bar, that is pointed at."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.text), 1.5))
    if is_bar:
        painter.drawRect(QRectF(at[0] - 4, frame.y + 1, 8, frame.height - 2))
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.drawEllipse(QPointF(*at), 7, 7)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def write_buckets(captions: Captions, frame: Frame, theme: Theme, buckets: Corners) -> None:
    """Writes the number of each bucket inside of its upper right corner."""
    for number, (across, up) in enumerate(buckets, 1):
        right, top = _corner(frame, across, up)
        if not frame.x <= right <= frame.x + frame.width + 1 or top > frame.y + frame.height:
            continue
        text = str(number)
        left = right - captions.width(text) - 2
        steps = range(6)
        down = [(left, top + 2 + step * (captions.height + 2)) for step in steps]
        captions.write(text, down, theme.text)


def _corner(frame: Frame, across: int | None, up: int | None) -> tuple[float, float]:
    right = frame.x + frame.width if across is None else frame.x_of(across)
    return right, frame.y if up is None else frame.y_of(up)


def _counts(most: int, log: bool) -> list[int]:
    """Returns round counts of files up to the most."""
    if log:
        return [count for count in (10**n for n in range(19)) if count <= most]
    return [round(tick.value) for tick in Scale().ticks(1, most, 6) if tick.value >= 1]


def _strokes(part: QRectF) -> list[QLineF]:
    """Returns the strokes of a hatch: what is marked is not told by its colour alone."""
    found = []
    y = part.bottom()
    while y > part.top():
        rise = min(part.width(), y - part.top())
        found.append(QLineF(part.left(), y, part.left() + rise, y - rise))
        y -= 4
    return found
