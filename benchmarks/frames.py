"""Sends gestures to a window, one at a time, and times until what each of them changed was painted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from benchmarks.gestures import Gesture
from benchmarks.paints import Paints

# A hand moves on at about the rate of the screen, when it sees what it did.
PAUSE_MS = 15
# A gesture that moves nothing within this time, at the end of the zoom say, is passed over.
PATIENCE_S = 0.5
# What was moved and is still not exact by then counts as this long, and is told.
LONGEST_S = 20.0


class View(Protocol):
    """A picture that is watched."""

    @property
    def viewport(self) -> QWidget:
        """The widget that is painted."""

    def state(self) -> Any:
        """Returns what part is shown: equal where it is the same."""

    def arrivals(self) -> int:
        """Returns how many times it got other elements to show."""

    def is_exact(self) -> bool:
        """Whether the elements that it has are the exact ones of that part, and no others are asked for."""


class Frames(QObject):
    """Times gestures in milliseconds, from the queueing of the event to the end of a painting of the last of the views.

    `moved` is the first painting that shows the new part, whatever it is made of; `exact` the first of its own
    elements. For views that are always exact both are the same.

    Args:
        views: pictures that move together.
        target: the widget that gets the events.
        gestures: what is done.
        count: frames that are timed.
        limit: seconds after which it ends with those that there are.
        on_end: called with the samples by name, the gestures that moved nothing, and the frames that never came.
    """

    def __init__(
        self,
        views: Sequence[View],
        target: QWidget,
        gestures: Iterator[Gesture],
        count: int,
        limit: float,
        on_end: Callable[[dict[str, Any]], None],
    ) -> None:
        super().__init__(target)
        self._views = views
        self._target = target
        self._gestures = gestures
        self._count = count
        self._ends = time.perf_counter() + limit
        self._on_end = on_end
        self._moved: list[float] = []
        self._exact: list[float] = []
        self._idle = self._late = 0
        self._waiting = False
        self._started = 0.0
        self._before: list[Any] = []
        # By number of the view: when it was first painted, and when first with how many arrivals.
        self._first: dict[int, float] = {}
        self._newest: dict[int, tuple[int, float]] = {}
        for number, view in enumerate(views):
            Paints(view.viewport, partial(self._is_moved, number), partial(self._on_painted, number))
        self._check = QTimer(self, interval=5)
        self._check.timeout.connect(self._on_check_timeout)
        self._next()

    def _next(self) -> None:
        over = time.perf_counter() > self._ends or self._idle + self._late > self._count
        if over or len(self._exact) >= self._count:
            self._on_end({"moved": self._moved, "exact": self._exact, "idle": self._idle, "late": self._late})
            return
        gesture = next(self._gestures)
        self._before = [view.state() for view in self._views]
        self._first, self._newest = {}, {}
        self._started = time.perf_counter()
        gesture.post(self._target)
        if not gesture.moves:
            QTimer.singleShot(PAUSE_MS, self._next)
            return
        self._waiting = True
        self._check.start()

    def _is_moved(self, number: int) -> bool:
        return self._waiting and bool(self._views[number].state() != self._before[number])

    def _on_painted(self, number: int) -> None:
        if not self._waiting:
            return
        now, arrivals = time.perf_counter(), self._views[number].arrivals()
        self._first.setdefault(number, now)
        if number not in self._newest or self._newest[number][0] != arrivals:
            self._newest[number] = arrivals, now
        self._end_when_exact()

    def _on_check_timeout(self) -> None:
        """Ends the wait for what comes without a painting of its own, or not at all."""
        elapsed = time.perf_counter() - self._started
        if not self._first and elapsed > PATIENCE_S:
            self._idle += 1
            self._go_on()
        elif elapsed > LONGEST_S:
            self._late += 1
            self._go_on()
        else:
            self._end_when_exact()

    def _end_when_exact(self) -> None:
        if all(self._shows_exact(number, view) for number, view in enumerate(self._views)):
            self._moved.append((max(self._first.values()) - self._started) * 1000)
            self._exact.append((max(moment for _, moment in self._newest.values()) - self._started) * 1000)
            self._go_on()

    def _shows_exact(self, number: int, view: View) -> bool:
        """Whether what was painted last is exact: what has arrived since then is not on screen yet."""
        return number in self._newest and self._newest[number][0] == view.arrivals() and view.is_exact()

    def _go_on(self) -> None:
        self._waiting = False
        self._check.stop()
        QTimer.singleShot(PAUSE_MS, self._next)
