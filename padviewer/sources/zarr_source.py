"""The elements of a Zarr array: which files they lie in, and what of them is wanted."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from padviewer.axes import CHANNELS
from padviewer.errors import DamagedSource, PadviewerError, shortened
from padviewer.geometry import Indices
from padviewer.plan import ArrayInfo
from padviewer.pulse import beat
from padviewer.sources.base import MUCH, VIEW_SIDE, Array, Preview, Source, check_indices
from padviewer.sources.enlarged import EnlargedSource
from padviewer.sources.opened import decoding
from padviewer.sources.parts import Part, crossed, parts
from padviewer.sources.readahead import ReadAhead
from padviewer.sources.segments import SegmentCache, at_once, read_all
from padviewer.sources.zarr_files import Ahead, Group, Wanted, few_names, grouped, nested, opened
from padviewer.sources.zarr_metadata import ArrayMetadata
from padviewer.sources.zarr_store import Blob, Folder
from padviewer.sources.zarr_tree import Node

# Plain chunks of more bytes are mapped, and touched only where elements are wanted.
_MAPPED = 1 << 18
# What opening a file costs beside decoding: the bytes that could be decoded meanwhile.
_OPENING = 1 << 14
_NOT_STORED = 2**64 - 1


class _Run(NamedTuple):
    """Where the bytes of a chunk lie in an open file, and what is wanted of the chunk."""

    parts: tuple[Part, ...]
    blob: Blob
    offset: int
    size: int


class Level(NamedTuple):
    """A smaller picture.

    Attributes:
        source: of the rank and dtype of the whole picture.
        factor: how many elements along each shorter axis one of its own stands for.
    """

    source: ZarrSource
    factor: int


class ZarrSource(Source):
    """A Zarr array.

    Args:
        node: of the array.
        metadata: of it.
        info: what it is.
        name: of it, for messages.
        cache: for decoded chunks, shared with smaller pictures, and cleared when one of them is closed.
        levels: smaller pictures of the same, closed with the source.
    """

    def __init__(
        self,
        node: Node,
        metadata: ArrayMetadata,
        info: ArrayInfo,
        name: str,
        cache: SegmentCache,
        levels: Sequence[Level] = (),
    ) -> None:
        self._node, self._metadata, self.info, self._name, self._cache = node, metadata, info, name, cache
        self._levels = levels
        self._chunk = metadata.chunk
        self._counts = tuple(-(-size // step) for size, step in zip(metadata.shape, self._chunk.shape, strict=True))
        self._in_file = metadata.sharding.counts if metadata.sharding else (1,) * len(self._counts)
        self._at_once = at_once(self._chunk.nbytes, cache.allowed)
        self._tables = SegmentCache(cache.allowed)
        # Of a shard mostly some parts are wanted.
        self._ahead = Ahead.of(self._chunk.most) if metadata.sharding is None else Ahead(1, 0)

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors; those of chunks that are not stored are filled.

        Raises:
            DamagedSource: where a chunk cannot be decoded, or has changed.
        """
        check_indices(self.info.shape, indices)
        out = np.full([len(vector) for vector in indices], self._metadata.fill)
        if out.size == 0:
            return out
        with self._unchanged(), decoding(self.info.path):
            wanted = [list(parts(vector, step)) for vector, step in zip(indices, self._chunk.shape, strict=True)]
            for found, chunk in self._plain(wanted) if self._chunk.is_plain else self._decoded(wanted):
                numbers = chunk[crossed([part.within for part in found])]
                # A file may hold any byte as a boolean.
                out[crossed([part.target for part in found])] = (
                    numbers.view(np.uint8) != 0 if out.dtype.kind == "b" else numbers
                )
                del chunk, numbers  # they would stand beside the next one
        return out

    def preview(self, step: int) -> Preview | None:
        """Returns the smallest picture that the file has for this step, where much would have to be read without it."""
        level = max(
            (level for level in self._levels if level.factor <= step), default=None, key=lambda found: found.factor
        )
        if level is None or self._to_read(VIEW_SIDE * step) <= MUCH:
            return None
        return Preview(EnlargedSource(level.source, self.info, level.factor), level.factor, lasts=True)

    def _to_read(self, side: int) -> int:
        """Returns how many bytes are to be decoded for a view of `side` elements along rows and columns, at most."""
        touched = 1
        for letter, step, count in zip(self.info.axes, self._chunk.shape, self._counts, strict=True):
            touched *= min(count, -(-side // step) + 1) if letter in "HW" else count if letter == CHANNELS else 1
        size = _OPENING if self._chunk.is_plain else self._chunk.nbytes
        return size * max(0, touched - len(self._cache.numbers(self)))

    def close(self) -> None:
        """Lets the chunks go, and closes the folder."""
        for level in self._levels:
            level.source.close()
        self._cache.clear()
        self._tables.clear()
        self._node.folder.close()

    @contextmanager
    def _unchanged(self) -> Iterator[None]:
        """Raises a `DamagedSource` where the array is another one than it was, before or after the block."""
        self._check()
        try:
            yield
        finally:
            self._check()

    def _check(self) -> None:
        self._node.folder.check()
        if not self._node.folder.has(self._node.mark):
            raise DamagedSource(f"{self._name}: its metadata are gone since it was opened; reload it (F5)")

    def _plain(self, wanted: list[list[Part]]) -> Iterator[tuple[tuple[Part, ...], Array]]:
        """Yields the chunks that are stored: none is decoded, and of large ones little is read."""
        for run in self._runs(wanted, set()):
            if run.size != self._chunk.size:
                raise self._damaged(run.parts, f"it has {run.size} bytes, and should have {self._chunk.size}")
            if run.size <= _MAPPED or run.blob.start is None:
                yield run.parts, self._chunk.view(run.blob.read(run.offset, run.size))
                continue
            mapping = run.blob.map()
            chunk = self._chunk.view(mapping, run.blob.start + run.offset)
            ReadAhead(mapping, chunk).announce(tuple(part.within.vector for part in run.parts))
            yield run.parts, chunk

    def _decoded(self, wanted: list[list[Part]]) -> Iterator[tuple[tuple[Part, ...], Array]]:
        """Yields the chunks that are stored: first those at hand, which could be gone when the others are decoded."""
        at_hand = set()
        places = [{part.place: part for part in axis} for axis in wanted]
        for number in self._cache.numbers(self):
            found = [axis.get(place) for axis, place in zip(places, self._places(number), strict=True)]
            asked = tuple(part for part in found if part is not None)
            chunk = self._cache.find(self, 0, number)
            if len(asked) == len(found) and chunk is not None:
                self._check_stored(asked)
                at_hand.add(number)
                yield asked, chunk
        read = ((run.parts, self._read(run)) for run in self._runs(wanted, at_hand))
        for (asked, data), chunk in read_all(read, self._decode, self._at_once):
            del data
            self._cache.keep(self, 0, self._number(asked), chunk)
            yield asked, chunk
            del chunk

    def _read(self, run: _Run) -> bytes | memoryview:
        self._cache.make_room(self._chunk.nbytes)
        if run.size > self._chunk.most:
            raise self._damaged(run.parts, f"it has {run.size} bytes, and can have {self._chunk.most} at most")
        return run.blob.read(run.offset, run.size)

    def _decode(self, stored: tuple[tuple[Part, ...], bytes | memoryview]) -> Array:
        parts, data = stored
        try:
            return self._chunk.decode(data)
        except (PadviewerError, MemoryError):
            raise
        except Exception as error:
            raise self._damaged(parts, f"{type(error).__name__}: {error}") from error

    def _damaged(self, parts: tuple[Part, ...], cause: str) -> DamagedSource:
        place = ", ".join(str(part.place) for part in parts)
        return DamagedSource(
            f"{self._name}: its chunk ({place}) cannot be decoded ({shortened(cause, 200)}); the "
            "rest can be shown. Copy or save it again"
        )

    def _number(self, parts: tuple[Part, ...]) -> int:
        number = 0
        for part, count in zip(parts, self._counts, strict=True):
            number = number * count + part.place
        return number

    def _places(self, number: int) -> list[int]:
        places = []
        for count in reversed(self._counts):
            number, place = divmod(number, count)
            places.append(place)
        return places[::-1]

    def _path(self, places: tuple[int, ...]) -> tuple[str, ...]:
        """Returns the names that lead to the file with some places."""
        return self._metadata.keys.path(() if self._metadata.is_scalar else places)

    def _check_stored(self, parts: tuple[Part, ...]) -> None:
        places = tuple(part.place // inside for part, inside in zip(parts, self._in_file, strict=True))
        if not self._node.folder.has("/".join(self._path(places))):
            raise DamagedSource(f"{self._name}: a chunk of it is gone since it was opened; reload it (F5)")

    def _runs(self, wanted: list[list[Part]], without: set[int]) -> Iterator[_Run]:
        """Yields the chunks that are stored, but for some, by their numbers; a file is open until the next."""
        groups = [list(grouped(axis, inside)) for axis, inside in zip(wanted, self._in_file, strict=True)]

        def is_wanted(found: tuple[Group, ...]) -> bool:
            inside = itertools.product(*(group.parts for group in found))
            return not without or any(self._number(asked) not in without for asked in inside)

        for found, blob in self._files(groups, is_wanted):
            beat()
            table: Array | None = None
            for asked in itertools.product(*(group.parts for group in found)):
                if self._number(asked) in without:
                    continue
                if self._metadata.sharding is None:
                    yield _Run(asked, blob, 0, blob.size)
                    continue
                table = self._table(found, blob) if table is None else table
                inside = tuple(part.place % count for part, count in zip(asked, self._in_file, strict=True))
                offset, count = map(int, table[inside])
                if offset == count == _NOT_STORED:
                    continue
                if offset + count > blob.size:
                    cause = f"it takes {count} bytes from byte {offset} on, in a shard of {blob.size}"
                    raise self._damaged(asked, cause)
                yield _Run(asked, blob, offset, count)

    def _table(self, found: tuple[Group, ...], blob: Blob) -> Array:
        """Returns offset and bytes of each chunk of a shard: shape (*chunks, 2), uint64."""
        sharding = self._metadata.sharding
        assert sharding is not None
        number = 0
        for group, count, inside in zip(found, self._counts, self._in_file, strict=True):
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
