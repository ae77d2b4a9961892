"""What the processes of the window take for themselves while a sparse array of 100 GB is looked through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.arrays import SPARSE
from benchmarks.bench import Bench, BenchError
from benchmarks.panning import notches_of
from benchmarks.row import Row

# Of each process, by the end of its name; the reader has none.
GOALS = {"window": 200.0, "engine": 300.0, "reader": None}
FRAMES, QUICK_FRAMES = 400, 60
LIMIT, QUICK_LIMIT, TIMEOUT = 60, 15, 150


def memory(bench: Bench) -> Iterator[Row]:
    """Compares the most that each process had with what it has when nothing could be opened."""
    try:
        empty, full = _rounds(bench)
    except BenchError as error:
        yield Row.failed("memory", error)
        return
    for name, goal in GOALS.items():
        # Megabytes are the goal's: 10^6 bytes.
        before = [_of(run["own"], name) / 1e6 for run in empty]
        most = [_of(run["own"], name) / 1e6 for run in full]
        beyond = [after - start for after, start in zip(most, before, strict=True)]
        note = (
            f"own pages, at most {max(most):.0f} MB, empty {max(before):.0f} MB, in "
            f"{min(run['frames'] for run in full)} frames; FEATURE {full[0].get('refused', 'drawn')}"
        )
        row = f"memory of the {name}, {SPARSE.name}"
        yield Row(row, "MB", beyond, goal=goal, absolute=True, figure="max", note=note)


def _rounds(bench: Bench) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    path = SPARSE.file(bench)
    count, limit = (QUICK_FRAMES, QUICK_LIMIT) if bench.quick else (FRAMES, LIMIT)
    scenario = {"do": "memory", "count": count, "notches": notches_of(SPARSE), "limit": limit}
    empty, full = [], []
    for _ in range(min(bench.runs, 3)):
        empty.append(bench.window({"do": "empty"}, bench.directory / "nothing.npy"))
        full.append(bench.window(scenario, path, *SPARSE.options(), timeout=TIMEOUT))
    return empty, full


def _of(own: dict[str, int], name: str) -> int:
    return max((size for process, size in own.items() if process.endswith(name)), default=0)
