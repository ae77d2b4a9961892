"""Folders that are arrays: how they are told from folders of files, and when they have changed.

Everything here asks the system for names and times only, and opens nothing.
"""

from __future__ import annotations

import os
import stat

from padviewer.formats import FOLDER_SUFFIXES

# What stands at the root of a Zarr: version 3; an array, a group and the metadata of all members of version 2.
MARKS = ("zarr.json", ".zarray", ".zgroup", ".zmetadata")


def is_item(path: str) -> bool:
    """Whether a folder is opened as one array, instead of being listed: by its name, or by what is in it."""
    return os.path.normpath(path).lower().endswith(FOLDER_SUFFIXES) or has_mark(path)


def has_mark(folder: str) -> bool:
    """Whether a folder holds what tells an array or a group of arrays."""
    return any(os.path.lexists(os.path.join(folder, mark)) for mark in MARKS)  # noqa: PTH118 a Path cannot hold any name


def state_of(path: str) -> tuple[int, int]:
    """Returns when a file was last written to, in nanoseconds, and its size in bytes.

    Of a folder: the newest of the times of the folder itself and of what tells the array, and the size of the latter.
    Elements that are written to files that are there already leave it as it is.

    Raises:
        OSError, ValueError: nothing stands there, or no file can have this name.
    """
    state = os.stat(path)  # noqa: PTH116 a Path cannot hold every name
    if not stat.S_ISDIR(state.st_mode):
        return state.st_mtime_ns, state.st_size
    times, size = [state.st_mtime_ns], 0
    for mark in MARKS:
        try:
            found = os.lstat(os.path.join(path, mark))  # noqa: PTH118
        except OSError:
            continue
        times.append(found.st_mtime_ns)
        size += found.st_size
    return max(times), size
