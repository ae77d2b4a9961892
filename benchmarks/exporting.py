"""Padding whole tensors: in memory, streamed to the disk, and as whole processes beside a script."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.arrays import Case, write_npy
from benchmarks.bench import Bench, BenchError
from benchmarks.row import Row

SHAPE, TARGET = (3000, 4000, 3), (4096, 4096)
ROUNDS, QUICK_ROUNDS = 15, 5
WAYS = {"tiles": "tile by tile", "whole": "in one piece"}
# 0.8 of the disk's rate, in seconds.
STREAMING_GOAL = 1 / 0.8
STREAMING_TIMEOUT = 600
MEMORY_GOAL = 1000.0
# Three channels of four bytes.
PIXEL = 12


def padding(bench: Bench) -> Iterator[Row]:
    """Pads a tensor in memory."""
    rounds, size = (QUICK_ROUNDS, "2048x2048") if bench.quick else (ROUNDS, "4096x4096")
    found = bench.script("padding_memory.py", str(rounds), size)
    ways = found["ways"]
    for name, words in WAYS.items():
        goal = 1.2 if name == "tiles" else None
        yield Row(f"padding {words}", "ms", ways[name], ways["memcpy"], goal, against="memcpy", note=found["size"])
    yield Row("padding, np.pad", "ms", ways["tiles"], ways["np.pad"], against="np.pad", note=found["size"])


def streaming(bench: Bench) -> Iterator[Row]:
    """Exports an array from a sparse file, so that reading it takes none of the disk's time."""
    wanted = (0.3 if bench.quick else bench.export_gb) * 1e9
    free = shutil.disk_usage(bench.directory).free
    if wanted * 1.5 > free:
        raise BenchError(f"{wanted / 1e9:g} GB are to be written, but the disk has {free / 1e9:.1f} GB free")
    side = int(math.sqrt(wanted / PIXEL))
    case = Case("", (side - 8, side - 8, 3), "float32", (side, side), sparse=True)
    output = bench.directory / "streamed.npy"
    try:
        found = bench.script(
            "streaming_export.py", str(bench.runs), case.file(bench), case.size, output, timeout=STREAMING_TIMEOUT
        )
    finally:
        output.unlink(missing_ok=True)
    seconds, size = found["seconds"], found["bytes"]
    rates = [size / 1e6 / sorted(found)[len(found) // 2] for found in (seconds["ours"], seconds["peer"])]
    yield Row(
        "streaming to disk",
        "s",
        seconds["ours"],
        seconds["peer"],
        STREAMING_GOAL,
        against="a loop that writes blocks of as many bytes, then fsync",
        note=f"{size / 1e9:.1f} GB to .npy, on the disk {found['stored'] / 1e9:.1f} GB: {rates[0]:.0f} MB/s, peer "
        f"{rates[1]:.0f} MB/s; the goal is 0.8 of the peer's rate",
    )
    note = f"own pages of all processes together, for {size / 1e9:.1f} GB"
    yield Row("streaming to disk, memory", "MB", [found["peak"] / 1e6], goal=MEMORY_GOAL, absolute=True, note=note)


def export(bench: Bench) -> Iterator[Row]:
    """Writes 4096x4096x3 float32 with `padviewer export` and with a script of numpy, in turn."""
    path, output = bench.directory / "array.npy", bench.directory / "padded.npy"
    with path.open("wb") as file:
        write_npy(file, SHAPE, np.dtype(np.float32).name, sparse=False)
    size = "x".join(map(str, TARGET))

    def ours() -> float:
        return bench.python("main.py", "export", path, "--target", size, "-o", output, "--force")[0]

    def peer() -> float:
        started = time.perf_counter()
        bench.script("pad_script.py", path, output, *map(str, TARGET))
        return time.perf_counter() - started

    pairs = [(ours(), peer()) for _ in range(bench.runs + 1)][1:]
    megabytes = output.stat().st_size / 1e6
    rates = [megabytes / sorted(column)[len(column) // 2] for column in zip(*pairs, strict=True)]
    yield Row(
        "export",
        "s",
        [seconds for seconds, _ in pairs],
        [seconds for _, seconds in pairs],
        against="np.load, np.pad and np.save in one script",
        note=f"{megabytes:.0f} MB, whole processes: {rates[0]:.0f} MB/s, peer {rates[1]:.0f} MB/s",
    )
