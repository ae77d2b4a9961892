"""Exports are killed at any moment, and resumed: what is left is done, nothing twice, and nothing is torn.

`PADVIEWER_FAULT_ROUNDS` says how often.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import psutil
import pytest
from inline import export, lines_of, tree

ROUNDS = int(os.environ.get("PADVIEWER_FAULT_ROUNDS", "0"))
COUNT, SIDE = 42, 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    numbers = np.random.default_rng(0)
    for number in range(COUNT):
        path = folder / "in" / f"{number % 3}" / f"{number}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        height, width = numbers.integers(1, SIDE, 2)
        np.save(path, numbers.integers(0, 255, (height, width, 3), np.uint8))
    return folder


def started(folder, out, form, *options):
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    command = [sys.executable, "-m", "padviewer", "batch", folder / "in", "-o", out, "--format", form]
    command += ["--target", f"{SIDE}x{SIDE}", "--mask", "--shard", "7", "--workers", "2", "--json", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*map(str, command)], env=environment, text=True, start_new_session=True, **pipes)


def ended(process):
    printed, complaint = process.communicate(timeout=120)
    assert process.returncode == 0, complaint
    return json.loads(printed.splitlines()[-1])


def kill_when(process, out, moment, victim):
    """Kills the export, or one of its workers, when that share of it has been written; returns whether it was there."""
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until and written(out) < moment * COUNT * SIDE * SIDE * 3:
        time.sleep(0.002)
    with suppress(psutil.Error):
        workers = [each for each in psutil.Process(process.pid).children() if "spawn_main" in " ".join(each.cmdline())]
        if victim == "worker" and workers:
            workers[0].kill()
            return True
    was_there = process.poll() is None
    process.kill()
    process.communicate()
    return was_there


def written(out):
    """Returns the bytes of all files in a folder that is written to."""
    total = 0
    for folder, _folders, names in os.walk(out):
        for name in names:
            with suppress(OSError):
                total += os.stat(os.path.join(folder, name)).st_blocks * 512  # noqa: PTH116, PTH118
    return total


def noted(out):
    """Returns the files of items that stand in the manifest as written, and when each was written to."""
    path = out / "manifest.jsonl"
    if not path.exists():
        return {}
    lines = path.read_bytes().split(b"\n")[1:-1]
    records = [json.loads(line) for line in lines]
    outputs = {record["output"] for record in records if record["outcome"] == "written" and not record.get("array")}
    return {output: (out / output).stat().st_mtime_ns for output in outputs}


@pytest.mark.parametrize(
    ("form", "victims"),
    [("npy", ["client"]), ("zarr", ["worker"]), ("hdf5", ["client"]), ("tfrecord", ["worker"])],
)
def test_an_export_that_is_killed_at_any_moment(folder, form, victims):
    whole, out = folder / f"whole {form}", folder / f"out {form}"
    items = sorted((folder / "in").rglob("*.npy"))
    options = {"target": (SIDE, SIDE), "mask": True, "shard": 7}
    assert export(whole, items, form=form, **options).done == COUNT
    expected = tree(whole)
    moments = random.Random(form)
    kills = 0
    for victim in victims if not ROUNDS else ["client", "worker"] * (ROUNDS // 4):
        process = started(folder, out, form, "--resume")
        kills += kill_when(process, out, moments.uniform(0, 0.8), victim)
        if process.returncode is None:
            # Another worker takes the place of the one that was killed.
            assert ended(process)["done"] == COUNT
        before = noted(out)
        last = ended(started(folder, out, form, "--resume"))
        assert (last["done"], last["failed"]) == (COUNT, 0)
        assert last["skipped"] >= len(before)
        assert {output: (out / output).stat().st_mtime_ns for output in before} == before
        assert tree(out) == expected
        records = lines_of(out)[1]
        assert len({record["source"] for record in records}) == len(records) == COUNT
        shutil.rmtree(out)
    assert kills
