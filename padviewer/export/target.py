"""The file to write: checked before work starts, and replaced in one step when the work is done."""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from padviewer.bytecount import format_bytes
from padviewer.errors import ExportError, TargetExists, printable, shortened

_SUFFIX = ".padviewer-tmp"
# Room for headers, and for a file system's own bookkeeping.
_SPARE = 1 << 16
_MAX_STEM = 200


def check_place(path: str, overwrite: bool) -> None:
    """Checks that a file can be made at `path`, as far as can be known without making it.

    Raises:
        TargetExists: where something is there already and `overwrite` is not set. A symbolic link counts, whether its
            target exists or not, because writing would change another file.
        ExportError: where the directory is missing or the target is not a regular file.
    """
    name = display_name(path)
    try:
        with suppress(FileNotFoundError):
            _check_existing(path, os.lstat(path), overwrite)
        directory = os.path.dirname(os.path.realpath(path))  # noqa: PTH120 a Path cannot hold every name
        state = os.stat(directory)  # noqa: PTH116
    except (OSError, ValueError) as error:
        raise _failed(path, error) from error
    if not stat.S_ISDIR(state.st_mode):
        raise ExportError(f"{name}: {display_name(directory)} is not a directory; choose another place")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise ExportError(f"{name}: no permission to write in {display_name(directory)}; choose another place")


def _check_existing(path: str, state: os.stat_result, overwrite: bool) -> None:
    name, linked = display_name(path), stat.S_ISLNK(state.st_mode)
    with suppress(FileNotFoundError):  # a link that leads nowhere yet may be written through
        mode = os.stat(path).st_mode  # noqa: PTH116
        if stat.S_ISDIR(mode):
            raise ExportError(f"{name}: is a directory; give the name of a file in it")
        if not stat.S_ISREG(mode):
            raise ExportError(f"{name}: is not a regular file; choose another name")
    if not overwrite:
        real = display_name(os.path.realpath(path))
        what = f"is a link to {real}, which would be written" if linked else "exists already"
        raise TargetExists(f"{name}: {what}; allow overwriting (--force), or choose another name")


def check_space(path: str, needed: int) -> None:
    """Raises an `ExportError` where the disk has no room for `needed` bytes beside the old file."""
    free = shutil.disk_usage(os.path.dirname(os.path.realpath(path))).free  # noqa: PTH120
    if needed + _SPARE > free:
        raise ExportError(
            f"{display_name(path)}: needs {format_bytes(needed)}, but {format_bytes(free)} are free on the disk; make "
            "room, or choose another disk"
        )


def temporary_paths(path: str) -> list[str]:
    """Finds what a writer that was killed left behind for the target `path`. Empty while none did."""
    directory, stem = _place(path)
    return sorted(glob.glob(f"{glob.escape(os.path.join(directory, _prefix(stem)))}*{_SUFFIX}"))  # noqa: PTH118, PTH207


def remove_abandoned(path: str) -> None:
    """Removes what writers that were killed left behind in the directory of the target `path`.

    A living writer holds a lock on its file, which the system takes away when the process ends: what another process
    is writing there, even for the same target, is left alone. So is everything where the file system has no locks.
    """
    directory, _stem = _place(path)
    for name in glob.iglob(os.path.join(glob.escape(directory), f".*{_SUFFIX}")):  # noqa: PTH118, PTH207
        with suppress(OSError):
            _remove_unlocked(name)


def _remove_unlocked(name: str) -> None:
    descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name)  # noqa: PTH108
    finally:
        os.close(descriptor)


@contextmanager
def replacing(path: str, overwrite: bool) -> Iterator[BinaryIO]:
    """Opens a temporary file beside the target, and puts it in the target's place if the body succeeds.

    A link's real target is replaced, the link stays. The new file has the old one's permissions. On any error the
    temporary file is removed, and the old file is as it was.

    Raises:
        ExportError: for whatever the system refuses; `TargetExists` where a file has appeared meanwhile.
    """
    check_place(path, overwrite)
    temporary = ""
    try:
        directory, stem = _place(path)
        target = os.path.join(directory, stem)  # noqa: PTH118
        name = os.path.join(directory, f"{_prefix(stem)}{secrets.token_hex(4)}{_SUFFIX}")  # noqa: PTH118
        with open(name, "x+b") as file:  # noqa: PTH123
            temporary = name
            _lock(file)
            yield file
            file.flush()
            _keep_mode(target, file.fileno())
            os.fsync(file.fileno())
        _publish(temporary, target, overwrite)
        temporary = ""
        _sync_directory(directory)
    except (OSError, ValueError) as error:
        raise _failed(path, error) from error
    finally:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108


def display_name(path: str) -> str:
    """Returns a path for messages: printable and not too long."""
    return shortened(path) or "(no name)"


def _place(path: str) -> tuple[str, str]:
    directory, stem = os.path.split(os.path.realpath(path))
    return directory, stem


def _prefix(stem: str) -> str:
    # The name must stay within what file systems allow, with the random part and the suffix.
    return f".{os.fsdecode(os.fsencode(stem)[:_MAX_STEM])}."


def _lock(file: BinaryIO) -> None:
    """Tells `remove_abandoned` that somebody is writing; the lock goes with the file or with the process."""
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _keep_mode(target: str, descriptor: int) -> None:
    with suppress(OSError):
        os.fchmod(descriptor, stat.S_IMODE(os.stat(target).st_mode))  # noqa: PTH116


def _publish(temporary: str, target: str, overwrite: bool) -> None:
    if overwrite:
        os.replace(temporary, target)  # noqa: PTH105
        return
    try:
        # Unlike a rename, a link never replaces what has appeared since the check.
        os.link(temporary, target)
    except FileExistsError:
        raise TargetExists(
            f"{display_name(target)}: has appeared meanwhile; allow overwriting (--force), or choose another name"
        ) from None
    except OSError:
        # File systems without hard links: the check at the start has to do.
        os.replace(temporary, target)  # noqa: PTH105
        return
    os.unlink(temporary)  # noqa: PTH108


def _sync_directory(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(path: str, error: OSError | ValueError) -> ExportError:
    name, number = display_name(path), getattr(error, "errno", None)
    advice = {
        errno.ENOSPC: "the disk is full; make room, or choose another disk",
        errno.EDQUOT: "the disk quota is used up; make room, or choose another disk",
        errno.EROFS: "the disk is read-only; choose another place",
        errno.EACCES: "no permission to write there; choose another place",
        errno.EPERM: "no permission to write there; choose another place",
        errno.ENOENT: "the directory does not exist; make it first, or choose another place",
        errno.ENOTDIR: "part of the path is not a directory; choose another place",
        errno.ELOOP: "is a link that leads back to itself; remove it, or choose another name",
        errno.ENAMETOOLONG: f"the name is longer than the system allows ({len(path)} characters); choose a shorter one",
    }
    cause = advice.get(number or 0, f"cannot be written ({printable(str(error))[:300]}); choose another place")
    return ExportError(f"{name}: {cause}")
