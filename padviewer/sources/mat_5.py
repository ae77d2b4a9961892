"""MATLAB files of version 5 to 7: tagged elements, of which version 7 compresses each variable by itself."""

from __future__ import annotations

import math
import struct
import zlib
from collections import Counter
from collections.abc import Iterator

import numpy as np

from padviewer.sources.mat_tags import Tag, stored_as, tag
from padviewer.sources.mat_variable import Packed, Variable, checked
from padviewer.sources.members import MAX_MEMBERS
from padviewer.sources.opened import OpenedFile

_FILE_HEADER = 128
_ORDERS = {b"IM": "<", b"MI": ">"}
_INT32, _UINT32, _MATRIX, _COMPRESSED = 5, 6, 14, 15
# The classes of numbers.
_CLASSES = {
    6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8",
}  # fmt: skip
_REFUSED = {
    1: "is a cell array; save its numeric cells as variables",
    2: "is a struct; save its numeric fields as variables",
    3: "is an object; save its numeric properties as variables",
    4: "is text",
    5: "is a sparse matrix; save it with full(x)",
    16: "is a function handle",
    17: "is an object, such as a string or a table; save its numbers as variables",
}
_OBJECT = 17
_COMPLEX, _LOGICAL = 0x800, 0x200
# Bytes before the numbers of a variable: flags, up to so many axes, and a name.
_MOST_HEADER = 4096
_MOST_RANK, _LONGEST = 64, 255


def begins_5(head: bytes) -> bool:
    """Tells whether a file begins as one of version 5 does."""
    order = _ORDERS.get(head[126:128])
    return order is not None and struct.unpack(f"{order}H", head[124:126])[0] == 0x0100 and 0 not in head[:4]


def variables_5(file: OpenedFile) -> Iterator[Variable]:
    """Yields the variables of a file, up to the first one that is damaged."""
    order = _ORDERS[file.head[126:128]]
    names: Counter[str] = Counter()
    at = _FILE_HEADER
    for number in range(MAX_MEMBERS + 1):
        if at + 8 > file.size:
            return
        file.handle.seek(at)
        kind, count = struct.unpack(f"{order}2I", file.handle.read(8))
        start = at + 8
        if kind not in (_MATRIX, _COMPRESSED) or start + count > file.size:
            why = (
                f"its {count} bytes from byte {start} on are not all in the file of {file.size}"
                if kind in (_MATRIX, _COMPRESSED)
                else f"no variable begins at byte {at}"
            )
            yield Variable(f"(variable {number + 1})", refusal=f"{why}; copy or save it again", damaged=True)
            return
        try:
            variable = _variable(file, order, start, count, packed=kind == _COMPRESSED)
        except (ValueError, struct.error, zlib.error, IndexError) as error:
            variable = Variable(
                f"(variable {number + 1})", refusal=f"is damaged ({error}); save it again", damaged=True
            )
        if variable.name:
            yield variable._replace(name=_unique(variable.name, names))
        at = start + count


def _unique(name: str, taken: Counter[str]) -> str:
    """Returns a name that no other variable has: the first one keeps its own."""
    taken[name] += 1
    while taken[name] > 1 and f"{name} ({taken[name]})" in taken:
        taken[name] += 1
    found = name if taken[name] == 1 else f"{name} ({taken[name]})"
    taken[found] = max(1, taken[found])
    return found


def _variable(file: OpenedFile, order: str, start: int, count: int, *, packed: bool) -> Variable:
    """Returns a variable whose bytes lie in the file as they are, or are inflated first; only its beginning is read."""
    file.handle.seek(start)
    head = file.handle.read(min(count, _MOST_HEADER))
    if not packed:
        return checked(_described(head, order, start), start + count)
    head = zlib.decompressobj().decompress(head, _MOST_HEADER)
    kind, size = struct.unpack(f"{order}2I", head[:8])
    if kind != _MATRIX:
        raise ValueError(f"an element of kind {kind} is compressed")
    found = _described(head[8:], order, 8)
    return checked(found._replace(packed=Packed(start, count, 8 + size)), 8 + size)


def _described(head: bytes, order: str, base: int) -> Variable:
    """Returns the variable that a matrix, beginning at `base`, declares in its first bytes."""
    flags = _tag_of(head, 0, order, _UINT32, 8)
    word = struct.unpack(f"{order}I", head[flags.start : flags.start + 4])[0]
    group = word & 0xFF
    if group == _OBJECT:
        return Variable(_text(head, tag(head, flags.end, order)), refusal=_REFUSED[group])
    sizes = _tag_of(head, flags.end, order, _INT32, 4)
    if sizes.length // 4 > _MOST_RANK:
        raise ValueError(f"it declares {sizes.length // 4} axes")
    shape = struct.unpack(f"{order}{sizes.length // 4}i", head[sizes.start : sizes.start + sizes.length])
    name = tag(head, sizes.end, order)
    text = _text(head, name)
    if group not in _CLASSES:
        return Variable(text, shape, refusal=_REFUSED.get(group, f"is of the unknown class {group}"))
    shown = np.dtype("?" if word & _LOGICAL else _CLASSES[group])
    if word & _COMPLEX:
        if shown.kind != "f":
            return Variable(text, shape, refusal=f"holds complex {shown.name}; save it as double(x)")
        shown = np.dtype(f"c{2 * shown.itemsize}")
    try:
        if min(shape) < 0:
            raise ValueError(f"it declares the shape {shape}")
        real = tag(head, name.end, order)
        stored = stored_as(real, order, math.prod(shape))
    except ValueError as error:
        return Variable(text, shape, refusal=f"is damaged ({error}); save it again", damaged=True)
    second = base + real.end if word & _COMPLEX else None
    return Variable(text, shape, shown, (stored,), (base + real.start,), second, order)


def _tag_of(head: bytes, at: int, order: str, kind: int, multiple: int) -> Tag:
    found = tag(head, at, order)
    if found.kind != kind or not found.length or found.length % multiple or found.start + found.length > len(head):
        raise ValueError(f"its description is wrong at byte {at}")
    return found


def _text(head: bytes, found: Tag) -> str:
    if found.length > _LONGEST or found.start + found.length > len(head):
        raise ValueError(f"its name has {found.length} bytes")
    return head[found.start : found.start + found.length].decode("utf-8", "replace").rstrip("\0")
