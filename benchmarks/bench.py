"""What every measurement is given: how often, where to write, and how to start a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "resources" / "samples" / "sample.png"
# Where peers are looked for that would not fit the project's own environment.
PEERS = ROOT / ".venv-bench" / "bin" / "python"
# Distributions that peers need beyond what padviewer itself does.
PACKAGES = ("napari", "silx", "matplotlib", "torch", "monai", "albumentations")
_VERSIONS = """
import importlib.metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""
_TIMEOUT = 60
# Characters of what a process was, and of what it said, that an error tells.
_COMMAND, _COMPLAINT = 60, 300


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
        quick: whether small sizes and few samples will do.
        export_gb: gigabytes that the streaming export writes.
        peer_python: the Python that peers run in.
        versions: of the peers' packages that it has.
    """

    runs: int
    directory: Path
    environment: Mapping[str, str]
    display: str
    quick: bool = False
    export_gb: float = 2.0
    peer_python: str = sys.executable
    versions: Mapping[str, str] = field(default_factory=dict)

    def python(self, *arguments: str | Path, timeout: float = _TIMEOUT, peer: bool = False) -> tuple[float, str]:
        """Runs Python in the checkout; returns seconds from its start to its end, and what it printed.

        Args:
            arguments: of Python.
            timeout: seconds after which it is ended, with all that it started.
            peer: whether the peers' Python is meant.

        Raises:
            BenchError: it failed, or took too long.
        """
        command = [self.peer_python if peer else sys.executable, *map(str, arguments)]
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
        except BaseException as error:
            # What it started goes with it, also when the benchmark itself is ended.
            os.killpg(process.pid, signal.SIGKILL)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            raise _error(command, f"no end after {timeout:g} s", process.communicate()[1]) from error
        elapsed = time.perf_counter() - started
        if process.returncode:
            raise _error(command, f"exit code {process.returncode}", complaint)
        return elapsed, printed

    def script(
        self, name: str, *arguments: str | Path, timeout: float = _TIMEOUT, peer: bool = False
    ) -> dict[str, Any]:
        """Runs a script of this directory with the time of its start; returns the JSON object that it printed last."""
        # -P keeps this directory off the path; the checkout is on it instead, as when main.py is run.
        path = ROOT / "benchmarks" / name
        printed = self.python("-P", path, repr(time.time()), *arguments, timeout=timeout, peer=peer)[1]
        try:
            answer: dict[str, Any] = json.loads(printed.splitlines()[-1])
        except (IndexError, ValueError) as error:
            raise BenchError(f"{name}: printed no result, but {printed[-500:]!r}") from error
        return answer

    def window(
        self, scenario: Mapping[str, Any], path: Path | str, *options: str, timeout: float = 120
    ) -> dict[str, Any]:
        """Opens the real window on a file, watches a scenario and returns what was seen; see `watch.Watch`."""
        return self.script("watched_window.py", json.dumps(dict(scenario)), path, *options, timeout=timeout)


def _error(command: list[str], what: str, complaint: str) -> BenchError:
    """Names the script, and keeps the end of what it said, where the reason stands."""
    script = next((Path(word).name for word in command if word.endswith(".py")), " ".join(command[1:])[:_COMMAND])
    return BenchError(f"{script}: {what}; {complaint.strip()[-_COMPLAINT:] or 'it said nothing'}")


def peer_python() -> str:
    """Returns the Python that peers run in: PEER_PYTHON, .venv-bench of the checkout, or the one that runs now."""
    return os.environ.get("PEER_PYTHON") or (str(PEERS) if PEERS.exists() else sys.executable)


def versions_in(python: str) -> dict[str, str]:
    """Returns the versions of the peers' packages that a Python has."""
    try:
        found = subprocess.run(
            [python, "-c", _VERSIONS, *PACKAGES], capture_output=True, text=True, timeout=_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise BenchError(f"{python}: does not run ({error}); PEER_PYTHON names the Python that peers run in") from error
    versions: dict[str, str] = json.loads(found.stdout)
    return versions


def clean_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Returns an environment in which every process may compile its bytecode, and none sees the user's settings."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "WAYLAND_DISPLAY")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "KERAS_BACKEND": "tensorflow",
        "QT_API": "pyside6",
        "MPLBACKEND": "Agg",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        **changes,
    }
