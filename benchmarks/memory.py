"""The processes of the real window, and the most memory that each had of its own while somebody looked."""

from __future__ import annotations

import multiprocessing
import os

from PySide6.QtCore import QObject, QTimer

from benchmarks.own_pages import own_bytes

INTERVAL_MS = 250


def processes() -> dict[str, int]:
    """Returns the process ids of this window and of its workers, by name."""
    workers = {child.name.removeprefix("padviewer "): child.pid for child in multiprocessing.active_children()}
    return {"window": os.getpid(), **{name: pid for name, pid in workers.items() if pid}}


class Peaks(QObject):
    """Looks at this window and its workers again and again, and keeps the most bytes of their own."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.bytes: dict[str, int] = {}
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Looks now."""
        for name, pid in processes().items():
            self.bytes[name] = max(self.bytes.get(name, 0), own_bytes(pid))
