"""The plot of a data set as a person works with it: points at dots, chooses some, and drags the target."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from padviewer.gui.dataset.crosshair import Crosshair
from padviewer.gui.dataset.frame import Frame
from padviewer.gui.dataset.plot_canvas import PlotCanvas
from padviewer.gui.dataset.walking import next_towards
from padviewer.gui.guarding import guarded

# A dot is pointed at from so far away, and a press that moves less is a click.
_REACH = 8.0
_STILL = 4
_NOTCH = 120
_ZOOM = 1.25
_FAR = 10
# Pixels that a key moves the corner of a box by.
_STRETCH = 8
_TIP = (
    "Drag the target by its lines or their crossing; arrow keys move it by its multiple, with Ctrl by ten of them.\n"
    "Drag elsewhere to pan, turn the wheel to zoom, F shows everything. Drag with Shift to choose files.\n"
    "Click a dot to open its file, or go from dot to dot by Alt and the arrow keys, or by Page Up and Page Down,\n"
    "and press Enter. Shift and the arrow keys draw a box from there."
)


class SizePlot(PlotCanvas):
    """Shows where files lie, and reports what a person points at, chooses and drags."""

    target_edited = Signal(object)  # {letter: size}
    pointed = Signal(object)  # rows under the pointer, or at the dot that the keyboard is at
    chosen = Signal(object)  # rows in the box that was drawn; none where it is taken away
    opened = Signal(int)  # the row of a file

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._moved = False
        self._turn = 0
        self._ends_of_box: tuple[QPointF, QPointF] | None = None
        self.setMouseTracking(True)
        self.setToolTip(_TIP)

    # ---- what is pointed at

    def place_at(self, x: float, y: float) -> int | None:
        """Returns the place of the dot, or of the bar, under a pixel; None where there is none."""
        if self._shown is None or not len(self._shown.places):
            return None
        frame = self.frame
        at_x, at_y = frame.pixels(*self._at)
        away = np.abs(at_x - x) if self._is_bars else np.hypot(at_x - x, at_y - y)
        nearest = int(away.argmin())
        return nearest if away[nearest] <= _REACH else None

    def _point_at(self, place: int | None) -> None:
        if place != self._place:
            self._place, self._turn = place, 0
            self.update()
            rows = np.zeros(0, np.int64) if place is None or self._shown is None else self._shown.places.rows_at(place)
            self.pointed.emit(rows)

    def _walk(self, right: int, down: int) -> None:
        """Goes to the dot that lies next in a direction."""
        if self._shown is None or not len(self._shown.places):
            return
        frame = self.frame
        at_x, at_y = frame.pixels(*self._at)
        if self._is_bars:
            at_y = np.full_like(at_x, frame.y + frame.height / 2)
        unseen = (at_x < frame.x) | (at_x > frame.x + frame.width)
        unseen |= (at_y < frame.y) | (at_y > frame.y + frame.height)
        if self._place is None:
            start, right, down = self._middle, 0, 0
        else:
            start = float(at_x[self._place]), float(at_y[self._place])
        found = next_towards((np.where(unseen, np.inf, at_x), at_y), start, right, down)
        if found is not None:
            self._point_at(found)

    def _stretch(self, right: int, down: int) -> None:
        """Moves the free corner of a box, which begins at the dot that the keyboard is at, or in the middle."""
        frame = self.frame
        if self._ends_of_box is None:
            x, y = self._middle
            if self._place is not None:
                at_x, at_y = frame.pixels(self._at[0][[self._place]], self._at[1][[self._place]])
                x, y = float(at_x[0]), y if self._is_bars else float(at_y[0])
            self._ends_of_box = QPointF(x, y), QPointF(x, y)
        fixed, free = self._ends_of_box
        x = min(max(free.x() + right, frame.x), frame.x + frame.width)
        y = min(max(free.y() + down, frame.y), frame.y + frame.height)
        ends = self._ends_of_box = fixed, QPointF(x, y)
        self._choose(QRectF(*ends).normalized().adjusted(-1, -1, 1, 1))
        self._ends_of_box = ends

    @property
    def _middle(self) -> tuple[float, float]:
        frame = self.frame
        return frame.x + frame.width / 2, frame.y + frame.height / 2

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
        self._ends_of_box = None
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
        self._ends_of_box = None
        if self._selection is not None:
            self._selection = None
            self.update()
            self.chosen.emit(np.zeros(0, np.int64))

    def _drag_to(self, place: QPointF) -> None:
        frame = self.frame
        before = self._target
        # It stays in sight, and can be taken hold of again.
        x = min(max(place.x(), frame.x), frame.x + frame.width)
        y = min(max(place.y(), frame.y), frame.y + frame.height)
        self._edit(before.at(frame, self._held, x, y))

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
            # What is seen stays while the target moves.
            self._box = self.frame.box
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
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        if key in steps and alt:
            right, up = steps[key]
            self._walk(int(np.sign(right)), -int(np.sign(up)))
        elif key in steps and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            right, up = steps[key]
            self._stretch(_STRETCH * right, -_STRETCH * up)
        elif key in steps:
            self._edit(self._target.stepped(*steps[key]))
        elif key in actions:
            actions[key]()
        else:
            super().keyPressEvent(event)

    def _zoom(self, factor: float) -> None:
        self._set_frame(self.frame.zoomed(*self._middle, factor, not self._is_bars))

    def _set_frame(self, frame: Frame) -> None:
        self._box, self._ends_of_box = frame.box, None
        self.update()
        self.view_changed.emit()
