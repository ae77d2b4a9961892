"""Files that are being made: in a folder of their own until they are complete, then renamed.

Nobody waits for the disk here; `batch/notes.py` does, for many files at once.
"""

from __future__ import annotations

import errno
import itertools
import os
import platform
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from padviewer.errors import ExportError, ExportStopped
from padviewer.export.place import display_name, failed
from padviewer.objects import is_url, put, remove, sizes_below

PARTS = ".padviewer-parts"
# Of this process: those of other machines may have the same number.
_OWN = secrets.token_hex(4)
_numbers = itertools.count()
# What is said of the place as a whole: it would be said of each item.
_OF_THE_PLACE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.ENODEV)


@contextmanager
def part_of(folder: str) -> Iterator[str]:
    """Yields a path for a new file in the folder of an export, which is removed where the body fails."""
    if is_url(folder):
        with tempfile.TemporaryDirectory(prefix="padviewer-") as here:
            yield os.path.join(here, "part")  # noqa: PTH118
        return
    path = os.path.join(folder, PARTS, f"{_OWN}-{next(_numbers)}")  # noqa: PTH118 a Path cannot hold every name
    try:
        yield path
    except BaseException:
        with suppress(OSError):
            os.unlink(path)  # noqa: PTH108
        raise


def publish(part: str, path: str) -> None:
    """Puts a file in its place, in the place of an older one too; the folder is made where it is missing.

    To a URL it is put whole, and stays here.
    """
    if is_url(path):
        put(part, path)
        return
    try:
        os.rename(part, path)  # noqa: PTH104
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        os.rename(part, path)  # noqa: PTH104


def begin_parts(folder: str) -> None:
    """Makes the folder of parts, empty: nobody else writes there any more."""
    end_parts(folder)
    if is_url(folder):
        return
    os.mkdir(os.path.join(folder, PARTS))  # noqa: PTH102, PTH118


def end_parts(folder: str) -> None:
    """Removes the folder of parts."""
    if is_url(folder):
        return
    shutil.rmtree(os.path.join(folder, PARTS), ignore_errors=True)  # noqa: PTH118


def unpublish(path: str) -> None:
    """Removes a file that was put in its place; one that is not there is none."""
    if is_url(path):
        remove(path)
        return
    with suppress(OSError):
        os.unlink(path)  # noqa: PTH108


class There:
    """What is in the folder of an export. Objects are listed once: to ask for each of a million takes hours.

    Args:
        folder: or URL.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._listed = sizes_below(folder) if is_url(folder) else None

    def size(self, output: str) -> int | None:
        """Returns the bytes of a file; None where there is none."""
        if self._listed is not None:
            return self._listed.get(output)
        try:
            return os.stat(os.path.join(self._folder, output)).st_size  # noqa: PTH116, PTH118
        except (OSError, ValueError):
            return None


def refusal(folder: str, path: str, error: OSError) -> ExportError:
    """Returns what is told of what the system refuses: of this file, or of the place as a whole."""
    gone = not is_url(folder) and not os.path.isdir(os.path.join(folder, PARTS))  # noqa: PTH112, PTH118
    if gone:
        return ExportStopped(
            f"{display_name(folder)}: the folder is not there on the machine {platform.node()}: it was removed while "
            "it was written to, or is not shared. All machines of a cluster must have the same folder; else name a URL"
        )
    told = failed(path, error)
    return ExportStopped(str(told)) if error.errno in _OF_THE_PLACE else told
