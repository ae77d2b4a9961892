"""LZW codes of TIFF strips and tiles, looked through before they are decoded.

The decoder takes the first code behind a clear code as it is. Where damage makes it one that stands for a string, there
is no such string yet: the decoder reads memory that nobody wrote, and ends the process.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from padviewer.errors import DamagedSource
from padviewer.geometry import Indices
from padviewer.sources.base import Array

_CLEAR, _STRINGS, _SHORT = 256, 258, 9
# The decoder refuses a table of so many; codes are cleared before.
_TABLE = 5121
# Whoever clears the table has filled it, or seen that it does not fit any more. Only damage clears it all the time, and
# each time costs.
_FEW_CODES, _OFTEN = 64, 1000
_AT_ONCE = 1 << 18


def check_lzw(name: str, data: bytes, *, turned: bool = False) -> bytes:
    """Returns the codes up to those that no encoder writes and the decoder does not survive: mostly all of them.

    What is left may be pixels enough; behind them may be anything. Codes behind the end code are looked at too.

    Args:
        name: of the file.
        data: in the order of bits of TIFF, or in that of GIF; which, the first byte tells.
        turned: whether the bits of each byte will be turned around before they are decoded.

    Raises:
        DamagedSource: the codes begin anew all the time.
    """
    if turned:
        from imagecodecs import bitorder_decode  # noqa: PLC0415 loaded when first needed

        return data[: len(check_lzw(name, bytes(bitorder_decode(data))))]
    low_first = data[:1] == b"\0"
    places, span = _grid(low_first)
    start = clears = 0
    known, known_to = np.zeros(0, np.int64), 0
    while True:
        if known_to < min(8 * len(data), start + span):
            known, known_to = _like_clear(data, start // 8, low_first)
        near = known[known.searchsorted(start) : known.searchsorted(start + span, "right")] - start
        for offset in near[places[near] > 0].tolist():
            width = int(places[offset])
            begin = start + offset - (_SHORT if low_first else width)
            if _code(data, begin, low_first, width) == _CLEAR:
                break
        else:  # to the end; or the table is full
            return data[: (start + span + 7) // 8]
        end = begin + width
        if _code(data, end, low_first, _SHORT) >= _STRINGS:
            # So short that the code does not fit.
            return data[: (end + _SHORT - 1) // 8]
        start, clears = end, clears + 1
        if clears > _OFTEN and end < clears * _FEW_CODES * _SHORT:
            raise DamagedSource(
                f"{name}: its LZW codes begin anew {clears} times in {end // 8} bytes, as no program writes them; copy "
                "the file again, or save it without LZW"
            )


def _like_clear(data: bytes, first: int, low_first: bool) -> tuple[Indices, int]:
    """Finds the bits of a clear code, wherever they lie: a one beside eight zeros.

    Args:
        data: codes.
        first: the byte to begin at.
        low_first: the order of bits.

    Returns:
        The bit behind each, ascending, and the bit up to which they are found.
    """
    held = np.frombuffer(data, np.uint8, min(_AT_ONCE, len(data) - first), first)
    # Eight zeros reach into a second byte, and the last bit of one byte or the first of the other is the one.
    ones, zeros = (held[1:], held[:-1]) if low_first else (held[:-1], held[1:])
    lowest = ones & -ones
    at = np.flatnonzero(lowest > zeros)
    bit = np.log2(lowest[at]).astype(np.int64)
    behind = 8 * (first + at) + (bit + _SHORT if low_first else 16 - bit)
    return behind, 8 * (first + len(held))


def _code(data: bytes, start: int, low_first: bool, width: int) -> int:
    """Returns the code of so many bits from a bit on; zeros follow the data."""
    held = data[start // 8 : start // 8 + 4].ljust(4, b"\0")
    if low_first:
        return int.from_bytes(held, "little") >> start % 8 & (1 << width) - 1
    return int.from_bytes(held, "big") >> 32 - start % 8 - width & (1 << width) - 1


@lru_cache(maxsize=2)
def _grid(low_first: bool) -> tuple[Array, int]:
    """Returns where clear codes may lie behind one: how long codes are depends on their number alone.

    Returns:
        By the number of bits from the first code to the ones and zeros of a clear code and over them, the bits of the
        code that would lie there, or zero; and the bits that all codes have which fit into the table.
    """
    # The first makes no string. Codes become longer one later in the order of bits of GIF.
    strings = np.maximum(np.arange(_STRINGS - 1, _TABLE), _STRINGS)
    widths = _SHORT + sum((strings >= size - 1 + low_first).astype(np.int64) for size in (512, 1024, 2048))
    ends = np.cumsum(widths)
    span = int(ends[-1])
    places = np.zeros(span + 16, np.int8)
    places[ends - widths + _SHORT if low_first else ends] = widths
    return places, span
