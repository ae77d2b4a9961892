"""Edits the target of the real window, again and again, and times the panes."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from benchmarks.paints import Paints
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage
from padviewer.workers.messages import Tile

STAGES = (Stage.PADDED, Stage.FEATURE)
# The first edits pay for what the frameworks set up once.
WARM_UP = 5
# A person's next edit does not come at once.
PAUSE_MS = 20


class Edits(QObject):
    """Times from an edit to the painting of its first tile, in milliseconds, for each stage.

    Args:
        window: shows every stage already.
        count: edits that are timed.
        on_end: called with the delays by stage.
    """

    def __init__(self, window: MainWindow, count: int, on_end: Callable[[dict[str, list[float]]], None]) -> None:
        super().__init__(window)
        self._session = window.session
        self._left = count + WARM_UP
        self._on_end = on_end
        self._delays: dict[str, list[float]] = {stage.value: [] for stage in STAGES}
        self._waiting: set[Stage] = set()
        self._arrived: set[Stage] = set()
        self._started = 0.0
        self._session.tile_ready.connect(self._on_session_tile_ready)
        for stage in STAGES:
            self._watch(window, stage)
        self._next()

    def _watch(self, window: MainWindow, stage: Stage) -> None:
        viewport = window.pane(stage).canvas.viewport()
        Paints(viewport, lambda: stage in self._arrived, lambda: self._on_painted(stage))

    def _next(self) -> None:
        if not self._left:
            self._on_end({stage: delays[WARM_UP:] for stage, delays in self._delays.items()})
            return
        self._left -= 1
        self._waiting, self._arrived = set(STAGES), set()
        step = 8 * (self._left % 8)
        self._started = time.perf_counter()
        self._session.edit({"target": (1016 - step, 960 + step)})

    def _on_session_tile_ready(self, tile: Tile) -> None:
        # The session lets only tiles of the newest plan through; the window has taken this one already.
        if tile.stage in self._waiting:
            self._arrived.add(tile.stage)

    def _on_painted(self, stage: Stage) -> None:
        if stage not in self._waiting or stage not in self._arrived:
            return
        self._delays[stage.value].append((time.perf_counter() - self._started) * 1000)
        self._waiting.discard(stage)
        self._arrived.discard(stage)
        if not self._waiting:
            QTimer.singleShot(PAUSE_MS, self._next)
