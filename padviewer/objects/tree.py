"""The objects below a prefix as files of folders: read by range, and never of anything that lies elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from padviewer.errors import DamagedSource, SourceError, UnsupportedSource, shortened
from padviewer.folders import MARKS
from padviewer.formats import FOLDER_SUFFIXES, SUFFIXES
from padviewer.objects.store import opened, told
from padviewer.pulse import beat

# What is fetched of an object when it is asked for: most metadata, and many chunks, are no longer.
_FIRST = 1 << 16
# Requests that are under way at a time.
_AT_ONCE = 16


def has_mark(system: Any, root: str) -> bool:
    """Whether what tells a tree of arrays stands below a prefix."""
    return any(system.isfile(f"{root}/{mark}") for mark in MARKS)


def is_tree(url: str) -> bool:
    """Whether a URL is that of a tree of arrays: by its name, or by what is below it.

    Raises:
        SourceError: the store refuses.
    """
    name = url.rstrip("/").lower()
    if name.endswith((*FOLDER_SUFFIXES, *SUFFIXES)):
        return name.endswith(FOLDER_SUFFIXES)
    with told(url, SourceError):
        system, path = opened(url)
        return not system.isfile(path) and has_mark(system, path.rstrip("/"))


class ObjectTree:
    """The objects below a URL.

    An object that was seen is taken for there: nobody who reads a thousand chunks asks again for each.

    Args:
        url: of the root.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        with told(self.url, SourceError):
            self._system, self._root = opened(self.url)
        self._sizes: dict[str, int] = {}
        self._ahead: dict[str, bytes | None] = {}
        self._asked = 0

    def folders(self, way: str) -> list[str]:
        """Returns the names of the folders in a folder."""
        beat()
        with told(self._named(way), SourceError):
            try:
                found = self._system.ls(f"{self._path(way)}/", detail=True, refresh=True)
            except FileNotFoundError:
                return []
        return [each["name"].rstrip("/").rpartition("/")[2] for each in found if each["type"] == "directory"]

    def has(self, way: str) -> bool:
        """Whether an object is there."""
        return way in self._sizes or self.head(way) is not None

    def head(self, way: str) -> tuple[bytes, int] | None:
        """Returns the first bytes of an object, and how many it has; None where there is none.

        Raises:
            SourceError: the store refuses.
        """
        beat()
        if way in self._ahead:
            # Kept once: what is read again is fetched again.
            head, asked = self._ahead.pop(way), self._asked
            if head is None:
                return None
        else:
            with told(self._named(way), SourceError):
                try:
                    head, asked = bytes(self._system.cat_file(self._path(way), start=0, end=_FIRST)), _FIRST
                except FileNotFoundError:
                    return None
        size = len(head)
        if size >= asked:
            with told(self._named(way), SourceError):
                size = int(self._system.size(self._path(way)) or 0)
        self._sizes[way] = size
        return head, size

    def announce(self, ways: Sequence[str], most: int) -> None:
        """Fetches objects that are about to be asked for, several at a time; of each so many bytes and one more."""
        self._ahead.clear()
        self._asked = most + 1
        paths = [self._path(way) for way in ways]
        beat(len(paths) * most)
        with told(self.url, SourceError):
            found = self._system.cat_ranges(
                paths, [0] * len(paths), [self._asked] * len(paths), on_error="return", batch_size=_AT_ONCE
            )
        for way, data in zip(ways, found, strict=True):
            if isinstance(data, FileNotFoundError):
                self._ahead[way] = None
            elif not isinstance(data, Exception):  # what fails is asked for again, and told then
                self._ahead[way] = bytes(data)

    def read(self, way: str, start: int, stop: int) -> bytes:
        """Returns bytes of an object.

        Raises:
            DamagedSource: it ends before them.
            SourceError: the store refuses.
        """
        beat(stop - start)
        with told(self._named(way), SourceError):
            data = bytes(self._system.cat_file(self._path(way), start=start, end=stop))
        if len(data) != stop - start:
            raise DamagedSource(
                f"{self._named(way)}: byte {stop} is to be read, but it ends at {start + len(data)}; it was written to "
                "since, or is cut short"
            )
        return data

    def below(self, way: str, name: str) -> str:
        """Returns the way to what has a name in a folder; one that leads elsewhere is refused."""
        if name in ("", os.curdir, os.pardir) or "/" in name:
            raise UnsupportedSource(f"{self._named(way)}: {shortened(name)!r} is no name of anything in it")
        return f"{way}/{name}" if way else name

    def _path(self, way: str) -> str:
        return f"{self._root}/{way}" if way else self._root

    def _named(self, way: str) -> str:
        return shortened(f"{self.url}/{way}" if way else self.url)
