"""How fast the running window follows an edit of the target, and what its processes take."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.arrays import FLOATS, PICTURE, Case
from benchmarks.bench import Bench, BenchError
from benchmarks.row import Row

GOALS = {"labels": 33.0, "padded": 33.0, "feature": 100.0}
WORDS = {"labels": "labels", "padded": "PADDED", "feature": "FEATURE"}
EDITS, QUICK_EDITS = 100, 20
TIMEOUT = 240


def edit(bench: Bench) -> Iterator[Row]:
    """Edits the target of a window over and over, on a picture and on 3 GB of floats."""
    for case in (PICTURE, FLOATS):
        try:
            yield from _of_case(bench, case)
        except BenchError as error:
            yield Row.failed(f"edit {case.name}", error)


def _of_case(bench: Bench, case: Case) -> Iterator[Row]:
    count = QUICK_EDITS if bench.quick else EDITS
    seen = bench.window({"do": "edits", "count": count}, case.file(bench), *case.options(), timeout=TIMEOUT)
    memory = ", ".join(f"{name} {size / 2**20:.0f} MiB" for name, size in seen["memory"].items())
    note = f"{count} edits of the target; peak memory {memory}; {bench.display}"
    for name, goal in GOALS.items():
        row = f"edit {case.name} to {WORDS[name]}"
        if name not in seen["edits"]:
            yield Row(row, "ms", (), goal=goal, absolute=True, note=f"refused: {seen.get('refused')}")
            continue
        delays = seen["edits"][name]
        for figure in ("median", "p99"):
            told = note if figure == "median" else ""
            yield Row(row, "ms", delays, goal=goal, absolute=True, figure=figure, note=told)
