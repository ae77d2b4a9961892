"""What a hand does in a picture, as Qt's events: notches of the wheel, and drags. Shared with the peers' windows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

NOTCH = 120
# Where the pointer is, as shares of the picture's width and height.
PLACES = ((0.5, 0.5), (0.35, 0.4), (0.6, 0.65), (0.45, 0.55))
DRAGS = 8
DRAG_PIXELS = (14, 9)


@dataclass(frozen=True)
class Gesture:
    """One event: `wheel` moves the view, `move` moves it with a button held; `press`, `release` and `hover` do not.

    Attributes:
        kind: which event.
        x, y: where, as shares of the widget's width and height.
        amount: notches of the wheel; moves of the drag so far.
    """

    kind: str
    x: float
    y: float
    amount: int = 0

    @property
    def moves(self) -> bool:
        """Whether the view is another afterwards."""
        return self.kind in ("wheel", "move")

    def post(self, widget: QWidget) -> None:
        """Queues the event as the window system would; it is handled from the event loop."""
        position = QPointF(self.x * widget.width(), self.y * widget.height())
        if self.kind in ("move", "release"):
            position += QPointF(self.amount * DRAG_PIXELS[0], self.amount * DRAG_PIXELS[1])
        place = QPointF(widget.mapToGlobal(position))
        QCoreApplication.postEvent(widget, self._event(position, place))

    def _event(self, position: QPointF, place: QPointF) -> QEvent:
        left, none, keys = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
        if self.kind == "wheel":
            turn = QPoint(0, self.amount * NOTCH)
            return QWheelEvent(position, place, QPoint(), turn, none, keys, Qt.ScrollPhase.NoScrollPhase, False)
        kind, button, held = {
            "hover": (QEvent.Type.MouseMove, none, none),
            "press": (QEvent.Type.MouseButtonPress, left, left),
            "move": (QEvent.Type.MouseMove, none, left),
            "release": (QEvent.Type.MouseButtonRelease, left, none),
        }[self.kind]
        return QMouseEvent(kind, position, place, button, held, keys)


def tour(notches: int) -> Iterator[Gesture]:
    """Yields gestures without end: zoom in at a place, drag there and back, zoom out, and on to the next place.

    Args:
        notches: of the wheel, from the whole picture to where it is looked at closely.
    """
    for x, y in itertools.cycle(PLACES):
        yield from (Gesture("wheel", x, y, 1) for _ in range(notches))
        yield Gesture("press", x, y)
        there = range(1, DRAGS + 1)
        yield from (Gesture("move", x, y, amount) for amount in (*there, *reversed(there), 0))
        yield Gesture("release", x, y)
        yield from (Gesture("wheel", x, y, -1) for _ in range(notches))
