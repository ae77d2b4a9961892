"""Looks closer at the real window, again and again: moves the brush, asks for the card, tints contamination, undoes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from benchmarks.gestures import Gesture
from benchmarks.paints import Paints
from padviewer.gui.card.card import Card
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage

# The first of each makes what it needs.
WARM_UP = 3
PAUSE_MS = 20
# What is not on screen by then counts as this long.
LONGEST_MS = 10_000
# Shares of the picture's width and height that the pointer goes to in turn: in the middle, some outputs apart.
PLACES = tuple((0.4 + 0.013 * number, 0.45 + 0.009 * number) for number in range(12))


@dataclass(frozen=True)
class Step:
    """Something that a person does, and what shows that it was done.

    Attributes:
        do: does it.
        seen: what is on screen: another value afterwards.
        where: the widget that has to be painted.
    """

    do: Callable[[], None]
    seen: Callable[[], Any]
    where: QWidget


class Inspections(QObject):
    """Times from what a person does to its painting, in milliseconds.

    Args:
        window: shows every stage already.
        count: how many times each is done.
        on_end: called with the delays by what was done.
    """

    def __init__(self, window: MainWindow, count: int, on_end: Callable[[dict[str, list[float]]], None]) -> None:
        super().__init__(window)
        self._window = window
        self._on_end = on_end
        self._turn = 0
        window.instruments.show_panel("card")
        window.session.edit({"position": "center"})
        self._steps = self._all_steps()
        self._delays: dict[str, list[float]] = {name: [] for name in self._steps}
        self._left = [name for _ in range(count + WARM_UP) for name in self._steps]
        self._running = ""
        self._before: Any = None
        self._started = 0.0
        for name, step in self._steps.items():
            Paints(step.where, partial(self._is_seen, name), partial(self._on_painted, name))
        self._patience = QTimer(self, singleShot=True, interval=LONGEST_MS)
        self._patience.timeout.connect(self._on_patience_timeout)
        QTimer.singleShot(PAUSE_MS, self._next)

    def _all_steps(self) -> dict[str, Step]:
        window = self._window
        feature, padded = (window.pane(stage).canvas.viewport() for stage in (Stage.FEATURE, Stage.PADDED))
        brushing, card = window.instruments.brushing, window.instruments.panel("card")
        if not isinstance(card, Card):
            raise TypeError(f"the card is {type(card).__name__}")
        tint = next(a for a in window.actions_.menus["View"].actions() if a.text() == "&Contamination of outputs")
        return {
            "brush": Step(self._point, lambda: brushing.brush.text, padded),
            "card": Step(self._point, lambda: card.title_text, card),
            "contamination": Step(tint.trigger, tint.isChecked, feature),
            "undo": Step(self._undo, lambda: window.session.spec, window.pane(Stage.PADDED)),
        }

    def _point(self) -> None:
        self._turn += 1
        x, y = PLACES[self._turn % len(PLACES)]
        Gesture("hover", x, y).post(self._window.pane(Stage.FEATURE).canvas.viewport())

    def _undo(self) -> None:
        """Undoes the last edit, or does it again."""
        commands = self._window.commands
        if self._window.actions_.redo.isEnabled():
            commands.redo()
        else:
            commands.undo()

    def _next(self) -> None:
        if not self._left:
            self._on_end({name: delays[WARM_UP:] for name, delays in self._delays.items()})
            return
        if not self._window.settled:
            # A person looks at what came before going on.
            QTimer.singleShot(PAUSE_MS, self._next)
            return
        self._running = self._left.pop(0)
        step = self._steps[self._running]
        self._before = step.seen()
        self._patience.start()
        self._started = time.perf_counter()
        step.do()

    def _is_seen(self, name: str) -> bool:
        return name == self._running and bool(self._steps[name].seen() != self._before)

    def _on_painted(self, name: str) -> None:
        if name == self._running:
            self._end((time.perf_counter() - self._started) * 1000)

    def _on_patience_timeout(self) -> None:
        self._end(float(LONGEST_MS))

    def _end(self, delay: float) -> None:
        self._patience.stop()
        self._delays[self._running].append(delay)
        self._running = ""
        QTimer.singleShot(PAUSE_MS, self._next)
