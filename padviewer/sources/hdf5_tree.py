"""The objects of an HDF5 file that hard links lead to; nothing in the file can make another file be read.

The libraries that read HDF5 follow soft links, links to other files, storage in other files and virtual data sets, and
load plugins for filters. Here, only hard links are followed, and everything that would lead out of the file is refused.
"""

from __future__ import annotations

import io
import threading
import weakref
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple, Protocol

import h5py
from h5py import h5d, h5g, h5l, h5o, h5pl

from padviewer.errors import DamagedSource, UnsupportedSource, shortened

MOST_LINKS = 100_000
DEEPEST = 64
_LONGEST = 1000
_ROOT = b"/"

# No folder is left in which HDF5 looks for plugins: a file may name any filter.
while h5pl.size():
    h5pl.remove(0)


class Bytes(Protocol):
    """Bytes that are read by offset."""

    def read(self, offset: int, count: int) -> bytes:
        """Returns `count` bytes from `offset` on, or raises a `SourceError`."""


class HandleBytes:
    """The bytes of a handle.

    Args:
        handle: that can be read anywhere.
        label: name of the file, for messages.
    """

    def __init__(self, handle: BinaryIO, label: str) -> None:
        self._handle, self._label, self._lock = handle, label, threading.Lock()

    def read(self, offset: int, count: int) -> bytes:
        """Reads bytes.

        Raises:
            DamagedSource: there are fewer.
        """
        with self._lock:
            self._handle.seek(offset)
            found = self._handle.read(count)
        if len(found) != count:
            raise DamagedSource(
                f"{self._label}: {len(found)} bytes at byte {offset} where {count} are expected; copy it again"
            )
        return found


class Child(NamedTuple):
    """What a link of a group leads to.

    Attributes:
        name: of the link.
        path: of the object.
        strange: what it is where it is not followed; empty where it is.
    """

    name: bytes
    path: str
    strange: str


class Found(NamedTuple):
    """A data set, or something in its place that is not read.

    Attributes:
        path: of it.
        dataset: h5py's identifier; None where it is not read.
        refusal: why not.
    """

    path: str
    dataset: Any = None
    refusal: str = ""


class Tree:
    """An HDF5 file that is open.

    Args:
        handle: of the file; it must stay open.
        label: the file's name for messages.
    """

    def __init__(self, handle: Stream, label: str) -> None:
        self._label = label
        self._file = h5py.File(handle, "r")
        # HDF5 asks the handle for nothing any more when Python ends.
        self.close = weakref.finalize(self, self._file.close)
        self.root = h5g.open(self._file.id, _ROOT)
        self.left_out = 0

    @property
    def user_block(self) -> int:
        """Bytes before the first one of HDF5."""
        return int(self._file.id.get_create_plist().get_userblock())

    def children(self, group: Any, path: str, most: int = MOST_LINKS) -> list[Child]:
        """Returns what the links of a group lead to, in the order of their names; at most so many.

        Args:
            group: h5py's identifier.
            path: of the group.
            most: links.
        """
        found: list[Child] = []

        def look(name: bytes, link: Any) -> bool | None:
            if len(found) == most:
                self.left_out += 1
                return True
            found.append(Child(name, f"{path}/{name.decode('utf-8', 'surrogateescape')}", _strange(name, link.type)))
            return None

        group.links.iterate(look, info=True)
        return found

    def open(self, group: Any, child: Child) -> Any:
        """Returns h5py's identifier of what a link leads to.

        Raises:
            UnsupportedSource: the link is not followed.
        """
        if child.strange:
            raise UnsupportedSource(
                f"{self._label}: holds {child.strange} at {shortened(child.path, 60)}, which is not followed; save "
                "what it leads to in its place"
            )
        return h5o.open(group, child.name)

    def walk(self) -> Iterator[Found]:
        """Yields the data sets: those of a group by their names, then those of its groups. Each group is seen once."""
        links, seen = 0, set()
        waiting: list[tuple[str, Any]] = [("", self.root)]
        while waiting:
            path, group = waiting.pop()
            try:
                address = h5o.get_info(group).addr
                if address in seen:
                    continue
                seen.add(address)
                children = self.children(group, path, MOST_LINKS - links)
            except Exception as error:  # noqa: BLE001 - as below
                yield _damaged(path or "/", error)
                continue
            links += len(children)
            groups: list[tuple[str, Any]] = []
            for child in children:
                found = self._look(group, child)
                if isinstance(found, h5g.GroupID):
                    groups.append((child.path, found))
                elif found is not None:
                    yield found
            waiting.extend(reversed(groups))

    def _look(self, group: Any, child: Child) -> Any:
        """Returns a group, what is listed of another object, or None for what is no array."""
        if child.strange:
            return Found(child.path, refusal=f"{child.strange}, which is not followed")
        if len(child.path) > _LONGEST or child.path.count("/") > DEEPEST:
            self.left_out += 1
            return None
        try:
            found = h5o.open(group, child.name)
        except Exception as error:  # noqa: BLE001 - HDF5 raises nearly anything for damaged objects
            return _damaged(child.path, error)
        if isinstance(found, h5d.DatasetID):
            return Found(child.path, found)
        return found if isinstance(found, h5g.GroupID) else None

    def find(self, path: str) -> Any:
        """Returns the data set at a path, to which hard links lead; None where there is nothing.

        Raises:
            UnsupportedSource: there is no data set, or a link that is not followed.
        """
        found, at = self.root, ""
        for word in path.split("/"):
            if not word:
                continue
            name = word.encode("utf-8", "surrogateescape")
            inside = isinstance(found, h5g.GroupID) and word != "." and found.links.exists(name)
            if not inside:
                return None
            at += f"/{word}"
            found = self.open(found, Child(name, at, _strange(name, found.links.get_info(name).type)))
        if not isinstance(found, h5d.DatasetID):
            what = "a group" if isinstance(found, h5g.GroupID) else "a type"
            raise UnsupportedSource(f"{self._label}::{shortened(path, 60)}: is {what}, not an array; choose one in it")
        return found


class Stream(io.RawIOBase):
    """Bytes as a stream, for h5py: what is cut short is told, instead of being filled up with what lies in memory.

    Args:
        source: of the bytes.
        size: how many there are.
        label: name of the file, for messages.
    """

    def __init__(self, source: Bytes, size: int, label: str) -> None:
        super().__init__()
        self._source, self._size, self._label, self._at = source, size, label, 0

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def seekable(self) -> bool:
        """Whether it can be read anywhere: yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves to a place; returns it."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """Returns the place."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Reads as many bytes as the buffer holds."""
        count = len(buffer)
        if self._at + count > self._size:
            raise DamagedSource(
                f"{self._label}: byte {self._at + count} is to be read of {self._size}; the file is damaged or "
                "cut short, copy it again"
            )
        buffer[:] = self._source.read(self._at, count)
        self._at += count
        return count


def _damaged(path: str, error: Exception) -> Found:
    return Found(path, refusal=f"damaged ({shortened(str(error), 80)})")


def _strange(name: bytes, kind: int) -> str:
    """Returns what a link is that is not followed; nothing for the others."""
    # HDF5 takes such a name for a way through several links.
    if b"/" in name or name in (b"", b"."):
        return "a link of a name that no object can have"
    kinds = {h5l.TYPE_HARD: "", h5l.TYPE_SOFT: "a soft link", h5l.TYPE_EXTERNAL: "a link to another file"}
    return kinds.get(kind, "a link of an unknown kind")
