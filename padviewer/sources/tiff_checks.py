"""What a TIFF declares is compared with what it can hold before anything is decoded."""

from __future__ import annotations

import math
import struct
from typing import Any, NamedTuple

import numpy as np

from padviewer.errors import DamagedSource, UnsupportedSource
from padviewer.pulse import beat
from padviewer.sources.opened import OpenedFile

_MAX_PAGES = 100_000
_MAX_PAGE_TAGS, _MAX_TAGS = 4096, 4_000_000
# From so many on, pages that differ are not compared with each other: that would take minutes.
_MAX_KINDS, _MAX_MIXED, _MAX_READ, _MAX_SUBPAGES = 300, 5000, 200_000, 5000
# Tags of size, samples and compression; and the one that names pages beside the chain.
_LAYOUT_TAGS = frozenset({256, 257, 258, 259, 262, 277, 284, 317, 322, 323, 339})
_SUBPAGES = 330
# Codecs whose output is bounded by the sizes in the tags.
_BOUNDED = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000})
_DTYPES = frozenset({*"?bBhHiIlLqQefdFD"})


def check_series(file: OpenedFile, series: Any, page: Any) -> None:
    """Refuses what cannot be read, by its tags."""
    shape = tuple(int(n) for n in series.shape)
    if series.dtype is None or page.dtype is None or np.dtype(series.dtype).char not in _DTYPES:
        raise UnsupportedSource(
            f"{file.name}: TIFF samples of {page.bitspersample} bits in format {int(page.sampleformat)} are not read; "
            "save them as 8, 16 or 32 bits"
        )
    if int(page.compression) not in _BOUNDED:
        raise UnsupportedSource(
            f"{file.name}: TIFF compression {getattr(page.compression, 'name', page.compression)} is not read; save it "
            "without compression, or with deflate, LZW, JPEG, LZMA or Zstandard"
        )
    if not math.prod(shape) or len(shape) != len(series.axes):
        raise DamagedSource(f"{file.name}: declares pixels of {shape}, which no TIFF has; copy or save it again")


def adjacent(part: Any) -> bool:
    """Tells whether the segments of a page follow each other in the file without a gap."""
    ends = [offset + count for offset, count in zip(part.dataoffsets, part.databytecounts, strict=False)]
    return ends[:-1] == list(part.dataoffsets[1:])


def check_stored(file: OpenedFile, series: Any, parts: list[Any]) -> None:
    """Compares where the tags say that pixels lie with the size of the file."""
    page, needed = series.keyframe, 0
    for part in parts:
        counts, offsets = part.databytecounts, part.dataoffsets
        end = max((start + count for start, count in zip(offsets, counts, strict=False)), default=0)
        if end > file.size:
            raise DamagedSource(
                f"{file.name}: its pixels end at byte {end}, but the file has {file.size} bytes; it is cut short, "
                "copy it again"
            )
        if page.is_final and len(offsets) and adjacent(part):
            needed = max(needed, offsets[0] + page.nbytes)
    if series.dataoffset is not None:
        needed = max(needed, series.dataoffset + series.nbytes)
    if needed > file.size:
        raise DamagedSource(
            f"{file.name}: declares pixels up to byte {needed}, but the file has {file.size} bytes; it is cut short, "
            "copy it again"
        )


class Chain(NamedTuple):
    """The pages of a file as they follow each other.

    Attributes:
        pages: how many there are.
        kinds: how many of them differ in size, samples or compression; at most.
        tags: of all pages.
        subpages: how many more pages they name as parts of their own.
    """

    pages: int
    kinds: int
    tags: int
    subpages: int

    @property
    def is_simple(self) -> bool:
        """Whether few enough pages differ that they can be compared with each other: that takes the square of time."""
        if self.subpages > _MAX_SUBPAGES:
            return False
        return self.kinds == 1 or (self.kinds <= _MAX_KINDS and self.pages <= _MAX_MIXED and self.tags <= _MAX_READ)


def check_chain(file: OpenedFile) -> Chain:
    """Follows the pages from one to the next, and refuses chains that turn back or never end."""
    order = "<" if file.head[:2] == b"II" else ">"
    big = file.head[2:4] in (b"+\0", b"\0+")
    first, count_code, link = (8, "Q", "Q") if big else (4, "H", "I")
    entry = struct.Struct(f"{order}HHQ8s" if big else f"{order}HHI4s")
    offset = _number(file, first, order + link)
    seen: set[int] = set()
    kinds: set[tuple[tuple[int, int, int, bytes], ...]] = set()
    tags = subpages = 0
    while offset:
        if offset in seen or len(seen) == _MAX_PAGES:
            cause = "its pages follow each other in a circle" if offset in seen else f"it has over {_MAX_PAGES} pages"
            raise DamagedSource(f"{file.name}: {cause}; save the TIFF again")
        seen.add(offset)
        beat()
        count = _number(file, offset, order + count_code)
        tags += count
        if count > _MAX_PAGE_TAGS or tags > _MAX_TAGS:
            raise DamagedSource(
                f"{file.name}: page {len(seen)} declares {count} tags, and all pages up to it {tags}; at most "
                f"{_MAX_PAGE_TAGS} and {_MAX_TAGS} are read. Save the TIFF again"
            )
        start = offset + struct.calcsize(order + count_code)
        file.handle.seek(min(start, file.size))
        found = file.handle.read(count * entry.size)
        entries = list(entry.iter_unpack(found[: len(found) // entry.size * entry.size]))
        kinds.add(tuple(_kind(*fields) for fields in entries if fields[0] in _LAYOUT_TAGS))
        subpages += sum(fields[2] for fields in entries if fields[0] == _SUBPAGES)
        offset = _number(file, start + count * entry.size, order + link)
    return Chain(len(seen), len(kinds), tags, subpages)


def _kind(tag: int, code: int, count: int, value: bytes) -> tuple[int, int, int, bytes]:
    """Returns what a tag says of a page; a value of several numbers lies elsewhere, and its place says nothing."""
    return tag, code, count, value if count == 1 else b""


def _number(file: OpenedFile, offset: int, code: str) -> int:
    """Reads one number; 0, which ends a chain, where the file ends before it."""
    if offset >= file.size:
        return 0
    file.handle.seek(offset)
    raw = file.handle.read(struct.calcsize(code))
    return int(struct.unpack(code, raw)[0]) if len(raw) == struct.calcsize(code) else 0
