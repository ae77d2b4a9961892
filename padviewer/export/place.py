"""The place to write to: checked before work starts; and what the system says of it, told to people."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from padviewer.bytecount import format_bytes
from padviewer.errors import ExportError, TargetExists, printable, shortened
from padviewer.export.zarr import is_zarr

# Room for headers, and for a file system's own bookkeeping.
_SPARE = 1 << 16


def check_place(path: str, overwrite: bool, folder: bool = False) -> None:
    """Checks that a file can be made at `path`, as far as can be known without making it.

    Args:
        path: the target.
        overwrite: whether what is there may be replaced.
        folder: whether a folder will be made, which replaces a Zarr alone and no other folder.

    Raises:
        TargetExists: where something is there already and `overwrite` is not set. A symbolic link counts, whether its
            target exists or not, because writing would change another file.
        ExportError: where the directory is missing, or the target is neither a regular file nor such a folder.
    """
    name = display_name(path)
    try:
        with suppress(FileNotFoundError):
            _check_existing(path, os.lstat(path), overwrite, folder)
        directory = os.path.dirname(os.path.realpath(path))  # noqa: PTH120 a Path cannot hold every name
        state = os.stat(directory)  # noqa: PTH116
        is_read_only = os.statvfs(directory).f_flag & os.ST_RDONLY
    except (OSError, ValueError) as error:
        raise failed(path, error) from error
    if not stat.S_ISDIR(state.st_mode):
        raise ExportError(f"{name}: {display_name(directory)} is not a directory; choose another place")
    if is_read_only:
        raise failed(path, OSError(errno.EROFS, os.strerror(errno.EROFS)))
    if not os.access(directory, os.W_OK | os.X_OK):
        raise ExportError(f"{name}: no permission to write in {display_name(directory)}; choose another place")


def _check_existing(path: str, state: os.stat_result, overwrite: bool, folder: bool) -> None:
    name, linked = display_name(path), stat.S_ISLNK(state.st_mode)
    with suppress(FileNotFoundError):  # a link that leads nowhere yet may be written through
        mode = os.stat(path).st_mode  # noqa: PTH116
        if stat.S_ISDIR(mode) and not folder:
            raise ExportError(f"{name}: is a directory; give the name of a file in it")
        if folder and not (stat.S_ISDIR(mode) and is_zarr(path)):
            raise ExportError(f"{name}: is there and is no Zarr, so it is not replaced by one; choose another name")
        if not folder and not stat.S_ISREG(mode):
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


def display_name(path: str) -> str:
    """Returns a path for messages: printable and not too long."""
    return shortened(path) or "(no name)"


@contextmanager
def told(path: str) -> Iterator[None]:
    """Turns what the system refuses into an `ExportError` about the target `path`."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise failed(path, error) from error


def failed(path: str, error: OSError | ValueError) -> ExportError:
    """Returns what is told of an error of the system: what it means, and what can be done."""
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
