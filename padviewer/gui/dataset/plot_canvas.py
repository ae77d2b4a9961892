"""The plot of a data set: a dot for each size, or bars for one axis, and what is drawn over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from padviewer.gui.dataset.bars import bars_of
from padviewer.gui.dataset.crosshair import Crosshair
from padviewer.gui.dataset.frame import Box, Frame, Numbers, Scale, fitted
from padviewer.gui.dataset.marks import draw_bars, draw_outside, draw_scales, draw_waste_lines
from padviewer.gui.dataset.picture import Picture
from padviewer.gui.dataset.places import FILES, Places, Rows, axis_title
from padviewer.gui.dataset.waste_plane import WasteLine
from padviewer.gui.guarding import guarded
from padviewer.gui.theme import DARK, Theme, monospaced

# Left, top, right and bottom of the frame, in pixels.
_MARGINS = (68, 12, 18, 44)
_EMPTY_BOX = Box(0, 0, 1, 1)


@dataclass(frozen=True)
class Shown:
    """What a plot shows.

    Attributes:
        places: of the files.
        names: of both axes; `files` for the second where there are bars.
    """

    places: Places
    names: tuple[str, str]


class PlotCanvas(QWidget):
    """Shows where files lie."""

    view_changed = Signal()  # another part is seen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Shown | None = None
        self._scale = Scale()
        self._at: tuple[Numbers, Numbers] = (np.zeros(0), np.zeros(0))
        self._box: Box | None = None
        self._target = Crosshair()
        self._lines: tuple[WasteLine, ...] = ()
        self._buckets: tuple[tuple[int | None, int | None], ...] = ()
        self._picture = Picture()
        self._message = ""
        self._theme = DARK
        self._held = ""
        self._sweep: QRectF | None = None
        self._selection: tuple[float, float, float, float] | None = None
        self._place: int | None = None
        self.paints = 0
        self.setFont(monospaced(8.5))
        self.setMinimumSize(240, 180)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Sizes")

    # ---- what is shown

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme = theme
        self._picture.set_theme(theme)
        self.update()

    def set_shown(self, shown: Shown | None, message: str = "") -> None:
        """Shows other places; keeps the part that is seen where the axes are the same.

        Args:
            shown: None shows nothing.
            message: says why there is nothing.
        """
        same = self._shown is not None and shown is not None and self._shown.names == shown.names
        self._shown, self._message, self._place = shown, message, None
        if not same:
            self._box = None
            self._selection = None
            self._lines = ()
        self._lay()

    def set_log(self, log: bool) -> None:
        """Shows sizes by their logarithm, or evenly."""
        if log != self._scale.log:
            self._scale = Scale(log)
            self._box, self._lines, self._selection = None, (), None
            self._lay()

    def set_target(self, target: Crosshair) -> None:
        """Shows a target on both axes."""
        if target != self._target:
            self._target = target
            self.update()

    def set_over(self, marked: npt.NDArray[np.bool_]) -> None:
        """Marks files that overflow; the mask has one for each row of the table."""
        if self._shown is not None:
            self._picture.set_over(self._shown.places.counted(marked))
            self.update()

    def set_lines(self, lines: tuple[WasteLine, ...]) -> None:
        """Shows lines of equal waste."""
        self._lines = lines
        self.update()

    def set_buckets(self, buckets: tuple[tuple[int | None, int | None], ...]) -> None:
        """Shows targets of buckets as rectangles from the origin; none takes them away."""
        self._buckets = buckets
        self.update()

    def fit(self) -> None:
        """Shows everything."""
        self._box = None
        self.update()
        self.view_changed.emit()

    @property
    def target(self) -> Crosshair:
        """The target that is shown."""
        return self._target

    @property
    def scale(self) -> Scale:
        """Of the axes."""
        return self._scale

    @property
    def lines(self) -> tuple[WasteLine, ...]:
        """The lines of equal waste that are shown."""
        return self._lines

    @property
    def picture(self) -> Picture:
        """What the dots are drawn by."""
        return self._picture

    @property
    def frame(self) -> Frame:
        """The rectangle with the dots, and what it shows."""
        left, top, right, bottom = _MARGINS
        size = max(1, self.width() - left - right), max(1, self.height() - top - bottom)
        box = self._box or self._whole
        return Frame(left, top, *size, box, self._scale, Scale() if self._is_bars else self._scale)

    @property
    def _is_bars(self) -> bool:
        return self._shown is not None and self._shown.names[1] == FILES

    @property
    def _whole(self) -> Box:
        """The box that holds all places and the target."""
        if self._shown is None or not len(self._shown.places):
            return _EMPTY_BOX
        places = self._shown.places
        left, right = self._ends(places.x, self._target.across)
        bottom, top = (0.0, 1.0) if self._is_bars else self._ends(places.y, self._target.up)
        return Box(left, bottom, right, top)

    def _ends(self, values: Rows, target: int | None) -> tuple[float, float]:
        low, high = int(values.min()), int(values.max())
        if target is not None:
            # A target far beyond all files would leave them in a corner.
            low, high = min(low, target), max(high, min(target, 4 * max(high, 1)))
        return fitted(low, high, self._scale, from_nothing=True)

    def _lay(self) -> None:
        if self._shown is None:
            self._at = (np.zeros(0), np.zeros(0))
            self._picture.set_places(None, self._at)
        else:
            places = self._shown.places
            self._at = (self._scale.place(places.x), self._scale.place(places.y))
            self._picture.set_places(places, self._at)
        self.setAccessibleDescription(self.described)
        self.update()
        self.view_changed.emit()

    @property
    def described(self) -> str:
        """The plot in words."""
        if self._shown is None or not len(self._shown.places):
            return self._message or "nothing is shown"
        places, names = self._shown.places, self._shown.names
        parts = [f"{int(places.counts.sum())} files of {len(places)} sizes"]
        for name, values in zip(names, (places.x, places.y), strict=True):
            if name != FILES:
                parts.append(f"{axis_title(name)} from {values.min()} to {values.max()}")
        return "; ".join(parts)

    # ---- Qt's events

    def sizeHint(self) -> QSize:
        """Qt asks how large it wants to be."""
        return QSize(640, 480)

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws everything; the picture of the dots is made anew only where it has changed."""
        self.paints += 1
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.canvas))
        if self._shown is None or not len(self._shown.places):
            painter.setPen(QColor(self._theme.muted))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), flags, self._message)
        else:
            self._draw(painter, self._shown, self.frame)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.accent), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _draw(self, painter: QPainter, shown: Shown, frame: Frame) -> None:
        theme, area = self._theme, QRectF(frame.x, frame.y, frame.width, frame.height)
        bars = bars_of(shown.places, self._picture.over, self._at[0], frame) if self._is_bars else None
        titles = axis_title(shown.names[0]), axis_title(shown.names[1])
        draw_scales(painter, frame, theme, titles, (bars.most, self._scale.log) if bars else (0, False))
        painter.save()
        painter.setClipRect(area.adjusted(-1, -1, 1, 1))
        self._target.draw_grid(painter, frame, theme)
        if bars is not None:
            draw_bars(painter, frame, theme, bars, self._scale.log)
        else:
            painter.drawImage(area.topLeft(), self._picture.image(frame, self.devicePixelRatioF()))
            draw_waste_lines(painter, frame, theme, self._lines)
        self._draw_buckets(painter, frame)
        self._target.draw(painter, frame, theme, self._held)
        if not self._buckets:
            draw_outside(painter, frame, theme, shown.places, self._picture.over, self._target, shown.names)
        self._draw_marks(painter, frame)
        painter.restore()

    def _draw_buckets(self, painter: QPainter, frame: Frame) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        metrics = QFontMetricsF(painter.font())
        for number, (across, up) in enumerate(self._buckets, 1):
            right = frame.x + frame.width if across is None else frame.x_of(across)
            top = frame.y if up is None or self._is_bars else frame.y_of(up)
            painter.setPen(QPen(QColor(self._theme.text), 1))
            painter.drawRect(QRectF(frame.x - 4, top, right - frame.x + 4, frame.y + frame.height + 4 - top))
            text = str(number)
            place = QRectF(
                right - metrics.horizontalAdvance(text) - 8,
                top + 2,
                metrics.horizontalAdvance(text) + 6,
                metrics.height(),
            )
            painter.fillRect(place, QColor(self._theme.panel))
            painter.setPen(QColor(self._theme.text))
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)

    def _draw_marks(self, painter: QPainter, frame: Frame) -> None:
        """Draws what is pointed at and what is chosen."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._place is not None:
            x, y = frame.pixels(self._at[0][[self._place]], self._at[1][[self._place]])
            painter.setPen(QPen(QColor(self._theme.text), 1.5))
            if self._is_bars:
                painter.drawRect(QRectF(float(x[0]) - 4, frame.y + 1, 8, frame.height - 2))
            else:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.drawEllipse(QPointF(float(x[0]), float(y[0])), 7, 7)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        area = self._sweep or self._selected(frame)
        if area is not None:
            painter.setPen(QPen(QColor(self._theme.text), 1, Qt.PenStyle.DashLine))
            painter.drawRect(area)

    def _selected(self, frame: Frame) -> QRectF | None:
        if self._selection is None:
            return None
        across, up = frame.per_unit
        left, top, right, bottom = self._selection
        box = frame.box
        return QRectF(
            QPointF(frame.x + (left - box.left) * across, frame.y + (box.top - top) * up),
            QPointF(frame.x + (right - box.left) * across, frame.y + (box.top - bottom) * up),
        )

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows the same part in another size."""
        super().resizeEvent(event)
        self.view_changed.emit()

    def focusInEvent(self, event: Any) -> None:
        """Shows that keys go here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: Any) -> None:
        """Shows that they do not."""
        super().focusOutEvent(event)
        self.update()
