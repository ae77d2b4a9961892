"""What a worker of a Dask cluster does for padviewer: hands calls to processes of its own, so that no file ends it."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from padviewer import __version__
from padviewer.errors import PadviewerError, SettingsError
from padviewer.workers.pool import Pool


@dataclass(frozen=True)
class Limits:
    """What a call may take.

    Attributes:
        budget: bytes of its result; 0 sets no limit.
        silence: seconds without a sign of life.
    """

    budget: int
    silence: float


def call(version: str, folder: str, limits: Limits, processes: int, pickled: bytes) -> Any:
    """Runs in a thread of a Dask worker: has a process beside it call a function, and returns its answer, or its error.

    Dask would log an error that is raised, with its traceback, for each file that is damaged.

    Args:
        version: of the padviewer that asks; a worker may have joined since they were compared.
        folder: that paths are told from.
        limits: of the call.
        processes: how many calls the worker is given at a time.
        pickled: function, arguments and keyword arguments, which only the process looks at.
    """
    if version != __version__:
        return SettingsError(versions_differ(version, __version__))
    try:
        return _pools.pool(limits, processes).submit(_call_in, folder, pickled).result()
    except PadviewerError as error:
        return error


def versions_differ(ours: str, theirs: str) -> str:
    """Returns what is told where a worker has another padviewer."""
    return f"padviewer {ours} asks, but a worker of the cluster has {theirs}; install the same version on all of them"


def end_processes() -> None:
    """Ends the processes of this Dask worker when they have done what they were asked for."""
    _pools.end()


def allow_processes() -> None:
    """Lets this process start others, which multiprocessing keeps daemons from; a nanny starts workers as daemons.

    Ours end with the line to the one that started them, however that ends.
    """
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]


class _Pools:
    """The processes of this Dask worker: those of the limits that were asked for last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[Limits, int] | None = None
        self._pool: Pool | None = None

    def pool(self, limits: Limits, processes: int) -> Pool:
        with self._lock:
            if self._pool is None or self._key != (limits, processes):
                self._end()
                allow_processes()
                self._key, self._pool = (limits, processes), Pool(processes, limits.budget, limits.silence)
            return self._pool

    def end(self) -> None:
        with self._lock:
            self._end()

    def _end(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False)


_pools = _Pools()


def _call_in(folder: str, pickled: bytes) -> Any:
    """Runs in a process of the pool, which nobody else uses meanwhile."""
    with suppress(OSError):  # what has no such folder has no files of it either, and each file says so
        os.chdir(folder)
    function, arguments, named = pickle.loads(pickled)
    return function(*arguments, **named)
