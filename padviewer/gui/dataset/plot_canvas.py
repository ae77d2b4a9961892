"""The plot of a data set: a dot for each size, or bars for one axis, and what is drawn over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from padviewer.gui.dataset.bars import bars_of
from padviewer.gui.dataset.captions import MOST_KEPT_CLEAR, Captions
from padviewer.gui.dataset.crosshair import Crosshair
from padviewer.gui.dataset.frame import Box, Frame, Numbers, Scale, fitted
from padviewer.gui.dataset.marks import (
    Corners,
    draw_bars,
    draw_buckets,
    draw_curve,
    draw_pointed,
    draw_scales,
    draw_waste_lines,
    write_buckets,
    write_outside,
    write_waste,
)
from padviewer.gui.dataset.picture import Picture
from padviewer.gui.dataset.places import FILES, Places, Rows, axis_title
from padviewer.gui.dataset.waste_plane import WasteCurve, WasteLine
from padviewer.gui.focus_drawn import FocusDrawn
from padviewer.gui.guarding import guarded
from padviewer.gui.theme import DARK, Theme, monospaced

# Left, top, right and bottom of the frame, in pixels.
_MARGINS = (68, 12, 18, 44)
# Of the waste, to the right of bars.
_CURVE_SCALE = 30
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


class PlotCanvas(FocusDrawn):
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
        self._curve: WasteCurve | None = None
        self._buckets: Corners = ()
        self._picture = Picture()
        self._message = ""
        self._theme = DARK
        self._held = ""
        self._sweep: QRectF | None = None
        self._selection: tuple[float, float, float, float] | None = None
        self._place: int | None = None
        self._captions: list[QRectF] = []
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
            self._lines, self._curve = (), None
        self._lay()

    def set_log(self, log: bool) -> None:
        """Shows sizes by their logarithm, or evenly."""
        if log != self._scale.log:
            self._scale = Scale(log)
            self._box, self._lines, self._curve, self._selection = None, (), None, None
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

    def set_curve(self, curve: WasteCurve | None) -> None:
        """Shows the waste over bars, with its scale on the right; None takes it away."""
        appears = (curve is None) != (self._curve is None)
        self._curve = curve
        self.update()
        if appears:
            self.view_changed.emit()  # its scale takes room

    def set_buckets(self, buckets: Corners) -> None:
        """Shows targets of buckets as rectangles from the origin; none takes them away."""
        if buckets != self._buckets:
            self._buckets = buckets
            self.update()
            self.view_changed.emit()

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
    def captions(self) -> list[QRectF]:
        """Where something was written over the dots, when it was last painted."""
        return self._captions

    @property
    def picture(self) -> Picture:
        """What the dots are drawn by."""
        return self._picture

    @property
    def frame(self) -> Frame:
        """The rectangle with the dots, and what it shows."""
        left, top, right, bottom = _MARGINS
        if self._curve is not None and self._is_bars:
            right += _CURVE_SCALE
        size = max(1, self.width() - left - right), max(1, self.height() - top - bottom)
        box = self._box or self._whole
        return Frame(left, top, *size, box, self._scale, Scale() if self._is_bars else self._scale)

    @property
    def _is_bars(self) -> bool:
        return self._shown is not None and self._shown.names[1] == FILES

    @property
    def _whole(self) -> Box:
        """The box that holds all places, the target and the buckets."""
        if self._shown is None or not len(self._shown.places):
            return _EMPTY_BOX
        places = self._shown.places
        left, right = self._ends(places.x, [self._target.across, *(across for across, _up in self._buckets)])
        if self._is_bars:
            return Box(left, 0.0, right, 1.0)
        bottom, top = self._ends(places.y, [self._target.up, *(up for _across, up in self._buckets)])
        return Box(left, bottom, right, top)

    def _ends(self, values: Rows, targets: list[int | None]) -> tuple[float, float]:
        low, high = int(values.min()), int(values.max())
        far = 4 * max(high, 1)
        for target in targets:
            if target is not None:
                # A target far beyond all files would leave them in a corner.
                low, high = min(low, target), max(high, min(target, far))
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
        buckets: Corners = tuple((across, None) for across, _up in self._buckets) if self._is_bars else self._buckets
        draw_buckets(painter, frame, theme, buckets)
        self._target.draw(painter, frame, theme, self._held)
        self._draw_marks(painter, frame)
        painter.restore()
        said = (
            ""
            if bars is None or self._curve is None
            else draw_curve(painter, frame, theme, self._curve, self._target.across)
        )
        few = not self._is_bars and len(shown.places) <= MOST_KEPT_CLEAR
        at = frame.pixels(*self._at) if few else None
        self._write(Captions(painter, area, theme, at), frame, shown, buckets, said)

    def _write(self, captions: Captions, frame: Frame, shown: Shown, buckets: Corners, waste: str) -> None:
        """Writes what there is room for: first what a person decides by."""
        write_buckets(captions, frame, self._theme, buckets)
        if not buckets:
            write_outside(captions, frame, self._theme, shown.places, self._picture.over, self._target, shown.names)
        if waste and self._target.across is not None:
            x, high = frame.x_of(self._target.across), captions.height + 3
            places = [(x + 8, frame.y + 9), (x + 8, frame.y + 9 + high), (x + 8, frame.y + 9 + 2 * high)]
            captions.write(waste, places, self._theme.padding)
        if not self._is_bars:
            write_waste(captions, frame, self._theme, self._lines)
        self._captions = captions.taken

    def _draw_marks(self, painter: QPainter, frame: Frame) -> None:
        """Draws what is pointed at and what is chosen."""
        if self._place is not None:
            x, y = frame.pixels(self._at[0][[self._place]], self._at[1][[self._place]])
            draw_pointed(painter, frame, self._theme, (float(x[0]), float(y[0])), self._is_bars)
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
