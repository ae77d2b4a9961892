"""PBM, PGM, PPM, PAM and PFM: the plain formats of Netpbm, read from the mapped file where that holds samples."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from padviewer.errors import DamagedSource, UnsupportedSource
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, ArraySource, DeclaredSource, Source
from padviewer.sources.kept import KeptFile, MappedSource
from padviewer.sources.opened import OpenedFile

_MAGIC = re.compile(rb"P[1-6fF][\s#]|P7\n")
# Comments may be long; no program writes longer heads.
_LONGEST_HEAD = 1 << 16
_LARGEST_SIDE, _MOST_CHANNELS = 2**31 - 1, 1 << 16
_COMMENT = re.compile(rb"#[^\n\r]*")
_FIELD = re.compile(rb"(?:\s|#[^\n\r]*[\n\r])*([^\s#]{1,20})")
_NAMES = {b"1": "PBM", b"2": "PGM", b"3": "PPM", b"4": "PBM", b"5": "PGM", b"6": "PPM", b"7": "PAM"}
# What a number takes that is written out, while it is taken apart.
_TOKEN_BYTES = 70
_UNIT = 1.0


class _Head(NamedTuple):
    """What the head of a file declares.

    Attributes:
        kind: the second letter of the file.
        width, height, channels: sizes.
        top: the largest value; of floats, their scale.
        start: where the samples begin.
    """

    kind: bytes
    width: int
    height: int
    channels: int
    top: float
    start: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the picture, without the axis of one channel."""
        return (self.height, self.width, *([self.channels] if self.channels > 1 else []))


def matches(head: bytes) -> bool:
    """Tells whether a file begins as one of these does."""
    return _MAGIC.match(head) is not None


def open_pnm(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Opens a picture, rows from top to bottom, with the values that are stored."""
    file.no_members(member)
    head = _read_head(file)
    if head.kind in b"567":
        return _mapped(file, head)
    _check_stored(file, head)
    info = _info(file, head, _dtype(head), _notes(file, head))
    if file.headers_only:
        return DeclaredSource(info, decoded=True)
    return ArraySource(_READERS.get(head.kind, _written_out)(file, head, budget), info)


def _dtype(head: _Head) -> str:
    """Returns what samples are read as that are not mapped."""
    if head.kind in b"fF":
        return "float32"
    return "bool" if head.kind in b"14" else "uint8" if head.top < 256 else "uint16"


def _check_stored(file: OpenedFile, head: _Head) -> None:
    """Raises a `DamagedSource` where fewer samples are there than declared; written out, each takes a byte at least."""
    _check_length(file, head, _stored(head) or math.prod(head.shape))


def _stored(head: _Head) -> int:
    """Returns how many bytes the samples take; 0 where they are written out."""
    if head.kind in b"fF":
        return 4 * math.prod(head.shape)
    return -(-head.width // 8) * head.height if head.kind == b"4" else 0


def _notes(file: OpenedFile, head: _Head) -> list[str]:
    """Returns what is done to samples that are not mapped."""
    notes = []
    if head.kind in b"14":
        notes.append("1 is black: inverted")
    elif head.kind in b"fF":
        notes += [] if abs(head.top) == _UNIT else [f"scale {abs(head.top):g} not applied"]
    elif head.top not in (255, 65535):
        notes.append(f"largest value {head.top:g}, values kept")
    return notes + (_spare(file, head, _stored(head)) if _stored(head) else [])


def _info(file: OpenedFile, head: _Head, dtype: str, notes: list[str]) -> ArrayInfo:
    name = _NAMES.get(head.kind, "PFM")
    axes = "HW" if head.channels == 1 else "HWC"
    return ArrayInfo(file.path, None, name, head.shape, dtype, axes, False, file.size, (), tuple(notes))


def _read_head(file: OpenedFile) -> _Head:
    data = file.handle.read(_LONGEST_HEAD)
    kind = data[1:2]
    if kind == b"7":
        return _read_pam(file, data)
    at, fields = 2, []
    for _ in range(2 if kind in b"14" else 3):
        found = _FIELD.match(data, at)
        if found is None:
            raise _cut(file)
        fields.append(found[1])
        at = found.end()
    channels = 3 if kind in b"36F" else 1
    try:
        width, height = int(fields[0]), int(fields[1])
        top = 1.0 if kind in b"14" else float(fields[2]) if kind in b"fF" else int(fields[2])
    except ValueError as error:
        raise DamagedSource(f"{file.name}: its head holds no numbers ({error}); save it again") from error
    return _checked(file, _Head(kind, width, height, channels, top, at + 1))


def _read_pam(file: OpenedFile, data: bytes) -> _Head:
    end = data.find(b"ENDHDR\n")
    if end < 0:
        raise _cut(file)
    lines = [line.split(maxsplit=1) for line in _COMMENT.sub(b"", data[3:end]).splitlines()]
    fields = {line[0]: line[1] for line in lines if len(line) == 2}
    try:
        width, height, channels, top = (int(fields[name]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    except (KeyError, ValueError) as error:
        raise DamagedSource(f"{file.name}: its head lacks a size, or has no number there ({error})") from error
    return _checked(file, _Head(b"7", width, height, channels, top, end + 7))


def _checked(file: OpenedFile, head: _Head) -> _Head:
    sides = 1 <= head.width <= _LARGEST_SIDE and 1 <= head.height <= _LARGEST_SIDE
    if not sides or not 1 <= head.channels <= _MOST_CHANNELS:
        raise DamagedSource(
            f"{file.name}: declares {head.width} x {head.height} pixels of {head.channels} channels, which no picture "
            "has; save it again"
        )
    if head.kind in b"fF":
        if not math.isfinite(head.top) or not head.top:
            raise DamagedSource(f"{file.name}: declares the scale {head.top}, which says nothing of the byte order")
    elif not 1 <= head.top <= 65535:
        raise UnsupportedSource(f"{file.name}: declares the largest value {head.top}; 1 to 65535 is read")
    return head


def _mapped(file: OpenedFile, head: _Head) -> Source:
    dtype = np.dtype(np.uint8 if head.top < 256 else ">u2")
    _check_length(file, head, math.prod(head.shape) * dtype.itemsize)
    notes = [] if head.top in (255, 65535) else [f"largest value {head.top:g}, values kept"]
    notes += _spare(file, head, math.prod(head.shape) * dtype.itemsize)
    if file.headers_only:
        return DeclaredSource(_info(file, head, dtype.newbyteorder("=").name, notes))
    kept = KeptFile(file)
    mapping = kept.map()
    array = np.ndarray(head.shape, dtype, mapping, head.start)
    return MappedSource(array, _info(file, head, dtype.newbyteorder("=").name, notes), mapping, kept)


def _bits(file: OpenedFile, head: _Head, budget: int) -> Array:
    row = -(-head.width // 8)
    file.check_budget(2 * 8 * row * head.height, budget, f"a picture of {head.width} x {head.height} pixels")
    file.handle.seek(head.start)
    packed = np.frombuffer(file.handle.read(row * head.height), np.uint8).reshape(head.height, row)
    return np.logical_not(np.unpackbits(packed, axis=1, count=head.width))


def _floats(file: OpenedFile, head: _Head, budget: int) -> Array:
    size = _stored(head)
    file.check_budget(2 * size, budget, f"a picture of {head.width} x {head.height} pixels")
    file.handle.seek(head.start)
    order = "<" if head.top < 0 else ">"
    stored = np.frombuffer(file.handle.read(size), order + "f4").reshape(head.shape)
    return np.ascontiguousarray(stored[::-1], np.float32)  # rows are stored from bottom to top


def _written_out(file: OpenedFile, head: _Head, budget: int) -> Array:
    """Reads numbers that are written out in decimals; those of a PBM need nothing between them."""
    wanted, size = math.prod(head.shape), file.size - head.start
    file.check_budget(_TOKEN_BYTES * size // (1 if head.kind == b"1" else 2), budget, "its numbers, written out,")
    file.handle.seek(head.start - 1)
    text = _COMMENT.sub(b"", file.handle.read(file.size))
    if head.kind == b"1":
        digits = np.frombuffer(b"".join(text.split()), np.uint8)[:wanted]
        if len(digits) < wanted or not np.isin(digits, (48, 49)).all():
            raise DamagedSource(f"{file.name}: holds no {wanted} zeros and ones; it is cut short or damaged")
        return np.equal(digits, 48).reshape(head.shape)
    tokens = text.split(maxsplit=wanted)[:wanted]
    if len(tokens) < wanted:
        raise _too_short(file, head, wanted, len(tokens))
    if not all(token.isdigit() and int(token) <= head.top for token in tokens):
        raise DamagedSource(f"{file.name}: holds what is no number from 0 to {head.top:g}; save it again")
    return np.array([int(token) for token in tokens], np.uint8 if head.top < 256 else np.uint16).reshape(head.shape)


def _check_length(file: OpenedFile, head: _Head, needed: int) -> None:
    if head.start + needed > file.size:
        raise _too_short(file, head, needed, file.size - head.start)


def _spare(file: OpenedFile, head: _Head, needed: int) -> list[str]:
    spare = file.size - head.start - needed
    return [f"{spare} bytes after the first picture ignored"] if spare > 1 else []


def _too_short(file: OpenedFile, head: _Head, needed: int, found: int) -> DamagedSource:
    sizes = " x ".join(map(str, head.shape))
    return DamagedSource(
        f"{file.name}: declares {sizes} samples ({needed} bytes), but {found} are there; it is cut short, copy it again"
    )


def _cut(file: OpenedFile) -> DamagedSource:
    return DamagedSource(f"{file.name}: its head does not end; it is cut short or damaged, save it again")


_READERS: dict[bytes, Callable[[OpenedFile, _Head, int], Array]] = {
    b"4": _bits,
    b"f": _floats,
    b"F": _floats,
}
