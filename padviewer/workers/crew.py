"""A reader and an engine for programs without a window; each starts when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar

import psutil

from padviewer.workers.client import Client
from padviewer.workers.jobs import ENGINE, READER, Job, Pump, run_job
from padviewer.workers.messages import Devices, DevicesRequest
from padviewer.workers.process import OnProgress, Worker
from padviewer.workers.start import start_engine, start_reader

Result = TypeVar("Result")


def default_budget() -> int:
    """Returns the bytes that one result may take where nothing else was said: half of the free memory."""
    return int(psutil.virtual_memory().available // 2)


class Crew:
    """Runs jobs and waits for them. A worker that dies is started again for the next job."""

    def __init__(
        self,
        reader: Callable[[], Worker] = start_reader,
        engine: Callable[[], Worker] = start_engine,
    ) -> None:
        self._pump = Pump()
        self._clients = {READER: Client(reader, self._pump.post), ENGINE: Client(engine, self._pump.post)}

    def run(self, job: Job[Result], on_progress: OnProgress | None = None) -> Result:
        """Drives a job to its end; returns its result or raises its error."""
        return run_job(job, self._clients, self._pump, on_progress)

    def devices(self) -> Devices:
        """Returns the devices of the engine."""
        return self.run(_devices_job())

    def close(self) -> None:
        """Ends the workers."""
        for client in self._clients.values():
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: Any) -> None:
        self.close()


def _devices_job() -> Job[Devices]:
    found: Devices = yield ENGINE, DevicesRequest()
    return found
