"""Writes a padded array to disk, and as many bytes of nothing in particular, in turn.

START ROUNDS INPUT HEIGHTxWIDTH OUTPUT. Both clocks run until the bytes are on the disk (fsync).
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.own_pages import own_bytes
from padviewer.export.payload import USUAL
from padviewer.plan import Plan, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.crew import Crew
from padviewer.workers.export_job import export_job
from padviewer.workers.jobs import open_job

INTERVAL_S = 0.1


class Peak:
    """Looks at what this process and its workers have of their own, and keeps the most bytes of all together."""

    def __init__(self) -> None:
        self.bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(INTERVAL_S):
            pids = [os.getpid(), *(child.pid for child in multiprocessing.active_children() if child.pid)]
            self.bytes = max(self.bytes, sum(own_bytes(pid) for pid in pids))


def compare(rounds: int, path: str, target: tuple[int, int], output: Path) -> dict[str, Any]:
    """Returns seconds of each way, bytes written, and the most memory of all processes during ours."""
    seconds: dict[str, list[float]] = {"ours": [], "peer": []}
    peak = 0
    with Crew() as crew:
        info = crew.run(open_job(path, None, sys.maxsize))
        plan = resolve(PipelineSpec(target=target, filters=1), info, sys.maxsize)
        # Blocks of a virtual disk that nobody has written yet take several times as long: both get written ones.
        _write(output, math.prod((*target, 3)) * np.dtype(info.dtype).itemsize)
        output.unlink()
        for _ in range(rounds):
            with Peak() as seen:
                seconds["ours"].append(_export(crew, plan, output))
            peak = max(peak, seen.bytes)
            size, stored = output.stat().st_size, output.stat().st_blocks * 512
            output.unlink()
            seconds["peer"].append(_write(output, size))
            output.unlink()
    return {"seconds": seconds, "bytes": size, "stored": stored, "peak": peak}


def _export(crew: Crew, plan: Plan, output: Path) -> float:
    started = time.perf_counter()
    crew.run(export_job(plan, Stage.PADDED, str(output), True))
    return time.perf_counter() - started


def _write(output: Path, size: int) -> float:
    """Writes blocks as large as the tiles of ours, of bytes that are no zeros, one after the other."""
    step = USUAL.tile
    block = np.random.default_rng(0).integers(0, 256, step, np.uint8).data
    started = time.perf_counter()
    with output.open("wb", buffering=0) as file:
        for at in range(0, size, step):
            file.write(block[: min(step, size - at)])
        os.fsync(file.fileno())
    return time.perf_counter() - started


if __name__ == "__main__":
    rounds, path, target, output = sys.argv[2:]
    height, width = map(int, target.split("x"))
    print(json.dumps(compare(int(rounds), path, (height, width), Path(output))))
