"""TIFF: a series of pages, read by region after its declarations have been checked."""

from __future__ import annotations

import math
import mmap
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from padviewer.axes import MAX_RANK, guess_axes, parse_axes
from padviewer.errors import DamagedSource, SettingsError, SourceError, UnsupportedSource
from padviewer.geometry import Indices
from padviewer.plan import ArrayInfo
from padviewer.sources.base import MUCH, VIEW_SIDE, Array, DeclaredSource, Preview, Source, check_indices
from padviewer.sources.enlarged import EnlargedSource
from padviewer.sources.kept import KeptFile, MappedSource
from padviewer.sources.members import listed
from padviewer.sources.opened import OpenedFile, decoding
from padviewer.sources.segments import SegmentCache
from padviewer.sources.tiff_chain import check_chain
from padviewer.sources.tiff_checks import adjacent, check_series, check_stored, decoding_bytes
from padviewer.sources.tiff_colors import Look, check_jpeg, look_of
from padviewer.sources.tiff_levels import factor_of, may_be_level
from padviewer.sources.tiff_lzw import check_lzw
from padviewer.sources.tiff_segments import Layout, MappedPixels, Places, SegmentedPixels, axes_of
from padviewer.sources.tiff_series import chosen_series, list_series, members_of

_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# Tagged structures of one maker each; some of them make tifffile open other files that they name. What remains is
# plain pages, and the shapes that tifffile and ImageJ write into the description.
_TRUSTED = frozenset({"shaped", "imagej", "uniform", "bigtiff", "tiled"})
_LZW, _JPEG = 5, 7
# Decoded segments may take this part of the budget.
_CACHE_SHARE = 8
_LETTERS = {"Y": "H", "X": "W", "S": "C", "C": "C", "Z": "D"}


# It may name other files, and order their pages.
_OME = "OME-XML not followed: the pages of this file alone, in their own order"


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a TIFF or BigTIFF does."""
    return head.startswith(_MAGIC)


def open_tiff(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Opens a series of a TIFF file, at full resolution; pixels are read where they are wanted.

    None takes the first series that can be read.
    """
    import tifffile  # noqa: PLC0415 loaded when first needed

    chain = check_chain(file)
    file.handle.seek(0)
    # As attributes of a class they hold in every version: some flags are properties that no argument can set.
    # Whether all pages are alike, tifffile tells by three of them.
    trusted = _TRUSTED - ({"uniform"} if chain.kinds > 1 else set())
    flags = {f"is_{flag}": False for flag in tifffile.TIFF.FILE_FLAGS - trusted}
    plain_tiff = type("PlainTiff", (tifffile.TiffFile,), flags)
    with plain_tiff(file.handle, name="source.tif", _multifile=False) as tif:
        series = list_series(tif, chain)
        name, found = chosen_series(file, series, member)
        several = tuple(members_of(file, series))
        is_ome = str(tif.pages.first.description)[-10:].strip().endswith("OME>")
        notes = [*listed(len(series)), *([_OME] if is_ome else [])]
        source = _open_series(file, found, budget, notes)
        if several:
            source.info = replace(source.info, member=name, members=several)
        return source


def _open_series(file: OpenedFile, series: Any, budget: int, notes: list[str]) -> Source:
    shape, dtype = tuple(int(size) for size in series.shape), np.dtype(series.dtype).newbyteorder("=")
    look = look_of(shape, str(series.axes), dtype, series.keyframe, notes)
    kept, info = _describe(file, look, notes)
    if file.headers_only and _lies_together(file, series):
        return DeclaredSource(info)
    stored = KeptFile(file)
    mapped = _mapped(file, stored, series)
    if mapped is not None:
        array, mapping = mapped
        if look.is_plain:
            return MappedSource(array.reshape(info.shape), info, mapping, stored)
        return TiffSource(stored, MappedPixels(array, mapping), look, kept, info)
    opening = _Opening(file, stored, budget, SegmentCache(budget // _CACHE_SHARE))
    pixels = _segmented(opening, series, series.keyframe.nodata)
    levels = _levels(opening, series, look, kept, info) if pixels.is_decoded else []
    return TiffSource(stored, pixels, look, kept, info, levels)


class _Opening(NamedTuple):
    """What all pictures of a file are opened with."""

    file: OpenedFile
    stored: KeptFile
    budget: int
    cache: SegmentCache


class TiffSource(Source):
    """Pixels of a TIFF that are decoded or change their look on the way.

    Args:
        file: closed with the source.
        pixels: as stored, closed with the source.
        look: how they are seen.
        kept: axes of the look that are axes of `info`; the others have one element.
        info: what is seen.
        levels: smaller pictures of the same, closed with the source.
    """

    def __init__(
        self,
        file: KeptFile,
        pixels: MappedPixels | SegmentedPixels,
        look: Look,
        kept: list[int],
        info: ArrayInfo,
        levels: Sequence[Level] = (),
    ) -> None:
        self._file, self._pixels, self._look, self._kept, self.info = file, pixels, look, kept, info
        self._levels = levels

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

    def preview(self, step: int) -> Preview | None:
        """Returns the smallest picture that the file has for this step, where much would have to be decoded without it.

        Its segments are decoded where they are read; one that is damaged is told then. A finer picture, for a smaller
        step, may be whole.
        """
        level = max(
            (level for level in self._levels if level.factor <= step), default=None, key=lambda found: found.factor
        )
        if level is None or self._pixels.to_decode(VIEW_SIDE * step) <= MUCH:
            return None
        return Preview(EnlargedSource(level.source, self.info, level.factor), level.factor, lasts=True)

    def close(self) -> None:
        """Lets the pixels go, and closes the file."""
        for level in self._levels:
            level.source.close()
        self._pixels.close()
        self._file.close()


class Level(NamedTuple):
    """A smaller picture in the same file.

    Attributes:
        source: of the rank and dtype of the whole picture.
        factor: how many rows and columns of that one of its own stands for.
    """

    source: TiffSource
    factor: int


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


def _mapped(file: OpenedFile, stored: KeptFile, series: Any) -> tuple[Array, mmap.mmap] | None:
    """Returns the pixels of a series that lie side by side in the file, and what maps them; None where they do not."""
    if not _lies_together(file, series):
        return None
    shape, dtype, start = tuple(int(size) for size in series.shape), np.dtype(series.dtype), series.dataoffset
    mapping = stored.map()
    return np.ndarray(shape, dtype.newbyteorder(series.keyframe.parent.byteorder), mapping, start), mapping


def _lies_together(file: OpenedFile, series: Any) -> bool:
    return series.dataoffset is not None and int(series.dataoffset + series.nbytes) <= file.size


def _levels(opening: _Opening, series: Any, look: Look, kept: list[int], info: ArrayInfo) -> list[Level]:
    """Opens the smaller pictures of a series; those that cannot be read, or are not of the same kind, are left out."""
    levels = []
    for reduced in series.levels[1:]:
        with suppress(SourceError), decoding(opening.file.path):
            level = _level(opening, series, reduced, look, kept, info)
            if level is not None:
                levels.append(level)
    return levels


def _level(opening: _Opening, series: Any, reduced: Any, look: Look, kept: list[int], info: ArrayInfo) -> Level | None:
    file, stored, shape = opening.file, opening.stored, tuple(int(size) for size in reduced.shape)
    if not may_be_level(series, reduced):
        return None
    check_series(file, reduced, reduced.keyframe)
    dtype = np.dtype(reduced.dtype).newbyteorder("=")
    seen = look_of(shape, str(reduced.axes), dtype, reduced.keyframe, [], unless_told=series.keyframe)
    factor = factor_of(look, seen)
    if factor is None:
        return None
    mapped = _mapped(file, stored, reduced)
    # Segments that are left out of a smaller picture are as empty as they are in the whole one.
    pixels = MappedPixels(*mapped) if mapped else _segmented(opening, reduced, series.keyframe.nodata)
    small = replace(info, shape=tuple(seen.shape[axis] for axis in kept))
    return Level(TiffSource(stored, pixels, seen, kept, small), factor)


def _segmented(opening: _Opening, series: Any, fill: float) -> SegmentedPixels:
    """Finds the segments of a series whose pixels do not lie side by side in the file.

    Args:
        opening: of the file.
        series: tifffile's.
        fill: value of the pixels of segments that are left out.
    """
    file, page, parts = opening.file, series.keyframe, list(series.pages)
    whole = _whole_pages(file, page, parts)
    if not whole:
        sizes = " x ".join(map(str, page.chunks))
        file.check_budget(
            decoding_bytes(page, parts), opening.budget, f"one strip or tile of {sizes} {page.dtype.name}"
        )
        check_stored(file, series, parts)
    layout = _layout(file, series, len(parts), fill, whole=whole)
    if whole:
        pages = [Places((part.dataoffsets[0],), (page.nbytes,)) for part in parts]
    else:
        pages = _places(file, parts, layout)
    jpeg, lzw = int(page.compression) == _JPEG, int(page.compression) == _LZW
    turned = int(page.fillorder) == 2
    height, width = layout.segment[2:4]

    def decode(data: bytes, number: int, tables: bytes | None) -> Array:
        if jpeg:
            check_jpeg(file.name, data, height, width)
        if lzw:
            data = check_lzw(file.name, data, turned=turned)
        headers = {"jpegtables": tables, "jpegheader": page.jpegheader} if jpeg else {}
        pixels: Array = page.decode(data, number, **headers)[0]
        return pixels

    return SegmentedPixels(opening.stored, pages, layout, decode, opening.cache)


def _whole_pages(file: OpenedFile, page: Any, parts: list[Any]) -> bool:
    """Tells whether the pixels of each page lie side by side and in the file; tifffile looks at one page for all."""
    return bool(page.is_final) and all(
        len(part.dataoffsets) and adjacent(part) and part.dataoffsets[0] + page.nbytes <= file.size for part in parts
    )


def _layout(file: OpenedFile, series: Any, pages: int, fill: float, *, whole: bool) -> Layout:
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
    return Layout(shape, axes, sizes, segment, tiled, dtype.newbyteorder("="), stored, fill)


def _places(file: OpenedFile, parts: list[Any], layout: Layout) -> list[Places]:
    number = math.prod(layout.counts)
    for part in parts:
        told = min(len(part.dataoffsets), len(part.databytecounts))
        if told < number:
            raise DamagedSource(
                f"{file.name}: has {number} strips or tiles, but tells where {told} of them lie; copy or save it again"
            )
    return [Places(part.dataoffsets, part.databytecounts, part.jpegtables) for part in parts]
