"""The sizes of many files by `padviewer sizes`, against decoding them, and against a second run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import Bench, BenchError
from benchmarks.files import write_files
from benchmarks.row import Row

FILES, QUICK_FILES = 10_000, 300
PROCESSES = 2
# Five times as fast as decoding.
GOAL = 1 / 5
TIMEOUT = 900


def sizes(bench: Bench) -> Iterator[Row]:
    """Measures pictures that Pillow decodes too, as whole processes in turn; then files of all kinds."""
    count = QUICK_FILES if bench.quick else FILES
    folder = bench.directory / "files"
    try:
        write_files(folder, count, pictures_only=True)
        yield from _beside_decoding(bench, folder, count)
        shutil.rmtree(folder)
        write_files(folder, count)
        fresh = [_ours(bench, folder, count, "--fresh") for _ in range(bench.runs + 1)][1:]
        note = f"{count} pictures, .npy, .npz, TIFF and WAV, whole process, {PROCESSES} workers"
        yield Row("sizes, files of all kinds", "s", fresh, note=note)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _beside_decoding(bench: Bench, folder: Path, count: int) -> Iterator[Row]:
    known: list[float] = []
    ours: list[float] = []
    others: dict[int, list[float]] = {PROCESSES: [], 1: []}
    for number in range(bench.runs + 1):
        # The first round brings the files into memory, for both.
        seconds = _ours(bench, folder, count, "--fresh")
        peers = {n: bench.python("-P", _script(), folder, str(n), timeout=TIMEOUT)[0] for n in others}
        again = _ours(bench, folder, count)
        if number:
            ours.append(seconds)
            known.append(again)
            for processes, taken in peers.items():
                others[processes].append(taken)
    note = f"{count} pictures in memory of the system, whole processes, {PROCESSES} workers"
    against = "decodes them with Pillow, in"
    yield Row("sizes", "s", ours, others[PROCESSES], GOAL, against=f"{against} as many processes", note=note)
    yield Row("sizes, beside one process", "s", ours, others[1], against=f"{against} one process", note=note)
    yield Row("sizes, remembered", "s", known, ours, against="the same with --fresh", note=note)


def _script() -> Path:
    return Path(__file__).with_name("decode_script.py")


def _ours(bench: Bench, folder: Path, count: int, *options: str) -> float:
    seconds, printed = bench.python("main.py", "sizes", folder, "--workers", str(PROCESSES), *options, timeout=TIMEOUT)
    told = printed.partition("\n")[0]
    if told != f"{count:,} items measured":
        raise BenchError(f"sizes: {count} files were written, but it says: {told}")
    return seconds
