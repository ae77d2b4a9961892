"""The chunks of a PNG: their checksums, what they say of colour, and how many frames there are."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from padviewer.errors import DamagedSource
from padviewer.sources.opened import OpenedFile

_START = 8
_PIXELS, _END = (b"IDAT", b"fdAT"), b"IEND"
# What may be told of a picture on either side of its pixels: EXIF, and texts, of which XMP is one.
_TEXTS = (b"eXIf", b"tEXt", b"zTXt", b"iTXt")
_NO_PIXELS = bytes(4) + b"IDAT" + zlib.crc32(b"IDAT").to_bytes(4, "big")
# Of short chunks that tell something, at most so many bytes are read.
_TOLD = {b"gAMA": 4, b"acTL": 8}
# What sRGB is written as, in 100,000ths; it differs from sRGB's curve by little.
_USUAL_GAMMA = 45455


class PngChunks(NamedTuple):
    """What the chunks of a PNG tell.

    Attributes:
        gamma: exponent that the samples were made with, where it is told and is not that of sRGB; else 0.
        declared: frames that an animation says it has; 0 without one.
        frames: frames whose control chunk is there.
        has_still: whether the first picture belongs to no animation: readers that know none show it.
    """

    gamma: float
    declared: int
    frames: int
    has_still: bool


class Chunk(NamedTuple):
    """A chunk: its kind, where its body begins, and how many bytes that declares to have."""

    kind: bytes
    start: int
    length: int


def chunks_of(file: OpenedFile) -> Iterator[Chunk]:
    """Yields the chunks of a PNG; their bodies are not read."""
    at = _START
    while len(head := file.read_at(at, 8)) == 8:
        chunk = Chunk(head[4:], at + 8, int.from_bytes(head[:4], "big"))
        yield chunk
        at = chunk.start + chunk.length + 4


def scan_png(file: OpenedFile, chunks: Iterable[Chunk]) -> PngChunks:
    """Looks at the chunks of a PNG; the handle is left at its first byte.

    Raises:
        DamagedSource: where the checksum of pixel data is wrong. Pillow does not compare it. Where only the header is
            wanted, nobody does.
    """
    told: dict[bytes, bytes] = {}
    frames, is_srgb, has_pixels, has_still = 0, False, False, True
    for kind, start, length in chunks:
        if kind in _PIXELS:
            if not file.headers_only:
                _check(file, kind, start, length)
            has_pixels = True
            continue
        if kind == b"fcTL":
            frames += 1
            has_still &= has_pixels
        is_srgb |= kind in (b"sRGB", b"iCCP")
        if kind in _TOLD:
            told.setdefault(kind, file.read_at(start, min(_TOLD[kind], length)))
    file.handle.seek(0)
    gamma = int.from_bytes(told.get(b"gAMA", b""), "big")
    declared = int.from_bytes(told.get(b"acTL", b"")[:4], "big")
    odd = gamma > 0 and not is_srgb and abs(gamma - _USUAL_GAMMA) > _USUAL_GAMMA // 50
    return PngChunks(gamma / 100_000 if odd else 0.0, declared, frames, has_still)


def without_pixels(file: OpenedFile, chunks: Iterable[Chunk]) -> bytes:
    """Returns a PNG of the same chunks but for those of pixels, with what is told behind the pixels before them.

    Decoders look at what comes before the pixels when they open it, and at the rest when they have decoded.
    """
    parts, has_pixels = [file.head[:_START]], False
    for kind, start, length in chunks:
        has_pixels |= kind in _PIXELS
        if kind not in _PIXELS and kind != _END and (kind in _TEXTS or not has_pixels):
            parts.append(file.read_at(start - 8, length + 12))
    return b"".join([*parts, _NO_PIXELS])


def _check(file: OpenedFile, kind: bytes, start: int, length: int) -> None:
    file.handle.seek(start)
    body = file.handle.read(min(length, file.size))
    if file.handle.read(4) != zlib.crc32(body, zlib.crc32(kind)).to_bytes(4, "big"):
        raise DamagedSource(f"{file.name}: the checksum of its pixel data is wrong; copy or save it again")
