"""The pages of a TIFF as they follow each other: how many there are, and how far they are alike."""

from __future__ import annotations

import struct
from typing import NamedTuple

from padviewer.errors import DamagedSource
from padviewer.pulse import beat
from padviewer.sources.opened import OpenedFile

_MAX_PAGES = 100_000
_MAX_PAGE_TAGS, _MAX_TAGS = 4096, 4_000_000
# From so many on, pages that differ are not compared with each other: that would take minutes.
_MAX_KINDS, _MAX_MIXED, _MAX_READ, _MAX_SUBPAGES = 300, 5000, 200_000, 5000
# Bytes of palettes that are compared; of more, each page is taken to have another one.
_MAX_PALETTES = 1 << 26
# Tags of size, samples and compression; and the one that names pages beside the chain.
_LAYOUT_TAGS = frozenset({256, 257, 258, 259, 262, 277, 284, 317, 322, 323, 339})
_SUBPAGES, _ORIENTATION, _PALETTE = 330, 274, 320
_SHORT, _LONG, _LONG8 = 3, 4, 16
_SIZES = {_SHORT: 2, _LONG: 4, _LONG8: 8}

Entry = tuple[int, int, int, bytes]


class Chain(NamedTuple):
    """The pages of a file as they follow each other.

    Attributes:
        pages: how many there are.
        kinds: how many of them differ in size, samples or compression; at most.
        tags: of all pages.
        subpages: how many more pages they name as parts of their own.
        has_looks: whether pages of one kind have palettes or orientations of their own.
    """

    pages: int
    kinds: int
    tags: int
    subpages: int
    has_looks: bool

    @property
    def is_simple(self) -> bool:
        """Whether pages of one kind can make up one array, and few enough differ to be compared with each other.

        Comparing takes the square of time.
        """
        if self.subpages > _MAX_SUBPAGES or self.has_looks:
            return False
        return self.kinds == 1 or (self.kinds <= _MAX_KINDS and self.pages <= _MAX_MIXED and self.tags <= _MAX_READ)


class _Numbers:
    """The numbers of a file, in its byte order and size."""

    def __init__(self, file: OpenedFile) -> None:
        self._file = file
        self._order = "<" if file.head[:2] == b"II" else ">"
        big = file.head[2:4] in (b"+\0", b"\0+")
        self.first, self._count, self._link = (8, "Q", "Q") if big else (4, "H", "I")
        self._entry = struct.Struct(f"{self._order}HHQ8s" if big else f"{self._order}HHI4s")

    def link(self, offset: int) -> int:
        """Reads where a page lies."""
        return self._number(offset, self._link)

    def count(self, offset: int) -> int:
        """Reads how many tags a page has."""
        return self._number(offset, self._count)

    def entries(self, offset: int, count: int) -> tuple[list[Entry], int]:
        """Reads the tags of a page: number, type, count, and the value or its place; and where the next page lies."""
        start = offset + struct.calcsize(self._order + self._count)
        self._file.handle.seek(min(start, self._file.size))
        found = self._file.handle.read(count * self._entry.size)
        whole = found[: len(found) // self._entry.size * self._entry.size]
        return list(self._entry.iter_unpack(whole)), self.link(start + count * self._entry.size)

    def told(self, entry: Entry) -> tuple[int, int]:
        """Returns the number of a tag and its value; where that is several numbers, how many: they lie elsewhere."""
        tag, code, count, value = entry
        return tag, self.unpacked(value[: _SIZES.get(code, len(value))]) if count == 1 else -count

    def unpacked(self, value: bytes) -> int:
        """Returns the number that some bytes are."""
        return int.from_bytes(value, "little" if self._order == "<" else "big")

    def palette(self, entry: Entry) -> bytes:
        """Reads the colours of a page."""
        self._file.handle.seek(min(self.unpacked(entry[3]), self._file.size))
        return self._file.handle.read(min(entry[2], 3 << 16) * 2)

    def _number(self, offset: int, code: str) -> int:
        """Reads one number; 0, which ends a chain, where the file ends before it."""
        if offset >= self._file.size:
            return 0
        self._file.handle.seek(offset)
        raw = self._file.handle.read(struct.calcsize(self._order + code))
        return self.unpacked(raw) if len(raw) == struct.calcsize(self._order + code) else 0


class _Looks:
    """Palettes and orientations of pages, by their kind."""

    def __init__(self, numbers: _Numbers) -> None:
        self.kinds: dict[frozenset[tuple[int, int]], tuple[int, int]] = {}
        self.differ = False
        self._numbers = numbers
        self._hashes: dict[int, int] = {}
        self._read = 0

    def add(self, entries: list[Entry]) -> None:
        """Compares a page with the first one of its kind."""
        kind = frozenset(self._numbers.told(entry) for entry in entries if entry[0] in _LAYOUT_TAGS)
        orientation = next((self._numbers.told(entry)[1] for entry in entries if entry[0] == _ORIENTATION), 1)
        palette = next((self._hash(entry) for entry in entries if entry[0] == _PALETTE), 0)
        self.differ |= self.kinds.setdefault(kind, (orientation, palette)) != (orientation, palette)

    def _hash(self, entry: Entry) -> int:
        place = self._numbers.unpacked(entry[3])
        if place not in self._hashes:
            palette = self._numbers.palette(entry) if self._read < _MAX_PALETTES else b""
            self._read += len(palette)
            self._hashes[place] = hash(palette) if palette else place
        return self._hashes[place]


def check_chain(file: OpenedFile) -> Chain:
    """Follows the pages from one to the next, and refuses chains that turn back or never end."""
    numbers = _Numbers(file)
    offset, seen, looks = numbers.link(numbers.first), set[int](), _Looks(numbers)
    tags = subpages = 0
    while offset:
        if offset in seen or len(seen) == _MAX_PAGES:
            cause = "its pages follow each other in a circle" if offset in seen else f"it has over {_MAX_PAGES} pages"
            raise DamagedSource(f"{file.name}: {cause}; save the TIFF again")
        seen.add(offset)
        beat()
        count = numbers.count(offset)
        tags += count
        if count > _MAX_PAGE_TAGS or tags > _MAX_TAGS:
            raise DamagedSource(
                f"{file.name}: page {len(seen)} declares {count} tags, and all pages up to it {tags}; at most "
                f"{_MAX_PAGE_TAGS} and {_MAX_TAGS} are read. Save the TIFF again"
            )
        entries, offset = numbers.entries(offset, count)
        looks.add(entries)
        subpages += sum(entry[2] for entry in entries if entry[0] == _SUBPAGES)
    return Chain(len(seen), len(looks.kinds), tags, subpages, looks.differ)
