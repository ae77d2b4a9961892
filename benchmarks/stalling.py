"""How long the event loop of the window stalls while TensorFlow starts, files load and an export runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.arrays import CASES, LARGE, PHOTO, PICTURE, PLANE
from benchmarks.bench import Bench, BenchError
from benchmarks.row import Row

GOAL = 50.0
TIMEOUT = 180


def event_loop(bench: Bench) -> Iterator[Row]:
    """Keeps the longest stall of each activity, beside the machine's own jitter."""
    activities: dict[str, tuple[Callable[[Bench], float], str]] = {
        "TensorFlow starts": (_starting, "from the first frame to FEATURE"),
        "files load": (_loading, f"{', '.join(case.name for case in _files())}, one after the other"),
        "an export runs": (_exporting, f"PADDED of {PLANE.name}"),
    }
    for words, (activity, note) in activities.items():
        row = f"event_loop while {words}"
        try:
            pairs = [(activity(bench), _jitter(bench)) for _ in range(bench.runs)]
        except BenchError as error:
            yield Row.failed(row, error)
            continue
        yield Row(
            row,
            "ms",
            [ours for ours, _jitter in pairs],
            [jitter for _ours, jitter in pairs],
            GOAL,
            absolute=True,
            figure="max",
            against="an empty window while another process imports Keras: the machine's own jitter",
            note=f"longest stall, {note}; {bench.display}",
        )


def _files() -> tuple[Any, ...]:
    return (PHOTO, *CASES[1:])


def _starting(bench: Bench) -> float:
    stall: float = bench.window({"do": "feature"}, PICTURE.file(bench), *PICTURE.options())["stall"]
    return stall


def _loading(bench: Bench) -> float:
    paths = [str(case.file(bench)) for case in _files()]
    return _meanwhile(bench, {"do": "loads", "paths": paths}, PICTURE.file(bench), *PICTURE.options())


def _exporting(bench: Bench) -> float:
    case = LARGE if bench.quick else PLANE
    output = bench.directory / "exported.npy"
    try:
        return _meanwhile(bench, {"do": "export", "path": str(output)}, case.file(bench), *case.options())
    finally:
        output.unlink(missing_ok=True)


def _meanwhile(bench: Bench, scenario: dict[str, Any], *arguments: Any) -> float:
    found = bench.window(scenario, *arguments, timeout=TIMEOUT)
    if "failed" in found:
        raise BenchError(found["failed"])
    stall: float = found["stall_meanwhile"]
    return stall


def _jitter(bench: Bench) -> float:
    stall: float = bench.script("empty_window.py")["stall"]
    return stall
