"""Rulers along the upper and the left edge of PADDED: where the content lies, and how much was added or cropped."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QTransform
from PySide6.QtWidgets import QWidget

from padviewer.gui.guarding import guarded
from padviewer.gui.provenance import Provenance, Track
from padviewer.gui.theme import Theme, monospaced

THICKNESS = 12
_POINTS = 7.0
_GAP = 3.0
# A smaller picture needs all of its room.
_SMALLEST = (180, 110)


@dataclass(frozen=True)
class Mark:
    """A text on a ruler.

    Attributes:
        text: a place, or an amount.
        start, stop: what it covers, in pixels along the ruler.
        is_amount: whether it is an amount of padding or cropping.
    """

    text: str
    start: float
    stop: float
    is_amount: bool


def ticks_of(track: Track, low: float, extent: float, length: float) -> list[float]:
    """Returns where ticks stand, in pixels: the ends of PADDED and of the data in it.

    Args:
        track: what the ruler measures.
        low, extent: what is visible of it, in elements of PADDED.
        length: of the ruler in pixels.
    """
    places = sorted({0, *track.data, track.size})
    found = [(place - low) / extent * length for place in places]
    return [pixel for pixel in found if 0 <= pixel <= length]


def marks_of(track: Track, low: float, extent: float, length: float, digit: float) -> list[Mark]:
    """Returns the texts that there is room for, none over another or a tick.

    Amounts come first, then the size, where the content lies, and 0.

    Args:
        track, low, extent, length: as for `ticks_of`.
        digit: width of a character in pixels.
    """

    def pixel(place: float) -> float:
        return (place - low) / extent * length

    def beside(place: int, after: bool) -> Mark:
        text, at = str(place), pixel(place)
        start = at + _GAP if after else at - _GAP - digit * len(text)
        return Mark(text, start, start + digit * len(text), False)

    first, last = track.data
    inside = last > first
    wanted = [_amount(track.pad.before, pixel(0), pixel(track.content[0]), length, digit)]
    wanted.append(_amount(track.pad.after, pixel(track.content[1]), pixel(track.size), length, digit))
    wanted.append(beside(track.size, after=False))
    wanted += [beside(first, after=True)] if inside and first > 0 else []
    wanted += [beside(last, after=False)] if inside and last < track.size else []
    wanted.append(beside(0, after=True))
    ticks = ticks_of(track, low, extent, length)
    placed: list[Mark] = []
    for mark in wanted:
        if mark is None or mark.start < 0 or mark.stop > length:
            continue
        crossed = any(mark.start - 1 < tick < mark.stop + 1 for tick in ticks)
        if not crossed and all(_apart(mark, other) for other in placed):
            placed.append(mark)
    return placed


def _amount(amount: int, one: float, other: float, length: float, digit: float) -> Mark | None:
    """Returns an amount in the middle of what is visible of it."""
    start, stop = max(0.0, min(one, other)), min(length, max(one, other))
    text = str(amount).replace("-", "−")
    width = digit * len(text)
    if not amount or stop - start < width + 2 * _GAP:
        return None
    middle = (start + stop) / 2
    return Mark(text, middle - width / 2, middle + width / 2, True)


def _apart(one: Mark, other: Mark) -> bool:
    return one.stop + _GAP <= other.start or other.stop + _GAP <= one.start


class Ruler(QWidget):
    """One ruler, across or down. It lets the pointer through to the picture."""

    def __init__(self, down: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._is_down = down
        self._track: Track | None = None
        self._low, self._extent = 0.0, 1.0
        self._theme: Theme | None = None
        self._font = monospaced(_POINTS)
        self._digit = QFontMetricsF(self._font).horizontalAdvance("0")

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme = theme
        self.update()

    def set_track(self, track: Track) -> None:
        """Sets the axis that is measured, and says it to screen readers."""
        self._track = track
        amounts = f"{track.pad.before} before and {track.pad.after} after" if any(track.pad) else "nothing added"
        self.setAccessibleName(f"Ruler of axis {track.letter}")
        self.setAccessibleDescription(f"{track.size} elements, data from {track.data[0]} to {track.data[1]}, {amounts}")
        self.update()

    def set_view(self, low: float, extent: float) -> None:
        """Sets what is visible along the ruler, in elements of PADDED."""
        if (low, extent) != (self._low, self._extent):
            self._low, self._extent = low, extent
            self.update()

    @property
    def marks(self) -> list[Mark]:
        """The texts that are written."""
        if self._track is None or self._extent <= 0:
            return []
        # In the corner the two rulers lie over each other.
        found = marks_of(self._track, self._low, self._extent, self._length, self._digit)
        return [mark for mark in found if mark.start >= THICKNESS]

    @property
    def _length(self) -> float:
        return float(self.height() if self._is_down else self.width())

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws along the axis; down the screen, the texts run down too."""
        theme, track = self._theme, self._track
        if theme is None or track is None or self._extent <= 0:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.canvas))
        if self._is_down:
            painter.setTransform(QTransform(0, 1, -1, 0, THICKNESS, 0))
        self._paint_padding(painter, track, theme)
        painter.setPen(QColor(theme.muted))
        for pixel in ticks_of(track, self._low, self._extent, self._length):
            at = min(round(pixel), int(self._length) - 1)
            painter.drawLine(at, 0, at, THICKNESS)
        painter.setFont(self._font)
        for mark in self.marks:
            painter.setPen(QColor(theme.padding if mark.is_amount and not mark.text.startswith("−") else theme.muted))
            painter.drawText(QPointF(mark.start, THICKNESS - 3), mark.text)

    def _paint_padding(self, painter: QPainter, track: Track, theme: Theme) -> None:
        """Tints the ruler where there is padding."""
        tint = QColor(theme.padding)
        tint.setAlpha(40)
        first, last = track.data if track.data[1] > track.data[0] else (track.size, track.size)
        for start, stop in ((0, first), (last, track.size)):
            one, other = ((place - self._low) / self._extent * self._length for place in (start, stop))
            one, other = max(0.0, one), min(self._length, other)
            if other > one:
                painter.fillRect(QRectF(one, 0, other - one, THICKNESS), tint)


def has_room(size: QSize) -> bool:
    """Whether a canvas is large enough for rulers."""
    return size.width() >= _SMALLEST[0] and size.height() >= _SMALLEST[1]


class Rulers:
    """The two rulers of a picture.

    Args:
        canvas: what they lie on.
    """

    def __init__(self, canvas: QWidget) -> None:
        self._canvas = canvas
        self.across, self.down = Ruler(False, canvas), Ruler(True, canvas)
        self._wanted = False
        for ruler in (self.across, self.down):
            ruler.hide()

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self.across.set_theme(theme)
        self.down.set_theme(theme)

    def set_provenance(self, provenance: Provenance | None) -> None:
        """Measures the axes on screen; None hides the rulers."""
        self._wanted = provenance is not None
        if provenance is not None:
            self.across.set_track(provenance.columns)
            self.down.set_track(provenance.rows)
        self.fit()

    def set_view(self, left: float, top: float, width: float, height: float) -> None:
        """Follows zoom and pan."""
        self.across.set_view(left, width)
        self.down.set_view(top, height)

    def fit(self) -> None:
        """Takes the edges of the canvas, unless it is too small."""
        size = self._canvas.size()
        shown = self._wanted and has_room(size)
        self.across.setGeometry(0, 0, size.width(), THICKNESS)
        self.down.setGeometry(0, 0, THICKNESS, size.height())
        for ruler in (self.down, self.across):
            ruler.setVisible(shown)
