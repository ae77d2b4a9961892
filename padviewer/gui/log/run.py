"""The log of one run of the program, in files of limited size, and what a run that crashed has left. Loads no Qt.

Each window that is open has a folder of its own, locked as long as it runs; the system takes the lock when a process
ends. What is logged is handed to the system line by line, and Python's `faulthandler` writes where the program was when
a signal ended it: a crash takes nothing of that away.
"""

from __future__ import annotations

import faulthandler
import fcntl
import json
import logging
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

from padviewer import __version__
from padviewer.errors import shortened
from padviewer.gui.log.lines import ROOT, FloodGate, line_of
from padviewer.state import state_folder

# Each of three files: the one that is written, and two that are full.
FILE_BYTES, FILES = 256 << 10, 3
SLOTS = 8
_LOG, _FAULT, _CRASH, _RUNNING, _LOCK = "padviewer.log", "fault.txt", "crash.txt", "running", "lock"
_SHOWN_BYTES = 64 << 10
_GONE = ("The X11 connection broke", "The Wayland connection broke")


def logs_folder() -> Path | None:
    """Returns the folder of all logs, in the user's state directory; None where the user has none."""
    state = state_folder()
    return state / "logs" if state is not None else None


@dataclass(frozen=True)
class Crash:
    """A run that ended unexpectedly.

    Attributes:
        cause: what ended it, as far as it is known.
        file: what it left: its cause, where it was, and its last lines.
    """

    cause: str
    file: Path


class RunLog:
    """Writes the log of this run.

    Args:
        folder: of this run.
        lock: the descriptor that holds its lock.
        crash: the last run that crashed, where nobody has been told of it yet.
    """

    def __init__(self, folder: Path, lock: int, crash: Crash | None) -> None:
        self.folder = folder
        self.crash = crash
        self._lock = lock
        self._fault: IO[bytes] | None = None
        self._handler: LogFile | None = None

    @property
    def file(self) -> Path:
        """Where the newest lines are written."""
        return self.folder / _LOG

    def begin(self, catches_faults: bool = True) -> None:
        """Notes that this run has begun, and writes what is logged from now on.

        Args:
            catches_faults: whether signals such as SIGSEGV leave a note; one for each process.
        """
        note = {"pid": os.getpid(), "boot": _boot(), "version": __version__, "started": time.time()}
        (self.folder / _RUNNING).write_text(json.dumps(note), "ascii")
        if catches_faults:
            self._fault = (self.folder / _FAULT).open("wb", buffering=0)
            faulthandler.enable(self._fault)
        self._handler = LogFile(self.file)
        logging.getLogger(ROOT).addHandler(self._handler)

    def end(self, clean: bool = True) -> None:
        """Writes no more; a clean end leaves nothing to be told at the next start."""
        if self._handler is not None:
            logging.getLogger(ROOT).removeHandler(self._handler)
            self._handler.close()
            self._handler = None
        if self._fault is not None:
            faulthandler.disable()
            self._fault.close()
            self._fault = None
        if clean:
            with suppress(OSError):
                (self.folder / _RUNNING).unlink(missing_ok=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


class LogFile(RotatingFileHandler):
    """Writes lines to a file of limited size, each handed to the system at once; where it cannot, the program goes on.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8", delay=True, errors="backslashreplace"
        )
        self.addFilter(FloodGate())

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line as text."""
        return line_of(record).to_text()

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk takes the line, nothing else."""


def take_log(folder: Path) -> RunLog:
    """Takes a folder for the log of this run, and looks what crashed before.

    Args:
        folder: of all logs.

    Raises:
        OSError: where the system allows no folder or no lock there, or all are taken.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    crashes: list[Crash] = []
    taken: tuple[Path, int] | None = None
    for number in range(SLOTS):
        place = folder / str(number)
        if taken is not None and not place.is_dir():
            break
        place.mkdir(mode=0o700, exist_ok=True)
        lock = _lock(place)
        if lock is None:
            continue
        crash = _crash_of(place)
        if crash is not None:
            crashes.append(crash)
        if taken is None:
            taken = place, lock
        else:
            os.close(lock)
    if taken is None:
        raise OSError(f"{folder}: {SLOTS} windows have a log there already")
    return RunLog(*taken, max(crashes, key=lambda crash: crash.file.stat().st_mtime, default=None))


def _lock(folder: Path) -> int | None:
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _crash_of(folder: Path) -> Crash | None:
    """Writes down what a run that did not end left in its folder, once; None where it did end."""
    running = folder / _RUNNING
    if not running.exists():
        return None
    try:
        note = json.loads(running.read_text("ascii"))
    except (OSError, ValueError):
        note = {}
    note = note if isinstance(note, dict) else {}
    fault, last = _tail(folder / _FAULT), _tail(folder / _LOG)
    if len(last) < _SHOWN_BYTES // 2:
        last = _tail(folder / f"{_LOG}.1") + last
    cause = _cause(fault, last, note)
    file = folder / _CRASH
    when = _local_time(running.stat().st_mtime)
    head = f"padviewer {note.get('version', '')} of {when} ended unexpectedly: {cause}\n"
    parts = [head, *([f"\nWhere it was:\n\n{fault}"] if fault else []), f"\nWhat was logged last:\n\n{last}"]
    file.write_text("".join(parts), "utf-8", "backslashreplace")
    running.unlink()
    return Crash(cause, file)


def _cause(fault: str, last: str, note: dict[str, object]) -> str:
    if fault:
        return shortened(fault.splitlines()[0].removeprefix("Fatal Python error: "))
    if note.get("boot") not in (None, _boot()):
        return "the machine was restarted while it ran"
    if any(text in last for text in _GONE):
        return "the display went away while it ran"
    if last.rstrip().endswith("the window could not be opened"):
        return "the window could not be opened"
    return "it was killed by the system, or for want of memory"


def _tail(path: Path) -> str:
    """Returns the last lines of a file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _SHOWN_BYTES))
            text = file.read().decode("utf-8", "backslashreplace")
    except OSError:
        return ""
    return text if size <= _SHOWN_BYTES else text.split("\n", 1)[-1]


def _boot() -> str:
    """Returns what tells this start of the machine from others; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _local_time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
