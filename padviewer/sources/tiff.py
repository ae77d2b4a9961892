"""TIFF: the first series of pages, read by region after its declarations have been checked."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np

from padviewer.axes import MAX_RANK, guess_axes, parse_axes
from padviewer.errors import DamagedSource, SettingsError, UnsupportedSource
from padviewer.geometry import Indices
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, Source, check_indices
from padviewer.sources.kept import KeptFile, MappedSource
from padviewer.sources.opened import OpenedFile, decoding
from padviewer.sources.tiff_colors import Look, check_jpeg, look_of
from padviewer.sources.tiff_segments import Layout, MappedPixels, Places, SegmentedPixels, axes_of

_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_MAX_PAGES = 100_000
# Tagged structures of one maker each; some of them make tifffile open other files that they name. What remains is
# plain pages, and the shapes that tifffile and ImageJ write into the description.
_TRUSTED = frozenset({"shaped", "imagej", "uniform", "bigtiff", "tiled"})
# Codecs whose output is bounded by the sizes in the tags.
_BOUNDED = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000})
_JPEG = 7
# Decoded segments may take this part of the budget.
_CACHE_SHARE = 8
_LETTERS = {"Y": "H", "X": "W", "S": "C", "C": "C", "Z": "D"}
_DTYPES = frozenset({*"?bBhHiIlLqQefdFD"})


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a TIFF or BigTIFF does."""
    return head.startswith(_MAGIC)


def open_tiff(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Opens the first series of a TIFF file, at full resolution; pixels are read where they are wanted."""
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
        _check_series(file, series, series.keyframe)
        shape, dtype = tuple(int(size) for size in series.shape), np.dtype(series.dtype).newbyteorder("=")
        notes = [f"series 1 of {len(tif.series)}"] if len(tif.series) > 1 else []
        look = look_of(shape, str(series.axes), dtype, series.keyframe, notes)
        kept, info = _describe(file, look, notes)
        stored = KeptFile(file)
        start = series.dataoffset
        if start is not None and start + series.nbytes <= file.size:
            mapping = stored.map()
            array: Array = np.ndarray(shape, dtype.newbyteorder(tif.byteorder), mapping, start)
            if look.is_plain:
                return MappedSource(array.reshape(info.shape), info, mapping, stored)
            return TiffSource(stored, MappedPixels(array, mapping), look, kept, info)
        return TiffSource(stored, _segmented(file, stored, series, budget), look, kept, info)


class TiffSource(Source):
    """Pixels of a TIFF that are decoded or change their look on the way.

    Args:
        file: closed with the source.
        pixels: as stored, closed with the source.
        look: how they are seen.
        kept: axes of the look that are axes of `info`; the others have one element.
        info: what is seen.
    """

    def __init__(
        self, file: KeptFile, pixels: MappedPixels | SegmentedPixels, look: Look, kept: list[int], info: ArrayInfo
    ) -> None:
        self._file, self._pixels, self._look, self._kept, self.info = file, pixels, look, kept, info

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors.

        Raises:
            DamagedSource: where they cannot be decoded, or the file has changed.
        """
        check_indices(self.info.shape, indices)
        shape = tuple(len(vector) for vector in indices)
        if 0 in shape:
            return np.empty(shape, self.info.dtype)
        vectors = [np.zeros(1, np.int64) for _ in self._look.shape]
        for axis, vector in zip(self._kept, indices, strict=True):
            vectors[axis] = vector
        with self._file.unchanged(), decoding(self._file.path):
            return np.ascontiguousarray(self._look.take(self._pixels, tuple(vectors))).reshape(shape)

    def close(self) -> None:
        """Lets the pixels go, and closes the file."""
        self._pixels.close()
        self._file.close()


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


def _describe(file: OpenedFile, look: Look, notes: list[str]) -> tuple[list[int], ArrayInfo]:
    """Returns the axes that are shown, and what they make up; axes of one element are left out of high ranks."""
    kept = list(range(len(look.shape)))
    if len(kept) > MAX_RANK or map_axes(look.letters) is None:
        kept = [axis for axis in kept if look.shape[axis] != 1 or look.letters[axis] in "YX"]
    shape, letters = tuple(look.shape[axis] for axis in kept), "".join(look.letters[axis] for axis in kept)
    if not 1 <= len(shape) <= MAX_RANK:
        raise UnsupportedSource(
            f"{file.name}: has rank {len(shape)} (axes {letters}); rank 1 to {MAX_RANK} is read. Save fewer axes"
        )
    axes = map_axes(letters)
    found, guessed = axes or guess_axes(shape), axes is None
    info = ArrayInfo(file.path, None, "TIFF", shape, look.dtype.name, found, guessed, file.size, (), tuple(notes))
    return kept, info


def _check_series(file: OpenedFile, series: Any, page: Any) -> None:
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


def _segmented(file: OpenedFile, stored: KeptFile, series: Any, budget: int) -> SegmentedPixels:
    """Finds the segments of a series whose pixels do not lie side by side in the file."""
    page, parts = series.keyframe, list(series.pages)
    whole = _whole_pages(file, page, parts)
    if not whole:
        sizes = " x ".join(map(str, page.chunks))
        size = math.prod(page.chunks) * page.dtype.itemsize
        file.check_budget(size, budget, f"one strip or tile of {sizes} {page.dtype.name}")
        _check_stored(file, series, parts)
    layout = _layout(file, series, len(parts), whole=whole)
    if whole:
        pages = [Places((part.dataoffsets[0],), (page.nbytes,)) for part in parts]
    else:
        pages = _places(file, parts, layout)
    jpeg = int(page.compression) == _JPEG
    height, width = layout.segment[2:4]

    def decode(data: bytes, number: int, tables: bytes | None) -> Array:
        if jpeg:
            check_jpeg(file.name, data, height, width)
        headers = {"jpegtables": tables, "jpegheader": page.jpegheader} if jpeg else {}
        pixels: Array = page.decode(data, number, **headers)[0]
        return pixels

    return SegmentedPixels(stored, pages, layout, decode, budget // _CACHE_SHARE)


def _whole_pages(file: OpenedFile, page: Any, parts: list[Any]) -> bool:
    """Tells whether the pixels of each page lie side by side and in the file; tifffile looks at one page for all."""
    return bool(page.is_final) and all(
        len(part.dataoffsets) and _adjacent(part) and part.dataoffsets[0] + page.nbytes <= file.size for part in parts
    )


def _adjacent(part: Any) -> bool:
    ends = [offset + count for offset, count in zip(part.dataoffsets, part.databytecounts, strict=False)]
    return ends[:-1] == list(part.dataoffsets[1:])


def _layout(file: OpenedFile, series: Any, pages: int, *, whole: bool) -> Layout:
    page = series.keyframe
    shape, sizes = tuple(int(n) for n in series.shape), tuple(int(n) for n in page.shaped)
    axes = axes_of(shape, (pages, *sizes))
    if axes is None:
        raise DamagedSource(f"{file.name}: its pixels do not make up the declared shape {shape}; copy it again")
    # Without data, tifffile's decoder tells the shape of a segment: for strips that of the first, the largest one.
    segment = sizes if whole else (1, *page.decode(None, 0)[2])
    dtype = np.dtype(series.dtype)
    plain = whole or (
        int(page.compression) == int(page.fillorder) == int(page.predictor) == 1
        and page.bitspersample == 8 * dtype.itemsize
        and not page.is_subsampled
    )
    stored = dtype.newbyteorder(page.parent.byteorder) if plain else None
    tiled = bool(page.is_tiled) and not whole
    return Layout(shape, axes, sizes, segment, tiled, dtype.newbyteorder("="), stored, page.nodata)


def _places(file: OpenedFile, parts: list[Any], layout: Layout) -> list[Places]:
    number = math.prod(layout.counts)
    for part in parts:
        told = min(len(part.dataoffsets), len(part.databytecounts))
        if told < number:
            raise DamagedSource(
                f"{file.name}: has {number} strips or tiles, but tells where {told} of them lie; copy or save it again"
            )
    return [Places(part.dataoffsets, part.databytecounts, part.jpegtables) for part in parts]


def _check_stored(file: OpenedFile, series: Any, parts: list[Any]) -> None:
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
        if page.is_final and len(offsets) and _adjacent(part):
            needed = max(needed, offsets[0] + page.nbytes)
    if series.dataoffset is not None:
        needed = max(needed, series.dataoffset + series.nbytes)
    if needed > file.size:
        raise DamagedSource(
            f"{file.name}: declares pixels up to byte {needed}, but the file has {file.size} bytes; it is cut short, "
            "copy it again"
        )


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
