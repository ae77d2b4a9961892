"""NIfTI-1 and NIfTI-2: mapped and read by region, or unpacked whole where it is a .nii.gz."""

from __future__ import annotations

import math
import struct
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from padviewer.axes import MAX_RANK
from padviewer.errors import DamagedSource, UnsupportedSource
from padviewer.formats import library
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, ArraySource, DeclaredSource, Source
from padviewer.sources.converted import ConvertedSource, Scaling
from padviewer.sources.gzipped import MAGIC, unpack_array, unpack_start, unpacked_head
from padviewer.sources.kept import KeptFile, MappedSource
from padviewer.sources.opened import OpenedFile

_NAME = "NIfTI"
_HEADERS = {348: "Nifti1Header", 540: "Nifti2Header"}
# Datatypes of Analyze, and bits of each.
_ANALYZE = frozenset({(1, 1), (2, 8), (4, 16), (8, 32), (16, 32), (32, 64), (64, 64), (128, 24)})
_DTYPES = frozenset({*"bBhHiIlLqQfdFD"})
# The letters of x, y, z, t and what comes after: z is what one goes through, times and vectors are no places.
_LETTERS = "WHDBC"


class _Kind(NamedTuple):
    """How a file begins: bytes of its header, their order, and whether the elements follow in the same file."""

    length: int
    order: str
    single: bool
    analyze: bool = False


def _kind(head: bytes) -> _Kind | None:
    for order in "<>":
        length = struct.unpack_from(f"{order}i", head)[0] if len(head) >= 348 else 0
        if length == 540 and head[4:12] in (b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n"):
            return _Kind(length, order, head[4:7] == b"n+2")
        if length == 348 and head[344:348] in (b"n+1\0", b"ni1\0"):
            return _Kind(length, order, head[344:347] == b"n+1")
        if length == 348 and _is_analyze(head, order):
            return _Kind(length, order, False, True)
    return None


def _is_analyze(head: bytes, order: str) -> bool:
    """Whether rank, datatype and bits of an Analyze header make sense: it has no other mark."""
    (rank,) = struct.unpack_from(f"{order}h", head, 40)
    return 1 <= rank <= 7 and struct.unpack_from(f"{order}2h", head, 70) in _ANALYZE


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a NIfTI or Analyze file does, packed by gzip or not."""
    return _kind(unpacked_head(head)) is not None


def open_nifti(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Opens a NIfTI file; its axes are x, y, z, t as it has them."""
    file.no_members(member)
    is_packed = file.head.startswith(MAGIC)
    start = unpack_start(file, 540) if is_packed else file.head[:540]
    kind = _kind(start)
    if kind is None or len(start) < kind.length:
        raise DamagedSource(f"{file.name}: the NIfTI header is cut short; copy or save the file again")
    if not kind.single:
        what = "an Analyze header" if kind.analyze else "a NIfTI header of a pair of files"
        raise UnsupportedSource(
            f"{file.name}: is {what}, whose elements are in another file (.img), which is not opened; save it as one "
            "file, .nii"
        )
    nibabel = library("nibabel", "nifti", f"{file.name}: to read NIfTI")
    header = getattr(nibabel, _HEADERS[kind.length])(start[: kind.length], kind.order, check=False)
    offset = _offset(file, header, kind)
    dtype, bands = _dtype(file, header)
    shape, axes, notes = _layout(file, header, bands)
    if bands > 1:
        shape, axes = (*shape, bands), f"{axes}C"
        notes += (f"{'RGB' if bands == 3 else 'RGBA'} in {8 * bands} bits -> channels",)
    if len(shape) > MAX_RANK or len(set(axes)) < len(axes):
        raise UnsupportedSource(f"{file.name}: has rank {len(shape)} (shape {shape}); rank 1 to {MAX_RANK} is read")
    affine, remarks = _affine(header)
    info = ArrayInfo(
        path=file.path,
        member=None,
        format=_NAME,
        shape=shape,
        dtype=dtype.newbyteorder("=").name,
        axes=axes,
        axes_guessed=len(axes) > 3 or "C" in axes,
        file_bytes=file.size,
        notes=(*notes, *remarks),
        affine=affine,
    )
    stored = (_unpacked if is_packed else _mapped)(file, info, dtype, offset, bands, budget)
    return stored if bands > 1 else _scaled(file, header, stored)


def _offset(file: OpenedFile, header: Any, kind: _Kind) -> int:
    given = float(header["vox_offset"])
    if not math.isfinite(given) or not kind.length <= given < 2**63:
        raise DamagedSource(
            f"{file.name}: the NIfTI header says that elements begin at byte {given:.17g} (vox_offset), but the header "
            f"itself has {kind.length} bytes; save the file again"
        )
    return int(header["vox_offset"])


def _dtype(file: OpenedFile, header: Any) -> tuple[np.dtype[Any], int]:
    """Returns the dtype in the file's byte order, and how many of them a pixel has."""
    code = int(header["datatype"])
    try:
        dtype = np.dtype(header.get_data_dtype())
    except Exception:  # noqa: BLE001 nibabel has errors of its own for it
        raise UnsupportedSource(
            f"{file.name}: has NIfTI datatype {code}, which is not read; save it as integers, float32 or float64"
        ) from None
    if dtype.names in (("R", "G", "B"), ("R", "G", "B", "A")):
        return np.dtype(np.uint8), len(dtype.names)
    if dtype.char not in _DTYPES:
        raise UnsupportedSource(
            f"{file.name}: holds numbers of an unusual width ({dtype.name}, NIfTI datatype {code}); save it as float64 "
            "or complex128"
        )
    return dtype, 1


def _layout(file: OpenedFile, header: Any, bands: int) -> tuple[tuple[int, ...], str, tuple[str, ...]]:
    """Returns shape, axis letters and notes."""
    given = tuple(int(n) for n in header["dim"])
    rank = given[0]
    shape = tuple(int(n) for n in header.get_data_shape()) if 1 <= rank <= 7 else ()
    if not shape or min(shape) < 0:
        raise DamagedSource(f"{file.name}: the NIfTI header declares dim = {given}, which no array has; save it again")
    while len(shape) > MAX_RANK and shape[-1] == 1:
        shape = shape[:-1]
    notes: tuple[str, ...] = (f"axes {', '.join('xyztuvw'[: len(shape)])} as in the file",)
    if len(shape) < rank:
        notes += (f"{rank - len(shape)} last axes of size 1 left out",)
    axes = "T" if len(shape) == 1 else _LETTERS[: len(shape)]
    if len(shape) in (3, 4) and shape[2] == 1 and bands == 1:
        axes = axes.replace("D", "C")  # one slice is a picture
    return shape, axes, notes


def _affine(header: Any) -> tuple[tuple[float, ...] | None, tuple[str, ...]]:
    try:
        found = np.asarray(header.get_best_affine(), np.float64)
    except Exception:  # noqa: BLE001 nibabel has errors of its own for quaternions that are none
        found = np.full((4, 4), math.nan)
    if not np.isfinite(found).all():
        return None, ("the orientation in the header makes no sense and is left out",)
    return tuple(found.ravel().tolist()), ()


def _nbytes(info: ArrayInfo, dtype: np.dtype[Any]) -> int:
    return math.prod(info.shape) * dtype.itemsize


def _ordered(buffer: Any, info: ArrayInfo, dtype: np.dtype[Any], offset: int, bands: int) -> Array:
    """Returns the elements that lie in a buffer, x fastest; the bands of a pixel side by side."""
    if bands == 1:
        return np.ndarray(info.shape, dtype, buffer, offset, order="F")
    return np.moveaxis(np.ndarray((bands, *info.shape[:-1]), dtype, buffer, offset, order="F"), 0, -1)


def _mapped(
    file: OpenedFile,
    info: ArrayInfo,
    dtype: np.dtype[Any],
    offset: int,
    bands: int,
    budget: int,  # noqa: ARG001 nothing is decoded
) -> Source:
    needed = _nbytes(info, dtype)
    spare = file.size - offset - needed
    if spare < 0:
        raise DamagedSource(
            f"{file.name}: the NIfTI header declares {needed} bytes ({' x '.join(map(str, info.shape))} {info.dtype}) "
            f"from byte {offset} on, but the file has {file.size} bytes; it is cut short, copy or save it again"
        )
    if spare:
        info = replace(info, notes=(*info.notes, f"{spare} bytes after the array ignored"))
    if not needed:
        return ArraySource(np.empty(info.shape, dtype), info)
    if file.headers_only:
        return DeclaredSource(info)
    kept = KeptFile(file)
    mapping = kept.map()
    return MappedSource(_ordered(mapping, info, dtype, offset, bands), info, mapping, kept)


def _unpacked(file: OpenedFile, info: ArrayInfo, dtype: np.dtype[Any], offset: int, bands: int, budget: int) -> Source:
    needed = _nbytes(info, dtype)
    file.check_budget(needed, budget, f"the array ({' x '.join(map(str, info.shape))} {info.dtype}) in the gzip file")
    if file.headers_only:
        return DeclaredSource(info, decoded=True)
    data, notes = unpack_array(file, offset, needed)
    info = replace(info, notes=(*info.notes, *notes))
    return ArraySource(_ordered(data, info, dtype, 0, bands) if needed else np.empty(info.shape, dtype), info)


def _scaled(file: OpenedFile, header: Any, stored: Source) -> Source:
    """Applies slope and intercept as nibabel's `get_fdata` does."""
    info = stored.info
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0 or (slope, intercept) == (1, 0):
        return stored
    if not math.isfinite(slope):
        stored.info = replace(info, notes=(*info.notes, f"scl_slope is {slope}: numbers as stored"))
        return stored
    if not math.isfinite(intercept):
        stored.close()
        raise DamagedSource(
            f"{file.name}: the NIfTI header scales numbers by {slope:g} and adds {intercept} (scl_inter); save it again"
        )
    scaling = Scaling(np.dtype(info.dtype), slope, intercept)
    scaled = replace(info, dtype=scaling.dtype, notes=(*info.notes, f"{scaling.note} (scl_slope, scl_inter)"))
    return ConvertedSource(stored, scaled, scaling)
