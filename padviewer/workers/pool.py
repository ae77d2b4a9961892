"""An executor of processes that may die: each call that takes one with it fails alone, and the others go on."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import TracebackType
from typing import Any

from padviewer.errors import WorkerDied
from padviewer.workers.limits import Limits
from padviewer.workers.process import Answer, ProcessWorker, Worker

# More processes than that ask more of a disk than it gives; each takes some 60 MB of memory.
_MOST = 16
# What a call takes beside its budget: libraries of formats, and what is read ahead.
_OVERHEAD = 512 << 20
_SILENCE_S = 60.0
# Options of glibc's mallopt; freed memory of so many bytes stays with a process.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT = 64 << 20
# Processes that are started before anything is asked of them.
_WARM = 4


def usable_cores() -> int:
    """Returns how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Call:
    """A call, as it goes to a process.

    Attributes:
        pickled: function, arguments and keyword arguments.
        budget: bytes that its result may take; 0 where there is no limit.
    """

    pickled: bytes
    budget: int


def make_caller(loads: tuple[str, ...] = ()) -> Answer:
    """Returns what answers in a process of a pool, after it has imported the modules `loads`."""
    # It multiplies no matrices, for which libraries would start a thread for each core, with its memory.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    _keep_memory()
    for name in loads:
        import_module(name)
    return _called


def _keep_memory() -> None:
    """Has memory that was freed serve again: given back each time, its pages would be made anew for each picture."""
    with contextlib.suppress(OSError, AttributeError):  # the C library is another one
        options = ctypes.CDLL(None).mallopt
        for option, nbytes in ((_TRIM_THRESHOLD, _KEPT), (_MMAP_THRESHOLD, _KEPT // 2)):
            options(option, nbytes)


def _called(call: Call, _progress: Callable[[int, int], None]) -> Any:
    function, arguments, named = pickle.loads(call.pickled)
    return function(*arguments, **named)


def start_caller(silence: float, loads: tuple[str, ...] = ()) -> ProcessWorker:
    """Starts a process that calls functions."""
    limits = Limits(_OVERHEAD, hard=True, silence=lambda _call: silence)
    return ProcessWorker("worker", partial(make_caller, loads), limits)


class Pool(Executor):
    """Calls importable functions in processes, as `concurrent.futures.ProcessPoolExecutor` does, but outlives them.

    A process that dies, that is silent for too long (see `padviewer.pulse`) or takes too much memory fails its own call
    with `WorkerDied`; another one takes its place. What a function raises comes as a `PadviewerError`: its own where
    it is one, else an `UnexpectedError` with the traceback. Processes start when they are first needed.

    Args:
        count: of processes; None takes one for each processor that may be used, at most 16.
        budget: bytes that one call may take; 0 sets no limit.
        silence: seconds without a sign of life after which a process is ended.
        loads: modules that processes import when they start.
        start: starts a process.
    """

    def __init__(
        self,
        count: int | None = None,
        budget: int = 0,
        silence: float = _SILENCE_S,
        loads: tuple[str, ...] = (),
        start: Callable[[float, tuple[str, ...]], Worker] = start_caller,
    ) -> None:
        self.count = count or min(usable_cores(), _MOST)
        self._budget = budget
        self._start = partial(start, silence, loads)
        self._changed = threading.Condition(threading.RLock())
        self._waiting: deque[tuple[Call, Future[Any]]] = deque()
        self._idle: list[Worker] = []
        self._busy: list[Worker] = []
        self._ending: list[threading.Thread] = []
        self._closed = False

    def warm(self) -> None:
        """Starts some processes already, so that they load what they need while other things are prepared."""
        with self._changed, contextlib.suppress(OSError):  # whoever asks for something is told
            while not self._closed and len(self._idle) + len(self._busy) < min(self.count, _WARM):
                self._idle.append(self._start())

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queues a call.

        Raises:
            RuntimeError: after `shutdown`.
        """
        future: Future[Any] = Future()
        try:
            call = Call(pickle.dumps((fn, args, kwargs), pickle.HIGHEST_PROTOCOL), self._budget)
        except Exception as error:  # noqa: BLE001 - whatever pickle meets in the arguments
            future.set_exception(error)
            return future
        with self._changed:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._waiting.append((call, future))
        self._feed()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes no more calls, and ends the processes when all are answered.

        Args:
            wait: whether to return only then.
            cancel_futures: whether calls that have not begun are cancelled.
        """
        with self._changed:
            self._closed = True
            dropped = [future for _call, future in self._waiting] if cancel_futures else []
            if cancel_futures:
                self._waiting.clear()
        for future in dropped:
            future.cancel()
            future.set_running_or_notify_cancel()  # tells those who wait for any of several
        self._end_idle()
        if wait:
            with self._changed:
                self._changed.wait_for(lambda: not (self._waiting or self._busy or self._idle))
            self._join()

    def kill(self) -> None:
        """Ends the processes at once: what they do fails with `WorkerDied`, what waits is cancelled."""
        with self._changed:
            busy = [*self._busy]
            self._closed = True
        self.shutdown(wait=False, cancel_futures=True)
        for worker in busy:
            self._end(worker)
        self._join()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Waits for what was asked; where an exception ends the block, nobody waits for it any more."""
        self.shutdown() if kind is None else self.kill()
        return None

    def _feed(self) -> None:
        """Hands waiting calls to processes that have nothing to do."""
        while (taken := self._taken()) is not None:
            worker, call, future = taken
            worker.submit(call).add_done_callback(partial(self._answered, worker, future))

    def _taken(self) -> tuple[Worker, Call, Future[Any]] | None:
        with self._changed:
            worker = self._free() if self._waiting else None
            while worker is not None and self._waiting:
                call, future = self._waiting.popleft()
                if future.set_running_or_notify_cancel():
                    self._busy.append(worker)
                    return worker, call, future
            if worker is not None:
                self._idle.append(worker)
        return None

    def _free(self) -> Worker | None:
        """Returns a process that has nothing to do; None where all are busy."""
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            self._end(worker)
        if len(self._busy) >= self.count:
            return None
        try:
            return self._start()
        except OSError as error:
            if not self._busy:  # nobody would come back for those that wait
                _call, future = self._waiting.popleft()
                if future.set_running_or_notify_cancel():
                    future.set_exception(WorkerDied(f"no process can be started ({error.strerror})"))
            return None

    def _answered(self, worker: Worker, future: Future[Any], answer: Future[Any]) -> None:
        """Runs in a thread of the process that answered."""
        error = answer.exception()
        with self._changed:
            self._busy.remove(worker)
            if isinstance(error, WorkerDied) or not worker.alive:
                self._end(worker)
            else:
                self._idle.append(worker)
        if error is None:
            future.set_result(answer.result())
        else:
            future.set_exception(error)
        del future, answer  # this frame outlives what was asked
        self._feed()
        self._end_idle()

    def _end_idle(self) -> None:
        """Ends processes that nothing will be asked of any more."""
        with self._changed:
            if self._closed and not self._waiting:
                for worker in self._idle:
                    self._end(worker)
                self._idle.clear()
            self._changed.notify_all()

    def _end(self, worker: Worker) -> None:
        """Ends a process from a thread of its own: its thread, which may be this one, is waited for."""
        thread = threading.Thread(target=worker.kill, name="padviewer pool")
        with self._changed:
            self._ending = [ending for ending in self._ending if ending.is_alive()]
            self._ending.append(thread)
            thread.start()

    def _join(self) -> None:
        with self._changed:
            ending = [*self._ending]
        for thread in ending:
            with contextlib.suppress(RuntimeError):  # it is this thread
                thread.join()
