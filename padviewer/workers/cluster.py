"""A cluster of Dask as an executor: the same calls as those of a pool, done by the workers of other machines."""

from __future__ import annotations

import logging
import os
import pickle
import re
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from padviewer import __version__
from padviewer.errors import ClusterLost, PadviewerError, SettingsError, shortened
from padviewer.formats import library
from padviewer.workers.on_cluster import Limits, call, end_processes, versions_differ

if TYPE_CHECKING:
    from distributed import Client

# Seconds that a scheduler may take to answer, and a cluster to have a worker.
PATIENCE_S = 5.0
_CLOSING_S = 5.0
_SILENCE_S = 60.0
_ADDRESS = re.compile(r"(tcp|tls)://[^\s/@]+:\d+/?|[^\s/@:]+:\d+")


def connected(address: str, patience: float = PATIENCE_S, is_default: bool = False) -> Client:
    """Returns a connection to the scheduler of a cluster whose workers have the padviewer that we are.

    Args:
        address: such as `tcp://host:8786`.
        patience: seconds that scheduler and workers are waited for.
        is_default: whether it is the one of this process, by which Dask finds actors.

    Raises:
        MissingLibrary: Dask's `distributed` is not installed.
        SettingsError: that is no address, or a worker has another version of padviewer, or none.
        ClusterLost: nobody answers there, or the cluster has no worker.
    """
    if not _ADDRESS.fullmatch(address):
        raise SettingsError(f"scheduler {shortened(address)!r}: expected an address such as tcp://host:8786")
    client = _client(address, patience, is_default)
    try:
        with suppress(TimeoutError):
            client.wait_for_workers(1, timeout=patience)
        _compare_versions(address, client)
    except BaseException:
        close(client)
        raise
    return client


def close(client: Client) -> None:
    """Closes a connection, also one that is lost."""
    with suppress(Exception):  # whatever is left of it goes with this process
        client.close(timeout=_CLOSING_S)  # type: ignore[no-untyped-call]


def _client(address: str, patience: float, is_default: bool) -> Client:
    distributed = library("distributed", "cluster", "a cluster")
    # What it would print is told by our errors.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client: Client = distributed.Client(address, timeout=patience, set_as_default=is_default, name="padviewer")
    except (OSError, ValueError) as error:
        raise ClusterLost(
            f"{address}: no Dask scheduler answers there within {patience:g} s; check host and port, or start one by "
            "dask scheduler"
        ) from error
    return client


def _compare_versions(address: str, client: Client) -> None:
    def version() -> str | None:
        # Travels as its code, so that a worker without padviewer can call it.
        try:
            import padviewer  # noqa: PLC0415
        except ImportError:
            return None
        return padviewer.__version__

    found: dict[str, Any] = client.run(version, on_error="return")
    if not found:
        raise ClusterLost(f"{address}: the cluster has no worker; start one by: dask worker {address}")
    for worker, theirs in found.items():
        if isinstance(theirs, BaseException):
            continue  # it has just gone, and whoever comes in its place compares with each call
        if theirs is None:
            raise SettingsError(
                f"{worker}: this worker of the cluster has no padviewer; install the version {__version__} there"
            )
        if theirs != __version__:
            raise SettingsError(f"{worker}: {versions_differ(__version__, str(theirs))}")


class Cluster(Executor):
    """Calls importable functions on the workers of a Dask cluster, which is the engine: it shares out, and repeats what
    a worker that was lost had to do.

    A call that ends its process fails with `WorkerDied`, as in a `Pool`; the Dask worker goes on. Where the scheduler
    is lost, calls fail with `ClusterLost`.

    Args:
        address: of the scheduler.
        budget: bytes that one call may take; 0 sets no limit.
        silence: seconds without a sign of life after which the process of a call is ended.
        patience: seconds that scheduler and workers are waited for.

    Attributes:
        count: calls that the workers do at a time; those that join later are given work too.
        client: the connection.
    """

    # A worker that is lost takes all of its calls with it, and Dask suspects each of them.
    shares_fate = True

    def __init__(
        self, address: str, budget: int = 0, silence: float = _SILENCE_S, patience: float = PATIENCE_S
    ) -> None:
        self.client = connected(address, patience)
        self._address, self._limits = address, Limits(budget, silence)
        self._threads: dict[str, int] = self.client.nthreads()  # type: ignore[no-untyped-call]
        self.count = max(1, sum(self._threads.values()))
        self._processes = max(self._threads.values(), default=1)
        self._executor = self.client.get_executor(pure=False)  # type: ignore[no-untyped-call]
        self._folder = os.getcwd()  # noqa: PTH109 - any name

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Asks the cluster for a call."""
        outer: Future[Any] = Future()
        try:
            pickled = pickle.dumps((fn, args, kwargs), pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # noqa: BLE001 - whatever pickle meets in the arguments
            outer.set_exception(error)
            return outer
        inner = self._executor.submit(call, __version__, self._folder, self._limits, self._processes, pickled)
        inner.add_done_callback(partial(self._settle, outer))
        outer.add_done_callback(lambda done: done.cancelled() and inner.cancel())
        return outer

    def _settle(self, outer: Future[Any], inner: Future[Any]) -> None:
        if not outer.set_running_or_notify_cancel():
            return
        if inner.cancelled():
            outer.set_exception(ClusterLost(f"{self._address}: the connection to the Dask scheduler was lost"))
            return
        error, answer = inner.exception(), None
        if error is None and isinstance(answer := inner.result(), PadviewerError):
            error = answer
        if error is None:
            outer.set_result(answer)
        else:
            outer.set_exception(error)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Waits for what was asked, unless it is to be cancelled, and closes the connection."""
        del cancel_futures  # what is not waited for, Dask forgets when the connection is closed
        if self.client.status == "running":
            self._executor.shutdown(wait)
            # A worker that goes away ends its processes itself, and one that has just gone is not waited for.
            with suppress(Exception):
                self.client.sync(self.client.run, end_processes, callback_timeout=_CLOSING_S)  # type: ignore[no-untyped-call]
        close(self.client)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Waits for what was asked; where an exception ends the block, nobody waits for it any more."""
        self.shutdown(wait=kind is None)
        return None
