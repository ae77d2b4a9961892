"""Brings answers of the workers' threads to the window's thread, through one queued signal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from padviewer.errors import PadviewerError
from padviewer.workers.client import Client
from padviewer.workers.jobs import Job
from padviewer.workers.process import OnProgress


class Bridge(QObject):
    """`post` may be called from any thread; what it is given runs in the thread that made the bridge."""

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._closed = False
        self._posted.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def post(self, function: Callable[[], None]) -> None:
        """Queues a call."""
        if not self._closed:
            self._posted.emit(function)

    def close(self) -> None:
        """Lets no further call through."""
        self._closed = True

    def _call(self, function: Callable[[], None]) -> None:
        if not self._closed:
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


def drive(
    job: Job[Any],
    clients: Mapping[str, Client],
    on_result: Callable[[Any], None],
    on_error: Callable[[PadviewerError], None],
    on_progress: OnProgress | None = None,
) -> None:
    """Drives a job from the event loop; `on_result` or `on_error` is called at its end."""

    def advance(step: Callable[[], tuple[str, Any]]) -> None:
        try:
            worker, request = step()
        except StopIteration as stop:
            on_result(stop.value)
        except PadviewerError as error:
            on_error(error)
        else:
            future = clients[worker].submit("job", request, on_progress)
            settle(
                future,
                lambda answer: advance(lambda: job.send(answer)),
                lambda error: advance(lambda: job.throw(error)),
            )

    advance(lambda: next(job))
