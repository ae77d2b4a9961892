"""Writing a large padded tensor: whole processes, the disk included."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.bench import Bench
from benchmarks.row import Row

NAMES = ("export",)
SHAPE, TARGET = (3000, 4000, 3), (4096, 4096)


def measure(bench: Bench) -> list[Row]:
    """Writes 4096x4096x3 float32 with `padviewer export` and with a script of numpy, in turn."""
    path, output = bench.directory / "array.npy", bench.directory / "padded.npy"
    np.save(path, np.random.default_rng(0).random(SHAPE, np.float32))
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
    return [
        Row(
            "export",
            "s",
            [seconds for seconds, _ in pairs],
            [seconds for _, seconds in pairs],
            against="np.load, np.pad and np.save in one script",
            note=f"{megabytes:.0f} MB, whole processes: {rates[0]:.0f} MB/s, peer {rates[1]:.0f} MB/s",
        )
    ]
