"""Tags of the elements that MATLAB files of version 5 to 7 are made of."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np

# What numbers are stored as.
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}


class Tag(NamedTuple):
    """The tag of an element.

    Attributes:
        kind: of the element.
        start, length: where its bytes lie.
        end: where the next element begins.
    """

    kind: int
    start: int
    length: int
    end: int


def tag(head: bytes, at: int, order: str) -> Tag:
    """Returns the tag at a place; up to four bytes of an element may lie in the tag itself.

    Raises:
        ValueError: there is none.
    """
    if at + 8 > len(head):
        raise ValueError("its description is longer than that of any variable")
    first, second = struct.unpack(f"{order}2I", head[at : at + 8])
    if first >> 16:
        if first >> 16 > 4:
            raise ValueError(f"its description is wrong at byte {at}")
        return Tag(first & 0xFFFF, at + 4, first >> 16, at + 8)
    return Tag(first, at + 8, second, at + 8 + -(-second // 8) * 8)


def stored_as(found: Tag, order: str, elements: int) -> np.dtype[Any]:
    """Returns the dtype of the numbers of an element.

    Raises:
        ValueError: it does not hold so many.
    """
    if found.kind not in _STORED:
        raise ValueError(f"its numbers are of the unknown kind {found.kind}")
    dtype = np.dtype(f"{order}{_STORED[found.kind]}")
    if found.length != elements * dtype.itemsize:
        raise ValueError(f"it declares {elements} numbers, and has {found.length} bytes of {dtype.name}")
    return dtype
