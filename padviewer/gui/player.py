"""Plays a slider: steps it through its axis, never faster than the panes can show."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from padviewer.gui.axis_slider import AxisSlider
from padviewer.plan import Stage

RATES = (2, 5, 10, 15, 30)
# How soon it looks again whether the last index is shown by now.
_LOOK_MS = 8

Place = tuple[Stage, str]


class Player(QObject):
    """Steps one slider at a time.

    Args:
        find: returns the slider of a place, a stage and an axis; None where there is none any more, or none is seen.
        is_shown: whether every pane shows what it was asked for.
    """

    changed = Signal()

    def __init__(
        self,
        find: Callable[[Place], AxisSlider | None],
        is_shown: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._find = find
        self._is_shown = is_shown
        self._forth = 1
        self.place: Place | None = None
        self.playing = False
        self.rate = 10
        self.bounces = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._on_timer_timeout)

    def use(self, place: Place) -> None:
        """Remembers which slider was used last; another one that plays is stopped."""
        if place != self.place:
            self.pause()
            self.place, self._forth = place, 1

    def toggle(self, place: Place | None = None) -> None:
        """Plays or pauses a slider; None takes the one that was used last."""
        if place is not None:
            self.use(place)
        if self.playing:
            self.pause()
        elif self._slider() is not None:
            self.playing = True
            self._timer.start(0)
            self.changed.emit()

    def pause(self) -> None:
        """Stops where it is."""
        if self.playing:
            self.playing = False
            self._timer.stop()
            self.changed.emit()

    def plays(self, place: Place) -> bool:
        """Whether a slider is played."""
        return self.playing and place == self.place

    def _slider(self) -> AxisSlider | None:
        return self._find(self.place) if self.place is not None else None

    def _on_timer_timeout(self) -> None:
        slider = self._slider()
        if slider is None:
            self.pause()
        elif not self._is_shown():
            self._timer.start(_LOOK_MS)
        else:
            self._timer.start(1000 // self.rate)
            slider.choose(self._next(slider))

    def _next(self, slider: AxisSlider) -> int:
        last, index = slider.extent - 1, slider.index
        if not self.bounces or last < 1:
            return index + 1 if index < last else 0
        if index >= last:
            self._forth = -1
        elif index <= 0:
            self._forth = 1
        return index + self._forth
