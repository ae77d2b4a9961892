"""An engine on a device of a Dask cluster: the requests are those of any engine, and their elements travel.

A process of its own beside the window holds the connection, so that whatever the network does, only that process waits.
On the cluster an engine runs in a process beside the Dask worker, whose actor hands it what comes.
"""

from __future__ import annotations

import glob
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np

from padviewer.errors import PadviewerError, WorkerDied
from padviewer.plan import FEATURE_DTYPE
from padviewer.pulse import beat
from padviewer.spec import CLUSTER
from padviewer.weights import Weights
from padviewer.workers.cluster import connected
from padviewer.workers.limits import ENGINE_LIMITS
from padviewer.workers.messages import Array, Computed, Devices, DevicesRequest, View
from padviewer.workers.model_messages import SaveModelRequest
from padviewer.workers.on_cluster import allow_processes
from padviewer.workers.process import Answer, OnProgress, ProcessWorker, Worker
from padviewer.workers.shared import OwnedArray, SharedArray
from padviewer.workers.start import start_engine

# Workers whose devices are offered: a list of thousands helps nobody to choose.
_MOST = 32
_WAITS_S = 1.0
_ADDRESS = re.compile(r"[a-z]+://(.*)")


@dataclass(frozen=True)
class Question:
    """A request whose shared arrays are taken out.

    Attributes:
        request: with a device as the engine names it.
        arrays: elements by the names of the request's fields.
        into: field, shape and dtype of the array that is to be filled, if any.
        weights: numbers of the plan's weights, where they were not sent before.
    """

    request: Any
    arrays: Mapping[str, Array]
    into: tuple[str, tuple[int, ...], str] | None
    weights: Array | None


@dataclass(frozen=True)
class Reply:
    """The answer to a question, or its error, and what was filled."""

    answer: Any
    error: PadviewerError | None
    filled: Array | None


class HostedEngine:
    """Runs as an actor in a Dask worker: an engine in a process beside it, and shared memory for what travels."""

    def __init__(self, backend: str) -> None:
        allow_processes()
        self._engine = start_engine(backend)
        self._weights: OwnedArray | None = None

    def ask(self, question: Question) -> Reply:
        """Has the engine answer a question."""
        with ExitStack() as owned:
            try:
                return self._ask(question, owned)
            except PadviewerError as error:
                return Reply(None, error, None)

    def _ask(self, question: Question, owned: ExitStack) -> Reply:
        request, changes = self._with_weights(question), {}
        for name, data in question.arrays.items():
            changes[name] = _shared(data, owned)
        into = None
        if question.into is not None:
            name, shape, dtype = question.into
            into = OwnedArray(shape, dtype)
            owned.callback(into.release)
            changes[name] = into.array
        answer = self._engine.submit(replace(request, **changes)).result()
        if into is None:
            return Reply(answer, None, None)
        with into.array.open() as array:
            return Reply(answer, None, array.copy())

    def _with_weights(self, question: Question) -> Any:
        if question.weights is not None:
            if self._weights is not None:
                self._weights.release()
            self._weights = OwnedArray(question.weights.shape, FEATURE_DTYPE)
            with self._weights.array.fill() as array:
                array[...] = question.weights
        request = question.request
        weights = getattr(getattr(request, "plan", None), "weights", None)
        if weights is None or self._weights is None:
            return request
        named = replace(weights, memory=self._weights.array.name)
        return replace(request, plan=replace(request.plan, weights=named))

    def __del__(self) -> None:
        # Nobody holds it any more; this thread may be that of Dask's messages.
        if self._weights is not None:
            self._weights.release()
        threading.Thread(target=self._engine.kill, daemon=True).start()


class RemoteEngine:
    """Answers the requests of an engine by one on a cluster. Runs in a process of its own.

    Args:
        scheduler: address of the cluster.
        backend: of the engines.
    """

    def __init__(self, scheduler: str, backend: str) -> None:
        self._client = connected(scheduler, is_default=True)
        self._backend = backend
        self._engine: tuple[str, Any] | None = None
        self._sent: Weights | None = None

    def answer(self, request: Any, _progress: OnProgress) -> Any:
        """Returns the answer to one request.

        Raises:
            WorkerDied: the worker, or the cluster, was lost.
        """
        if isinstance(request, DevicesRequest):
            return self._devices()
        name, _space, device = request.plan.spec.device.removeprefix(CLUSTER).strip().rpartition(" ")
        address, name = self._worker_named(name)
        engine = self._engine_at(address)
        question, into = self._question(request, device)
        reply = self._wait(address, engine.ask(question))
        if reply.error is not None:
            raise reply.error
        if into is not None:
            with into.fill() as array:
                array[...] = reply.filled
        return _on(f"{CLUSTER} {name} {device}", reply.answer)

    def _workers(self) -> dict[str, str]:
        """Returns the address of each worker by its name."""
        found = self._client.scheduler_info(n_workers=-1)["workers"]
        return {_name(address, str(told.get("name", ""))): address for address, told in sorted(found.items())}

    def _devices(self) -> Devices:
        names = list(self._workers().items())[:_MOST]
        cards = self._client.run(_cards, workers=[address for _name, address in names])
        devices = [
            f"{CLUSTER} {name} {device}"
            for name, address in names
            for device in ("CPU:0", *(f"GPU:{number}" for number in range(cards.get(address, 0))))
        ]
        return Devices(tuple(devices), "")

    def _worker_named(self, name: str) -> tuple[str, str]:
        """Returns address and name of a worker; of another one where it is gone, which the answer tells."""
        try:
            workers = self._workers()
        except Exception as error:
            raise WorkerDied("the connection to the Dask scheduler was lost") from error
        if name not in workers:
            name = next(iter(workers), "")
        if not name:
            raise PadviewerError("the cluster has no worker any more; start one, or choose a device of this machine")
        return workers[name], name

    def _engine_at(self, address: str) -> Any:
        if self._engine is None or self._engine[0] != address:
            self._engine, self._sent = None, None
            future = self._client.submit(
                HostedEngine, self._backend, actor=True, workers=[address], allow_other_workers=False, pure=False
            )
            self._engine = address, self._wait(address, future)
        return self._engine[1]

    def _question(self, request: Any, device: str) -> tuple[Question, SharedArray | None]:
        arrays, into, target = {}, None, None
        plan = request.plan
        changes: dict[str, Any] = {"plan": replace(plan, spec=plan.spec.replace(device=device))}
        for field in fields(request):
            shared = getattr(request, field.name)
            if not isinstance(shared, SharedArray):
                continue
            changes[field.name] = None
            if field.name == "into":
                into, target = (field.name, shared.shape, shared.dtype), shared
            else:
                with shared.open() as array:
                    arrays[field.name] = array.copy()
        weights = None
        if plan.weights is not None and plan.weights != self._sent:
            with SharedArray(plan.weights.memory, (plan.weights.layer.size,), FEATURE_DTYPE).open() as array:
                weights = array.copy()
            self._sent = plan.weights
        return Question(replace(request, **changes), arrays, into, weights), target

    def _wait(self, address: str, future: Any) -> Any:
        """Waits for a worker, and looks whether it is there: what is asked of one that is gone is not answered."""
        while True:
            try:
                return future.result(timeout=_WAITS_S)
            except TimeoutError:
                beat()
                self._look_for(address)
            except PadviewerError:
                raise
            except Exception as error:
                raise _lost(address) from error

    def _look_for(self, address: str) -> None:
        try:
            is_there = address in self._workers().values()
        except Exception as error:
            raise WorkerDied("the connection to the Dask scheduler was lost") from error
        if not is_there:
            raise _lost(address)


class EngineChoice:
    """A worker that is two: the engine of this machine, and one on a cluster; the device of a plan says which is asked.

    Each starts when it is first asked.

    Args:
        local, remote: start them.
        eager: whether the local one starts at once.
    """

    def __init__(self, local: Callable[[], Worker], remote: Callable[[], Worker], eager: bool = False) -> None:
        self.ended: Future[WorkerDied] = Future()
        self._starters = {False: local, True: remote}
        self._workers: dict[bool, Worker] = {}
        self._lock = threading.Lock()
        if eager:
            self._worker(False)

    def submit(self, request: Any, on_progress: OnProgress | None = None) -> Future[Any]:
        """Asks the one that the request is for."""
        if isinstance(request, DevicesRequest):
            return self._devices(request)
        is_remote = request.plan.spec.device.startswith(CLUSTER)
        if is_remote and isinstance(request, SaveModelRequest):
            # It writes a file of this machine.
            spec = request.plan.spec.replace(device="CPU:0")
            request, is_remote = replace(request, plan=replace(request.plan, spec=spec)), False
        return self._worker(is_remote).submit(request, on_progress)

    @property
    def alive(self) -> bool:
        """Whether both can answer."""
        return all(worker.alive for worker in self._workers.values())

    def kill(self) -> None:
        """Ends both."""
        for worker in self._workers.values():
            worker.kill()

    def _worker(self, is_remote: bool) -> Worker:
        if is_remote not in self._workers:
            worker = self._workers[is_remote] = self._starters[is_remote]()
            worker.ended.add_done_callback(self._on_ended)
        return self._workers[is_remote]

    def _on_ended(self, ended: Future[WorkerDied]) -> None:
        with self._lock:
            if not self.ended.done():
                self.ended.set_result(ended.result())

    def _devices(self, request: DevicesRequest) -> Future[Any]:
        """Returns the devices of both; where the cluster has none, why stands with the framework."""
        answer: Future[Any] = Future()
        local, remote = (self._worker(is_remote).submit(request) for is_remote in (False, True))

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


def make_remote_engine(scheduler: str, backend: str) -> Answer:
    """Returns what answers in the process that holds the connection."""
    return RemoteEngine(scheduler, backend).answer


def _name(address: str, name: str) -> str:
    """Returns what a worker is called: its host with the name that it was given, or with its port."""
    match = _ADDRESS.fullmatch(address)
    where = match.group(1) if match else address
    given = name and "://" not in name and re.fullmatch(r"[\w.-]+", name)
    return f"{where.rpartition(':')[0]}-{name}" if given else where


def _cards() -> int:
    """Runs in a Dask worker: returns how many cards of NVIDIA it sees."""
    return len(glob.glob("/dev/nvidia[0-9]*"))  # noqa: PTH207


def _shared(data: Array, owned: ExitStack) -> SharedArray:
    memory = OwnedArray(data.shape, data.dtype.str)
    owned.callback(memory.release)
    with memory.array.fill() as array:
        np.copyto(array, data)
    return memory.array


def _on(device: str, answer: Any) -> Any:
    """Returns an answer that names the device of the cluster."""
    if isinstance(answer, Computed):
        return replace(answer, device=device)
    if isinstance(answer, View):
        return replace(answer, computed=replace(answer.computed, device=device))
    return answer


def _lost(address: str) -> WorkerDied:
    return WorkerDied(f"the worker {address} of the cluster was lost")
