"""Writes files in a thread of its own: a disk that is slow never holds the window up."""

from __future__ import annotations

import threading
from collections.abc import Callable


class BackgroundWriter:
    """Calls what writes a file; of several of one kind that wait, only the newest.

    Args:
        on_error: told, in that thread, what the system refused.
    """

    def __init__(self, on_error: Callable[[Exception], None]) -> None:
        self._on_error = on_error
        self._changed = threading.Condition()
        self._waiting: dict[str, Callable[[], object]] = {}
        self._busy = False
        self._closed = False
        self._thread: threading.Thread | None = None

    def put(self, kind: str, write: Callable[[], object]) -> None:
        """Has something written, in place of what waits still of its kind."""
        with self._changed:
            self._waiting[kind] = write
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="padviewer writer", daemon=True)
                self._thread.start()
            self._changed.notify()

    def wait(self, seconds: float) -> bool:
        """Waits until everything is written; returns whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, seconds)

    def close(self, seconds: float) -> None:
        """Ends the thread when everything is written, or after a time: a disk that hangs must not keep the window."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        while (write := self._next()) is not None:
            try:
                write()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next one may succeed
                self._on_error(error)
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _next(self) -> Callable[[], object] | None:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting) or self._closed)
            if not self._waiting:
                return None
            self._busy = True
            return self._waiting.pop(next(iter(self._waiting)))
