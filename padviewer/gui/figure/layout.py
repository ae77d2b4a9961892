"""Where everything of a figure stands: in units of 1/96 inch from the upper left corner, which all devices share."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QFontMetricsF, QGuiApplication

from padviewer.gui.figure.figure import Figure, FigurePane
from padviewer.gui.labels import wrapped
from padviewer.gui.theme import monospaced
from padviewer.gui.words import number

UNITS_PER_MM = 96 / 25.4
_MARGIN, _GAP, _LEADING = 8.0, 12.0, 2.0
# Columns are no narrower, whatever the panes on screen are.
_NARROWEST = 92.0
_BAR = 7.0
_MOST_LINES, _MOST_SETTINGS = 6, 12
# In units: title, text, numbers.
_SIZES = {"title": 12, "text": 9, "mono": 9, "strong": 9}


@dataclass(frozen=True)
class Line:
    """A line of text.

    Attributes:
        text, role: what it says, and `title`, `strong`, `text` or `mono`.
        base: where it begins on its base line.
        rect: what it covers.
        colour: a role of the theme.
    """

    text: str
    role: str
    base: QPointF
    rect: QRectF
    colour: str


@dataclass(frozen=True)
class Placed:
    """A pane of a figure.

    Attributes:
        pane: what it shows.
        canvas: where its picture is: the rows of the canvas that are shown, `scale` times as large as on screen.
        origin: where the canvas' own upper left corner would be.
        scale: units for each logical pixel on screen.
        lines: its texts.
        bar: the colours from the first level to the last; None where there are none.
        swatches: what marks elements that are no finite numbers, by colour.
    """

    pane: FigurePane
    canvas: QRectF
    origin: QPointF
    scale: float
    lines: tuple[Line, ...]
    bar: QRectF | None
    swatches: tuple[tuple[QRectF, tuple[int, int, int, int]], ...]


@dataclass(frozen=True)
class Layout:
    """A figure that is laid out: its size, its panes and the lines around them."""

    width: float
    height: float
    panes: tuple[Placed, ...]
    lines: tuple[Line, ...]


def font(role: str) -> QFont:
    """Returns the font of a role; its size is in units."""
    found = monospaced(9.0) if role == "mono" else QFont(QGuiApplication.font())
    found = QFont(found)
    found.setPixelSize(_SIZES[role])
    found.setBold(role in ("title", "strong"))
    return found


def lay_out(figure: Figure, width: float) -> Layout:
    """Places everything.

    Args:
        figure: what it holds.
        width: of the page, in units.
    """
    inner = width - 2 * _MARGIN
    scale, columns = _columns([pane.size[0] for pane in figure.panes], inner - _GAP * (len(figure.panes) - 1))
    y = _MARGIN
    head = _Text(_MARGIN, y, inner)
    head.add(figure.headline, "strong", "text", 1)
    y = head.bottom + _GAP / 2
    lefts = [_MARGIN + sum(columns[:i]) + _GAP * i for i in range(len(columns))]
    over = [_over(pane, x, y, w) for pane, x, w in zip(figure.panes, lefts, columns, strict=True)]
    top = max(text.bottom for text in over) + 4
    first, last = figure.rows
    under_top = top + (last - first) * scale + 4
    panes, bottoms = [], []
    for pane, x, column, text in zip(figure.panes, lefts, columns, over, strict=True):
        canvas = QRectF(x, top, pane.size[0] * scale, (last - first) * scale)
        origin = QPointF(x, top - first * scale)
        bar, swatches, under = _under(pane, x, under_top, column)
        panes.append(Placed(pane, canvas, origin, scale, (*text.lines, *under.lines), bar, swatches))
        bottoms.append(under.bottom)
    foot = _Text(_MARGIN, max(bottoms) + _GAP / 2, inner)
    foot.add(figure.settings, "mono", "text", _MOST_SETTINGS)
    foot.add(figure.made_by, "text", "muted", 1)
    return Layout(width, foot.bottom + _MARGIN, tuple(panes), (*head.lines, *foot.lines))


def _columns(sizes: list[int], room: float) -> tuple[float, list[float]]:
    """Returns the scale of all pictures, and the width of each column: at least the narrowest."""
    narrow = min(_NARROWEST, room / len(sizes))
    wide = [True] * len(sizes)
    while True:
        rest = room - narrow * wide.count(False)
        scale = rest / max(1, sum(size for size, is_wide in zip(sizes, wide, strict=True) if is_wide))
        now = [is_wide and size * scale >= narrow for size, is_wide in zip(sizes, wide, strict=True)]
        if now == wide or not any(now):
            break
        wide = now
    return scale, [size * scale if is_wide else narrow for size, is_wide in zip(sizes, wide, strict=True)]


class _Text:
    """Lines under each other, from a place on."""

    def __init__(self, x: float, y: float, width: float) -> None:
        self._x, self._width = x, width
        self.bottom = y
        self.lines: list[Line] = []

    def add(self, text: str, role: str, colour: str, most: int = _MOST_LINES) -> None:
        """Adds a text, in lines that fit; the end of the last is left out where it does not."""
        if not text:
            return
        metrics = QFontMetricsF(font(role))
        # Widths are whole numbers to the one that breaks lines.
        for line in wrapped(text, most, int(self._width), lambda part: int(metrics.horizontalAdvance(part) + 1)):
            shown = _fitting(line, metrics, self._width)
            if not shown:
                continue  # a dot between two parts that are not there
            rect = QRectF(self._x, self.bottom, metrics.horizontalAdvance(shown), metrics.height())
            base = QPointF(self._x, self.bottom + metrics.ascent())
            self.lines.append(Line(shown, role, base, rect, colour))
            self.bottom = rect.bottom() + _LEADING


def _fitting(text: str, metrics: QFontMetricsF, width: float) -> str:
    if metrics.horizontalAdvance(text) <= width:
        return text
    while text and metrics.horizontalAdvance(text + "…") > width:
        text = text[:-1]
    return text + "…"


def _over(pane: FigurePane, x: float, y: float, width: float) -> _Text:
    text = _Text(x, y, width)
    text.add(pane.title, "title", "text", 1)
    text.add(pane.shape, "mono", "text", 3)
    text.add(pane.share, "strong", "padding", 4)
    text.add(pane.detail, "text", "muted")
    return text


def _under(
    pane: FigurePane, x: float, y: float, width: float
) -> tuple[QRectF | None, tuple[tuple[QRectF, tuple[int, int, int, int]], ...], _Text]:
    bar = None
    text = _Text(x, y, width)
    if pane.levels is not None:
        bar = QRectF(x, y + 2, width, _BAR)
        text.bottom = bar.bottom() + _LEADING
        _ends(text, pane.levels, x, width)
    swatches = []
    for name, colour in pane.not_finite.items():
        swatches.append((QRectF(x, text.bottom + 3, _BAR, _BAR), colour))
        beside = _Text(x + _BAR + 4, text.bottom, width - _BAR - 4)
        beside.add(name, "text", "text", 1)
        text.lines += beside.lines
        text.bottom = beside.bottom
    text.add(pane.place, "text", "text")
    text.add(pane.honesty, "text", "muted")
    return bar, tuple(swatches), text


def _ends(text: _Text, levels: tuple[float, float], x: float, width: float) -> None:
    """Writes the first and the last level under the ends of the bar, or under each other where both do not fit."""
    first, last = map(number, levels)
    metrics = QFontMetricsF(font("mono"))
    wide = metrics.horizontalAdvance(last)
    if metrics.horizontalAdvance(first) + wide + _GAP > width:
        text.add(f"{first} … {last}", "mono", "text", 2)
        return
    right = _Text(x + width - wide, text.bottom, wide + 1)
    text.add(first, "mono", "text", 1)
    right.add(last, "mono", "text", 1)
    text.lines += right.lines
