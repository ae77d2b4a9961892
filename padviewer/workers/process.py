"""One worker process that answers requests one at a time, and its twin in this process for tests."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from multiprocessing import resource_tracker
from types import FrameType
from typing import Any, Protocol

from padviewer.errors import PadviewerError, WorkerDied
from padviewer.workers.limits import READER_LIMITS, Limits
from padviewer.workers.serving import Answer, Home, serve, unexpected
from padviewer.workers.watch import Watch

__all__ = ["Answer", "InlineWorker", "OnProgress", "ProcessWorker", "Worker"]

OnProgress = Callable[[int, int], None]
# Of each of the two that a killed process is waited for, which takes milliseconds unless a disk that hangs holds it.
_PATIENCE_S = 1.0


class Worker(Protocol):
    """Answers requests, one at a time, in the order in which they come."""

    def submit(self, request: Any, on_progress: OnProgress | None = None) -> Future[Any]:
        """Returns the future answer. `on_progress(done, total)` is called from another thread."""

    @property
    def alive(self) -> bool:
        """Whether it can answer."""

    @property
    def ended(self) -> Future[WorkerDied]:
        """Done, from another thread, when the worker has ended by itself."""

    def kill(self) -> None:
        """Ends the worker at once; what it was doing fails with `WorkerDied`."""


class InlineWorker:
    """Answers in the calling thread: the same path without a process."""

    def __init__(self, make_answer: Callable[[], Answer]) -> None:
        self._answer = make_answer()
        self.ended: Future[WorkerDied] = Future()

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
    """Answers in a process of its own, started with `spawn` at once, and ended where it takes too long or too much.

    Args:
        name: what messages call the worker.
        make_answer: importable function of no arguments, called in the process; returns what answers requests.
        limits: of what it may take.
    """

    def __init__(self, name: str, make_answer: Callable[[], Answer], limits: Limits = READER_LIMITS) -> None:
        context = multiprocessing.get_context("spawn")
        connection, theirs = context.Pipe()
        output, their_output = context.Pipe(duplex=False)
        # The system's notice would come with the end of the thread that starts it.
        lasts = threading.current_thread() is threading.main_thread()
        home = Home(theirs, their_output, os.getpid() if lasts else 0, limits.overhead if limits.hard else None)
        self._process = context.Process(target=serve, args=(home, make_answer), name=f"padviewer {name}", daemon=True)
        with _interrupts_held():
            self._process.start()
        theirs.close()
        their_output.close()
        self.ended: Future[WorkerDied] = Future()
        self._calls: queue.SimpleQueue[tuple[Any, OnProgress, Future[Any]] | None] = queue.SimpleQueue()
        self._watch = Watch(name, self._process, connection, output, limits)
        self._thread = threading.Thread(target=self._run, name=f"padviewer {name}", daemon=True)
        self._killed = False
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
        self._watch.wake()
        return future

    def kill(self) -> None:
        """Ends the process and waits for it and for the thread; not for long: a disk that hangs may hold it."""
        self._killed = True
        self._process.kill()
        self._calls.put(None)
        self._watch.wake()
        self._thread.join(_PATIENCE_S)
        self._process.join(_PATIENCE_S)

    def _run(self) -> None:
        try:
            while (call := self._next_call()) is not None:
                self._answer(*call)
                del call  # what was asked, and its answer, would be kept until the next request
        finally:
            self._watch.close()

    def _next_call(self) -> tuple[Any, OnProgress, Future[Any]] | None:
        while True:
            if self._watch.died is not None and not self._killed and not self.ended.done():
                self.ended.set_result(self._watch.died)
            with contextlib.suppress(queue.Empty):
                return self._calls.get_nowait()
            self._watch.rest()

    def _answer(self, request: Any, on_progress: OnProgress, future: Future[Any]) -> None:
        try:
            result = self._watch.exchange(request, on_progress)
        except PadviewerError as error:
            future.set_exception(_alone(error))
        except Exception as error:  # noqa: BLE001 - the answer must come, whatever it is
            # Half an exchange may be left on the line: only another process can be asked again.
            self._watch.end(f"was ended after an unexpected {type(error).__name__}")
            future.set_exception(unexpected(error))
        else:
            future.set_result(result)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Starts processes that Ctrl+C does not reach, not even while they start: whoever asks decides when they end.

    In the terminal it goes to every process of the program. The mask is inherited; ours is put back at once. A signal
    that comes meanwhile is handled afterwards: half a start would leave a process that reads from a closed pipe.
    """
    _start_tracker()
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


def _start_tracker() -> None:
    """Starts the process that takes shared memory away after all others, without a word of it on the terminal.

    It would come with the first process otherwise, and put back the mask of signals itself.
    """
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, [before, "ignore:resource_tracker:UserWarning"]))
    try:
        resource_tracker.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


def _alone(error: PadviewerError) -> PadviewerError:
    """Returns an error without the frames that it came through: whoever keeps it would keep the line of this worker."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def _ignore(_done: int, _total: int) -> None:
    pass
