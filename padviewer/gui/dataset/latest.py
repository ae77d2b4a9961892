"""Work in a thread, so that the window never waits: of several pieces of one kind, only the newest is told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject

from padviewer.errors import PadviewerError
from padviewer.gui.bridge import Bridge
from padviewer.gui.sessions.background_writer import BackgroundWriter

T = TypeVar("T")
_PATIENCE_S = 5.0


class Latest(QObject):
    """One thread, made when it is first needed. Answers come in the window's thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = Bridge(self)
        self._thread = BackgroundWriter(lambda error: self._post(partial(_raise, error)))
        self._numbers: dict[str, int] = {}
        self._awaited: set[str] = set()
        self._closed = False

    @property
    def idle(self) -> bool:
        """Whether every answer has come."""
        return not self._awaited

    def ask(
        self,
        kind: str,
        work: Callable[[], T],
        on_answer: Callable[[T], object],
        on_error: Callable[[PadviewerError], object] | None = None,
    ) -> None:
        """Has something worked out; what was asked before of this kind is not told any more.

        Args:
            kind: what it is for.
            work: called in the thread; it touches no widget.
            on_answer, on_error: called in the window's thread, one of them, once.
        """
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        self._awaited.add(kind)

        def tell(callback: Callable[[Any], object] | None, answer: Any) -> None:
            if self._numbers[kind] == number and not self._closed:
                self._awaited.discard(kind)
                if callback is not None:
                    callback(answer)

        def run() -> None:
            if self._numbers[kind] != number:
                return
            try:
                answer = work()
            except PadviewerError as error:
                self._post(partial(tell, on_error, error))
            except Exception as error:
                self._post(partial(tell, None, None))
                raise error from None
            else:
                self._post(partial(tell, on_answer, answer))

        self._thread.put(kind, run)

    def drop(self, kind: str) -> None:
        """Forgets what was asked of a kind."""
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        self._awaited.discard(kind)

    def close(self) -> None:
        """Ends the thread; what it works out is told nobody."""
        self._closed = True
        self._numbers = dict.fromkeys(self._numbers, -1)
        self._thread.close(_PATIENCE_S)

    def _post(self, function: Callable[[], None]) -> None:
        if not self._closed:
            with suppress(RuntimeError):  # the window has gone meanwhile
                self._bridge.post(function)


def _raise(error: Exception) -> None:
    raise error
