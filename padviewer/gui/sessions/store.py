"""Where sessions are kept between starts: a folder for each window that was open, the last few. Loads no Qt."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path

from padviewer.gui.sessions.saved_session import MAX_BYTES
from padviewer.state import state_folder

SLOTS = 8
_FILE, _LOCK, _RUNNING, _PICTURES = "session.json", "lock", "running", "clipboard"


def sessions_folder() -> Path | None:
    """Returns the folder of all sessions, in the user's state directory, which must be known before Qt is loaded.

    None where the user has no directory of their own.
    """
    state = state_folder()
    return state / "sessions" if state is not None else None


class Slot:
    """The folder of one session, locked as long as a window has it; the system takes the lock when a process ends.

    Args:
        folder: of this session.
        lock: the descriptor that holds the lock.
    """

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self._lock = lock

    @property
    def file(self) -> Path:
        """Where the session is written."""
        return self.folder / _FILE

    @property
    def pictures(self) -> Path:
        """A private folder for what came from the clipboard; it may not be there yet."""
        return self.folder / _PICTURES

    @property
    def unclean_starts(self) -> int:
        """How often it was started, one after the other, without ending properly."""
        try:
            return int((self.folder / _RUNNING).read_text("ascii"))
        except FileNotFoundError:
            return 0
        except (OSError, ValueError):
            return 1

    def read(self) -> str:
        """Returns what is kept; raises an `OSError` where nothing is, a `ValueError` where it cannot be a session."""
        return read_session(self.file)

    def write(self, text: str) -> None:
        """Keeps a session: at any moment the file holds all of the older one or all of the newer."""
        # It may have been removed while the window was open.
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / f"{_FILE}.part"
        with part.open("w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.file)

    def set_aside(self) -> Path:
        """Moves a file that cannot be read out of the way; returns where it is now."""
        damaged = self.folder / f"{_FILE}.damaged"
        self.file.replace(damaged)
        return damaged

    def begin(self) -> None:
        """Notes that it has been started; one note more for each start that did not end."""
        self._note(self.unclean_starts + 1)

    def survive(self) -> None:
        """Notes that this start went well so far: what ends the program later is not what was opened."""
        self._note(1)

    def end(self) -> None:
        """Notes that it ended properly, and is the last that did; lets go of it."""
        with suppress(OSError):
            (self.folder / _RUNNING).unlink(missing_ok=True)
            os.utime(self.file)
        self.leave()

    def leave(self) -> None:
        """Lets go of it."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def clear(self) -> None:
        """Forgets what is kept."""
        for name in (_FILE, _RUNNING, f"{_FILE}.part"):
            (self.folder / name).unlink(missing_ok=True)
        shutil.rmtree(self.pictures, ignore_errors=True)

    def _note(self, starts: int) -> None:
        (self.folder / _RUNNING).write_text(str(starts), "ascii")


def take_last(folder: Path) -> Slot | None:
    """Takes the session that was written last.

    Returns:
        None where there is none that no window has. While another window is open, that is only one that did not end
        properly: a second window is a new session.
    """
    others = False
    for found in _slots(folder):
        try:
            slot = _try(found)
        except OSError:
            continue  # a damaged one must not keep the others from being opened
        if slot is None:
            others = True
            continue
        if slot.file.is_file() and (slot.unclean_starts or not others):
            return slot
        slot.leave()
    return None


def take_new(folder: Path) -> Slot:
    """Takes a folder for a new session; when there are `SLOTS`, that of the oldest which ended properly.

    Raises:
        OSError: where the system allows no folder or no lock there.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    slots = _slots(folder)
    if len(slots) >= SLOTS:
        for found in reversed(slots):
            try:
                slot = _try(found)
            except OSError:
                continue
            if slot is not None and not slot.unclean_starts:
                slot.clear()
                return slot
            if slot is not None:
                slot.leave()
    for number in range(len(slots) + 1000):
        found = folder / str(number)
        with suppress(FileExistsError):
            found.mkdir(mode=0o700)
            if (slot := _try(found)) is not None:
                return slot
    raise OSError(f"{folder}: no folder for a session could be locked")


def take(folder: Path) -> Slot | None:
    """Takes one session; None where another window has it."""
    return _try(folder)


def earlier_sessions(folder: Path) -> list[Path]:
    """Returns the files of the sessions that are kept, the last written first."""
    return [found / _FILE for found in _slots(folder) if (found / _FILE).is_file()]


def read_session(file: Path) -> str:
    """Returns the text of a session's file; raises an `OSError`, or a `ValueError` where it cannot be one."""
    with file.open("rb") as content:
        data = content.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"it is larger than any session ({MAX_BYTES} bytes)")
    return data.decode("ascii")


def _slots(folder: Path) -> list[Path]:
    """Returns the folders of sessions, the last written first."""
    try:
        found = [path for path in folder.iterdir() if path.name.isdecimal() and path.is_dir()]
    except OSError:
        return []
    return sorted(found, key=_written, reverse=True)


def _written(slot: Path) -> int:
    try:
        return (slot / _FILE).stat().st_mtime_ns
    except OSError:
        return 0


def _try(folder: Path) -> Slot | None:
    """Locks a session's folder; None where a window has it."""
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except BaseException:
        os.close(lock)
        raise
    return Slot(folder, lock)
