"""The process of a window: a Python of its own, which lives on when the one that started it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from padviewer.errors import ShowError
from padviewer.live.link import Link

_ENDING_S = 10.0
_LAST_BYTES = 2000


class Process(NamedTuple):
    """What was started for a window.

    Attributes:
        link: our end of the line.
        reason: waits for the end of the process, which must be near, and tells how it ended.
        leave: lets the process live on without us.
    """

    link: Link
    reason: Callable[[], str]
    leave: Callable[[], None]


def start_process() -> Process:
    """Starts a window in a process of its own, which outlives this one.

    Raises:
        ShowError: no process can be started.
    """
    if not sys.executable:
        raise ShowError("the window is a Python of its own, and sys.executable does not name one; set it")
    try:
        ours, theirs = Link.pair()
        errors = os.fdopen(os.memfd_create("padviewer errors", os.MFD_CLOEXEC), "r+b", 0)
    except OSError as error:
        raise ShowError(f"no line to a window could be opened: {error}") from error
    # -P: what lies in the current folder is not imported.
    command = [sys.executable, "-P", "-m", "padviewer", "--from-python", str(theirs.fileno())]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=[theirs.fileno()],
            env=environment(),
            # Ctrl+C in the terminal is for the program that shows arrays.
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        raise ShowError(f"no process could be started for the window: {error}") from error
    finally:
        theirs.close()

    def reason() -> str:
        with errors:
            try:
                code = process.wait(_ENDING_S)
            except subprocess.TimeoutExpired:
                return ""
            size = errors.seek(0, os.SEEK_END)
            errors.seek(max(0, size - _LAST_BYTES))
            lines = errors.read().decode(errors="replace").strip().splitlines()
        how = f" by signal {signal.Signals(-code).name}" if code < 0 else f" with exit code {code}"
        return how + (f": {lines[-1]}" if lines else "")

    def leave() -> None:
        # It is meant to live on: nothing is to be said of a child that nobody has waited for.
        if process.poll() is None:
            process.returncode = 0

    return Process(ours, reason, leave)


def environment() -> dict[str, str]:
    """Returns the environment in which the other Python finds this padviewer, and leaves the GPU to this one."""
    environ = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false", **os.environ}
    root = Path(__file__).resolve().parents[2]
    # In front of the standard library, a folder of all packages could hide parts of that.
    if root.name not in ("site-packages", "dist-packages"):
        environ["PYTHONPATH"] = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    return environ
