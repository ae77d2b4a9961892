"""The padded tensors of many files by `padviewer batch`, against the loop that people write today."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.bench import Bench, BenchError
from benchmarks.files import write_files
from benchmarks.row import Row

FILES, QUICK_FILES = 10_000, 100
# Pictures that have no size twice, so that nothing that was planned serves again; each takes its time to make.
DIFFERENT = 4000
PROCESSES = 2
# 1.8 times as fast as one process.
GOAL = 1 / 1.8
HEIGHT = WIDTH = 512
TIMEOUT = 900


def batch(bench: Bench) -> Iterator[Row]:
    """Pads pictures as whole processes in turn; then resumes an export that is complete."""
    count, several = (QUICK_FILES, QUICK_FILES) if bench.quick else (FILES, DIFFERENT)
    folder, others, outputs = (bench.directory / name for name in ("files", "others", "padded"))
    ours: list[float] = []
    certain: list[float] = []
    peers: list[float] = []
    resumed: list[float] = []
    different: list[float] = []
    different_peers: list[float] = []
    try:
        write_files(folder, count, pictures_only=True)
        out, looped = outputs / "ours", outputs / "peer"
        for number in range(bench.runs + 1):
            taken = [_ours(bench, folder, out, count), _ours(bench, folder, out, count, "--resume")]
            _empty(out)
            taken.append(_peer(bench, folder, looped, count))
            if number < bench.runs:
                _empty(looped)
            # The first round brings the files into memory, for both.
            if number:
                for samples, seconds in zip((ours, resumed, peers), taken, strict=True):
                    samples.append(seconds)
        certain.append(_ours(bench, folder, out, count, "--checksum", "sha256"))
        _check_equal(out, looped)
        _empty(out)
        _empty(looped)
        write_files(others, several, pictures_only=True, seed=1, copies=1)
        for number in range(bench.runs + 1):
            taken = [_ours(bench, others, out, several), _peer(bench, others, looped, several)]
            _empty(out)
            _empty(looped)
            if number:
                for samples, seconds in zip((different, different_peers), taken, strict=True):
                    samples.append(seconds)
    finally:
        for each in (folder, others, outputs):
            shutil.rmtree(each, ignore_errors=True)
    note = (
        f"{count} pictures to {HEIGHT} x {WIDTH}, whole processes, {PROCESSES} workers; ours is on the disk at the end"
    )
    against = "Pillow, np.pad and np.save in one process"
    yield Row("batch", "s", ours, peers, GOAL, against=against, note=note)
    note = f"{several} pictures, each of another size"
    yield Row("batch, no size twice", "s", different, different_peers, GOAL, against=against, note=note)
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


def _empty(folder: Path) -> None:
    """Gives the room of files back and keeps their names, elsewhere.

    ext4 passes over the numbers of files that were deleted in the last minutes, one by one, for each new file: after a
    round of ten thousand deletions, what would be timed is that.
    """
    kept = folder.with_name(f"{folder.name}-{time.monotonic_ns()}")
    folder.rename(kept)
    for path in kept.rglob("*"):
        if path.is_file():
            os.truncate(path, 0)
