"""What goes on behind the running window, and how long its event loop stalls meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer

from benchmarks.stalls import Stalls
from padviewer.errors import PadviewerError
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage
from padviewer.workers.messages import Tile

OnEnd = Callable[[dict[str, Any]], None]
LOOK_MS = 20


class Activities(QObject):
    """Opens files, or exports, and keeps the longest stall."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._stalls = Stalls(self)
        self._left: list[str] = []
        self._arrived: set[Stage] = set()

    def load(self, paths: list[str], on_end: OnEnd) -> None:
        """Opens files one after the other, each when INPUT and PADDED of the one before are on screen."""
        self._on_end, self._left = on_end, list(paths)
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._on_look_timeout)
        self._window.session.tile_ready.connect(self._on_session_tile_ready)
        self._window.session.failed.connect(self._on_session_failed)
        self._stalls.start()
        self._open_next()
        self._look.start()

    def export(self, stage: Stage, path: str, on_end: OnEnd) -> None:
        """Writes a stage to a file."""
        self._on_end = on_end
        self._window.session.export_ended.connect(self._on_session_export_ended)
        self._stalls.start()
        self._window.commands.export(stage, path)

    def _open_next(self) -> None:
        self._arrived = set()
        self._current = self._left.pop(0)
        self._window.commands.open_paths([self._current])

    def _on_session_tile_ready(self, tile: Tile) -> None:
        plan = self._window.session.plan
        if plan is not None and plan.info.path == self._current:
            self._arrived.add(tile.stage)

    def _on_look_timeout(self) -> None:
        """Goes on when the pictures had time to be painted."""
        if not self._arrived >= {Stage.INPUT, Stage.PADDED}:
            return
        if self._left:
            self._open_next()
        else:
            self._look.stop()
            self._end({})

    def _on_session_failed(self, error: PadviewerError) -> None:
        self._look.stop()
        self._end({"failed": error.message})

    def _on_session_export_ended(self, path: str, error: PadviewerError | None) -> None:
        self._end({"path": path, **({"failed": error.message} if error else {})})

    def _end(self, found: dict[str, Any]) -> None:
        self._stalls.stop()
        self._on_end({**found, "stall_meanwhile": self._stalls.longest})
