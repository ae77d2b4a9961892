"""How fast the plot of a data set of 100,000 sizes follows a hand."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.row import Row

GOALS = {"median": 16.0, "p99": 33.0}
FILES, QUICK_FILES = 100_000, 10_000
FRAMES, QUICK_FRAMES = 200, 30
LIMIT, TIMEOUT = 60, 120


def dataset(bench: Bench) -> Iterator[Row]:
    """Zooms and drags the plot, whose sizes are nearly all different."""
    files, count = (QUICK_FILES, QUICK_FRAMES) if bench.quick else (FILES, FRAMES)
    arguments = str(files), str(count), str(LIMIT)
    seen = [bench.script("dots_window.py", *arguments, timeout=TIMEOUT) for _ in range(bench.runs)]
    samples = [sample for run in seen for sample in run["exact"]]
    note = f"{len(samples)} frames, {seen[0]['places']:,} different sizes; {bench.display}"
    for figure, goal in GOALS.items():
        told = note if figure == "median" else ""
        name = f"dataset {files:,} dots, pan and zoom"
        yield Row(name, "ms", samples, goal=goal, absolute=True, figure=figure, note=told)
