"""Measured processes are ended in time, with what they started, and a measurement that fails ends no other."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.__main__ import MEASUREMENTS, rows_of
from benchmarks.bench import Bench, BenchError, clean_environment, versions_in
from benchmarks.row import Row


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(1, tmp_path, clean_environment({}), "nowhere", quick=True)


def test_what_takes_too_long_is_ended_with_its_children(bench: Bench, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open({str(pid)!r}, "w").write(str(child.pid))
time.sleep(60)
"""
    started = time.monotonic()
    with pytest.raises(BenchError, match=r"no end after 1\.5 s"):
        bench.python("-c", code, timeout=1.5)
    assert time.monotonic() - started < 20
    child = int(pid.read_text())
    deadline = time.monotonic() + 10
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the child of a measured process lives on"
        time.sleep(0.05)


def test_a_failure_says_what_the_process_said(bench: Bench) -> None:
    code = "import sys; print('x' * 10_000 + 'out of luck', file=sys.stderr); sys.exit(3)"
    with pytest.raises(BenchError, match=r"exit code 3; x+out of luck$") as caught:
        bench.python("-c", code)
    assert len(str(caught.value)) < 500


def test_rows_before_a_failure_are_kept(bench: Bench) -> None:
    def measurement(_bench: Bench) -> Iterator[Row]:
        yield Row("first", "ms", [1.0])
        raise BenchError("the disk is full")

    rows = rows_of("both", measurement, bench)
    assert [(row.name, row.is_failed) for row in rows] == [("first", False), ("both", True)]
    assert "the disk is full" in rows[1].note


def test_peers_are_those_that_their_python_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = tmp_path / "silx-9.8.7.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: silx\nVersion: 9.8.7\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert versions_in(sys.executable)["silx"] == "9.8.7"
    with pytest.raises(BenchError, match="PEER_PYTHON"):
        versions_in(os.devnull)


def test_every_goal_has_a_measurement() -> None:
    goals = {"first_frame", "feature", "pan_zoom", "edit", "memory", "event_loop", "padding", "streaming"}
    assert goals | {"feature_map", "layer", "sizes"} <= set(MEASUREMENTS)
