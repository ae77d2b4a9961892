"""HDF5's filter `scaleoffset`: integers of few bits over a smallest value, or decimal fractions stored so."""

from __future__ import annotations

from typing import Any

import numpy as np

from padviewer.sources.base import Array

_FLOAT, _INTEGER = 0, 2
# Bits of an element, one byte that tells the width of the smallest value, that value, and what old versions left free.
_HEADER = 21
_BLOCK = 1 << 16


def unpack(data: bytes | memoryview, settings: tuple[int, ...]) -> bytes:
    """Undoes the filter.

    Args:
        data: of one chunk.
        settings: of the filter: how it scales, by what, how many elements there are, their class, bytes, sign, byte
            order, and the fill value where there is one.

    Returns:
        The elements, in the byte order of the data set.

    Raises:
        ValueError: data or settings make no sense.
    """
    scale, decimals, count, _kind, width, signed, order, has_fill, *fill = settings
    decimals -= (decimals & 1 << 31) << 1
    bits, minimum = int.from_bytes(data[:4], "little"), bytes(data[5 : 5 + min(8, data[4])]).ljust(8, b"\0")
    if width not in (1, 2, 4, 8) or scale not in (_FLOAT, _INTEGER) or bits > 8 * width:
        raise ValueError(f"{bits} bits of {8 * width}, scaled in way {scale}")
    dtype = np.dtype(f"{'f' if scale == _FLOAT else 'i' if signed else 'u'}{width}")
    if bits == 8 * width:
        elements = np.frombuffer(data, dtype, count, _HEADER)
    else:
        found = _integers(data, count, bits, width)
        known = np.array(fill, "<u4").tobytes().ljust(width, b"\0")[:width] if has_fill else None
        elements = _restored(found, dtype, minimum, decimals, bits, known)
    return elements.astype(dtype.newbyteorder(">" if order else "<"), copy=False).tobytes()


def _integers(data: bytes | memoryview, count: int, bits: int, width: int) -> Array:
    """Returns unsigned integers of `width` bytes, of which the lowest `bits` are stored one behind the other."""
    needed = -(-count * bits // 8)
    packed = np.frombuffer(data, np.uint8, needed, _HEADER)
    found = np.zeros(count, f"u{width}")
    # In blocks: a bit takes a byte meanwhile.
    for start in range(0, count if bits else 0, _BLOCK):
        block = found[start : start + _BLOCK]
        each = np.unpackbits(packed[start * bits // 8 :], count=len(block) * bits).reshape(-1, bits)
        for column in range(bits):
            block <<= 1
            block |= each[:, column]
    return found


def _restored(
    found: Array, dtype: np.dtype[Any], minimum: bytes, decimals: int, bits: int, fill: bytes | None
) -> Array:
    is_fill = found == np.array((1 << bits) - 1, found.dtype)
    values: Array
    if dtype.kind == "f":
        lowest = np.frombuffer(minimum, dtype, 1)[0]
        with np.errstate(all="ignore"):
            values = found.view(f"i{dtype.itemsize}").astype(dtype) / dtype.type(10.0**decimals) + lowest
    else:
        values = (found + np.frombuffer(minimum, found.dtype, 1)[0]).view(dtype)
    if fill is not None:
        values[is_fill] = np.frombuffer(fill, dtype, 1)[0]
    return values
