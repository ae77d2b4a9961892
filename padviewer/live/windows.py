"""The windows of this Python, by name, and what becomes of them when it ends or forks."""

from __future__ import annotations

import atexit
import os
import threading

from padviewer.display import inspect_from_outside
from padviewer.errors import ShowError
from padviewer.live.window import Window


class Windows:
    """Opens windows when they are first asked for."""

    def __init__(self) -> None:
        self._windows: dict[str, Window] = {}
        self._lock = threading.Lock()
        self._follows = False

    def find(self, name: str) -> Window:
        """Returns the window of a name, opened where there is none.

        Raises:
            ShowError: there is no display, or no process can be started.
        """
        with self._lock:
            found = self._windows.get(name)
            if found is not None and not found.ended:
                return found
            if not hasattr(os, "memfd_create"):
                raise ShowError(
                    "show hands arrays over as Linux alone can; numpy.save the array and open the file: padviewer x.npy"
                )
            report = inspect_from_outside()
            if not report.can_show_window:
                raise ShowError(
                    f"no window can be shown: {report.reason}. Without a display, numpy.save the array and render the "
                    "panes to a picture: padviewer snapshot x.npy -o x.png"
                )
            if not self._follows:
                self._follows = True
                atexit.register(self._leave)
                os.register_at_fork(after_in_child=self._forget)
            self._windows[name] = Window()
            return self._windows[name]

    def _leave(self) -> None:
        for window in list(self._windows.values()):
            window.leave()

    def _forget(self) -> None:
        """A fork opens windows of its own; those of its parent are not its to write to."""
        self._lock = threading.Lock()
        for window in self._windows.values():
            window.forget()
        self._windows.clear()
