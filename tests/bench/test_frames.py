"""Frames are timed from the event to the painting that shows it, moved and exact apart, and nothing waits for ever."""

from __future__ import annotations

import time
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from benchmarks import frames as frames_module
from benchmarks.frames import Frames
from benchmarks.gestures import DRAGS, Gesture, tour

EXACT_MS, PAINT_MS = 60, 20


class Picture(QWidget):
    """Moves at once, and gets the exact elements of what it shows later; beyond `limit` it does not move."""

    def __init__(self, exact_ms: int = EXACT_MS, limit: int = 1000) -> None:
        super().__init__()
        self.resize(200, 100)
        self.place = self.exact_place = 0
        self.count = 0
        self.limit = limit
        self.seen: list[str] = []
        self._exact_ms = exact_ms
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.become_exact)

    @property
    def viewport(self) -> QWidget:
        return self

    def state(self) -> int:
        return self.place

    def arrivals(self) -> int:
        return self.count

    def is_exact(self) -> bool:
        return self.place == self.exact_place

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        self.seen.append("in" if event.angleDelta().y() > 0 else "out")
        self.move_on()

    def mousePressEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        self.seen.append("press")

    def mouseMoveEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        self.seen.append("move")
        self.move_on()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        self.seen.append("release")

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        time.sleep(PAINT_MS / 1000)

    def move_on(self) -> None:
        if self.place < self.limit:
            self.place += 1
            self.update()
            if self._exact_ms:
                self._timer.start(self._exact_ms)
            else:
                self.exact_place = self.place

    def become_exact(self) -> None:
        self.exact_place = self.place
        self.count += 1
        self.update()


def timed(qtbot: QtBot, picture: Picture, count: int, limit: float = 30) -> dict[str, Any]:
    qtbot.addWidget(picture)
    picture.show()
    qtbot.waitExposed(picture)
    found: dict[str, Any] = {}
    running = Frames([picture], picture, tour(3), count, limit, found.update)
    qtbot.waitUntil(lambda: bool(found), timeout=20_000)
    assert running.parent() is picture
    return found


def test_moved_and_exact_are_timed_apart(qtbot: QtBot) -> None:
    picture = Picture()
    found = timed(qtbot, picture, 6)
    assert len(found["moved"]) == len(found["exact"]) == 6
    assert (found["idle"], found["late"]) == (0, 0)
    assert all(sample >= PAINT_MS for sample in found["moved"])
    assert all(sample >= EXACT_MS + PAINT_MS for sample in found["exact"])
    assert min(found["moved"]) < EXACT_MS
    assert picture.seen == ["in", "in", "in", "press", "move", "move", "move"]


def test_what_is_exact_at_once_has_one_time(qtbot: QtBot) -> None:
    found = timed(qtbot, Picture(exact_ms=0), 5)
    assert found["moved"] == found["exact"]


def test_gestures_that_move_nothing_are_passed_over(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_module, "PATIENCE_S", 0.05)
    found = timed(qtbot, Picture(exact_ms=0, limit=2), 4)
    assert len(found["exact"]) == 2
    assert found["idle"] > 2


def test_frames_that_never_come_are_given_up(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_module, "LONGEST_S", 0.1)
    found = timed(qtbot, Picture(exact_ms=60_000), 2)
    assert found["exact"] == []
    assert found["late"] == 3


def test_it_ends_when_its_time_is_over(qtbot: QtBot) -> None:
    found = timed(qtbot, Picture(), 10_000, limit=0.5)
    assert 1 <= len(found["exact"]) < 20


def test_a_tour_comes_back_to_where_it_began() -> None:
    gestures = tour(2)
    cycle = [next(gestures) for _ in range(2 + 2 + 2 * DRAGS + 1 + 2)]
    assert sum(gesture.amount for gesture in cycle if gesture.kind == "wheel") == 0
    assert [gesture.kind for gesture in cycle if not gesture.moves] == ["press", "release"]
    last_move = [gesture for gesture in cycle if gesture.kind == "move"][-1]
    assert last_move.amount == 0
    following = next(gestures)
    assert following == Gesture("wheel", following.x, following.y, 1)
    assert (following.x, following.y) != (cycle[0].x, cycle[0].y)
