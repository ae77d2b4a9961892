"""MATLAB files of version 4: variables one behind the other, without compression."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import numpy as np

from padviewer.sources.mat_variable import Variable, checked
from padviewer.sources.members import MAX_MEMBERS
from padviewer.sources.opened import OpenedFile

_HEADER = 20
_DTYPES = ("f8", "f4", "i4", "i2", "u2", "u1")
_FULL, _TEXT, _SPARSE = 0, 1, 2
_REFUSED = {_TEXT: "is text", _SPARSE: "is a sparse matrix; save it with full(x)"}
_NAME = re.compile(rb"[A-Za-z]\w{0,62}\0+", re.ASCII)
_LONGEST = 64


def begins_4(head: bytes) -> bool:
    """Tells whether a file begins with a variable of version 4: it has no other mark."""
    found = _header(head[:_HEADER])
    return found is not None and _NAME.fullmatch(head[_HEADER : _HEADER + found[-1]]) is not None


def _header(raw: bytes) -> tuple[str, int, int, int, int, int, int] | None:
    """Returns byte order, kinds of numbers and matrix, rows, columns, whether it is complex, and bytes of the name."""
    if len(raw) < _HEADER:
        return None
    for order, machine in (("<", 0), (">", 1)):
        kind, rows, columns, imaginary, length = struct.unpack(f"{order}5i", raw)
        digits = kind // 1000, kind // 100 % 10, kind // 10 % 10, kind % 10
        known = digits[0] == machine and digits[1] == 0 and digits[2] < len(_DTYPES) and digits[3] <= _SPARSE
        if known and kind >= 0 and rows >= 0 and columns >= 0 and imaginary in (0, 1) and 1 < length <= _LONGEST:
            return order, digits[2], digits[3], rows, columns, imaginary, length
    return None


def variables_4(file: OpenedFile) -> Iterator[Variable]:
    """Yields the variables of a file, up to the first one that is damaged."""
    at = 0
    for number in range(MAX_MEMBERS + 1):
        if at >= file.size:
            return
        file.handle.seek(at)
        found = _header(file.handle.read(_HEADER))
        name = file.handle.read(found[-1]) if found else b""
        if found is None or not _NAME.fullmatch(name):
            yield Variable(
                f"(variable {number + 1})", refusal=f"no variable begins at byte {at}", damaged=True, version=4
            )
            return
        order, kind, form, rows, columns, imaginary, length = found
        dtype, start = np.dtype(f"{order}{_DTYPES[kind]}"), at + _HEADER + length
        size = rows * columns * dtype.itemsize
        is_complex = bool(imaginary) and form == _FULL
        shown = np.dtype("c8" if kind == 1 else "c16") if is_complex else dtype
        parts = (start, start + size) if is_complex else (start,)
        variable = Variable(
            name.rstrip(b"\0").decode(), (rows, columns), shown, (dtype,) * len(parts), parts, version=4
        )
        variable = checked(variable, file.size)
        yield variable._replace(refusal=_REFUSED[form]) if form in _REFUSED and not variable.refusal else variable
        if variable.damaged:
            return
        at = start + size * (2 if imaginary else 1)
