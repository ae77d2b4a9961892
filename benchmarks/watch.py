"""Watches the real window from its first event: when each stage is first painted, and a scenario after that."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer

from benchmarks.activities import Activities
from benchmarks.edits import Edits
from benchmarks.frames import Frames
from benchmarks.gestures import tour
from benchmarks.inspections import Inspections
from benchmarks.memory import Peaks, processes
from benchmarks.own_pages import own_bytes, peak_bytes
from benchmarks.paints import Paints
from benchmarks.pane_view import PaneView
from benchmarks.stalls import Stalls
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage

_FIRST = {Stage.INPUT, Stage.PADDED}
_SETTLED_MS = 20
# Memory that a process gives back, or takes, when it has nothing more to do.
_REST_MS = 1500


class Watch:
    """Looks on until the stages are painted, does what the scenario says, and closes the window.

    Args:
        zero: when the process was started, by `time.time()`.
        scenario: `do` is one of `first_frame` (ends when INPUT and PADDED are painted), `feature` (when FEATURE is, or
            is refused), `empty` (a file that cannot be opened: when the engine is ready), `edits`, `inspections`,
            `frames`, `memory`, `loads`, `export`; the other keys are arguments of that method.
    """

    def __init__(self, zero: float, scenario: Mapping[str, Any]) -> None:
        self._zero = zero
        self._arguments = dict(scenario)
        self._do: Callable[..., None] = getattr(self, f"_{self._arguments.pop('do')}")
        self._begun = False
        self._painted: dict[Stage, float] = {}
        self._report: dict[str, Any] = {}

    def attach(self, window: MainWindow) -> None:
        """Begins; to be called when the window is shown and its events do not run yet."""
        self._window = window
        self._stalls = Stalls(window)
        self._note("shown")
        window.session.devices_changed.connect(lambda devices: self._note("engine", devices is not None))
        for stage in (Stage.INPUT, Stage.PADDED, Stage.FEATURE):
            canvas = window.pane(stage).canvas
            Paints(canvas.viewport(), partial(_has_pixels, canvas), partial(self._on_painted, stage))
        self._look = QTimer(window, interval=_SETTLED_MS)
        self._look.timeout.connect(self._on_look_timeout)
        self._look.start()

    def report(self) -> dict[str, Any]:
        """Returns seconds from the start, the longest stall in milliseconds, and what the scenario found."""
        painted = {stage.value: moment for stage, moment in self._painted.items()}
        return {**self._report, **painted, "stall": self._stalls.longest}

    # ---- until the window is there

    def _note(self, name: str, wanted: bool = True) -> None:
        if wanted:
            self._report.setdefault(name, time.time() - self._zero)

    def _on_painted(self, stage: Stage) -> None:
        if stage in self._painted:
            return
        self._painted[stage] = time.time() - self._zero
        if stage in _FIRST and self._painted.keys() >= _FIRST:
            self._note("first_frame")
            self._stalls.start()
            if self._do == self._first_frame:
                self._begin()
        if self._painted.keys() >= {*_FIRST, Stage.FEATURE}:
            self._begin()

    def _on_look_timeout(self) -> None:
        """Begins where nothing will be painted any more: FEATURE was refused, or there is no file."""
        if "engine" not in self._report or not self._window.settled:
            return
        if self._do == self._empty:
            self._begin()
        elif self._painted.keys() >= _FIRST and (refusal := self._window.pane(Stage.FEATURE).note_text):
            self._report["refused"] = refusal
            self._begin()

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._look.stop()
            self._stalls.stop()
            self._do(**self._arguments)

    # ---- scenarios

    def _first_frame(self) -> None:
        self._window.close()

    def _feature(self) -> None:
        self._window.close()

    def _empty(self) -> None:
        QTimer.singleShot(_REST_MS, lambda: self._end({"own": {n: own_bytes(pid) for n, pid in processes().items()}}))

    def _edits(self, count: int) -> None:
        self._running: QObject = Edits(self._window, count, "refused" not in self._report, self._on_edited)

    def _on_edited(self, delays: dict[str, list[float]]) -> None:
        self._end({"edits": delays, "memory": {name: peak_bytes(pid) for name, pid in processes().items()}})

    def _inspections(self, count: int) -> None:
        self._running = Inspections(self._window, count, lambda delays: self._end({"inspections": delays}))

    def _frames(self, count: int, notches: int, limit: float) -> None:
        views = [PaneView(self._window, stage) for stage in (Stage.INPUT, Stage.PADDED)]
        self._running = Frames(views, views[1].viewport, tour(notches), count, limit, self._end)

    def _memory(self, count: int, notches: int, limit: float) -> None:
        peaks = Peaks(self._window)

        def moved(frames: dict[str, Any]) -> None:
            peaks.look()
            self._end({"own": peaks.bytes, "frames": len(frames["exact"])})

        views = [PaneView(self._window, stage) for stage in (Stage.INPUT, Stage.PADDED)]
        self._running = Frames(views, views[1].viewport, tour(notches), count, limit, moved)

    def _loads(self, paths: list[str]) -> None:
        self._running = Activities(self._window)
        self._running.load(paths, self._end)

    def _export(self, path: str) -> None:
        self._running = Activities(self._window)
        self._running.export(Stage.PADDED, path, self._end)

    def _end(self, found: dict[str, Any]) -> None:
        self._report |= found
        self._window.close()


def _has_pixels(canvas: Any) -> bool:
    return bool(canvas.has_pixels)
