"""Folders beside a target, in which writers make what will take its place: their names, and their locks."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress

from padviewer.export.publication import give_back, names_in
from padviewer.export.unfinished import forget, note

CONTENT, JOURNAL = "content", "journal"
_SUFFIX = ".padviewer-tmp"
_MAX_STEM = 200
_TRIES = 100


def taken_over(path: str, name: str, about: Mapping[str, str]) -> tuple[str, int]:
    """Returns the part of that name and its lock, made where it is not there; ("", -1) where somebody writes it."""
    folder = part_path(path, name)
    note(folder, os.path.realpath(path), about)
    with suppress(FileExistsError):
        os.mkdir(folder)  # noqa: PTH102
    try:
        lock = locked(folder, must=True)
    except OSError:
        return "", -1
    with suppress(OSError):
        give_back(folder)
    return folder, lock


def new_part(path: str, about: Mapping[str, str]) -> tuple[str, int]:
    """Returns a part of its own name and its lock."""
    for _ in range(_TRIES):
        folder = part_path(path, secrets.token_hex(4))
        note(folder, os.path.realpath(path), about)
        try:
            os.mkdir(folder)  # noqa: PTH102
        except OSError:
            forget(folder)
            raise
        try:
            return folder, locked(folder, must=False)
        except (BlockingIOError, FileNotFoundError):
            # Before it was locked, another export took it for abandoned, and removes it.
            continue
        except BaseException:
            os.rmdir(folder)  # noqa: PTH106
            forget(folder)
            raise
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), path)


def locked(name: str, must: bool) -> int:
    """Opens a file or folder and locks it; the lock goes with the descriptor or with the process.

    Raises:
        OSError: where it cannot be opened, somebody else has locked it, or removed it meanwhile; or, where it `must` be
            locked, the file system has no locks.
    """
    descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.stat(name)  # noqa: PTH116 who held the lock before may have removed it
    except OSError as error:
        if must or isinstance(error, BlockingIOError | FileNotFoundError):
            os.close(descriptor)
            raise
    return descriptor


def is_locked(name: str) -> bool:
    """Returns whether somebody writes a part; also where that cannot be told."""
    try:
        os.close(locked(name, must=True))
    except OSError:
        return True
    return False


def parts_beside(path: str) -> list[str]:
    """Returns the parts of all targets in the directory of the target `path`."""
    directory, _stem = place_of(path)
    hidden = (name for name in names_in(directory) if name.startswith(".") and name.endswith(_SUFFIX))
    return [os.path.join(directory, name) for name in hidden]  # noqa: PTH118


def own_parts(path: str) -> re.Pattern[str]:
    """Returns what the names of parts of the target `path` match."""
    _directory, stem = place_of(path)
    return re.compile(re.escape(_prefix(stem)) + "[0-9a-f]+" + re.escape(_SUFFIX), re.DOTALL)


def part_path(path: str, name: str) -> str:
    """Returns the path of the part of that name, of the target `path`."""
    directory, stem = place_of(path)
    return os.path.join(directory, f"{_prefix(stem)}{name}{_SUFFIX}")  # noqa: PTH118


def _prefix(stem: str) -> str:
    # The name must stay within what file systems allow, with the random part and the suffix.
    return f".{os.fsdecode(os.fsencode(stem)[:_MAX_STEM])}."


def place_of(path: str) -> tuple[str, str]:
    """Returns directory and name of a target; of a link those of what it leads to."""
    directory, stem = os.path.split(os.path.realpath(path))
    return directory, stem
