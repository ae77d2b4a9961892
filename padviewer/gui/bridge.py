"""Brings answers of the workers' threads to the window's thread, through one queued signal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from padviewer.errors import Cancelled, PadviewerError
from padviewer.workers.client import Client
from padviewer.workers.jobs import Job
from padviewer.workers.process import OnProgress


class Bridge(QObject):
    """`post` may be called from any thread; what it is given runs in the thread that made the bridge."""

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._posted.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def post(self, function: Callable[[], None]) -> None:
        """Queues a call."""
        self._posted.emit(function)

    def _call(self, function: Callable[[], None]) -> None:
        function()


def settle(future: Future[Any], on_result: Callable[[Any], None], on_error: Callable[[PadviewerError], None]) -> None:
    """Calls one of the two when the future is done."""

    def done(finished: Future[Any]) -> None:
        error = finished.exception()
        if error is None:
            on_result(finished.result())
        elif isinstance(error, PadviewerError):
            on_error(error)
        else:
            raise error

    future.add_done_callback(done)


class Drive:
    """Drives a job from the event loop; `on_result` or `on_error` is called at its end, once.

    Args:
        job: what is driven.
        clients: the workers.
        on_result, on_error: called with its result, or with the error that ended it.
        on_progress: told how far a request is.
        key: the kind of its requests, of which each worker keeps the newest waiting.
    """

    def __init__(
        self,
        job: Job[Any],
        clients: Mapping[str, Client],
        on_result: Callable[[Any], None],
        on_error: Callable[[PadviewerError], None],
        on_progress: OnProgress | None = None,
        key: str = "job",
    ) -> None:
        self._job = job
        self._key = key
        self._clients = clients
        self._on_result = on_result
        self._on_error = on_error
        self._on_progress = on_progress
        self._ended = False
        self._advance(lambda: next(job))

    def cancel(self) -> None:
        """Raises `Cancelled` in the job, which cleans up; the answer that it waits for is dropped."""
        self._advance(lambda: self._job.throw(Cancelled("cancelled")))

    def _advance(self, step: Callable[[], tuple[str, Any]]) -> None:
        if self._ended:
            return
        try:
            worker, request = step()
        except StopIteration as stop:
            self._ended = True
            self._on_result(stop.value)
        except PadviewerError as error:
            self._ended = True
            self._on_error(error)
        else:
            settle(
                self._clients[worker].submit(self._key, request, self._on_progress),
                lambda answer: self._advance(lambda: self._job.send(answer)),
                lambda error: self._advance(lambda: self._job.throw(error)),
            )
