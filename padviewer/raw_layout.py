"""What a person declares of a file that does not tell it: `raw:uint16be:480x640x3+128:F`, as text and as numbers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from padviewer.axes import MAX_RANK
from padviewer.errors import UnsupportedSource, shortened

PREFIX = "raw:"
GRAMMAR = "raw:DTYPE:HxW, for instance raw:uint8:480x640, raw:uint16be:?x640x3+128 or raw:>f4:64x64x64:F"
RAW_DTYPES = (
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
    "bool",
)
_FORM = re.compile(
    r"raw:(?P<dtype>[^:]+):(?P<shape>[^:+]+)(?:\+(?P<offset>[0-9]{1,18}))?(?::(?P<order>[CF]))?", re.IGNORECASE
)
_CODE = re.compile(r"(?P<order>[<>|]?)(?P<code>b1|[iu][1248]|f[248]|c8|c16|\?)")
_NAME = re.compile(r"(?P<name>[a-z]+?[0-9]*)(?P<order>le|be)?")
_SIZE = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class RawLayout:
    """How the elements of a raw file lie.

    Attributes:
        dtype: in the file's byte order.
        shape: rank 1 to 5, sizes from 1; at most one is None, as large as the file allows.
        offset: byte of the first element.
        fortran: whether the first axis is the fastest.
    """

    dtype: np.dtype[Any]
    shape: tuple[int | None, ...]
    offset: int = 0
    fortran: bool = False

    def __str__(self) -> str:
        suffix = "be" if self.dtype.str.startswith(">") else ""
        sizes = "x".join("?" if size is None else str(size) for size in self.shape)
        offset = f"+{self.offset}" if self.offset else ""
        name = self.dtype.newbyteorder("=").name
        return f"{PREFIX}{name}{suffix}:{sizes}{offset}{':F' if self.fortran else ''}"

    def fitted(self, size: int) -> tuple[int, ...]:
        """Returns the shape for a file of `size` bytes: the size that is left open is as large as it can be."""
        known = math.prod(n for n in self.shape if n is not None) * self.dtype.itemsize
        return tuple(max(0, size - self.offset) // known if n is None else n for n in self.shape)


def is_raw(member: str | None) -> bool:
    """Whether the name of a member declares a layout instead."""
    return member is not None and member.lower().startswith(PREFIX)


def parse_raw(text: str) -> RawLayout:
    """Reads a declared layout.

    Raises:
        UnsupportedSource: where it is none; the message has no file name in it.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise UnsupportedSource(f"{shortened(text)!r} is no layout; expected {GRAMMAR}")
    offset = int(found["offset"] or 0)
    return RawLayout(_dtype(found["dtype"]), _shape(found["shape"]), offset, (found["order"] or "C").upper() == "F")


def _dtype(text: str) -> np.dtype[Any]:
    code = _CODE.fullmatch(text)
    if code:
        return _ordered(np.dtype(code["code"]), code["order"])
    name = _NAME.fullmatch(text.lower())
    if name is None or name["name"] not in RAW_DTYPES:
        raise UnsupportedSource(
            f"dtype {shortened(text, 40)!r} is not read; expected one of {', '.join(RAW_DTYPES)}, with le or be for "
            "its byte order, or a code of numpy such as >u2"
        )
    return _ordered(np.dtype(name["name"]), name["order"] or "")


def _ordered(dtype: np.dtype[Any], order: str) -> np.dtype[Any]:
    """Returns the dtype in the byte order that is said, little endian where none is."""
    return dtype.newbyteorder(">" if order in (">", "be") else "<")


def _shape(text: str) -> tuple[int | None, ...]:
    words = re.split("[xX×]", text)
    if not all(word == "?" or _SIZE.fullmatch(word) for word in words) or words.count("?") > 1:
        raise UnsupportedSource(
            f"shape {shortened(text, 60)!r} is none; expected sizes with an x between them, one of which may be left "
            "open as '?', for instance 480x640x3"
        )
    shape = tuple(None if word == "?" else int(word) for word in words)
    if 0 in shape or len(shape) > MAX_RANK:
        raise UnsupportedSource(
            f"shape {shortened(text, 60)!r} cannot be; expected 1 to {MAX_RANK} sizes from 1 upwards"
        )
    return shape
