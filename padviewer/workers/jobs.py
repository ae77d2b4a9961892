"""Sequences of requests, written once as generators: a blocking loop and the window's event loop both drive them.

A job yields `(worker, request)` and is sent the answer, or has its error raised at the `yield`.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from padviewer.errors import WorkerDied
from padviewer.geometry import Region
from padviewer.plan import FEATURE_DTYPE, ArrayInfo, Plan
from padviewer.spec import BACKENDS
from padviewer.windows import windows_of
from padviewer.workers.blame import blamed
from padviewer.workers.client import Client
from padviewer.workers.digests import Digest
from padviewer.workers.messages import ConvolveRequest, OpenRequest, View, WindowsRequest
from padviewer.workers.process import OnProgress
from padviewer.workers.shared import OwnedArray, SharedArray

Result = TypeVar("Result")
Job = Generator[tuple[str, Any], Any, Result]
READER = "reader"
SCOUT = "scout"
ENGINES = {backend: f"{backend} engine" for backend in BACKENDS}
# Python sees a signal that comes just before a wait only when the wait ends.
_PATIENCE_S = 0.2


def open_job(path: str, member: str | None, budget: int) -> Job[ArrayInfo]:
    """Opens a file; returns what it is.

    Raises:
        SourceError: also where the process that opens it ends.
    """
    try:
        info: ArrayInfo = yield READER, OpenRequest(path, member, budget)
    except WorkerDied as error:
        raise blamed(path, error) from error
    return info


def region_job(
    plan: Plan,
    region: Region,
    block: OwnedArray,
    into: SharedArray | None = None,
    digest: Digest | None = None,
    beside: bool = False,
) -> Job[View]:
    """Computes a region of FEATURE for itself: the reader gathers what its windows read, the engine convolves it.

    Args:
        plan, region: what is wanted.
        block: shared memory of at least `windows_of(plan, region).nbytes` bytes.
        into: where the elements are put instead of into the answer, if anywhere.
        digest: what is answered instead of the elements, if anything.
        beside: whether the engine keeps a whole feature map that it holds.
    """
    array = block.view(windows_of(plan, region).shape, FEATURE_DTYPE)
    yield READER, WindowsRequest(plan, region, array)
    found: View = yield ENGINES[plan.spec.backend], ConvolveRequest(plan, region, array, into, digest, beside)
    return found


@dataclass
class Pump:
    """Brings the answers of workers to the thread that waits for them."""

    calls: queue.SimpleQueue[Callable[[], None]] = field(default_factory=queue.SimpleQueue)

    def post(self, function: Callable[[], None]) -> None:
        """Queues a call; the `Post` of the clients."""
        self.calls.put(function)

    def wait(self, future: Future[Result]) -> Result:
        """Runs queued calls until the future is done."""
        while not future.done():
            try:
                call = self.calls.get(timeout=_PATIENCE_S)
            except queue.Empty:
                continue
            call()
        return future.result()


def run_job(
    job: Job[Result], clients: Mapping[str, Client], pump: Pump, on_progress: OnProgress | None = None
) -> Result:
    """Drives a job to its end in this thread; returns its result or raises its error."""
    try:
        worker, request = next(job)
        while True:
            future = clients[worker].submit("job", request, on_progress)
            try:
                answer = pump.wait(future)
            except Exception as error:  # noqa: BLE001 - the job decides what an error means
                worker, request = job.throw(error)
            else:
                worker, request = job.send(answer)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    except (KeyboardInterrupt, SystemExit):
        # The job cleans up after workers that have ended.
        for client in clients.values():
            client.close()
        raise
    finally:
        job.close()
