"""How fast the window answers what a person does to look closer: the next frame, or soon."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.arrays import FLOATS, PICTURE, Case
from benchmarks.bench import Bench, BenchError
from benchmarks.row import Row

# The card takes what a feature map on screen may take: reader and engine are asked.
GOALS = {"brush": 33.0, "contamination": 33.0, "undo": 33.0, "card": 100.0}
WORDS = {
    "brush": "pointer to its window in PADDED",
    "contamination": "C to the tint of FEATURE",
    "undo": "undo to the labels",
    "card": "pointer to the card of its output",
}
TIMES, QUICK_TIMES = 60, 8
TIMEOUT = 240


def inspect(bench: Bench) -> Iterator[Row]:
    """Points, tints and undoes in a window, on a picture and on 3 GB of floats."""
    for case in (PICTURE, FLOATS):
        try:
            yield from _of_case(bench, case)
        except BenchError as error:
            yield Row.failed(f"inspect {case.name}", error)


def _of_case(bench: Bench, case: Case) -> Iterator[Row]:
    count = QUICK_TIMES if bench.quick else TIMES
    seen = bench.window({"do": "inspections", "count": count}, case.file(bench), *case.options(), timeout=TIMEOUT)
    for name, goal in GOALS.items():
        for figure in ("median", "p99"):
            note = f"{count} times; {bench.display}" if figure == "median" else ""
            row = f"inspect {case.name}, {WORDS[name]}"
            delays = seen["inspections"][name]
            yield Row(row, "ms", delays, goal=goal, absolute=True, figure=figure, note=note)
