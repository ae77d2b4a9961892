"""Pan and zoom: how long after a wheel notch or a move of a drag the window shows what it did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psutil

from benchmarks.arrays import CASES, LARGE, Case
from benchmarks.bench import Bench, BenchError
from benchmarks.row import Row, missing

GOALS = {"median": 16.0, "p99": 33.0}
WORDS = {"moved": "picture moved", "exact": "exact elements"}
FRAMES, QUICK_FRAMES = 120, 30
# More would take most of an hour, for samples that are pooled anyway.
RUNS = 3
# Seconds that a window is driven for, and that it may take in all: some peers need many for a frame.
LIMIT, QUICK_LIMIT, TIMEOUT = 30, 10, 120
# Elements across a pane when it shows everything, and notches that halve them.
PANE, HALVING = 400, 2.3
PEERS = {"napari": "napari_window.py", "silx": "silx_window.py", "pyqtgraph": "whole_window.py"}
WAYS = {
    "napari": "three layers in a grid",
    "silx": "three plots with OpenGL, their axes linked",
    "pyqtgraph": "three ImageItems",
}


def pan_zoom(bench: Bench) -> Iterator[Row]:
    """Drives each window in turn; the peers are given the whole array, as they take it."""
    for case in CASES:
        try:
            yield from _of_case(bench, case)
        except BenchError as error:
            yield Row.failed(f"pan_zoom {case.name}", error)


def _of_case(bench: Bench, case: Case) -> Iterator[Row]:
    path = case.file(bench)
    count, limit = (QUICK_FRAMES, QUICK_LIMIT) if bench.quick else (FRAMES, LIMIT)
    notches = notches_of(case)
    frames: dict[str, list[dict[str, Any]]] = {"ours": []}
    troubles = {}
    tried = [] if bench.quick and case != LARGE else list(PEERS)
    for _ in range(min(bench.runs, RUNS)):
        scenario = {"do": "frames", "count": count, "notches": notches, "limit": limit}
        frames["ours"].append(bench.window(scenario, path, *case.options(), timeout=TIMEOUT))
        for peer in tried:
            if peer in troubles:
                continue
            try:
                frames.setdefault(peer, []).append(_peer(bench, case, peer, (path, count, notches, limit)))
            except BenchError as error:
                troubles[peer] = error
    ours = {name: [sample for run in frames["ours"] for sample in run[name]] for name in WORDS}
    yield from _goals(bench, case, ours, frames["ours"])
    for peer in tried:
        yield _beside(bench, case, ours["exact"], peer, frames.get(peer, []), troubles.get(peer))


def _goals(bench: Bench, case: Case, ours: dict[str, list[float]], runs: list[dict[str, Any]]) -> Iterator[Row]:
    if not ours["exact"]:
        raise BenchError("no gesture moved the picture")
    idle, late = sum(run["idle"] for run in runs), sum(run["late"] for run in runs)
    note = f"{len(ours['exact'])} frames, {idle} gestures moved nothing, {late} were given up; {bench.display}"
    for name, words in WORDS.items():
        for figure, goal in GOALS.items():
            told = note if figure == "median" else ""
            row = f"pan_zoom {case.name}, {words}"
            yield Row(row, "ms", ours[name], goal=goal, absolute=True, figure=figure, note=told)


def _peer(bench: Bench, case: Case, peer: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
    if peer != "pyqtgraph" and peer not in bench.versions:
        raise BenchError(str(missing("", peer).note))
    # Three pictures of one array, and what each toolkit makes of it: a mapped one too is read whole.
    room = psutil.virtual_memory().available
    if 2 * case.nbytes > room:
        raise BenchError(f"takes the whole array, {case.nbytes / 1e9:.0f} GB, with {room / 1e9:.0f} GB of memory free")
    found = bench.script(PEERS[peer], *map(str, arguments), peer=peer != "pyqtgraph", timeout=TIMEOUT)
    if not found["exact"]:
        raise BenchError("no frame came in time")
    return found


def _beside(
    bench: Bench, case: Case, ours: list[float], peer: str, runs: list[dict[str, Any]], trouble: BenchError | None
) -> Row:
    name = f"pan_zoom {case.name}, {peer}"
    if trouble is not None or not runs:
        return Row(name, "ms", ours, note=f"{peer}: {trouble}", against=WAYS[peer])
    peak, first = max(run["peak"] for run in runs) / 2**20, min(run["first_frame"] for run in runs)
    version = bench.versions.get(peer, "")
    return Row(
        name,
        "ms",
        ours,
        [sample for run in runs for sample in run["exact"]],
        against=f"{peer} {version}".strip() + f", {WAYS[peer]}, each of the whole array",
        note=f"ours to exact elements; the peer's window was painted {first:.1f} s after its start, peak memory "
        f"{peak:.0f} MiB",
    )


def notches_of(case: Case) -> int:
    """Returns how many notches lead from the whole array to about two pixels for an element."""
    halvings = (2 * max(case.target) // PANE).bit_length()
    return max(4, round(HALVING * halvings))
