"""The chunks of a PNG: their checksums, what they say of colour, and how many frames there are."""

from __future__ import annotations

import os
import zlib
from typing import NamedTuple

from padviewer.errors import DamagedSource
from padviewer.sources.opened import OpenedFile

_START = 8
_PIXELS = (b"IDAT", b"fdAT")
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


def scan_png(file: OpenedFile) -> PngChunks:
    """Walks through the chunks of a PNG, from its first byte; the handle is left there.

    Raises:
        DamagedSource: where the checksum of pixel data is wrong. Pillow does not compare it.
    """
    told: dict[bytes, bytes] = {}
    frames, is_srgb, has_pixels, has_still = 0, False, False, True
    file.handle.seek(_START)
    while len(head := file.handle.read(8)) == 8:
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind in _PIXELS:
            _check(file, kind, length)
            has_pixels = True
            continue
        if kind == b"fcTL":
            frames += 1
            has_still &= has_pixels
        is_srgb |= kind in (b"sRGB", b"iCCP")
        size = min(_TOLD.get(kind, 0), length)
        told.setdefault(kind, file.handle.read(size))
        file.handle.seek(length - size + 4, os.SEEK_CUR)
    file.handle.seek(0)
    gamma = int.from_bytes(told.get(b"gAMA", b""), "big")
    declared = int.from_bytes(told.get(b"acTL", b"")[:4], "big")
    odd = gamma > 0 and not is_srgb and abs(gamma - _USUAL_GAMMA) > _USUAL_GAMMA // 50
    return PngChunks(gamma / 100_000 if odd else 0.0, declared, frames, has_still)


def _check(file: OpenedFile, kind: bytes, length: int) -> None:
    body = file.handle.read(min(length, file.size))
    if file.handle.read(4) != zlib.crc32(body, zlib.crc32(kind)).to_bytes(4, "big"):
        raise DamagedSource(f"{file.name}: the checksum of its pixel data is wrong; copy or save it again")
