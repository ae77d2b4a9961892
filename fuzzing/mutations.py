"""Damages bytes as disks, networks and people with bad intentions do."""

from __future__ import annotations

import gzip
import random
import struct
import zlib

# Sizes, offsets and counts at which readers break.
_EDGES = (0, 1, 2, *(2**bits + step for bits in (7, 8, 15, 16, 31, 32, 40, 63, 64) for step in (-1, 0)))
_PNG = b"\x89PNG\r\n\x1a\n"
_DIGITS = b"0123456789"
# The headers of most formats lie here: half of all damage is done to them.
_HEADER = 512


def mutate(data: bytes, draw: random.Random, others: tuple[bytes, ...] = ()) -> bytes:
    """Returns the bytes with one to eight damages.

    Args:
        data: of a valid file.
        draw: decides what is done, and where.
        others: files of which parts may be put in.
    """
    found = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        if not found:
            break
        draw.choice(_WAYS)(found, draw, others)
    return bytes(found)


def mutate_inside(data: bytes, draw: random.Random, others: tuple[bytes, ...] = ()) -> bytes:
    """Does what `mutate` does where no checksum stops it: behind that of a gzip, and with those of a PNG made again."""
    if data.startswith(b"\x1f\x8b"):
        return gzip.compress(mutate(gzip.decompress(data), draw, others))
    damaged = mutate(data, draw, others)
    return _checked(damaged) if data.startswith(_PNG) else damaged


def _checked(data: bytes) -> bytes:
    """Returns a PNG with the checksums of its chunks, as far as there are any."""
    found = bytearray(data)
    at = len(_PNG)
    while at + 12 <= len(found):
        end = at + 8 + int.from_bytes(found[at : at + 4], "big")
        if end + 4 > len(found):
            break
        found[end : end + 4] = zlib.crc32(found[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(found)


def _place(found: bytearray, draw: random.Random) -> int:
    return draw.randrange(min(len(found), _HEADER) if draw.random() < 0.5 else len(found))


def _flip(found: bytearray, draw: random.Random, _others: tuple[bytes, ...]) -> None:
    found[_place(found, draw)] ^= 1 << draw.randrange(8)


def _replace(found: bytearray, draw: random.Random, _others: tuple[bytes, ...]) -> None:
    found[_place(found, draw)] = draw.randrange(256)


def _number(found: bytearray, draw: random.Random, _others: tuple[bytes, ...]) -> None:
    """Puts in a number of 1 to 8 bytes, at which a size or an offset may lie."""
    code = draw.choice("BHIQ")
    size = struct.calcsize(code)
    value = draw.choice(_EDGES) & (256**size - 1)
    start = _place(found, draw)
    found[start : start + size] = struct.pack(draw.choice("<>") + code, value)[: len(found) - start]


def _digit(found: bytearray, draw: random.Random, _others: tuple[bytes, ...]) -> None:
    """Changes a digit, or makes a number longer, where sizes are written as text."""
    start = _place(found, draw)
    for at in range(start, min(len(found), start + 200)):
        if found[at] in _DIGITS:
            found[at : at + 1] = bytes(draw.choices(_DIGITS, k=draw.choice((1, 1, 2, 6))))
            return


def _truncate(found: bytearray, draw: random.Random, _others: tuple[bytes, ...]) -> None:
    del found[_place(found, draw) :]


def _remove(found: bytearray, draw: random.Random, _others: tuple[bytes, ...]) -> None:
    start = _place(found, draw)
    del found[start : start + draw.randrange(1, 64)]


def _repeat(found: bytearray, draw: random.Random, _others: tuple[bytes, ...]) -> None:
    start = _place(found, draw)
    part = found[start : start + draw.randrange(1, 64)]
    found[start:start] = part * draw.randrange(1, 4)


def _zero(found: bytearray, draw: random.Random, _others: tuple[bytes, ...]) -> None:
    start = _place(found, draw)
    stop = min(len(found), start + draw.randrange(1, 64))
    found[start:stop] = bytes(stop - start)


def _insert(found: bytearray, draw: random.Random, _others: tuple[bytes, ...]) -> None:
    start = _place(found, draw)
    found[start:start] = draw.randbytes(draw.randrange(1, 16))


def _splice(found: bytearray, draw: random.Random, others: tuple[bytes, ...]) -> None:
    """Puts in a part of another file."""
    other = draw.choice(others) if others else bytes(found)
    if other:
        start, at = draw.randrange(len(other)), _place(found, draw)
        part = other[start : start + draw.randrange(1, 256)]
        found[at : at + len(part)] = part


# What leaves the rest in its place goes deeper: behind most headers lie offsets.
_WAYS = (
    *(4 * (_flip, _number)), *(3 * (_digit,)), *(2 * (_replace, _zero)), _truncate, _remove, _repeat, _insert, _splice,
)  # fmt: skip
