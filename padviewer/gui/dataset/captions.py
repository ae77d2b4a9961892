"""What is written over the dots of a plot: inside of it, and never one text over another."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from padviewer.gui.dataset.frame import Numbers
from padviewer.gui.theme import Theme

_MARGIN = 3.0
_AROUND = 5.0
_GROUND = 225
# Of more dots, some always lie below a text.
MOST_KEPT_CLEAR = 600
_DOT = 4.0


class Captions:
    """Places texts, the most important ones first; one that finds no room is left out.

    Args:
        painter: of the plot.
        area: that texts stay in.
        theme: their ground.
        dots: (dots,) pixels across and down, at most `MOST_KEPT_CLEAR`, which texts keep clear of where they can; None
            for none.
    """

    def __init__(
        self, painter: QPainter, area: QRectF, theme: Theme, dots: tuple[Numbers, Numbers] | None = None
    ) -> None:
        self._painter, self._theme = painter, theme
        self._area = area.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        self._metrics = QFontMetricsF(painter.font())
        self._dots = dots
        self.taken: list[QRectF] = []

    @property
    def height(self) -> float:
        """How high a text is."""
        return self._metrics.height()

    def width(self, text: str) -> float:
        """Returns how wide a text is, with its ground."""
        return self._metrics.horizontalAdvance(text) + 2 * _AROUND

    def write(self, text: str, corners: Iterable[tuple[float, float]], colour: str) -> bool:
        """Writes a text at the first place that is free.

        Args:
            text: to write.
            corners: left and top of places, the best one first; moved into the area where they lie outside of it.
            colour: of the text.

        Returns:
            Whether there was room for it.
        """
        wide, high = self.width(text), self.height
        if wide > self._area.width() or high > self._area.height():
            return False
        second: QRectF | None = None
        for x, y in corners:
            left = min(max(x, self._area.left()), self._area.right() - wide)
            top = min(max(y, self._area.top()), self._area.bottom() - high)
            place = QRectF(left, top, wide, high)
            if any(place.intersects(other) for other in self.taken):
                continue
            if not self._covers(place):
                self._draw(text, place, colour)
                return True
            second = second or place
        if second is not None:
            self._draw(text, second, colour)
        return second is not None

    def _covers(self, place: QRectF) -> bool:
        """Whether a place lies over a dot."""
        if self._dots is None:
            return False
        x, y = self._dots
        beside = (x < place.left() - _DOT) | (x > place.right() + _DOT)
        beside |= (y < place.top() - _DOT) | (y > place.bottom() + _DOT)
        return not beside.all()

    def _draw(self, text: str, place: QRectF, colour: str) -> None:
        self.taken.append(place)
        ground = QColor(self._theme.panel)
        ground.setAlpha(_GROUND)
        self._painter.fillRect(place, ground)
        self._painter.setPen(QColor(colour))
        self._painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)
