"""Edits the target of the real window, again and again, and times the labels and the panes."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer

from benchmarks.paints import Paints
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage
from padviewer.workers.messages import Tile

LABELS = "labels"
# The first edits pay for what the frameworks set up once.
WARM_UP = 5
# A person's next edit does not come at once.
PAUSE_MS = 20
# An edit that is not on screen by then counts as this long.
LONGEST_MS = 10_000


class Edits(QObject):
    """Times from an edit to its painting, in milliseconds: of the label of PADDED, and of the first tile of each stage.

    Args:
        window: shows every stage already.
        count: edits that are timed.
        feature: whether FEATURE is waited for.
        on_end: called with the delays by what was painted.
    """

    def __init__(
        self, window: MainWindow, count: int, feature: bool, on_end: Callable[[dict[str, list[float]]], None]
    ) -> None:
        super().__init__(window)
        self._session = window.session
        self._left = count + WARM_UP
        self._on_end = on_end
        self._stages = (Stage.PADDED, Stage.FEATURE) if feature else (Stage.PADDED,)
        self._names = {LABELS, *(stage.value for stage in self._stages)}
        self._delays: dict[str, list[float]] = {name: [] for name in self._names}
        self._waiting: set[str] = set()
        self._arrived: set[str] = set()
        self._started = 0.0
        self._target = self._session.spec.target
        self._pane = window.pane(Stage.PADDED)
        self._title = self._pane.title_text
        self._session.tile_ready.connect(self._on_session_tile_ready)
        for stage in self._stages:
            viewport = window.pane(stage).canvas.viewport()
            Paints(viewport, partial(self._has_arrived, stage.value), partial(self._on_painted, stage.value))
        # What is painted in the frame of a pane is painted through the frame.
        Paints(self._pane, self._is_relabelled, partial(self._on_painted, LABELS))
        self._patience = QTimer(self, singleShot=True, interval=LONGEST_MS)
        self._patience.timeout.connect(self._on_patience_timeout)
        self._next()

    def _next(self) -> None:
        if not self._left:
            self._on_end({name: delays[WARM_UP:] for name, delays in self._delays.items()})
            return
        self._left -= 1
        self._waiting, self._arrived = set(self._names), set()
        self._title = self._pane.title_text
        step = 8 * (1 + self._left % 8)
        self._patience.start()
        self._started = time.perf_counter()
        self._session.edit({"target": tuple(size and size - step for size in self._target)})

    def _has_arrived(self, name: str) -> bool:
        return name in self._arrived

    def _is_relabelled(self) -> bool:
        return self._pane.title_text != self._title

    def _on_session_tile_ready(self, tile: Tile) -> None:
        # The session lets only tiles of the newest plan through; the window has taken this one already.
        if tile.stage.value in self._waiting:
            self._arrived.add(tile.stage.value)

    def _on_painted(self, name: str) -> None:
        if name not in self._waiting:
            return
        self._delays[name].append((time.perf_counter() - self._started) * 1000)
        self._waiting.discard(name)
        self._arrived.discard(name)
        if not self._waiting:
            self._patience.stop()
            QTimer.singleShot(PAUSE_MS, self._next)

    def _on_patience_timeout(self) -> None:
        for name in list(self._waiting):
            self._delays[name].append(float(LONGEST_MS))
        self._waiting, self._arrived = set(), set()
        self._next()
