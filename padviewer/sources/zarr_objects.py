"""The files of a Zarr in a store of objects, fetched where they are wanted."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from types import TracebackType

from padviewer.objects import ObjectTree
from padviewer.sources.zarr_store import Blob, Folder


class ObjectBlob(Blob):
    """An object.

    Args:
        tree: that it is in.
        way: to it.
        head: its first bytes.
        size: of all of it.
    """

    def __init__(self, tree: ObjectTree, way: str, head: bytes, size: int) -> None:
        self.size, self.start = size, None
        self._tree, self._way, self._head = tree, way, head

    def read(self, offset: int, count: int) -> bytes:
        """Reads bytes, by a request where they are not among the first."""
        stop = offset + count
        if stop <= len(self._head):
            return self._head[offset:stop]
        if offset < len(self._head):
            return self._head[offset:] + self._tree.read(self._way, len(self._head), stop)
        return self._tree.read(self._way, offset, stop)

    def map(self) -> mmap.mmap:
        """Never asked for: the object lies in no file."""
        raise NotImplementedError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._head = b""


class ObjectFolder(Folder):
    """A prefix of a store. That nothing changes while it is read, is for its owner to see to: nobody tells.

    Args:
        tree: that it is in.
        way: to it, from the root.
    """

    def __init__(self, tree: ObjectTree, way: str = "") -> None:
        self.name = f"{tree.url}/{way}" if way else tree.url
        self._tree, self._way = tree, way

    def check(self) -> None:
        """Does nothing."""

    def few_names(self, most: int) -> set[str] | None:
        """Returns None: a thousand names take as long as fetching some objects."""

    def announce(self, names: Sequence[str], most: int) -> None:
        """Fetches objects together."""
        self._tree.announce([self._tree.below(self._way, name) for name in names], most)

    def folders(self, most: int) -> tuple[list[str], bool]:
        """Returns the names of the folders in it, and whether there are more than `most`."""
        found = self._tree.folders(self._way)
        return found[:most], len(found) > most

    def folder(self, name: str) -> ObjectFolder:
        """Returns a folder in it; whether there is one, what is in it tells."""
        return ObjectFolder(self._tree, self._tree.below(self._way, name))

    def has(self, name: str) -> bool:
        """Whether an object is there; one that was seen is."""
        return self._tree.has(f"{self._way}/{name}" if self._way else name)

    def blob(self, name: str) -> ObjectBlob | None:
        """Asks for an object; None where there is none."""
        way = self._tree.below(self._way, name)
        found = self._tree.head(way)
        return None if found is None else ObjectBlob(self._tree, way, *found)

    def close(self) -> None:
        """Does nothing: connections are those of the process."""
