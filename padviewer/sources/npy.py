"""`.npy`: the header is checked against the file, then the elements are mapped and read where needed."""

from __future__ import annotations

import ast
import math
import re
import struct
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from padviewer.axes import MAX_RANK, guess_axes
from padviewer.errors import DamagedSource, UnsupportedSource, printable
from padviewer.geometry import sizes_text
from padviewer.plan import ArrayInfo, Member
from padviewer.sources.base import Array, ArraySource, DeclaredSource, Source
from padviewer.sources.kept import KeptFile, MappedSource
from padviewer.sources.opened import OpenedFile

MAGIC = b"\x93NUMPY"
# numpy writes far shorter headers for what is read here; the limit bounds the parser.
_MAX_HEADER = 10_000
_MAX_SIZE = 2**63 - 1
# Of the numbers that are read, as numpy abbreviates them.
DTYPES = frozenset({*"?bBhHiIlLqQefdFD"})
_KINDS = {
    "O": "Python objects",
    "V": "records or raw bytes",
    "M": "dates",
    "m": "time spans",
    "S": "bytes",
    "U": "text",
}


class Header(NamedTuple):
    """What a `.npy` header declares."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    offset: int

    @property
    def nbytes(self) -> int:
        """Bytes of the elements."""
        return math.prod(self.shape) * self.dtype.itemsize

    def array(self, buffer: Any, offset: int) -> Array:
        """Returns the elements that lie in `buffer` from `offset` on."""
        if self.nbytes == 0:
            return np.empty(self.shape, self.dtype)
        return np.ndarray(self.shape, self.dtype, buffer, offset, order="F" if self.fortran else "C")


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a `.npy` file does."""
    return head.startswith(MAGIC)


def open_npy(file: OpenedFile, member: str | None, budget: int) -> Source:  # noqa: ARG001 nothing is decoded
    """Maps a `.npy` file."""
    file.no_members(member)
    header = read_header(file.handle, file.name)
    spare = file.size - header.offset - header.nbytes
    check_length(header, file.size - header.offset, file.name)
    notes = (f"{spare} bytes after the array ignored",) if spare else ()
    info = array_info(file, header, None, ".npy", notes=notes)
    return map_array(file, header, header.offset, info)


def map_array(file: OpenedFile, header: Header, offset: int, info: ArrayInfo) -> Source:
    """Maps the file that an array lies in from byte `offset` on."""
    if header.nbytes == 0:
        return ArraySource(header.array(None, 0), info)
    if file.headers_only:
        return DeclaredSource(info)
    kept = KeptFile(file)
    mapping = kept.map()
    return MappedSource(header.array(mapping, offset), info, mapping, kept)


def read_header(handle: BinaryIO, name: str) -> Header:
    """Reads and checks a header; the handle is left at the first element.

    Raises:
        DamagedSource: where the header is cut short or makes no sense.
        UnsupportedSource: where it declares a dtype or rank that is not read.
    """
    start = handle.read(8)
    if len(start) < 8 or not start.startswith(MAGIC):
        raise DamagedSource(f"{name}: does not begin as .npy data does; save it again with numpy.save")
    version = start[6]
    width = {1: 2, 2: 4, 3: 4}.get(version)
    if width is None:
        raise UnsupportedSource(f"{name}: version {version} of the .npy format; versions 1 to 3 are read")
    raw = handle.read(width)
    length = struct.unpack("<H" if width == 2 else "<I", raw)[0] if len(raw) == width else 0
    if length > _MAX_HEADER:
        raise UnsupportedSource(f"{name}: its header has {length} bytes; at most {_MAX_HEADER} are read")
    text = handle.read(length)
    if not length or len(text) < length:
        raise DamagedSource(f"{name}: the header is cut short; copy or save the file again")
    return _parse(text.decode("utf-8" if version == 3 else "latin1"), 8 + width + length, name)


def check_length(header: Header, stored: int, name: str) -> None:
    """Raises a `DamagedSource` where fewer bytes are stored than the header declares."""
    if header.nbytes > stored:
        raise DamagedSource(
            f"{name}: the header declares {header.nbytes} bytes ({sizes_text(header.shape)} {header.dtype.name}), but "
            f"{stored} are stored; the file is cut short, copy or save it again"
        )


def array_info(
    file: OpenedFile,
    header: Header,
    member: str | None,
    kind: str,
    members: tuple[Member, ...] = (),
    notes: tuple[str, ...] = (),
) -> ArrayInfo:
    """Describes an array that does not tell its axes."""
    axes, dtype = guess_axes(header.shape), header.dtype.newbyteorder("=").name
    return ArrayInfo(file.path, member, kind, header.shape, dtype, axes, True, file.size, members, notes)


def _parse(text: str, offset: int, name: str) -> Header:
    try:
        # Python 2 wrote long integers as 10L.
        fields = ast.literal_eval(re.sub(r"(?<=\d)L\b", "", text).strip())
        descr, fortran, shape = fields["descr"], fields["fortran_order"], fields["shape"]
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError) as error:
        raise DamagedSource(f"{name}: the .npy header cannot be read; save the file again with numpy.save") from error
    sizes_fit = isinstance(shape, tuple) and all(type(n) is int and 0 <= n <= _MAX_SIZE for n in shape)
    if not sizes_fit or not isinstance(fortran, bool):
        raise DamagedSource(
            f"{name}: the .npy header declares the shape {printable(repr(shape))[:80]}, which no array has"
        )
    dtype = _dtype(descr, name)
    if not 1 <= len(shape) <= MAX_RANK:
        raise UnsupportedSource(
            f"{name}: has rank {len(shape)} (shape {sizes_text(shape) or 'of a single number'}); rank 1 to {MAX_RANK} "
            "is read. Reshape it in numpy and save it again"
        )
    return Header(dtype, shape, fortran, offset)


def _dtype(descr: object, name: str) -> np.dtype[Any]:
    if not isinstance(descr, str):
        raise _refused(name, _KINDS["V"])
    try:
        dtype = np.dtype(descr)
    except (TypeError, ValueError, SyntaxError) as error:
        raise DamagedSource(f"{name}: the .npy header names an unknown dtype {printable(descr)[:40]!r}") from error
    if dtype.char not in DTYPES:
        raise _refused(name, f"{_KINDS.get(dtype.kind, 'numbers of an unusual width')} (dtype {dtype.name})")
    return dtype


def _refused(name: str, what: str) -> UnsupportedSource:
    return UnsupportedSource(
        f"{name}: holds {what}; booleans, integers, float16 to float64 and complex64 or complex128 are read. "
        "Convert it with astype and save it again"
    )
