"""The plot of a data set: a dot for each size, a target over them that a person drags; bars for one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from padviewer.gui.dataset.bars import bars_of
from padviewer.gui.dataset.crosshair import Crosshair
from padviewer.gui.dataset.frame import Box, Frame, Numbers, Scale, fitted
from padviewer.gui.dataset.marks import WasteLine, draw_bars, draw_outside, draw_scales, draw_waste_lines
from padviewer.gui.dataset.picture import Picture
from padviewer.gui.dataset.places import FILES, Places, Rows, axis_title
from padviewer.gui.guarding import guarded
from padviewer.gui.theme import DARK, Theme, monospaced

# Left, top, right and bottom of the frame, in pixels.
_MARGINS = (68, 12, 18, 44)
# A dot is pointed at from so far away, and a press that moves less is a click.
_REACH = 8.0
_STILL = 4
_NOTCH = 120
_ZOOM = 1.25
_FAR = 10
_EMPTY_BOX = Box(0, 0, 1, 1)
_TIP = (
    "Drag the target by its lines or their crossing; arrow keys move it by its multiple, with Ctrl by ten of them.\n"
    "Drag elsewhere to pan, turn the wheel to zoom, F shows everything. Drag with Shift to choose files.\n"
    "Click a dot, or go from dot to dot by Page Up and Page Down and press Enter, to open its file."
)


@dataclass(frozen=True)
class Shown:
    """What a plot shows.

    Attributes:
        places: of the files.
        names: of both axes; `files` for the second where there are bars.
    """

    places: Places
    names: tuple[str, str]


class SizePlot(QWidget):
    """Shows where files lie, and reports what a person points at, chooses and drags."""

    target_edited = Signal(object)  # {letter: size}
    pointed = Signal(object)  # rows under the pointer, or at the dot that the keyboard is at
    chosen = Signal(object)  # rows in the box that was drawn; none where it is taken away
    opened = Signal(int)  # the row of a file
    view_changed = Signal()

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
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._moved = False
        self._sweep: QRectF | None = None
        self._selection: tuple[float, float, float, float] | None = None
        self._place: int | None = None
        self._turn = 0
        self.paints = 0
        self.setFont(monospaced(8.5))
        self.setMinimumSize(240, 180)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Sizes")
        self.setToolTip(_TIP)

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
        if target is not None and not self._held:
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

    # ---- what is pointed at

    def place_at(self, x: float, y: float) -> int | None:
        """Returns the place of the dot, or of the bar, under a pixel; None where there is none."""
        if self._shown is None or not len(self._shown.places):
            return None
        frame = self.frame
        at_x, at_y = frame.pixels(*self._at)
        if self._is_bars:
            away = np.abs(at_x - x)
        else:
            away = np.hypot(at_x - x, at_y - y)
        nearest = int(away.argmin())
        return nearest if away[nearest] <= _REACH else None

    def _point_at(self, place: int | None) -> None:
        if place != self._place:
            self._place, self._turn = place, 0
            self.update()
            rows = np.zeros(0, np.int64) if place is None or self._shown is None else self._shown.places.rows_at(place)
            self.pointed.emit(rows)

    def _step_place(self, by: int) -> None:
        """Goes to the next dot that is seen, from left to right."""
        if self._shown is None or not len(self._shown.places):
            return
        frame = self.frame
        at_x, at_y = frame.pixels(*self._at)
        seen = (at_x >= frame.x) & (at_x <= frame.x + frame.width)
        if not self._is_bars:
            seen &= (at_y >= frame.y) & (at_y <= frame.y + frame.height)
        numbers = np.flatnonzero(seen)
        if not len(numbers):
            return
        if self._place is None:
            number = 0 if by > 0 else len(numbers) - 1
        else:
            number = int(np.searchsorted(numbers, self._place)) + by
        self._point_at(int(numbers[min(max(number, 0), len(numbers) - 1)]))

    def _open_place(self) -> None:
        """Opens a file at the place; the next one there at the next time."""
        if self._place is not None and self._shown is not None:
            rows = self._shown.places.rows_at(self._place)
            self.opened.emit(int(rows[self._turn % len(rows)]))
            self._turn += 1

    def _choose(self, area: QRectF) -> None:
        if self._shown is None:
            return
        frame = self.frame
        at_x, at_y = frame.pixels(*self._at)
        inside = (at_x >= area.left()) & (at_x <= area.right())
        if not self._is_bars:
            inside &= (at_y >= area.top()) & (at_y <= area.bottom())
        across, up = frame.per_unit
        box = frame.box
        self._selection = (
            box.left + (area.left() - frame.x) / across,
            box.top - (area.top() - frame.y) / up,
            box.left + (area.right() - frame.x) / across,
            box.top - (area.bottom() - frame.y) / up,
        )
        self.update()
        self.chosen.emit(self._shown.places.rows_of(inside))

    def clear_selection(self) -> None:
        """Takes the box away."""
        if self._selection is not None:
            self._selection = None
            self.update()
            self.chosen.emit(np.zeros(0, np.int64))

    def _drag_to(self, place: QPointF) -> None:
        frame = self.frame
        before = self._target
        self._edit(before.at(frame, self._held, place.x(), place.y()))

    def _edit(self, target: Crosshair) -> None:
        if self._shown is None or target == self._target:
            return
        if self._box is None:
            # What is seen stays while the target moves.
            self._box = self.frame.box
        names = self._shown.names
        pairs = ((names[0], self._target.across, target.across), (names[1], self._target.up, target.up))
        self.set_target(target)
        self.target_edited.emit({name: new for name, old, new in pairs if new != old})

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
        draw_outside(painter, frame, theme, shown.places, self._target, shown.names)
        self._draw_marks(painter, frame)
        painter.restore()

    def _draw_buckets(self, painter: QPainter, frame: Frame) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        metrics = QFontMetricsF(painter.font())
        for number, (across, up) in enumerate(self._buckets, 1):
            right = frame.x + frame.width if across is None else frame.x_of(across)
            top = frame.y if up is None or self._is_bars else frame.y_of(up)
            painter.setPen(QPen(QColor(self._theme.text), 1.5))
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
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of the target, or of the plane; with Shift a box begins."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place = event.position()
        self._pressed, self._last, self._moved = place, place, False
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._sweep = QRectF(place, place)
        else:
            self._held = self._target.hit(self.frame, place.x(), place.y())
        self.update()

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Moves what is held; else tells what lies under the pointer."""
        place = event.position()
        if self._pressed is None:
            self._hover(place)
            return
        self._moved = self._moved or (place - self._pressed).manhattanLength() > _STILL
        if not self._moved:
            return
        if self._sweep is not None:
            self._sweep = QRectF(self._pressed, place).normalized()
            self.update()
        elif self._held:
            self._drag_to(place)
        else:
            by = place - self._last
            self._set_frame(self.frame.moved(by.x(), 0 if self._is_bars else by.y()))
        self._last = place

    @guarded
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go; where nothing was moved, it was a click."""
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        sweep, self._sweep = self._sweep, None
        self._pressed, self._held = None, ""
        if sweep is not None and self._moved:
            self._choose(sweep)
        elif not self._moved:
            place = event.position()
            found = self.place_at(place.x(), place.y())
            if found is None:
                self.clear_selection()
            else:
                self._point_at(found)
                self._open_place()
        self.update()

    def _hover(self, place: QPointF) -> None:
        held = self._target.hit(self.frame, place.x(), place.y())
        shapes = {
            "x": Qt.CursorShape.SplitHCursor,
            "y": Qt.CursorShape.SplitVCursor,
            "xy": Qt.CursorShape.SizeAllCursor,
        }
        self.setCursor(shapes.get(held, Qt.CursorShape.ArrowCursor))
        self._point_at(self.place_at(place.x(), place.y()))

    @guarded
    def leaveEvent(self, event: QEvent) -> None:
        """Points at nothing any more."""
        super().leaveEvent(event)
        self._point_at(None)

    @guarded
    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms about the pointer."""
        notches = event.angleDelta().y() / _NOTCH
        if notches:
            place = event.position()
            self._set_frame(self.frame.zoomed(place.x(), place.y(), _ZOOM**notches, not self._is_bars))
        event.accept()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves the target, zooms, or goes from dot to dot."""
        far = _FAR if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 1
        steps = {
            Qt.Key.Key_Left: (-far, 0),
            Qt.Key.Key_Right: (far, 0),
            Qt.Key.Key_Up: (0, far),
            Qt.Key.Key_Down: (0, -far),
        }
        actions: dict[Any, Any] = {
            Qt.Key.Key_F: self.fit,
            Qt.Key.Key_Plus: lambda: self._zoom(_ZOOM),
            Qt.Key.Key_Equal: lambda: self._zoom(_ZOOM),
            Qt.Key.Key_Minus: lambda: self._zoom(1 / _ZOOM),
            Qt.Key.Key_PageDown: lambda: self._step_place(far),
            Qt.Key.Key_PageUp: lambda: self._step_place(-far),
            Qt.Key.Key_Return: self._open_place,
            Qt.Key.Key_Enter: self._open_place,
            Qt.Key.Key_Escape: self.clear_selection,
        }
        key = Qt.Key(event.key())
        if key in steps:
            self._edit(self._target.stepped(*steps[key]))
        elif key in actions:
            actions[key]()
        else:
            super().keyPressEvent(event)

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

    def _zoom(self, factor: float) -> None:
        frame = self.frame
        middle = frame.x + frame.width / 2, frame.y + frame.height / 2
        self._set_frame(frame.zoomed(*middle, factor, not self._is_bars))

    def _set_frame(self, frame: Frame) -> None:
        self._box = frame.box
        self.update()
        self.view_changed.emit()
