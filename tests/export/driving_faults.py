"""Drives the process that lets calls of the system fail, and tells what is there afterwards."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

OLD = b"the old file"
TESTS = Path(__file__).parent.parent
# How often things are tried that are tried at random, and whether everything is where a sample is usual.
ROUNDS = int(os.environ.get("PADVIEWER_FAULT_ROUNDS", "0"))


class Driver:
    """The process that runs what writes."""

    def __init__(self):
        environment = {**os.environ, "PYTHONPATH": f"{TESTS}:{os.environ.get('PYTHONPATH', '')}"}
        command = [sys.executable, str(TESTS / "fault_driver.py")]
        self.injected = 0
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def run(self, action, path, how="", k=0, lacks=(), **more):
        command = {"action": action, "path": str(path), "how": how, "k": k, "lacks": lacks, "more": more}
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        found = json.loads(self._process.stdout.readline())
        if "unsupported" in found:
            pytest.skip(found["unsupported"])
        self.injected += bool(k) and len(found.get("calls", ())) >= k
        return found

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(20)


def tree(path):
    """Returns the bytes of a file, or of each file of a folder; None where there is nothing."""
    if not path.exists():
        return None
    return {str(p.relative_to(path)): p.read_bytes() for p in (path, *sorted(path.rglob("*"))) if p.is_file()}


def make_old(path):
    if path.suffix == ".zarr":
        (path / "c").mkdir(parents=True)
        (path / "zarr.json").write_bytes(OLD)
        (path / "c" / "0").write_bytes(OLD)
    else:
        path.write_bytes(OLD)


def remove(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def names(folder):
    return sorted(path.name for path in folder.iterdir())
