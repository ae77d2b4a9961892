"""The asking side of a worker: one request running, the newest of each kind waiting, restart after a death."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from padviewer.errors import Cancelled, PadviewerError, WorkerDied, WorkerGone
from padviewer.workers.process import OnProgress, Worker

# Calls a function in the thread that owns the client: a queued signal in the window, a plain call without one.
Post = Callable[[Callable[[], None]], None]
# How often a worker is started again by itself, with no answer between.
MAX_RESTARTS = 5
# Told of each request that was answered: request, answer or None, error or None, seconds.
OnAnswer = Callable[[Any, Any, PadviewerError | None, float], None]


def call_now(function: Callable[[], None]) -> None:
    """A `Post` for workers that answer in the calling thread."""
    function()


class Client:
    """Keeps a worker busy with the newest requests.

    Every method, and every callback of the futures that it returns, runs in the owner's thread.

    Args:
        start: starts a worker.
        post: brings an answer to the owner's thread.
        on_death: called with the error after a worker has died; `runs` tells whether a new one was started, and
            `error.idle` whether the older one had nothing to do.
        worker: one that runs already.
        max_restarts: how often in a row another worker is started by itself.
        on_answer: told of each request when its answer has come.
    """

    def __init__(
        self,
        start: Callable[[], Worker],
        post: Post = call_now,
        on_death: Callable[[WorkerDied], None] = lambda _error: None,
        worker: Worker | None = None,
        max_restarts: int = MAX_RESTARTS,
        on_answer: OnAnswer = lambda *_outcome: None,
    ) -> None:
        self._start = start
        self._post = post
        self._on_death = on_death
        self._worker: Worker | None = None
        self._running: Future[Any] | None = None
        self._waiting: dict[str, tuple[Any, OnProgress | None, Future[Any]]] = {}
        self._deaths = 0
        self._max_restarts = max_restarts
        self._closed = False
        self._on_answer = on_answer
        if worker is not None:
            self._adopt(worker)

    @property
    def runs(self) -> bool:
        """Whether there is a worker; after too many deaths there is none."""
        return self._worker is not None

    @property
    def idle(self) -> bool:
        """Whether nothing is running or waiting."""
        return self._running is None and not self._waiting

    def submit(self, key: str, request: Any, on_progress: OnProgress | None = None) -> Future[Any]:
        """Queues a request; one of the same `key` that still waits is answered with `Cancelled`."""
        future: Future[Any] = Future()
        older = self._waiting.pop(key, None)
        self._waiting[key] = (request, on_progress, future)
        if older:
            older[2].set_exception(Cancelled("a newer request took its place"))
        self._next()
        return future

    def discard(self, key: str) -> bool:
        """Takes back a request that still waits, answered with `Cancelled`; returns whether there was one."""
        waiting = self._waiting.pop(key, None)
        if waiting:
            waiting[2].set_exception(Cancelled("cancelled"))
        return waiting is not None

    def rest(self) -> None:
        """Ends the worker and drops what was asked of it; the next request starts another."""
        running, self._running = self._running, None
        if self._worker is not None:
            self._worker.kill()
            self._worker = None
        self._drop(running, Cancelled("not needed any more"))

    def cancel(self) -> None:
        """Ends what is running by ending its process, drops what waits, and starts a new worker."""
        running, self._running = self._running, None
        self._restart()
        self._drop(running, Cancelled("cancelled"))

    def restart(self) -> None:
        """Starts a new worker, also after too many deaths; one that was never needed is not."""
        if self._worker is None and not self._deaths:
            return
        self._deaths = 0
        self.cancel()

    def forgive(self) -> None:
        """Forgets earlier deaths: what is asked for next has nothing to do with them."""
        self._deaths = 0

    def close(self) -> None:
        """Ends the worker for good; whoever asks later is answered with `Cancelled`."""
        self._closed = True
        self.rest()

    def _drop(self, running: Future[Any] | None, error: PadviewerError) -> None:
        dropped = [future for _request, _progress, future in self._waiting.values()]
        self._waiting.clear()
        for future in [running, *dropped]:
            if future is not None:
                future.set_exception(error)

    def _restart(self) -> None:
        if self._worker is not None:
            self._worker.kill()
        self._worker = None
        if self._deaths <= self._max_restarts and not self._closed:
            self._adopt(self._start())

    def _adopt(self, worker: Worker) -> None:
        self._worker = worker
        worker.ended.add_done_callback(lambda done: self._post(lambda: self._on_ended(worker, done.result())))

    def _next(self) -> None:
        if self._running is None and self._waiting:
            self._revive()
        if self._running is not None or not self._waiting:
            return
        if refusal := self._refusal():
            self._drop(None, refusal)
            return
        request, on_progress, future = self._waiting.pop(next(iter(self._waiting)))
        if self._worker is None:
            self._restart()
        if self._worker is None:
            raise RuntimeError("no worker was started")
        self._running = future
        began = time.perf_counter()
        relay = on_progress and (lambda done, total: self._post(lambda: on_progress(done, total)))
        answer = self._worker.submit(request, relay)
        answer.add_done_callback(lambda done: self._post(lambda: self._finish(done, future, request, began)))

    def _revive(self) -> None:
        """Replaces a worker that has ended while nothing was asked of it, and whose notice is still on its way."""
        if self._worker is not None and not self._worker.alive:
            ended = self._worker.ended
            error = ended.result() if ended.done() else WorkerDied("the process ended")
            error.idle = True
            self._on_ended(self._worker, error)

    def _on_ended(self, worker: Worker, error: WorkerDied) -> None:
        """Replaces a worker that has ended by itself; one that was asked for something has its answer on its way."""
        if self._worker is not worker or self._running is not None:
            return
        self._deaths += 1
        self._restart()
        self._on_death(error)

    def _refusal(self) -> PadviewerError | None:
        if self._closed:
            return Cancelled("closed")
        if self._deaths > self._max_restarts:  # it keeps dying: whoever asks is told, until somebody asks for a restart
            count = self._deaths
            return WorkerGone(
                f"the worker ended {count} times in a row and was not started again; see Tools, Restart workers"
            )
        return None

    def _finish(self, answer: Future[Any], future: Future[Any], request: Any, began: float) -> None:
        if self._running is not future:
            return  # cancelled in the meantime: its process is gone and nobody waits
        self._running = None
        error = answer.exception()
        if isinstance(error, WorkerDied):
            self._deaths += 1
            self._restart()
            self._on_death(error)
        else:
            self._deaths = 0
        seconds = time.perf_counter() - began
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(answer.result())
        self._next()
        told = error if isinstance(error, PadviewerError) else None
        self._on_answer(request, None if error else answer.result(), told, seconds)
