"""Where the chunks of a Zarr array lie: which files and shards they are in, and which of them are stored."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

from padviewer.errors import DamagedSource, shortened
from padviewer.pulse import beat
from padviewer.sources.base import Array
from padviewer.sources.parts import Part
from padviewer.sources.segments import SegmentCache
from padviewer.sources.zarr_files import Ahead, Group, Wanted, few_names, grouped, nested, opened
from padviewer.sources.zarr_metadata import ArrayMetadata
from padviewer.sources.zarr_store import Blob, Folder
from padviewer.sources.zarr_tree import Node

_NOT_STORED = 2**64 - 1


class Run(NamedTuple):
    """Where the bytes of a chunk lie in an open file, and what is wanted of the chunk."""

    parts: tuple[Part, ...]
    blob: Blob
    offset: int
    size: int


class Runs:
    """Finds the bytes of chunks.

    Args:
        node: of the array.
        metadata: of it.
        name: of it, for messages.
        allowed: bytes that tables of shards may take.

    Attributes:
        counts: of chunks along each axis.
    """

    def __init__(self, node: Node, metadata: ArrayMetadata, name: str, allowed: int) -> None:
        self._node, self._metadata, self._name = node, metadata, name
        self.counts = tuple(-(-size // step) for size, step in zip(metadata.shape, metadata.chunk.shape, strict=True))
        self._in_file = metadata.sharding.counts if metadata.sharding else (1,) * len(self.counts)
        self._tables = SegmentCache(allowed)
        # Of a shard mostly some parts are wanted.
        self._ahead = Ahead.of(metadata.chunk.most) if metadata.sharding is None else Ahead(1, 0)

    def of(self, wanted: list[list[Part]], without: set[int]) -> Iterator[Run]:
        """Yields the chunks that are stored, but for some, by their numbers; a file is open until the next."""
        groups = [list(grouped(axis, inside)) for axis, inside in zip(wanted, self._in_file, strict=True)]

        def is_wanted(found: tuple[Group, ...]) -> bool:
            inside = itertools.product(*(group.parts for group in found))
            return not without or any(self.number(asked) not in without for asked in inside)

        for found, blob in self._files(groups, is_wanted):
            beat()
            table: Array | None = None
            for asked in itertools.product(*(group.parts for group in found)):
                if self.number(asked) in without:
                    continue
                if self._metadata.sharding is None:
                    yield Run(asked, blob, 0, blob.size)
                    continue
                table = self._table(found, blob) if table is None else table
                inside = tuple(part.place % count for part, count in zip(asked, self._in_file, strict=True))
                offset, count = map(int, table[inside])
                if offset == count == _NOT_STORED:
                    continue
                if offset + count > blob.size:
                    cause = f"it takes {count} bytes from byte {offset} on, in a shard of {blob.size}"
                    raise self.damaged(asked, cause)
                yield Run(asked, blob, offset, count)

    def number(self, parts: tuple[Part, ...]) -> int:
        """Returns the number of the chunk that parts are wanted of."""
        number = 0
        for part, count in zip(parts, self.counts, strict=True):
            number = number * count + part.place
        return number

    def places(self, number: int) -> list[int]:
        """Returns the place of a chunk along each axis."""
        places = []
        for count in reversed(self.counts):
            number, place = divmod(number, count)
            places.append(place)
        return places[::-1]

    def check(self, parts: tuple[Part, ...]) -> None:
        """Raises a `DamagedSource` where the file of a chunk is not there any more."""
        places = tuple(part.place // inside for part, inside in zip(parts, self._in_file, strict=True))
        if not self._node.folder.has("/".join(self._path(places))):
            raise DamagedSource(f"{self._name}: a chunk of it is gone since it was opened; reload it (F5)")

    def clear(self) -> None:
        """Lets the tables of shards go."""
        self._tables.clear()

    def damaged(self, parts: tuple[Part, ...], cause: str) -> DamagedSource:
        """Returns what is told of a chunk that cannot be decoded."""
        place = ", ".join(str(part.place) for part in parts)
        return DamagedSource(
            f"{self._name}: its chunk ({place}) cannot be decoded ({shortened(cause, 200)}); the "
            "rest can be shown. Copy or save it again"
        )

    def _path(self, places: tuple[int, ...]) -> tuple[str, ...]:
        """Returns the names that lead to the file with some places."""
        return self._metadata.keys.path(() if self._metadata.is_scalar else places)

    def _table(self, found: tuple[Group, ...], blob: Blob) -> Array:
        """Returns offset and bytes of each chunk of a shard: shape (*chunks, 2), uint64."""
        sharding = self._metadata.sharding
        assert sharding is not None
        number = 0
        for group, count, inside in zip(found, self.counts, self._in_file, strict=True):
            number = number * -(-count // inside) + group.place
        table = self._tables.find(self, 0, number)
        if table is None:
            size = sharding.table.most
            if size > blob.size:
                raise DamagedSource(
                    f"{self._name}: a shard has {blob.size} bytes, and its table should have {size}; copy it again"
                )
            table = sharding.table.decode(blob.read(blob.size - size if sharding.at_end else 0, size))
            self._tables.keep(self, 0, number, table)
        return table

    def _files(self, groups: list[list[Group]], is_wanted: Wanted) -> Iterator[tuple[tuple[Group, ...], Blob]]:
        """Yields the files that are there, open, with what is wanted of them."""
        keys = self._metadata.keys
        if keys.separator == "." or self._metadata.is_scalar:
            yield from self._flat(groups, is_wanted)
            return
        folder = self._node.folder.folder(keys.prefix) if keys.prefix else self._node.folder
        if folder is not None:
            yield from nested(folder, groups, is_wanted, self._ahead)

    def _flat(self, groups: list[list[Group]], is_wanted: Wanted) -> Iterator[tuple[tuple[Group, ...], Blob]]:
        """Yields files that lie in one folder."""
        folder, (*way, _name) = self._node.folder, self._path((0,) * len(groups))
        for word in way:
            below = folder.folder(word)
            if below is None:
                return
            folder = below
        named = (
            (self._path(tuple(group.place for group in found))[-1], found)
            for found in self._listed(folder, groups)
            if is_wanted(found)
        )
        yield from opened(folder, named, self._ahead)

    def _listed(self, folder: Folder, groups: list[list[Group]]) -> Iterator[tuple[Group, ...]]:
        """Yields what is wanted of files that may be in a folder; where many are wanted, only of those that are."""
        names = few_names(folder, math.prod(map(len, groups)))
        if names is None:
            yield from itertools.product(*groups)
            return
        by_place = [{str(group.place): group for group in axis} for axis in groups]
        prefix, separator = self._metadata.keys
        for name in names:
            words = name.split(separator)
            if prefix and words.pop(0) != prefix:
                continue
            found = [axis.get(word) for axis, word in zip(by_place, words, strict=False)]
            wanted = tuple(group for group in found if group is not None)
            if len(words) == len(wanted) == len(groups):
                yield wanted
