"""Watches the real window: when each stage is first painted, how it stalls, and how fast it follows edits."""

from __future__ import annotations

import multiprocessing
import os
import time
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from benchmarks.edits import Edits
from benchmarks.paints import Paints
from benchmarks.stalls import Stalls
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage

_FIRST = {Stage.INPUT, Stage.PADDED}


class Watch:
    """Looks on from the first event to FEATURE, and through some edits; then closes the window.

    Args:
        zero: when the process was started, by `time.time()`.
        edits: how many edits of the target to time.
    """

    def __init__(self, zero: float, edits: int) -> None:
        self._zero = zero
        self._wanted_edits = edits
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

    def report(self) -> dict[str, Any]:
        """Returns seconds from the start, the longest stall in milliseconds, and peaks of memory in bytes."""
        painted = {stage.value: moment for stage, moment in self._painted.items()}
        stall = {"stall": self._stalls.longest, "stall_ended": self._stalls.ended - self._zero}
        return {**self._report, **painted, **stall}

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
        if self._painted.keys() >= {*_FIRST, Stage.FEATURE}:
            self._stalls.stop()
            self._go_on()

    def _go_on(self) -> None:
        if self._wanted_edits:
            self._edits: QObject = Edits(self._window, self._wanted_edits, self._on_edited)
        else:
            self._window.close()

    def _on_edited(self, delays: dict[str, list[float]]) -> None:
        workers = {child.name.removeprefix("padviewer "): child.pid for child in multiprocessing.active_children()}
        pids = {"window": os.getpid(), **workers}
        self._report |= {"edits": delays, "memory": {name: peak_memory(pid) for name, pid in pids.items() if pid}}
        self._window.close()


def peak_memory(pid: int) -> int:
    """Returns the most bytes that a process had resident; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return 0
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return int(lines.get("VmHWM", "0").split()[0]) * 1024


def _has_pixels(canvas: Any) -> bool:
    return bool(canvas.has_pixels)
