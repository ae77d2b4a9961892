"""The verb `batch` as people and programs run it: a process of its own, with processes that work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from inline import lines_of, make_data_set, tree

FULL_DISK = Path(__file__).with_name("full_disk_export.py")


@pytest.fixture
def data(tmp_path):
    return make_data_set(tmp_path / "in")


def command(tmp_path, *options):
    return [sys.executable, "-m", "padviewer", "batch", str(tmp_path / "in"), "-o", str(tmp_path / "out"), *options]


def environment(tmp_path):
    return {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}


def ran(tmp_path, *options):
    done = subprocess.run(
        command(tmp_path, *options), env=environment(tmp_path), capture_output=True, text=True, check=False, timeout=120
    )
    assert "Traceback" not in done.stderr
    return done


def test_buckets_of_a_file_and_a_bad_item(data, tmp_path):
    (tmp_path / "in" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    buckets = {"padviewer": "1", "axes": "HW", "multiple_of": [4, 4], "overflow": "crop", "buckets": [[8, 8], [12, 12]]}
    (tmp_path / "buckets.json").write_text(json.dumps(buckets))
    done = ran(tmp_path, "--buckets", str(tmp_path / "buckets.json"), "--json", "--workers", "1")
    assert done.returncode == 1
    assert "bad.png" in done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1] == {"done": len(data), "failed": 1, "skipped": 0, "changed": 0, "total": len(data) + 1}
    assert [line["done"] for line in lines] == sorted(line["done"] for line in lines)
    settings, records = lines_of(tmp_path / "out")
    assert (settings["buckets"], settings["multiple_of"], settings["overflow"]) == ([[8, 8], [12, 12]], [4, 4], "crop")
    for record in records:
        if record["outcome"] == "written":
            small = max(data[record["source"]].shape[:2]) <= 8
            assert record["target"] == ([8, 8] if small else [12, 12])
            assert np.load(tmp_path / "out" / record["output"]).shape == tuple(record["shape"])
    done = ran(tmp_path, "--buckets", str(tmp_path / "buckets.json"), "--target", "8x8")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--buckets: the file tells what --target would" in done.stderr
    done = ran(tmp_path, "--target", "8x8")
    assert done.returncode == 1
    assert "--resume" in done.stderr
    assert "--force" in done.stderr


def test_what_is_stopped_says_how_it_goes_on(tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(60):
        np.save(tmp_path / "in" / f"{number}.npy", np.full((600, 600, 3), number, np.uint8))
    options = ["--target", "900x900", "--mode", "reflect", "--workers", "1"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command(tmp_path, *options), env=environment(tmp_path), **pipes)
    until = time.monotonic() + 60
    while time.monotonic() < until and len([*(tmp_path / "out").glob("*.npy")]) < 20:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _printed, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "--resume goes on" in complaint
    assert "Traceback" not in complaint
    before = {record["output"] for record in lines_of(tmp_path / "out")[1]}
    assert 0 < len(before) < 60
    done = ran(tmp_path, *options, "--resume")
    assert done.returncode == 0
    assert f"{len(before):,} of them before" in done.stdout
    assert len(tree(tmp_path / "out")) == 61


def test_a_full_disk_stops_it_and_it_can_be_resumed(tmp_path):
    (tmp_path / "disk").mkdir()
    mounting = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", str(tmp_path / "disk")]
    may_mount = subprocess.run(mounting, capture_output=True, check=False, timeout=20).returncode == 0
    done = subprocess.run(
        ["unshare", "-rm", sys.executable, str(FULL_DISK), str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if not may_mount:
        pytest.skip("this system allows no mounts in a namespace of its own")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    for form, result in told.items():
        assert "full" in result["message"] or "free on the disk" in result["message"], form
        assert "resume" in result["message"] or "make room" in result["message"], form
        assert result["resumed"] == 6, form
        assert result["equal"], form


def test_members_that_cannot_be_read_are_told_of(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["a"] = np.ones((3, 4), np.uint8)
        file["b"] = h5py.SoftLink("/a")
        file["c"] = h5py.ExternalLink("other.h5", "/x")
    command = [sys.executable, "-m", "padviewer", "batch", f"{tmp_path}/t.h5::*", "-o", str(tmp_path / "o")]
    done = subprocess.run(
        [*command, "--workers", "1", "--json"], capture_output=True, text=True, check=False, timeout=60
    )
    last = json.loads(done.stdout.splitlines()[-1])
    records = lines_of(tmp_path / "o")[1]
    assert {record["member"]: record["outcome"] for record in records} == {
        "/a": "written",
        "/b": "failed",
        "/c": "failed",
    }
    assert (done.returncode, last["done"], last["failed"], last["total"]) == (1, 1, 2, 3)
    assert all(record["reason"] in done.stderr for record in records if record["outcome"] == "failed")


def test_a_folder_to_write_to_that_cannot_be(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((2, 2)))
    for output, said in (("", "names no folder"), (str(tmp_path), "lie in the folder to write to")):
        command = [sys.executable, "-m", "padviewer", "batch", str(tmp_path), "-o", output, "--workers", "1"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode in (1, 2)
        assert said in done.stderr
