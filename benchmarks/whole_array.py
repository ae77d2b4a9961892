"""What the peers' windows have in common: the array as they take it, and the gestures on one of their pictures."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from benchmarks.frames import Frames
from benchmarks.gestures import Gesture, tour
from benchmarks.own_pages import peak_bytes
from benchmarks.paints import Paints

# Until a window that was just painted has done with itself.
REST_MS = 1500


def arguments() -> tuple[npt.NDArray[Any], int, int, float]:
    """Returns what was given as START PATH COUNT NOTCHES LIMIT: the array (mapped where it can be), and the numbers."""
    path, count, notches, limit = sys.argv[2:]
    array = np.load(path, mmap_mode="r") if path.endswith(".npy") else np.asarray(Image.open(path).convert("RGB"))
    return array, int(count), int(notches), float(limit)


class PeerView:
    """A picture whose elements are all there at any time."""

    def __init__(self, viewport: QWidget, state: Callable[[], Any]) -> None:
        self._viewport = viewport
        self._state = state

    @property
    def viewport(self) -> QWidget:
        """The widget that is painted."""
        return self._viewport

    def state(self) -> Any:
        """Returns what part is shown."""
        return self._state()

    def arrivals(self) -> int:
        """Returns 0: nothing is asked for."""
        return 0

    def is_exact(self) -> bool:
        """Always: the whole array is in memory, or on the graphics card."""
        return True


def watch(view: PeerView, count: int, notches: int, limit: float, close: Callable[[], Any]) -> dict[str, Any]:
    """Times gestures in a window that is shown and whose events do not run yet; returns what was found.

    Args:
        view: gets the events.
        count, notches, limit: how many frames, how far they zoom, and for how many seconds.
        close: ends the event loop.
    """
    found: dict[str, Any] = {}
    painted: list[float] = []
    running: list[Frames] = []

    def end(frames: dict[str, Any]) -> None:
        found.update(frames)
        close()

    def begin() -> None:
        gestures: Iterator[Gesture] = tour(notches)
        running.append(Frames([view], view.viewport, gestures, count, limit, end))

    def end_painting() -> None:
        painted.append(time.time() - float(sys.argv[1]))
        if len(painted) == 1:
            QTimer.singleShot(REST_MS, begin)

    Paints(view.viewport, lambda: not painted, end_painting)
    QApplication.exec()
    return {**found, "peak": peak_bytes(os.getpid()), "first_frame": painted[0]}


def tell(found: dict[str, Any]) -> None:
    """Prints the result, and ends at once: some toolkits do not survive their own end."""
    print(json.dumps(found), flush=True)
    os._exit(0)
