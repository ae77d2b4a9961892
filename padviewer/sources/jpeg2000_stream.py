"""The markers of a JPEG 2000 codestream: what decoding it would take, found without decoding."""

from __future__ import annotations

import struct
from typing import NamedTuple

from padviewer.errors import DamagedSource, UnsupportedSource

_START, _SIZE, _CODING, _COMPONENT, _ORDER = 0xFF4F, 0xFF51, 0xFF52, 0xFF53, 0xFF5F
_TILE, _DATA, _END = 0xFF90, 0xFF93, 0xFFD9
_MOST_COMPONENTS, _MOST_PARTS = 256, 1 << 16
_MOST_BITS = 16
# Smaller blocks and precincts of a code take many times the memory of their samples; no program writes them.
_SMALLEST = 4
# What OpenJPEG takes: for a sample (decoded, and the picture made of it), a block or precinct, a tile, and for a
# component of one.
_SAMPLE, _BLOCK, _TILE_BYTES, _COMPONENT_BYTES = 12, 400, 6000, 1200


class Codestream(NamedTuple):
    """What the markers of a codestream tell.

    Attributes:
        height, width, channels: of the picture.
        bits: of a sample.
        signed: whether samples may be negative.
        needed: bytes that decoding takes.
    """

    height: int
    width: int
    channels: int
    bits: int
    signed: bool
    needed: int


class _Sizes(NamedTuple):
    """Sizes of the picture and of its tiles; tiles and channels; bits of a sample, and whether it is signed."""

    height: int
    width: int
    tile_height: int
    tile_width: int
    tiles: int
    channels: int
    bits: int
    signed: bool


class _Coding(NamedTuple):
    """How a tile is coded: layers, resolutions, and exponents of the smallest block and precinct."""

    layers: int
    levels: int
    smallest: int


def scan_codestream(data: bytes, name: str) -> Codestream:
    """Follows the markers of a codestream from its first byte to its end.

    Args:
        data: a codestream.
        name: of the file, for messages.

    Raises:
        DamagedSource: where a marker makes no sense, or the stream ends early.
        UnsupportedSource: where it is coded in a way that cannot be bounded, or whose samples are not read.
    """
    try:
        return _scan(data, name)
    except (struct.error, IndexError) as error:
        raise _cut(name) from error


def _scan(data: bytes, name: str) -> Codestream:
    at, sizes, codings = 2, None, []
    while True:
        marker, length = struct.unpack_from(">HH", data, at)
        body = data[at + 4 : at + 2 + length]
        if marker == _SIZE:
            sizes = _sizes(body, name)
        elif marker in (_CODING, _COMPONENT):
            codings.append(_coding(marker, body, sizes, name))
        elif marker == _ORDER:
            raise UnsupportedSource(f"{name}: changes the order of its packets, which is not read; save it again")
        elif marker == _TILE:
            break
        if length < 2 or marker < 0xFF00:
            raise _cut(name)
        at += 2 + length
    if sizes is None or not codings:
        raise DamagedSource(f"{name}: does not tell its size, or how it is coded; save it again")
    codings += _tile_codings(data, at, sizes, name)
    return _codestream(sizes, codings, name)


def _tile_codings(data: bytes, at: int, sizes: _Sizes, name: str) -> list[_Coding]:
    """Follows the parts of tiles to the end of the stream, and returns the codings that they tell for themselves."""
    found: list[_Coding] = []
    for _ in range(_MOST_PARTS):
        marker = struct.unpack_from(">H", data, at)[0]
        if marker == _END:
            return found
        part = struct.unpack_from(">HHHI", data, at)[3]
        if marker != _TILE or (part and part < 14):
            raise _cut(name)
        inner = at + 12
        while (marker := struct.unpack_from(">H", data, inner)[0]) != _DATA:
            length = struct.unpack_from(">H", data, inner + 2)[0]
            if marker in (_CODING, _COMPONENT):
                found.append(_coding(marker, data[inner + 4 : inner + 2 + length], sizes, name))
            if marker == _ORDER or marker < 0xFF00 or length < 2:
                raise _cut(name)
            inner += 2 + length
        if not part:  # the last part may leave its length out
            if data[-2:] != _END.to_bytes(2, "big"):
                raise _cut(name)
            return found
        at += part
    raise UnsupportedSource(f"{name}: has more than {_MOST_PARTS} parts of tiles; save it with larger tiles")


def _sizes(body: bytes, name: str) -> _Sizes:
    right, lower, left, upper, wide, high, tiles_left, tiles_upper, channels = struct.unpack_from(">2x8IH", body)
    width, height = right - left, lower - upper
    sane = width > 0 and height > 0 and wide and high and tiles_left <= left and tiles_upper <= upper
    if not sane or not 1 <= channels <= _MOST_COMPONENTS:
        raise DamagedSource(f"{name}: declares {width} x {height} pixels of {channels} components; save it again")
    components = {struct.unpack_from(">BBB", body, 36 + 3 * number) for number in range(channels)}
    depth, *steps = next(iter(components))
    if len(components) > 1 or steps != [1, 1]:
        raise UnsupportedSource(f"{name}: has components of different sizes or depths; save them alike")
    tiles = -(-(right - tiles_left) // wide) * -(-(lower - tiles_upper) // high)
    return _Sizes(height, width, min(high, height), min(wide, width), tiles, channels, (depth & 0x7F) + 1, depth >= 128)


def _coding(marker: int, body: bytes, sizes: _Sizes | None, name: str) -> _Coding:
    if sizes is None:
        raise _cut(name)
    layers = 1
    if marker == _CODING:
        style, layers = body[0], struct.unpack_from(">H", body, 2)[0]
        body = body[5:]
    else:
        wide = 1 if sizes.channels < 257 else 2
        style, body = body[wide], body[wide + 1 :]
    levels = body[0] + 1
    precincts = body[5 : 5 + levels] if style & 1 else b"\xff"
    return _Coding(layers, levels, min(body[1] + 2, body[2] + 2, *(min(both & 15, both >> 4) for both in precincts)))


def _codestream(sizes: _Sizes, codings: list[_Coding], name: str) -> Codestream:
    smallest = min(coding.smallest for coding in codings)
    if smallest < _SMALLEST:
        raise UnsupportedSource(
            f"{name}: is coded in blocks of {2**smallest} samples along an axis, which takes too much memory; save it "
            "with blocks of 64"
        )
    if sizes.bits > _MOST_BITS:
        raise UnsupportedSource(f"{name}: has samples of {sizes.bits} bits; up to {_MOST_BITS} are read")
    layers, levels = max(coding.layers for coding in codings), max(coding.levels for coding in codings)
    side = 1 << smallest
    blocks = (sizes.tile_height // side + 2) * (sizes.tile_width // side + 2) * sizes.channels + levels
    needed = sizes.height * sizes.width * sizes.channels * _SAMPLE + 2 * blocks * _BLOCK
    needed += sizes.tiles * (_TILE_BYTES + _COMPONENT_BYTES * sizes.channels) + 2 * layers * levels * blocks
    return Codestream(sizes.height, sizes.width, sizes.channels, sizes.bits, sizes.signed, needed)


def _cut(name: str) -> DamagedSource:
    return DamagedSource(f"{name}: its codestream is damaged or cut short; copy or save it again")
