"""The files that are open, and what became of each."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from padviewer.errors import PadviewerError
from padviewer.formats import SUFFIXES
from padviewer.handed import identity
from padviewer.plan import ArrayInfo

Item = tuple[str, str | None]


def one_of_all(item: Item) -> Item:
    """Returns what all versions of an array from Python have in common; of a file the item itself."""
    path, member = item
    return identity(path), member


@dataclass(frozen=True)
class FileEntry:
    """One line of the file list: its info once it has been looked at, or the error that it gave."""

    item: Item
    info: ArrayInfo | None = None
    error: PadviewerError | None = None


def expand(items: Iterable[Item]) -> list[Item]:
    """Returns the items with each folder replaced by the images and arrays in it, in order of their names.

    A folder that cannot be listed stays, so that opening it says why.
    """
    found: list[Item] = []
    for path, member in items:
        found.extend(_inside(path) if member is None and os.path.isdir(path) else [(path, member)])  # noqa: PTH112
    return found


def _inside(folder: str) -> list[Item]:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names of any bytes come back as they are
    except OSError:
        return [(folder, None)]
    return [(os.path.join(folder, name), None) for name in names if name.lower().endswith(SUFFIXES)]  # noqa: PTH118
