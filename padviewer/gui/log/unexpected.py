"""Exceptions that nobody foresaw: from any thread, each kind told once and counted, however many come."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from padviewer.errors import UnexpectedError, shortened, traceback_of
from padviewer.gui.log.lines import ROOT

# What is told of errors that come again and again is renewed so often, and written to the log so often.
TELL_MS, _LOG_EVERY = 250, 20
# So many places in the code may go wrong before they are counted together.
MAX_KINDS = 100
_log = logging.getLogger(ROOT)
_Place = tuple[str, str, int]


@dataclass
class Mishap:
    """One kind of error: an exception's type, and where it was raised.

    Attributes:
        error: of the first time.
        count: how often it came.
        told, logged: of how many people, and the log, know.
    """

    error: UnexpectedError
    count: int = 0
    told: int = 0
    logged: int = 1


class UnexpectedErrors(QObject):
    """Takes exceptions, and tells of them a few times a second at the most."""

    told = Signal(object, object)  # UnexpectedError, and how often it came
    _arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._kinds: dict[_Place, Mishap] = {}
        self._waits = False
        self._rounds = 0
        self._timer = QTimer(self, interval=TELL_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    def report(self, error: BaseException, trace: TracebackType | None = None, where: str = "") -> None:
        """Takes an exception, in any thread. Nothing of it is kept but text.

        Args:
            error: the exception.
            trace: its traceback; where it is None, its own.
            where: what went wrong, where that was in no usual place, such as the name of a thread.
        """
        trace = trace or error.__traceback__
        place = _place(error, trace)
        with self._lock:
            if place not in self._kinds and len(self._kinds) >= MAX_KINDS:
                place = ("", "", 0)
            mishap = self._kinds.get(place)
            is_new = mishap is None
            if mishap is None:
                mishap = self._kinds[place] = Mishap(_told(error, trace, where))
            mishap.count += 1
            wakes, self._waits = not self._waits, True
        if is_new:
            _log.error("%s", mishap.error.message, extra={"details": mishap.error.details})
        if wakes:
            # The window may be going, or gone.
            with suppress(RuntimeError):
                self._arrived.emit()

    def counts(self) -> dict[str, int]:
        """Returns how often each kind came, by its text."""
        with self._lock:
            return {mishap.error.message: mishap.count for mishap in self._kinds.values()}

    def count_of(self, error: UnexpectedError) -> int:
        """Returns how often an error came; 1 where it is not one of these."""
        with self._lock:
            return next((mishap.count for mishap in self._kinds.values() if mishap.error is error), 1)

    def flush(self) -> None:
        """Writes to the log how often errors came again."""
        with self._lock:
            again = [mishap for mishap in self._kinds.values() if mishap.count > mishap.logged]
            counts = [(mishap.error.message, mishap.count - mishap.logged, mishap.count) for mishap in again]
            for mishap in again:
                mishap.logged = mishap.count
        for text, more, count in counts:
            _log.error("%s: %s times more, %s in all", text, f"{more:,}", f"{count:,}")

    def _on_arrived(self) -> None:
        if not self._timer.isActive():
            self._rounds = 0
            self._timer.start()
            self._tell()

    def _on_timer_timeout(self) -> None:
        self._rounds += 1
        if self._rounds % _LOG_EVERY == 0:
            self.flush()
        if not self._tell():
            self.flush()
            self._timer.stop()
            with self._lock:
                self._waits = False
                late = any(mishap.count > mishap.told for mishap in self._kinds.values())
            if late:
                self._arrived.emit()

    def _tell(self) -> bool:
        """Tells what has come since the last time; returns whether anything has."""
        with self._lock:
            news = [mishap for mishap in self._kinds.values() if mishap.count > mishap.told]
            told = [(mishap.error, mishap.count) for mishap in news]
            for mishap in news:
                mishap.told = mishap.count
        for error, count in told:
            self.told.emit(error, count)
        return bool(told)


def _place(error: BaseException, trace: TracebackType | None) -> _Place:
    """Returns where an exception was raised, without the cost of a whole traceback."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__, "", 0
    return type(error).__name__, trace.tb_frame.f_code.co_filename, trace.tb_lineno


def _told(error: BaseException, trace: TracebackType | None, where: str) -> UnexpectedError:
    if isinstance(error, UnexpectedError):
        return error
    lines = str(error).strip().splitlines()
    text = f"unexpected {type(error).__name__}: {shortened(lines[0], 200) if lines else 'without a message'}"
    return UnexpectedError(f"{text} ({where})" if where else text, traceback_of(error, trace))
