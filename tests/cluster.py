"""A cluster of Dask on this machine, in a process of its own: a scheduler, and workers that are processes too.

Run as a script, it tells the address of its scheduler and lasts until its standard input ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TESTS = Path(__file__).parent
# So often may a call end its worker; Dask's own number is 3, which takes longer to try.
_FAILURES = 1


@contextmanager
def cluster(workers: int, processes: bool = True) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Yields the address of a scheduler, and the process that it runs in."""
    paths = [_TESTS / "batch", _TESTS / "workers", _TESTS.parent, os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, __file__, str(workers), str(int(processes))]
    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert running.stdin is not None
    assert running.stdout is not None
    try:
        yield running.stdout.readline().strip(), running
    finally:
        running.stdin.close()
        running.stdout.close()
        running.wait(60)


def _serve(workers: int, processes: bool) -> None:
    import dask  # noqa: PLC0415
    from distributed import LocalCluster  # noqa: PLC0415

    dask.config.set({"distributed.scheduler.allowed-failures": _FAILURES})
    with LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=processes, dashboard_address=":0", host="127.0.0.1",
        protocol="tcp://", silence_logs=50,
    ) as local:  # fmt: skip
        print(local.scheduler_address, flush=True)  # noqa: T201
        sys.stdin.read()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), bool(int(sys.argv[2])))
