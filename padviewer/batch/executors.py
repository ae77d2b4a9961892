"""The executors that do the work on many items: processes of this machine, or a cluster of Dask."""

from __future__ import annotations

from padviewer.errors import SettingsError
from padviewer.workers.cluster import Cluster
from padviewer.workers.pool import Pool


def executor_of(
    workers: int | None = None,
    scheduler: str | None = None,
    *,
    budget: int = 0,
    silence: float = 60.0,
    loads: tuple[str, ...] = (),
) -> Pool | Cluster:
    """Returns processes on this machine, or the workers of a cluster.

    Args:
        workers: how many processes; None takes one for each processor.
        scheduler: address of the scheduler of a cluster, which has the workers that it has; None takes this machine.
        budget: bytes that one item may take; 0 sets no limit.
        silence: seconds that an item may take without a sign of life.
        loads: modules that processes on this machine import at once, while the work is being prepared.

    Raises:
        PadviewerError: the cluster is not there, or cannot do the work.
    """
    if scheduler is None:
        pool = Pool(workers, budget, silence, loads)
        if loads:
            pool.warm()
        return pool
    if workers is not None:
        raise SettingsError("--workers counts processes of this machine, and --scheduler names a cluster; give one")
    return Cluster(scheduler, budget, silence)
