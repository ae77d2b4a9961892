"""FITS: an image is mapped and read by region; one that is compressed, or in a .fits.gz, is decoded whole."""

from __future__ import annotations

import math
import zlib
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np

from padviewer.errors import DamagedSource, UnsupportedSource, shortened
from padviewer.formats import library
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, ArraySource, DeclaredSource, Source
from padviewer.sources.converted import ConvertedSource
from padviewer.sources.fits_units import BLOCK, Unit, chosen, units
from padviewer.sources.gzipped import MAGIC, unpack_all, unpacked_head
from padviewer.sources.kept import KeptFile, MappedSource
from padviewer.sources.members import MAX_MEMBERS
from padviewer.sources.npy import Header
from padviewer.sources.opened import OpenedFile

_START = b"SIMPLE  ="
# NAXISn reversed, rows and columns last: what comes before is gone through.
_AXES = ("T", "HW", "DHW", "BDHW", "BCDHW")
_FEW = 4
_CODECS = ("RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "PLIO_1", "HCOMPRESS_1", "NOCOMPRESS")
# What a gzip stream can make of one byte.
_RATIO = 1032


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a FITS file does, packed by gzip or not."""
    return unpacked_head(head).startswith(_START)


def open_fits(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Opens an image of a FITS file by number or EXTNAME; None takes the first one."""
    fits = library("astropy.io.fits", "fits", f"{file.name}: to read FITS")
    if file.head.startswith(MAGIC):
        return _open(fits, file, unpack_all(file, budget), None, member, budget)
    kept = KeptFile(file)
    mapping = kept.content()
    mapped = False
    try:
        source = _open(fits, file, mapping, kept, member, budget)
        mapped = not source.decoded and not file.headers_only
    finally:
        if not mapped:
            if file.ranges is None:
                mapping.close()
            kept.close()
    return source


def _open(fits: Any, file: OpenedFile, data: Any, kept: KeptFile | None, member: str | None, budget: int) -> Source:
    found, ended = file.once("units", lambda: units(fits, data, file.name))
    unit = chosen(found, member, file.name, ended)
    shape = unit.shape
    notes: tuple[str, ...] = ("axes NAXISn reversed, row 0 is the bottom of the picture",)
    if len(found) == MAX_MEMBERS:
        notes += (f"HDUs beyond the first {MAX_MEMBERS} left out",)
    if ended is not None:
        notes += (f"the listing ends at HDU {len(found)}: {str(ended).partition(': ')[2]}",)
    if len(shape) < len(unit.stored_shape):
        notes += (f"{len(unit.stored_shape) - len(shape)} leading axes of size 1 left out",)
    info = ArrayInfo(
        path=file.path,
        member=unit.name if len(found) > 1 else member,
        format="FITS",
        shape=shape,
        dtype=unit.dtype.newbyteorder("=").name,
        axes=_axes(shape),
        axes_guessed=len(shape) != 2,
        file_bytes=file.size,
        members=file.once("members", lambda: tuple(unit.described for unit in found)) if len(found) > 1 else (),
        notes=notes,
    )
    header = Header(unit.dtype, shape, False, unit.offset)
    if file.headers_only:
        stored: Source = DeclaredSource(info, decoded=unit.compressed or kept is None)
    elif unit.compressed:
        stored = ArraySource(_decompressed(fits, file, data, unit, budget), info)
    elif not header.nbytes:
        stored = ArraySource(header.array(None, 0), info)
    elif kept is None:
        stored = ArraySource(header.array(data, unit.offset), info)
    else:
        stored = MappedSource(header.array(data, unit.offset), info, data, kept)
    dtype, convert, remarks = unit.reading
    info = replace(info, dtype=dtype, notes=(*notes, *remarks))
    if convert is None:
        stored.info = info
        return stored
    return ConvertedSource(stored, info, convert)


def _axes(shape: tuple[int, ...]) -> str:
    letters = _AXES[len(shape) - 1]
    if len(shape) in (3, 4) and shape[-3] <= _FEW:
        return letters.replace("D", "C")
    return letters


def _decompressed(fits: Any, file: OpenedFile, data: Any, unit: Unit, budget: int) -> Array:
    """Decodes an image that lies in the tiles of a table, as it is before BSCALE and BZERO."""
    shape = unit.stored_shape
    needed = math.prod(shape) * unit.dtype.itemsize
    # astropy copies the table as it takes it apart: as measured, four times in all.
    packed_bytes = 4 * (unit.end - unit.start)
    what = f"decoding the image of {' x '.join(map(str, shape))} {unit.dtype.name}"
    file.check_budget(needed + packed_bytes, budget, what)
    tile = _check_tiles(file, unit, shape, needed + packed_bytes, budget)
    packed = _alone(fits, data, unit)
    if (unit.end - unit.offset) * _RATIO > budget:
        with fits.open(BytesIO(packed), memmap=False, disable_image_compression=True) as opened:
            _check_gzip(file, opened[1], tile)
    with fits.open(BytesIO(packed), memmap=False, do_not_scale_image_data=True) as opened:
        array = np.asarray(opened[1].data)
    if array.shape != shape:
        raise DamagedSource(f"{file.name}: declares an image of {shape}, but {array.shape} came out; save it again")
    if array.dtype.newbyteorder("=") != unit.dtype.newbyteorder("="):
        array = array.astype(unit.dtype.newbyteorder("="))
    return array.reshape(unit.shape)


def _check_tiles(file: OpenedFile, unit: Unit, shape: tuple[int, ...], beside: int, budget: int) -> int:
    """Compares the tiles with the image; returns the bytes of one, decoded."""
    header, rank = unit.header, len(shape)
    codec = str(header.get("ZCMPTYPE", "")).strip().upper()
    if codec not in _CODECS:
        raise UnsupportedSource(
            f"{file.name}: FITS compression {shortened(codec, 20)!r} is not read; save it with RICE_1, GZIP_1, "
            "PLIO_1 or HCOMPRESS_1"
        )
    # Without ZTILEn a tile is a row.
    tile = [int(header.get(f"ZTILE{n}", shape[-1] if n == 1 else 1)) for n in range(rank, 0, -1)]
    if min(tile) < 1:
        raise DamagedSource(f"{file.name}: declares tiles of {tile}, which no image has; save it again")
    nbytes = math.prod(tile) * 8
    file.check_budget(beside + nbytes, budget, f"decoding the image in tiles of {' x '.join(map(str, tile))}")
    tiles = math.prod(-(-size // step) for size, step in zip(shape, tile, strict=True))
    if int(header.get("NAXIS2", 0)) != tiles:
        raise DamagedSource(
            f"{file.name}: the image has {tiles} tiles, but {header.get('NAXIS2')} are stored; copy or save it again"
        )
    return nbytes


def _alone(fits: Any, data: Any, unit: Unit) -> bytes:
    """Returns a FITS file in memory that holds one unit only."""
    primary = fits.Header([("SIMPLE", True), ("BITPIX", 8), ("NAXIS", 0), ("EXTEND", True)])
    body = bytes(data[unit.start : unit.end])
    start: bytes = primary.tostring().encode("ascii")
    return start + body + bytes(-len(body) % BLOCK)


def _check_gzip(file: OpenedFile, table: Any, limit: int) -> None:
    """Refuses gzip streams of more than a tile: astropy unpacks them without a limit."""
    for column in ("COMPRESSED_DATA", "GZIP_COMPRESSED_DATA"):
        if column not in table.columns.names:
            continue
        for cell in table.data[column]:
            packed = np.asarray(cell).tobytes()
            if packed.startswith(MAGIC) and len(zlib.decompressobj(47).decompress(packed, limit + 1)) > limit:
                raise DamagedSource(
                    f"{file.name}: a compressed tile holds more than the {limit} bytes of a tile; save it again"
                )
