"""The executors that do the work on many items."""

from __future__ import annotations

from padviewer.workers.pool import Pool


def executor_of(workers: int | None = None, *, budget: int = 0, silence: float = 60.0) -> Pool:
    """Returns processes on this machine.

    Args:
        workers: how many; None takes one for each processor.
        budget: bytes that one item may take; 0 sets no limit.
        silence: seconds that an item may take without a sign of life.
    """
    return Pool(workers, budget, silence)
