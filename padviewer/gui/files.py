"""The files that are open, and what became of each."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from padviewer.errors import PadviewerError
from padviewer.handed import identity
from padviewer.plan import ArrayInfo

Item = tuple[str, str | None]
# More are neither listed nor kept.
MAX_FILES = 100_000


def one_of_all(item: Item) -> Item:
    """Returns what all versions of an array from Python have in common; of a file the item itself."""
    path, member = item
    return identity(path), member


def without_slash(item: Item) -> Item:
    """Returns an item whose path ends with its name; that of a folder may have been given with a `/` behind it."""
    path, member = item
    return path.rstrip("/") or path[:1], member


def absolute(path: str) -> str:
    """Returns a path that leads to the same file wherever the program is started.

    Where the working directory has been removed, no path can; it stays as it is.
    """
    if path.startswith("/"):
        return path
    try:
        return str(Path(path).absolute())
    except OSError:
        return path


class FileEntry(NamedTuple):
    """One line of the file list: its info once it has been looked at, or the error that it gave.

    Attributes:
        item: path and member.
        info: what it is.
        error: why it cannot be opened.
        note: what is being done with it.
        is_file: whether it is the name of a file; an address, say, is listed to tell why it is not opened.
    """

    item: Item
    info: ArrayInfo | None = None
    error: PadviewerError | None = None
    note: str = ""
    is_file: bool = True
