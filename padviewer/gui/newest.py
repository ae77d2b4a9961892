"""Jobs of which only the newest matters: one runs, and of those that wait the newest is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from padviewer.errors import PadviewerError
from padviewer.gui.bridge import Drive
from padviewer.workers.client import Client
from padviewer.workers.jobs import Job


@dataclass(frozen=True)
class _Waiting:
    job: Callable[[], Job[Any]]
    on_result: Callable[[Any], None]
    on_error: Callable[[PadviewerError], None]


class NewestJob:
    """Runs one job at a time.

    Args:
        clients: the workers.
        key: the kind of its requests, of which each worker keeps the newest waiting.
    """

    def __init__(self, clients: Mapping[str, Client], key: str) -> None:
        self._clients = clients
        self._key = key
        self._runs = False
        self._waiting: _Waiting | None = None

    @property
    def runs(self) -> bool:
        """Whether a job is running."""
        return self._runs

    def run(
        self,
        job: Callable[[], Job[Any]],
        on_result: Callable[[Any], None],
        on_error: Callable[[PadviewerError], None],
    ) -> None:
        """Starts a job when the one that runs has ended, unless a newer one comes first."""
        self._waiting = _Waiting(job, on_result, on_error)
        if not self._runs:
            self._next()

    def drop(self) -> None:
        """Forgets what waits."""
        self._waiting = None

    def _next(self) -> None:
        wanted, self._waiting = self._waiting, None
        if wanted is None:
            return

        def ended(tell: Callable[[Any], None], outcome: Any) -> None:
            self._runs = False
            tell(outcome)
            if not self._runs:
                self._next()

        self._runs = True
        Drive(
            wanted.job(),
            self._clients,
            lambda result: ended(wanted.on_result, result),
            lambda error: ended(wanted.on_error, error),
            key=self._key,
        )
