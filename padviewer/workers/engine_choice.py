"""The engine of this machine and one on a cluster, as one worker: the device of a plan says which is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any

from padviewer.errors import ClusterLost, WorkerDied
from padviewer.spec import CLUSTER
from padviewer.workers.limits import ENGINE_LIMITS
from padviewer.workers.messages import DevicesRequest
from padviewer.workers.model_messages import SaveModelRequest
from padviewer.workers.process import OnProgress, ProcessWorker, Worker
from padviewer.workers.remote_engine import make_remote_engine
from padviewer.workers.start import start_engine

# How often a request is made to the cluster: where a worker is lost, another one is asked.
_ATTEMPTS = 2


class EngineChoice:
    """A worker that is two: the engine of this machine, and one on a cluster.

    Each starts when it is first asked. The one of the cluster ends and starts again without the other: where it is lost
    in the middle of a request, another is asked once more, and then the request fails with `ClusterLost`.

    Args:
        local, remote: start them.
        eager: whether the local one starts at once.

    Attributes:
        ended: done when the local one has ended.
    """

    def __init__(self, local: Callable[[], Worker], remote: Callable[[], Worker], eager: bool = False) -> None:
        self.ended: Future[WorkerDied] = Future()
        self._start_local, self._start_remote = local, remote
        self._local: Worker | None = None
        self._remote: Worker | None = None
        self._lock = threading.RLock()
        self._killed = False
        if eager:
            self._here()

    def submit(self, request: Any, on_progress: OnProgress | None = None) -> Future[Any]:
        """Asks the one that the request is for."""
        if isinstance(request, DevicesRequest):
            return self._devices(request)
        if not request.plan.spec.device.startswith(CLUSTER):
            return self._here().submit(request, on_progress)
        if isinstance(request, SaveModelRequest):
            # It writes a file of this machine.
            spec = request.plan.spec.replace(device="CPU:0")
            return self._here().submit(replace(request, plan=replace(request.plan, spec=spec)), on_progress)
        return self._there(request, on_progress)

    @property
    def alive(self) -> bool:
        """Whether the local one can answer; the other is started again as it is asked."""
        return self._local is None or self._local.alive

    def kill(self) -> None:
        """Ends both."""
        with self._lock:
            self._killed = True
            workers = [self._local, self._remote]
        for worker in workers:
            if worker is not None:
                worker.kill()

    def _here(self) -> Worker:
        if self._local is None:
            self._local = self._start_local()
            self._local.ended.add_done_callback(lambda ended: self.ended.set_result(ended.result()))
        return self._local

    def _there(self, request: Any, on_progress: OnProgress | None = None) -> Future[Any]:
        outer: Future[Any] = Future()
        self._attempt(outer, request, on_progress, _ATTEMPTS)
        return outer

    def _attempt(self, outer: Future[Any], request: Any, on_progress: OnProgress | None, left: int) -> None:
        with self._lock:
            if self._remote is not None and not self._remote.alive:
                # Its own thread, which waits for the process, may be this one.
                threading.Thread(target=self._remote.kill, name="padviewer engine", daemon=True).start()
                self._remote = None
            if self._remote is None:
                self._remote = self._start_remote()
            answer = self._remote.submit(request, on_progress)
        answer.add_done_callback(partial(self._settle, outer, request, on_progress, left - 1))

    def _settle(
        self, outer: Future[Any], request: Any, on_progress: OnProgress | None, left: int, answer: Future[Any]
    ) -> None:
        error = answer.exception()
        if isinstance(error, WorkerDied) and not self._killed:
            if left:
                self._attempt(outer, request, on_progress, left)
                return
            error = ClusterLost(f"{error.message}; choose another device, or try again")
        if error is None:
            outer.set_result(answer.result())
        else:
            outer.set_exception(error)

    def _devices(self, request: DevicesRequest) -> Future[Any]:
        """Returns the devices of both; where the cluster has none, why stands with the framework."""
        answer: Future[Any] = Future()
        local, remote = self._here().submit(request), self._there(request)

        def both(_done: Future[Any]) -> None:
            with self._lock:
                if answer.done() or not (local.done() and remote.done()):
                    return
                if (error := local.exception()) is not None:
                    answer.set_exception(error)
                    return
                found, refusal = local.result(), remote.exception()
                if refusal is not None:
                    answer.set_result(replace(found, framework=f"{found.framework}; no cluster: {refusal}"))
                else:
                    answer.set_result(replace(found, names=(*found.names, *remote.result().names)))

        for future in (local, remote):
            future.add_done_callback(both)
        return answer


def start_engines(scheduler: str, backend: str = "tensorflow", eager: bool = False) -> EngineChoice:
    """Starts what answers on this machine and on a cluster."""
    return EngineChoice(partial(start_engine, backend), partial(_start_remote, scheduler, backend), eager)


def _start_remote(scheduler: str, backend: str) -> ProcessWorker:
    return ProcessWorker("cluster's engine", partial(make_remote_engine, scheduler, backend), ENGINE_LIMITS)
