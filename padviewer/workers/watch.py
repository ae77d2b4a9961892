"""Watches a worker process: brings its answers, and ends it where it is silent too long or takes too much memory."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

import psutil

from padviewer.bytecount import format_bytes
from padviewer.errors import WorkerDied, WorkerOverMemory, WorkerSilent
from padviewer.workers.limits import BYTES_PER_S, Limits, budget_of
from padviewer.workers.own_memory import own_bytes
from padviewer.workers.wire import Message, limit_waiting, receive_message

# How often the clock and the memory are looked at while a request runs.
_TICK_S = 0.2
# Bytes of what the process printed that are kept for whoever asks what happened.
_TOLD = 16 << 10
# A process that a signal has stopped may be continued; for longer nobody waits, whatever it was asked.
_STOPPED_S = 5.0
# A process that is killed ends within milliseconds, unless a disk that hangs holds it.
_END_S = 2.0


class Watch:
    """The line to a process, used by one thread; `wake` may be called from any.

    Args:
        name: what messages call the worker.
        process: it runs already.
        connection: requests go and answers come.
        output: what it prints comes.
        limits: of what it may take.

    Attributes:
        died: why it has ended; None while it runs.
    """

    def __init__(
        self, name: str, process: SpawnProcess, connection: Connection, output: Connection, limits: Limits
    ) -> None:
        self._name, self._process, self._limits = name, process, limits
        self._connection, self._output = connection, output
        self._wakeup, self._waker = os.pipe()
        for end in (self._wakeup, self._waker):
            os.set_blocking(end, False)
        # A descriptor that was closed may be somebody else's by now.
        self._waking = threading.Lock()
        self._closed = False
        limit_waiting(connection, limits.stuck)
        self._printed: deque[bytes] = deque()
        self._hears = True
        self._ready = False
        self._base = self._budget = 0
        self.died: WorkerDied | None = None

    def wake(self) -> None:
        """Ends a rest."""
        with self._waking, contextlib.suppress(BlockingIOError):  # it is full: nobody rests
            if not self._closed:
                os.write(self._waker, b"\0")

    def rest(self) -> None:
        """Waits until there is something to do, or the process ends."""
        ready = self._wait(None, self._wakeup)
        if self._wakeup in ready:
            os.read(self._wakeup, 4096)
        if self._connection in ready:
            try:
                self._take(receive_message(self._connection))
            except (EOFError, OSError) as error:
                self._die(error)
                if self.died is not None:
                    self.died.idle = True

    def exchange(self, request: Any, on_progress: Callable[[int, int], None]) -> Any:
        """Sends a request and returns its answer.

        Raises:
            WorkerDied: where the process has ended, or had to be.
            PadviewerError: what the worker answers with.
        """
        self._raise_death()
        try:
            while not self._ready:
                self._take(self._next(self._limits.start, " while it started"))
            self._budget = max(self._budget, budget_of(request))
            self._connection.send(request)
            while True:
                kind, *content = self._next(self._limits.silence(request))
                if kind == "progress":
                    on_progress(*content)
                elif kind == "error":
                    raise content[0]
                elif kind == "result":
                    return content[0]
        except (EOFError, OSError) as error:
            self._die(error)
            self._raise_death()

    def end(self, how: str) -> None:
        """Ends the process.

        Args:
            how: it ended, as messages say it after the name.
        """
        self._process.kill()
        self._note(WorkerDied(f"the {self._name} process {how}"))

    def close(self) -> None:
        """Closes the line."""
        self._connection.close()
        self._output.close()
        with self._waking:
            self._closed = True
            for end in (self._wakeup, self._waker):
                os.close(end)

    def _take(self, message: Message) -> None:
        """Takes what comes without being asked for: that the process has started, what it says, and signs of life."""
        if message[0] == "said":
            self._log(*message[1:])
        if message[0] == "ready":
            self._ready = True
            self._base = own_bytes(self._process.pid or 0)

    def _log(self, level: int, text: str) -> None:
        """Writes what the process says into the log, where somebody keeps one."""
        log = logging.getLogger(f"padviewer.{self._name.rsplit(' ', maxsplit=1)[-1]}")
        if log.hasHandlers():
            log.log(level, "%s", text)

    def _next(self, seconds: float, when: str = "") -> Message:
        """Returns the next message but for signs of life; ends a process that takes too long or too much meanwhile."""
        silence, stopped, announced, looked = 0.0, 0.0, 0, time.monotonic()
        while True:
            before = time.monotonic()
            if self._connection in self._wait(_TICK_S):
                message = receive_message(self._connection)
                if message[0] not in ("sign", "said"):
                    return message
                self._take(message)
                silence, announced = 0.0, max(announced, message[1] if message[0] == "sign" else 0)
            now = time.monotonic()
            # While this program was stopped itself, nothing could be heard.
            silence += min(now - before, 2 * _TICK_S)
            if silence > seconds + announced / BYTES_PER_S:
                self._end_silent(f"gave no sign of life for {silence:.0f} s{when}")
            if now - looked > _TICK_S:
                stopped = stopped + min(now - looked, 2 * _TICK_S) if self._is_stopped() else 0.0
                if stopped > _STOPPED_S:
                    self._end_silent(f"was stopped for {stopped:.0f} s{when}")
                looked = now
                self._check_memory()

    def _wait(self, seconds: float | None, *others: int) -> list[Any]:
        """Returns which have something to say, after what was printed is taken."""
        wanted: list[Any] = [*others]
        if self.died is None:
            wanted.append(self._connection)
        if self._hears:
            wanted.append(self._output)
        ready = wait(wanted, seconds)
        if self._output in ready:
            self._hear()
        return ready

    def _hear(self) -> None:
        try:
            text = os.read(self._output.fileno(), 1 << 16)
        except OSError:
            text = b""
        self._hears = bool(text)
        self._printed.append(text[-_TOLD:])
        while sum(map(len, self._printed)) - len(self._printed[0]) > _TOLD:
            self._printed.popleft()

    def _check_memory(self) -> None:
        if not self._budget:
            return
        taken, overhead = own_bytes(self._process.pid or 0) - self._base, self._limits.overhead
        if taken > self._budget + overhead:
            self._process.kill()
            self._note(
                WorkerOverMemory(
                    f"the {self._name} process took {format_bytes(taken)} of memory, more than the budget of "
                    f"{format_bytes(self._budget)} and {format_bytes(overhead)} beside it, and was ended; raise the "
                    "budget, or use a smaller input or target"
                )
            )
            self._raise_death()

    def _is_stopped(self) -> bool:
        """Whether a signal has stopped the process; a debugger that holds it does not count."""
        try:
            return bool(psutil.Process(self._process.pid).status() == psutil.STATUS_STOPPED)
        except psutil.Error:
            return False

    def _end_silent(self, how: str) -> None:
        self._process.kill()
        self._note(WorkerSilent(f"the {self._name} process {how}, and was ended"))
        self._raise_death()

    def _die(self, error: Exception) -> None:
        """Notes that the line is broken: the process has ended, or is stopped in the middle of a message."""
        if self.died is not None:
            return
        if isinstance(error, BlockingIOError):
            self._process.kill()
            self._note(
                WorkerSilent(
                    f"the {self._name} process stopped in the middle of a message for {self._limits.stuck:g} s, and "
                    "was ended"
                )
            )
            return
        self._process.join(_END_S)
        code = self._process.exitcode
        self._process.kill()
        self._note(WorkerDied(f"the {self._name} process ended{_exit_reason(code)}"))

    def _note(self, error: WorkerDied) -> None:
        self._process.join(_END_S)
        while self._hears and wait([self._output], 0):
            self._hear()
        error.details = b"".join(self._printed)[-_TOLD:].decode("utf-8", "backslashreplace")
        self.died = self.died or error

    def _raise_death(self) -> None:
        """Raises what ended the process, if it has; each who asks gets an error of his own."""
        if self.died is not None:
            error = type(self.died)(str(self.died))
            error.details, error.idle = self.died.details, self.died.idle
            raise error


def _exit_reason(code: int | None) -> str:
    if code is None:
        return ""
    if code == -signal.SIGKILL:
        return " by signal SIGKILL, perhaps because memory ran out"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f" by signal {signal.Signals(-code).name}"
    return f" with exit code {code}"
