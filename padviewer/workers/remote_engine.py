"""An engine on a device of a Dask cluster: the requests are those of any engine, and their elements travel.

A process of its own beside the window holds the connection, so that whatever the network does, only that process waits.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

from padviewer.errors import PadviewerError, WorkerDied
from padviewer.plan import FEATURE_DTYPE
from padviewer.pulse import beat
from padviewer.spec import CLUSTER
from padviewer.weights import Weights
from padviewer.workers.cluster import connected
from padviewer.workers.hosted_engine import HostedEngine, Question, count_cards
from padviewer.workers.messages import Computed, Devices, DevicesRequest, View
from padviewer.workers.process import Answer, OnProgress
from padviewer.workers.shared import SharedArray

# Workers whose devices are offered: a list of thousands helps nobody to choose.
_MOST = 32
_WAITS_S = 1.0
_ADDRESS = re.compile(r"[a-z]+://(.*)")


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
        try:
            engine = self._engine_at(address)
            question, into = self._question(request, device)
            reply = self._wait(address, _asked(address, engine, question))
        except WorkerDied:
            # Another worker may come at the same address.
            self._engine, self._sent = None, None
            raise
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
        cards = self._client.run(count_cards, workers=[address for _name, address in names])
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


def make_remote_engine(scheduler: str, backend: str) -> Answer:
    """Returns what answers in the process that holds the connection."""
    return RemoteEngine(scheduler, backend).answer


def _name(address: str, name: str) -> str:
    """Returns what a worker is called: its host with the name that it was given, or with its port."""
    match = _ADDRESS.fullmatch(address)
    where = match.group(1) if match else address
    given = name and "://" not in name and re.fullmatch(r"[\w.-]+", name)
    return f"{where.rpartition(':')[0]}-{name}" if given else where


def _asked(address: str, engine: Any, question: Question) -> Any:
    try:
        return engine.ask(question)
    except RuntimeError as error:  # Dask knows already that the worker of the actor is gone
        raise _lost(address) from error


def _on(device: str, answer: Any) -> Any:
    """Returns an answer that names the device of the cluster."""
    if isinstance(answer, Computed):
        return replace(answer, device=device)
    if isinstance(answer, View):
        return replace(answer, computed=replace(answer.computed, device=device))
    return answer


def _lost(address: str) -> WorkerDied:
    return WorkerDied(f"the worker {address} of the cluster was lost")
