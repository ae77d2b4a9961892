"""JPEG 2000: decoded to memory, once its markers have told how much that takes."""

from __future__ import annotations

import numpy as np

from padviewer.errors import DamagedSource
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, ArraySource, DeclaredSource, Source
from padviewer.sources.jpeg2000_stream import Codestream, scan_codestream
from padviewer.sources.opened import OpenedFile

_BOXES, _STREAM = b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"
_MOST_BOXES = 1000
_SYCC = 18


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a JP2 file or a codestream does."""
    return head.startswith((_BOXES, _STREAM))


def open_jpeg2000(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Decodes the codestream of a file; what the boxes around it say of colour is not applied."""
    import imagecodecs  # noqa: PLC0415 loaded when first needed

    file.no_members(member)
    file.check_budget(file.size, budget, "the file itself")
    notes: list[str] = []
    data = file.handle.read(file.size)
    stream = data if data.startswith(_STREAM) else _inside(file, data, notes)
    found = scan_codestream(stream, file.name)
    what = f"to decode a picture of {found.width} x {found.height} pixels of {found.channels} components"
    file.check_budget(found.needed, budget, what)
    if file.headers_only:
        return DeclaredSource(_info(file, found, _dtype(found), notes), decoded=True)
    pixels: Array = np.ascontiguousarray(imagecodecs.jpeg2k_decode(stream))
    shape = _shape(found)
    if pixels.shape != shape or pixels.dtype.itemsize > 2:
        raise DamagedSource(f"{file.name}: declares {shape}, but {pixels.shape} was decoded; save it again")
    return ArraySource(pixels, _info(file, found, pixels.dtype.name, notes))


def _info(file: OpenedFile, found: Codestream, dtype: str, notes: list[str]) -> ArrayInfo:
    shape, told = _shape(found), (*notes, *_bits_note(found))
    axes = "HW" if len(shape) == 2 else "HWC"
    return ArrayInfo(file.path, None, "JPEG 2000", shape, dtype, axes, False, file.size, (), told)


def _shape(found: Codestream) -> tuple[int, ...]:
    return (found.height, found.width, *([found.channels] if found.channels > 1 else []))


def _dtype(found: Codestream) -> str:
    """Returns what the samples are decoded to."""
    return f"{'' if found.signed else 'u'}int{8 if found.bits <= 8 else 16}"


def _bits_note(found: Codestream) -> list[str]:
    return [] if found.bits in (8, 16) else [f"{found.bits}-bit samples, values kept"]


def _inside(file: OpenedFile, data: bytes, notes: list[str]) -> bytes:
    """Returns the codestream that lies in the boxes of a JP2 file."""
    at, colours = 0, b""
    for _ in range(_MOST_BOXES):
        size, kind, start = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], at + 8
        if size == 1:
            size, start = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        end = at + size if size else len(data)
        if end <= at or end > len(data) or end < start:
            break
        if kind == b"jp2h":
            colours = data[start:end]
        if kind == b"jp2c":
            if b"pclr" in colours:
                notes.append("palette entries as stored")
            where = colours.find(b"colr\x01")
            if where >= 0 and int.from_bytes(colours[where + 7 : where + 11], "big") == _SYCC:
                notes.append("YCbCr as stored")
            return data[start:end]
        at = end
    raise DamagedSource(f"{file.name}: holds no whole codestream (box 'jp2c'); it is cut short, copy it again")
