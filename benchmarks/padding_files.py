"""The padded tensors of many files by `padviewer batch`, against the loop that people write today."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.bench import Bench, BenchError
from benchmarks.files import write_files
from benchmarks.row import Row

FILES, QUICK_FILES = 10_000, 100
PROCESSES = 2
# 1.8 times as fast as one process.
GOAL = 1 / 1.8
HEIGHT = WIDTH = 512
TIMEOUT = 900
# File systems look for a while whether what was deleted may come back, and make new files slowly meanwhile.
_SETTLED_S = 6


def batch(bench: Bench) -> Iterator[Row]:
    """Pads pictures as whole processes in turn; then resumes an export that is complete."""
    count = QUICK_FILES if bench.quick else FILES
    folder, outputs = bench.directory / "files", bench.directory / "padded"
    ours: list[float] = []
    certain: list[float] = []
    peers: list[float] = []
    resumed: list[float] = []
    try:
        write_files(folder, count, pictures_only=True)
        out, looped = outputs / "ours", outputs / "peer"
        for number in range(bench.runs + 1):
            taken = [_ours(bench, folder, out, count), _ours(bench, folder, out, count, "--resume")]
            _forget(out)
            taken.append(_peer(bench, folder, looped, count))
            if number < bench.runs:
                _forget(looped)
            # The first round brings the files into memory, for both.
            if number:
                for samples, seconds in zip((ours, resumed, peers), taken, strict=True):
                    samples.append(seconds)
        certain.append(_ours(bench, folder, out, count, "--checksum", "sha256"))
        _check_equal(out, looped)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(outputs, ignore_errors=True)
    note = (
        f"{count} pictures to {HEIGHT} x {WIDTH}, whole processes, {PROCESSES} workers; ours is on the disk at the end"
    )
    against = "Pillow, np.pad and np.save in one process"
    yield Row("batch", "s", ours, peers, GOAL, against=against, note=note)
    yield Row("batch, sha256", "s", certain, peers, against=against, note="with --checksum sha256")
    yield Row("batch, resumed", "s", resumed, ours, against="the same export at first", note="nothing is left to do")


def _ours(bench: Bench, folder: Path, out: Path, count: int, *options: str) -> float:
    seconds, printed = bench.python(
        "main.py", "batch", folder, "-o", out, "--target", f"{HEIGHT}x{WIDTH}", "--overflow", "crop", "--json",
        "--workers", str(PROCESSES), *options, timeout=TIMEOUT,
    )  # fmt: skip
    last = json.loads(printed.splitlines()[-1])
    if (last["done"], last["failed"]) != (count, 0):
        raise BenchError(f"batch: {count} files were to be padded, but {last} is told")
    return seconds


def _peer(bench: Bench, folder: Path, out: Path, count: int) -> float:
    script = Path(__file__).with_name("pad_files_script.py")
    seconds, printed = bench.python("-P", script, folder, out, str(HEIGHT), str(WIDTH), timeout=TIMEOUT)
    if int(printed) != count:
        raise BenchError(f"the loop: {count} files were to be padded, {printed.strip()} were")
    return seconds


def _check_equal(ours: Path, peer: Path) -> None:
    # Ours begin at the folder that all items have in common.
    found = {path.name: path for path in ours.rglob("*.npy")}
    for path in sorted(peer.rglob("*.npy"))[::37]:
        if not np.array_equal(np.load(path), np.load(found[path.name])):
            raise BenchError(f"{path.name}: padviewer batch and the loop made different arrays")


def _forget(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    time.sleep(_SETTLED_S)
