"""What one more process or worker brings, and what an item costs whoever shares out the work; prints JSON."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.dask_cluster import Wire, dask_cluster
from benchmarks.files import write_files
from padviewer.batch.executors import executor_of
from padviewer.batch.exporting import Export
from padviewer.batch.run import in_groups, run
from padviewer.batch.settings import Settings
from padviewer.spec import PipelineSpec

BUDGET = 1 << 30
_SIDES = range(60, 101)


def main() -> None:
    """Measures what is asked for: `rates ROUNDS ARRAYS PHOTOS CALLS`, or `memory ITEMS`."""
    what, *numbers = sys.argv[2], *map(int, sys.argv[3:])
    with tempfile.TemporaryDirectory(prefix="padviewer-scaling-") as folder:
        print(json.dumps(rates(Path(folder), *numbers) if what == "rates" else memory(Path(folder), *numbers)))


def rates(folder: Path, rounds: int, arrays: int, photos: int, calls: int) -> dict[str, Any]:
    """Returns seconds of each round by kind of work and of executor, and what a task costs the scheduler."""
    work: dict[str, Callable[[Executor], None]] = {
        "arrays": partial(_export, folder / "out", _arrays(folder / "arrays", arrays), (128, 128)),
        "photos": partial(_export, folder / "out", _photos(folder / "photos", photos), (512, 512)),
        "calls": partial(_call, calls),
    }
    seconds: dict[str, dict[str, list[float]]] = {kind: {} for kind in work}
    found: dict[str, Any] = {"seconds": seconds}
    for name, opened in _executors(found).items():
        with opened() as executor:
            _call(16, executor)  # processes start
            for kind, do in work.items():
                do(executor)  # files come into memory, libraries are loaded
                seconds[kind][name] = [_seconds(do, executor) for _round in range(rounds)]
            if name == "dask 2":
                found |= _cost(work["arrays"], arrays, calls, found.pop("scheduler"), found.pop("wire"), executor)
    return found


def memory(folder: Path, items: int) -> dict[str, int]:
    """Returns the bytes by which this process has grown for an export of so many items that others have done."""
    before = _peak()
    named = [(f"/data/scans/{number // 500:06}/{number % 5}/{number:010}.png", None) for number in range(items)]
    for _reached in _exporting(folder / "out", (512, 512)).run(named, _Answering()):
        pass
    return {"items": items, "bytes": _peak() - before}


class _Answering(Executor):
    """Answers for items that they are written, as long as true answers are."""

    count = 2

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_named: Any) -> Future[Any]:
        """Answers at once."""
        del fn
        future: Future[Any] = Future()
        future.set_result([
            entry.record("written")._replace(
                input_shape=(480 + len(entry.output) % 7, 640, 3), shape=(512, 512, 3), axes="HWC", dtype="uint8",
                pad_width=((0, 32), (0, 0), (0, 0)), target=(512, 512), checksum="crc32:00000000", nbytes=786560,
            )
            for entry in args[0]
        ])  # fmt: skip
        return future


def _executors(found: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    def dask(workers: int) -> Any:
        @contextmanager
        def opened() -> Iterator[Executor]:
            with dask_cluster(workers) as (address, scheduler):
                wire = Wire(address)
                found["scheduler"], found["wire"] = scheduler, wire
                try:
                    with executor_of(scheduler=wire.address, budget=BUDGET) as executor:
                        yield executor
                finally:
                    wire.close()

        return opened

    here = {f"processes {count}": partial(executor_of, count, budget=BUDGET) for count in (1, 2)}
    return here | {f"dask {count}": dask(count) for count in (1, 2)}


def _cost(
    export: Callable[[Executor], None], items: int, calls: int, scheduler: int, wire: Wire, executor: Executor
) -> dict[str, float]:
    """Returns bytes between client and scheduler for an item, and the scheduler's processor time for a task."""
    before = wire.carried
    export(executor)
    carried = wire.carried - before
    process = psutil.Process(scheduler)
    began, busy = time.perf_counter(), sum(process.cpu_times()[:2])
    _call(calls, executor)
    busy = sum(process.cpu_times()[:2]) - busy
    # It does other things beside, also where nothing is asked of it.
    passed, idle = time.perf_counter() - began, sum(process.cpu_times()[:2])
    time.sleep(passed)
    idle = sum(process.cpu_times()[:2]) - idle
    return {"carried": carried / items, "task_ms": max(0.0, busy - idle) / calls * 1000}


def _arrays(folder: Path, count: int) -> list[tuple[str, None]]:
    rng = np.random.default_rng(0)
    folder.mkdir()
    paths = [folder / f"{number:05}.npy" for number in range(count)]
    for path in paths:
        np.save(path, rng.integers(0, 256, rng.choice(_SIDES, 2), np.uint8))
    return [(str(path), None) for path in paths]


def _photos(folder: Path, count: int) -> list[tuple[str, None]]:
    return [(str(path), None) for path in write_files(folder, count, pictures_only=True)]


def _exporting(out: Path, target: tuple[int, ...]) -> Export:
    return Export(str(out), Settings("npy", PipelineSpec(target=target, overflow="crop")), BUDGET)


def _export(out: Path, items: Sequence[tuple[str, None]], target: tuple[int, ...], executor: Executor) -> None:
    *_, last = _exporting(out, target).run(items, executor, force=True)
    if last.done != len(items):
        raise SystemExit(f"{last.done} of {len(items)} items were written: {[each.reason for each in last.failures]}")


def _call(count: int, executor: Executor) -> None:
    for _done in run(executor, len, in_groups(range(count), 1)):
        pass


def _seconds(do: Callable[[Executor], None], executor: Executor) -> float:
    began = time.perf_counter()
    do(executor)
    return time.perf_counter() - began


def _peak() -> int:
    """Returns the most bytes that this process has had in memory."""
    # Not `ru_maxrss`, which begins with the memory of whoever started this process.
    told = Path("/proc/self/status").read_text().partition("VmHWM:")[2]
    return int(told.split()[0]) * 1024


if __name__ == "__main__":
    main()
