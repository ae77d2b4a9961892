"""A reader and an engine for programs without a window; each starts when it is first needed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any, Self, TypeVar

from padviewer.workers.budget import default_budget
from padviewer.workers.client import Client
from padviewer.workers.jobs import ENGINES, READER, Job, Pump, run_job
from padviewer.workers.messages import Devices, DevicesRequest
from padviewer.workers.process import OnProgress, Worker
from padviewer.workers.start import start_engine, start_reader

__all__ = ["Crew", "default_budget"]

Result = TypeVar("Result")


class Crew:
    """Runs jobs and waits for them. A worker that dies is started again for the next job.

    However often it does: each job is about another file, and one that ends the reader says nothing of the next.
    """

    def __init__(
        self,
        reader: Callable[[], Worker] = start_reader,
        engine: Callable[[str], Worker] = start_engine,
    ) -> None:
        self._pump = Pump()
        starters: dict[str, Callable[[], Worker]] = {READER: reader}
        starters |= {name: partial(engine, backend) for backend, name in ENGINES.items()}
        self._clients = {
            name: Client(start, self._pump.post, max_restarts=sys.maxsize) for name, start in starters.items()
        }

    def run(self, job: Job[Result], on_progress: OnProgress | None = None) -> Result:
        """Drives a job to its end; returns its result or raises its error."""
        return run_job(job, self._clients, self._pump, on_progress)

    def devices(self, backend: str) -> Devices:
        """Returns the devices of the engine of a backend."""
        return self.run(_devices_job(backend))

    def close(self) -> None:
        """Ends the workers."""
        for client in self._clients.values():
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: Any) -> None:
        self.close()


def _devices_job(backend: str) -> Job[Devices]:
    found: Devices = yield ENGINES[backend], DevicesRequest()
    return found
