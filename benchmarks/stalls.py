"""How long the event loop keeps a timer waiting."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer

TICK_MS = 1


class Stalls(QObject):
    """Keeps the longest gap between two ticks of a timer of 1 ms, in milliseconds."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.longest = 0.0
        self._last = 0.0
        self._timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timer_timeout)

    def start(self) -> None:
        """Begins to look."""
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        """Ends with a last look: whatever runs now is a gap too."""
        if self._timer.isActive():
            self._on_timer_timeout()
            self._timer.stop()

    def _on_timer_timeout(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, (now - self._last) * 1000)
        self._last = now
