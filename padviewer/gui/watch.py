"""Watches the file on screen from a thread of its own: a stat on a network that is gone may hang, and harms nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from padviewer import folders
from padviewer.gui.file_change import ChangeDetector, State

_EVERY_S, _SOON_S = 1.0, 0.1


def state_of(path: str) -> State:
    """Returns time and size of what stands at a path; None where nothing does."""
    try:
        return folders.state_of(path)
    except (OSError, ValueError):
        return None


class FileWatch(QObject):
    """Tells when the file that is watched has changed and come to rest.

    The system's own notices (inotify and the like) tell nothing of network folders and of files that are replaced; one
    look a second costs less than a thousandth of a core and knows them all.

    Args:
        state: looks at a path; may take any time.
    """

    changed = Signal(str)  # path

    def __init__(self, state: Callable[[str], State] = state_of, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._wake = threading.Condition()
        self._watched: tuple[str, ChangeDetector] | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def watch(self, path: str, read: State) -> None:
        """Watches a file, in place of the one before.

        Args:
            path: of the file.
            read: its state when it was read.
        """
        with self._wake:
            self._watched = (path, ChangeDetector(read))
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="padviewer watch", daemon=True)
                self._thread.start()
            self._wake.notify()

    def close(self) -> None:
        """Ends the thread; one that hangs in the system is left to it."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(0.2)

    def _run(self) -> None:
        while (watched := self._next()) is not None:
            path, detector = watched
            if detector.look(time.monotonic(), self._state(path)) and not self._closed:
                self.changed.emit(path)

    def _next(self) -> tuple[str, ChangeDetector] | None:
        """Waits until it is time to look; None at the end."""
        with self._wake:
            restless = self._watched is not None and self._watched[1].restless
            self._wake.wait_for(lambda: self._closed, _SOON_S if restless else _EVERY_S)
            return None if self._closed else self._watched
