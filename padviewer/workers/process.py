"""One worker process that answers requests one at a time, and its twin in this process for tests."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import pickle
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from multiprocessing import resource_tracker
from types import FrameType
from typing import Any, Protocol

from padviewer.errors import PadviewerError, UnexpectedError, WorkerDied

Answer = Callable[[Any, Callable[[int, int], None]], Any]
OnProgress = Callable[[int, int], None]


class Worker(Protocol):
    """Answers requests, one at a time, in the order in which they come."""

    def submit(self, request: Any, on_progress: OnProgress | None = None) -> Future[Any]:
        """Returns the future answer. `on_progress(done, total)` is called from another thread."""

    @property
    def alive(self) -> bool:
        """Whether it can answer."""

    def kill(self) -> None:
        """Ends the worker at once; what it was doing fails with `WorkerDied`."""


class InlineWorker:
    """Answers in the calling thread: the same path without a process."""

    def __init__(self, make_answer: Callable[[], Answer]) -> None:
        self._answer = make_answer()

    def submit(self, request: Any, on_progress: OnProgress | None = None) -> Future[Any]:
        """Answers before it returns."""
        future: Future[Any] = Future()
        try:
            future.set_result(self._answer(request, on_progress or _ignore))
        except PadviewerError as error:
            future.set_exception(error)
        return future

    @property
    def alive(self) -> bool:
        """Always: there is no process that could end."""
        return True

    def kill(self) -> None:
        """Does nothing: there is no process."""


class ProcessWorker:
    """Answers in a process of its own, started with `spawn` at once.

    Args:
        name: what messages call the worker.
        make_answer: importable function of no arguments, called in the process; returns what answers requests.
    """

    def __init__(self, name: str, make_answer: Callable[[], Answer]) -> None:
        context = multiprocessing.get_context("spawn")
        self._name = name
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, make_answer), name=f"padviewer {name}", daemon=True
        )
        with _interrupts_held():
            self._process.start()
        theirs.close()
        self._calls: queue.SimpleQueue[tuple[Any, OnProgress, Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"padviewer {name}", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid or 0

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    def submit(self, request: Any, on_progress: OnProgress | None = None) -> Future[Any]:
        """Queues the request; the future is answered from another thread."""
        future: Future[Any] = Future()
        self._calls.put((request, on_progress or _ignore, future))
        return future

    def kill(self) -> None:
        """Ends the process and waits for it and for the thread."""
        self._process.kill()
        self._calls.put(None)
        self._thread.join(10)
        self._process.join(10)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            request, on_progress, future = call
            try:
                result = self._exchange(request, on_progress)
            except PadviewerError as error:
                future.set_exception(error)
            except Exception as error:  # noqa: BLE001 - the answer must come, whatever it is
                # Half an exchange may be left on the line: only another process can be asked again.
                self._process.kill()
                self._process.join(10)
                future.set_exception(_unexpected(error))
            else:
                future.set_result(result)
        self._connection.close()

    def _exchange(self, request: Any, on_progress: OnProgress) -> Any:
        try:
            self._connection.send(request)
            while True:
                kind, *content = _receive(self._connection)
                if kind == "progress":
                    on_progress(*content)
                elif kind == "error":
                    raise content[0]
                else:
                    return content[0]
        except (EOFError, OSError) as error:
            self._process.join(10)
            raise WorkerDied(f"the {self._name} process ended{_exit_reason(self._process.exitcode)}") from error


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Starts processes that Ctrl+C does not reach, not even while they start: whoever asks decides when they end.

    In the terminal it goes to every process of the program. The mask is inherited; ours is put back at once. A signal
    that comes meanwhile is handled afterwards: half a start would leave a process that reads from a closed pipe.
    """
    # The tracker that comes with the first process would put the mask back itself.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with _handlers_deferred():
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _handlers_deferred() -> Iterator[None]:
    """Calls Python's handlers at the end: a mask of this thread does not keep others from receiving a signal."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    seen: list[tuple[int, FrameType | None]] = []
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    deferred = {number: handler for number, handler in usual.items() if callable(handler)}
    for number in deferred:
        signal.signal(number, lambda *received: seen.append(received))
    try:
        yield
    finally:
        for number, handler in deferred.items():
            signal.signal(number, handler)
    for received in seen:
        deferred[signal.Signals(received[0])](*received)


def _exit_reason(code: int | None) -> str:
    if code is None:
        return ""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f" by signal {signal.Signals(-code).name}"
    return f" with exit code {code}"


def _serve(connection: multiprocessing.connection.Connection, make_answer: Callable[[], Answer]) -> None:
    """Runs in the process: answers until the other side goes away."""
    answer: Answer | PadviewerError
    try:
        answer = make_answer()
    except PadviewerError as error:
        answer = error
    except Exception as error:  # noqa: BLE001 - whatever a framework raises while it starts is told with each answer
        answer = _unexpected(error)
    with contextlib.suppress(EOFError, OSError):
        while True:
            _answer_one(connection, answer)


def _answer_one(connection: multiprocessing.connection.Connection, answer: Answer | PadviewerError) -> None:
    request = connection.recv()
    message: tuple[Any, ...]
    try:
        if isinstance(answer, PadviewerError):
            raise answer
        message = ("result", answer(request, lambda done, total: _send(connection, ("progress", done, total))))
    except PadviewerError as error:
        message = ("error", error)
    except MemoryError:
        message = ("error", PadviewerError("not enough memory for this; use a smaller input or target"))
    except Exception as error:  # noqa: BLE001 - the boundary: a worker answers every request
        message = ("error", _unexpected(error))
    try:
        _send(connection, message)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - an answer that cannot be pickled; nothing of it has been sent
        _send(connection, ("error", _unexpected(error)))


def _send(connection: multiprocessing.connection.Connection, message: tuple[Any, ...]) -> None:
    """Sends a message with its arrays out of band, which saves two copies of each."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    connection.send_bytes(len(buffers).to_bytes(4, "little") + head)
    for buffer in buffers:
        connection.send_bytes(buffer.raw())


def _receive(connection: multiprocessing.connection.Connection) -> tuple[Any, ...]:
    """Receives a message; its arrays are read-only views of what came in."""
    first = connection.recv_bytes()
    count = int.from_bytes(first[:4], "little")
    message: tuple[Any, ...] = pickle.loads(first[4:], buffers=[connection.recv_bytes() for _ in range(count)])
    return message


def _unexpected(error: Exception) -> UnexpectedError:
    lines = str(error).strip().splitlines()
    return UnexpectedError(
        f"unexpected {type(error).__name__}: {lines[0] if lines else ''}", "".join(traceback.format_exception(error))
    )


def _ignore(_done: int, _total: int) -> None:
    pass
