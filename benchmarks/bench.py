"""What every measurement is given: how often, where to write, and how to start a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "resources" / "samples" / "sample.png"
_TIMEOUT = 60


class BenchError(Exception):
    """A measured process failed."""


@dataclass(frozen=True)
class Bench:
    """How measurements are made.

    Attributes:
        runs: pairs of ours and peer.
        directory: for files; removed at the end.
        environment: of every process.
        display: what windows are shown on.
    """

    runs: int
    directory: Path
    environment: Mapping[str, str]
    display: str

    def python(self, *arguments: str | Path, timeout: float = _TIMEOUT) -> tuple[float, str]:
        """Runs Python in the checkout; returns seconds from its start to its end, and what it printed."""
        command = [sys.executable, *map(str, arguments)]
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            printed, complaint = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            raise BenchError(f"{' '.join(command)}: no end after {timeout:g} s\n{process.communicate()[1]}") from error
        elapsed = time.perf_counter() - started
        if process.returncode:
            raise BenchError(f"{' '.join(command)}: exit code {process.returncode}\n{complaint}")
        return elapsed, printed

    def script(self, name: str, *arguments: str | Path, timeout: float = _TIMEOUT) -> dict[str, Any]:
        """Runs a script of this directory with the time of its start; returns the JSON object that it printed last."""
        # -P keeps this directory off the path; the checkout is on it instead, as when main.py is run.
        printed = self.python("-P", ROOT / "benchmarks" / name, repr(time.time()), *arguments, timeout=timeout)[1]
        answer: dict[str, Any] = json.loads(printed.splitlines()[-1])
        return answer


def clean_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Returns an environment in which every process may compile its bytecode, and none sees the user's settings."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "WAYLAND_DISPLAY")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        **changes,
    }
