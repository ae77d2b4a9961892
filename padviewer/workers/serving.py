"""The side of a worker that runs in its process: answers requests until the other side goes away."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import logging
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from padviewer import pulse
from padviewer.bytecount import format_bytes
from padviewer.errors import PadviewerError, UnexpectedError, shortened, traceback_of
from padviewer.workers.limits import BYTES_PER_S, budget_of
from padviewer.workers.own_memory import limit_own, reserved_bytes
from padviewer.workers.wire import Message, send_message

Answer = Callable[[Any, Callable[[int, int], None]], Any]
# Signs of life go out at most so often.
_BEAT_S = 0.25
_SET_DEATH_SIGNAL = 1
# Lines that are said in a second, and characters of one.
_SAID_AT_ONCE, _SAID = 50, 2000


@dataclass(frozen=True)
class Home:
    """What a process is told when it starts.

    Attributes:
        connection: requests come and answers go.
        output: where what it prints goes.
        parent: the process that it must not outlive; 0 where it may only end with the line.
        overhead: bytes of its own memory that the system keeps it to, beside the budget and what it holds when it has
            started; None where it does not.
    """

    connection: Connection
    output: Connection
    parent: int
    overhead: int | None


def serve(home: Home, make_answer: Callable[[], Answer]) -> None:
    """Runs in the process: answers until the other side goes away."""
    _end_with(home.parent)
    _print_into(home.output)
    line = _Line(home.connection)
    _Saying(line).attach()
    pulse.listen(line.beat)
    answer: Answer | PadviewerError
    try:
        answer = make_answer()
    except PadviewerError as error:
        answer = error
    except Exception as error:  # noqa: BLE001 - whatever a framework raises while it starts is told with each answer
        answer = unexpected(error)
    memory = _Memory(home.overhead)
    with contextlib.suppress(EOFError, OSError):
        line.send(("ready",))
        while True:
            _answer_one(line, answer, memory)


class _Line:
    """Sends messages one after the other, from any thread."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._lock = threading.Lock()
        self._told = 0.0

    def send(self, message: Message) -> None:
        with self._lock:
            send_message(self.connection, message)

    def receive(self) -> Any:
        """Returns the next request; one that is answered at once gives no sign before."""
        request = self.connection.recv()
        self._told = time.monotonic()
        return request

    def beat(self, nbytes: int) -> None:
        now = time.monotonic()
        if nbytes > BYTES_PER_S or now - self._told > _BEAT_S:
            self._told = now
            self.send(("sign", nbytes))


class _Saying(logging.Handler):
    """Sends what padviewer and its libraries say here, so much in a second, to the one that asks.

    Args:
        line: messages go.
    """

    def __init__(self, line: _Line) -> None:
        super().__init__()
        self._line = line
        self._second = self._count = 0

    def attach(self) -> None:
        """Takes what is said from now on: by us all but the least, by others what they warn of."""
        logging.getLogger().addHandler(self)
        logging.getLogger("padviewer").setLevel(logging.INFO)
        logging.captureWarnings(True)

    def emit(self, record: logging.LogRecord) -> None:
        second = int(record.created)
        self._second, self._count = second, self._count + 1 if second == self._second else 1
        if self._count > _SAID_AT_ONCE:
            return
        # The line may have gone, and what is said hold anything.
        with contextlib.suppress(OSError, ValueError, TypeError):
            self._line.send(("said", record.levelno, record.getMessage().strip()[:_SAID]))


class _Memory:
    """Has the system keep this process to the largest budget that was asked for."""

    def __init__(self, overhead: int | None) -> None:
        self._overhead = overhead or 0
        self._base = 0 if overhead is None else reserved_bytes()
        self.budget = 0

    def allow(self, budget: int) -> None:
        if self._base and budget > self.budget:
            self.budget = budget
            limit_own(self._base + budget + self._overhead)

    def refusal(self) -> PadviewerError:
        if not self.budget:
            return PadviewerError("not enough memory for this; use a smaller input or target")
        return PadviewerError(
            f"not enough memory: this takes more than the budget of {format_bytes(self.budget)} and "
            f"{format_bytes(self._overhead)} beside it; raise the budget, or use a smaller input or target"
        )


def _answer_one(line: _Line, answer: Answer | PadviewerError, memory: _Memory) -> None:
    request = line.receive()
    memory.allow(budget_of(request))
    message: Message
    try:
        if isinstance(answer, PadviewerError):
            raise answer
        message = ("result", answer(request, lambda done, total: line.send(("progress", done, total))))
    except PadviewerError as error:
        message = ("error", error)
    except MemoryError:
        message = ("error", memory.refusal())
    except Exception as error:  # noqa: BLE001 - the boundary: a worker answers every request
        message = ("error", unexpected(error))
    try:
        line.send(message)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - an answer that cannot be pickled; nothing of it has been sent
        line.send(("error", unexpected(error)))


def unexpected(error: Exception) -> UnexpectedError:
    """Returns what tells of an exception that nobody foresaw."""
    lines = str(error).strip().splitlines()
    return UnexpectedError(
        f"unexpected {type(error).__name__}: {shortened(lines[0], 200) if lines else ''}", traceback_of(error)
    )


def _end_with(parent: int) -> None:
    """Has the system end this process with the one that started it, also while it is stopped or busy in a library.

    Where the system cannot, it ends when it next looks at the line.
    """
    # A crash leaves no file of all its memory behind.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if not parent or sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _print_into(output: Connection) -> None:
    """Sends what is printed here, by libraries in C too, to the one that asks: a terminal is not for workers."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # it is None where the program was started without one
            stream.flush()
    for descriptor in (1, 2):
        os.dup2(output.fileno(), descriptor)
    output.close()
    faulthandler.enable(2)
