"""TIFF: the first series of pages, decoded to memory after its declarations have been checked."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np

from padviewer.axes import MAX_RANK, guess_axes, parse_axes
from padviewer.errors import DamagedSource, SettingsError, UnsupportedSource
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, ArraySource, Source
from padviewer.sources.opened import OpenedFile
from padviewer.sources.tiff_colors import as_seen, checked_jpeg

_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_MAX_PAGES = 100_000
# Tagged structures of one maker each; some of them make tifffile open other files that they name. What remains is
# plain pages, and the shapes that tifffile and ImageJ write into the description.
_TRUSTED = frozenset({"shaped", "imagej", "uniform", "bigtiff", "tiled"})
# Codecs whose output is bounded by the sizes in the tags.
_BOUNDED = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000})
_JPEG = 7
_LETTERS = {"Y": "H", "X": "W", "S": "C", "C": "C", "Z": "D"}
_DTYPES = frozenset({*"?bBhHiIlLqQefdFD"})


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a TIFF or BigTIFF does."""
    return head.startswith(_MAGIC)


def open_tiff(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Decodes the first series of a TIFF file."""
    import tifffile  # noqa: PLC0415 loaded when first needed

    file.no_members(member)
    _check_chain(file)
    file.handle.seek(0)
    # As attributes of a class they hold in every version: some flags are properties that no argument can set.
    flags = {f"is_{flag}": False for flag in tifffile.TIFF.FILE_FLAGS - _TRUSTED}
    plain_tiff = type("PlainTiff", (tifffile.TiffFile,), flags)
    with plain_tiff(file.handle, name="source.tif", _multifile=False) as tif:
        if not tif.series:
            raise DamagedSource(f"{file.name}: the TIFF has no page with pixels; copy or save it again")
        series = tif.series[0]
        page = series.keyframe
        _check_series(file, series, page, budget)
        pixels = np.asarray(series.asarray(maxworkers=1))
        if pixels.shape != tuple(series.shape) or pixels.dtype != series.dtype:
            # tifffile hands out what it found where that does not make up what the tags declare.
            raise DamagedSource(
                f"{file.name}: its pixels do not make up the declared shape {series.shape}; copy it again"
            )
        notes = [f"series 1 of {len(tif.series)}"] if len(tif.series) > 1 else []
        pixels, letters = as_seen(pixels, str(series.axes), page, notes)
    info = _describe(file, pixels, letters, notes)
    return ArraySource(pixels.reshape(info.shape), info)


def map_axes(letters: str) -> str | None:
    """Returns our axis letters for tifffile's; None where they do not make a layout of ours.

    Rows, columns, samples and depth have their place. One other letter, such as time or page number, is a batch.
    Columns without rows are a signal.
    """
    mapped = "".join(_LETTERS.get(letter, "B") for letter in letters)
    mapped = mapped if "H" in mapped else mapped.replace("W", "T")
    try:
        return parse_axes(mapped)
    except SettingsError:
        return None


def _describe(file: OpenedFile, pixels: Array, letters: str, notes: list[str]) -> ArrayInfo:
    shape = pixels.shape
    if len(shape) > MAX_RANK or map_axes(letters) is None:
        kept = [(letter, size) for letter, size in zip(letters, shape, strict=True) if size != 1 or letter in "YX"]
        letters, shape = "".join(letter for letter, _ in kept), tuple(size for _, size in kept)
    if not 1 <= len(shape) <= MAX_RANK:
        raise UnsupportedSource(
            f"{file.name}: has rank {len(shape)} (axes {letters}); rank 1 to {MAX_RANK} is read. Save fewer axes"
        )
    axes = map_axes(letters)
    found, guessed = axes or guess_axes(shape), axes is None
    dtype = pixels.dtype.newbyteorder("=").name
    return ArrayInfo(file.path, None, "TIFF", shape, dtype, found, guessed, file.size, (), tuple(notes))


def _check_series(file: OpenedFile, series: Any, page: Any, budget: int) -> None:
    """Compares what the tags declare with the budget and the file, before memory is spent on it."""
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
    itemsize = np.dtype(series.dtype).itemsize
    sizes = " x ".join(map(str, shape))
    file.check_budget(math.prod(shape) * itemsize, budget, f"a TIFF of {sizes} {np.dtype(series.dtype).name}")
    file.check_budget(math.prod(page.chunks) * itemsize, budget, "one tile of the TIFF")
    _check_stored(file, series, page)


def _check_stored(file: OpenedFile, series: Any, page: Any) -> None:
    for part in series.pages:
        counts, offsets = part.databytecounts, part.dataoffsets
        end = max((start + count for start, count in zip(offsets, counts, strict=False)), default=0)
        if end > file.size:
            raise DamagedSource(
                f"{file.name}: its pixels end at byte {end}, but the file has {file.size} bytes; it is cut short, "
                "copy it again"
            )
    stored = series.dataoffset
    if stored is not None and stored + series.nbytes > file.size:
        raise DamagedSource(
            f"{file.name}: declares {series.nbytes} bytes of pixels, but the file has {file.size} bytes; it is cut "
            "short, copy it again"
        )
    if int(page.compression) == _JPEG:
        checked_jpeg(file, series, page)


def _check_chain(file: OpenedFile) -> None:
    """Follows the pages from one to the next, and refuses chains that turn back or never end."""
    order = "<" if file.head[:2] == b"II" else ">"
    big = file.head[2:4] in (b"+\0", b"\0+")
    first, count_code, entry, link = (8, "Q", 20, "Q") if big else (4, "H", 12, "I")
    offset = _number(file, first, order + link)
    seen: set[int] = set()
    while offset:
        if offset in seen or len(seen) == _MAX_PAGES:
            cause = "its pages follow each other in a circle" if offset in seen else f"it has over {_MAX_PAGES} pages"
            raise DamagedSource(f"{file.name}: {cause}; save the TIFF again")
        seen.add(offset)
        count = _number(file, offset, order + count_code)
        offset = _number(file, offset + struct.calcsize(order + count_code) + count * entry, order + link)


def _number(file: OpenedFile, offset: int, code: str) -> int:
    """Reads one number; 0, which ends a chain, where the file ends before it."""
    if offset >= file.size:
        return 0
    file.handle.seek(offset)
    raw = file.handle.read(struct.calcsize(code))
    return int(struct.unpack(code, raw)[0]) if len(raw) == struct.calcsize(code) else 0
