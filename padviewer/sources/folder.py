"""What a folder holds that can be opened: its own files, then those of the folders in it."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import NamedTuple

from padviewer.errors import SourceError, shortened
from padviewer.folders import is_item
from padviewer.formats import FOLDER_SUFFIXES, SUFFIXES

# Folders in folders, so deep: beyond that somebody has made a trap.
_DEEPEST = 32
# Names that are looked at before whoever asks may do something else.
_AT_ONCE = 500


class Found(NamedTuple):
    """A file of a folder, or a folder in it that cannot be listed.

    Attributes:
        path: of the file, or of the folder.
        error: why the folder cannot be listed; None for a file.
    """

    path: str
    error: SourceError | None = None


class LeftOut(NamedTuple):
    """Files that no reader takes, by their names: how many there are."""

    files: int


def files_in(folder: str) -> Iterator[Found | LeftOut]:
    """Yields the files of a folder in order of their names, then those of each folder in it.

    A folder that is a format of its own, such as `.zarr`, is one file. Hidden folders are left out, and links to
    folders are not followed: they may lead back. Nothing is opened. Where nothing was found for a while, a `LeftOut` of
    0 comes, so that others get their turn.

    Raises:
        SourceError: the folder itself cannot be listed.
    """
    waiting = [(folder, 0)]
    while waiting:
        path, depth = waiting.pop()
        try:
            files, folders, others = yield from _listed(path)
        except OSError as error:
            refusal = SourceError(f"{shortened(path)}: the folder cannot be listed ({os.strerror(error.errno or 0)})")
            if depth == 0:
                raise refusal from error
            yield Found(path, refusal)
            continue
        for name in sorted(files):
            yield Found(os.path.join(path, name))  # noqa: PTH118 - names of any bytes come back as they are
        if depth == _DEEPEST and folders:
            text = f"{shortened(path)}: lies {depth} folders deep; those in it are not looked into, open it by itself"
            yield Found(path, SourceError(text))
            folders = []
        yield LeftOut(others)
        waiting += [(os.path.join(path, name), depth + 1) for name in sorted(folders, reverse=True)]  # noqa: PTH118


def _listed(path: str) -> Generator[LeftOut, None, tuple[list[str], list[str], int]]:
    """Returns the names of files that are read, of folders, and how many others there are."""
    files: list[str] = []
    folders: list[str] = []
    others = 0
    with os.scandir(path) as entries:
        for number, entry in enumerate(entries, 1):
            lower = entry.name.lower()
            if number % _AT_ONCE == 0:
                yield LeftOut(0)
            if entry.is_dir(follow_symlinks=False):
                if is_item(entry.path):
                    files.append(entry.name)
                elif not entry.name.startswith("."):
                    folders.append(entry.name)
            elif lower.endswith(SUFFIXES) or (lower.endswith(FOLDER_SUFFIXES) and entry.is_symlink()):
                files.append(entry.name)
            else:
                others += 1
    return files, folders, others
