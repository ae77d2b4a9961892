"""A variable of a MATLAB file, version 4 to 7: where its numbers lie, and the source that reads them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from padviewer.axes import MAX_RANK, guess_axes
from padviewer.errors import DamagedSource, SourceError, UnsupportedSource, shortened
from padviewer.geometry import Indices
from padviewer.plan import ArrayInfo, Member
from padviewer.sources.base import Array, ArraySource, DeclaredSource, Source
from padviewer.sources.converted import ConvertedSource
from padviewer.sources.kept import KeptFile, MappedSource
from padviewer.sources.mat_tags import stored_as, tag
from padviewer.sources.opened import OpenedFile

# What deflate makes of nothing but zeros.
_EXPANSION = 1100
_BLOCK = 1 << 20
COLUMN_MAJOR = "MATLAB's order of axes (column-major)"


class Packed(NamedTuple):
    """Where a compressed variable lies.

    Attributes:
        offset, length: of the compressed bytes in the file.
        size: of what they inflate to.
    """

    offset: int
    length: int
    size: int


class Variable(NamedTuple):
    """A variable.

    Attributes:
        name: of it.
        shape: sizes of the axes in MATLAB's order.
        shown: dtype that MATLAB gives it.
        stored: dtype of its numbers in the file.
        parts: where they begin, in the file or in what is inflated: the real parts, and the imaginary ones.
        second: where the tag of the imaginary parts lies, where `parts` does not tell.
        order: byte order of tags.
        packed: where it lies if it is compressed.
        version: of the format.
        refusal: why it is not read; empty where it is.
        damaged: whether it would be, if the file were whole.
    """

    name: str
    shape: tuple[int, ...] = ()
    shown: np.dtype[Any] = np.dtype("f8")
    stored: tuple[np.dtype[Any], ...] = ()
    parts: tuple[int, ...] = ()
    second: int | None = None
    order: str = "<"
    packed: Packed | None = None
    version: int = 5
    refusal: str = ""
    damaged: bool = False

    def error(self, file: OpenedFile) -> SourceError:
        """Returns the error of a variable that is not read."""
        kind = DamagedSource if self.damaged else UnsupportedSource
        return kind(f"{file.name}::{shortened(self.name, 40)}: {self.refusal}")

    @property
    def elements(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


def checked(variable: Variable, size: int) -> Variable:
    """Returns a variable, refused where its numbers do not lie in so many bytes of the file, or of what is inflated."""
    if not 1 <= len(variable.shape) <= MAX_RANK:
        return variable._replace(
            refusal=f"has rank {len(variable.shape)}; rank 1 to {MAX_RANK} is read. Save fewer axes"
        )
    for start, stored in zip(variable.parts, variable.stored, strict=True):
        end = start + variable.elements * stored.itemsize
        if end > size:
            why = f"declares numbers up to byte {end} of {size}; the file is cut short, copy or save it again"
            return variable._replace(refusal=why, damaged=True)
    return variable


def source_of(
    file: OpenedFile, variable: Variable, members: tuple[Member, ...], notes: Sequence[str], budget: int
) -> Source:
    """Returns what reads a variable; what is not compressed is mapped."""
    dtype = variable.shown.newbyteorder("=")
    stored = sorted({part.name for part in variable.stored} - {dtype.name, "bool"})
    changed = [f"stored as {' and '.join(stored)}"] if stored and dtype.kind not in "cb" else []
    shape, axes = variable.shape, guess_axes(variable.shape)
    told = (COLUMN_MAJOR, *changed, *notes)
    kind = f"MATLAB {variable.version}"
    info = ArrayInfo(file.path, variable.name, kind, shape, dtype.name, axes, True, file.size, members, told)
    if not variable.elements:
        return ArraySource(np.empty(shape, dtype), info)
    if variable.packed is not None:
        file.check_budget(variable.packed.size + info.nbytes, budget, f"variable {shortened(variable.name, 40)}")
        if file.headers_only:
            return DeclaredSource(info, decoded=True)
        inflated = inflate(file, variable.packed, f"{file.name}::{shortened(variable.name, 40)}")
        whole = _whole(file, variable, lambda at, count: bytes(inflated[at : at + count]), len(inflated))
        return ArraySource(_joined([_array(whole, i, inflated) for i in range(len(whole.parts))], dtype), info)
    whole = _whole(file, variable, KeptFile(file).read, file.size)
    mapped = [_mapped(file, whole, number, info) for number in range(len(whole.parts))]
    if len(mapped) == 2:
        return PairSource(mapped[0], mapped[1], info)
    if whole.stored[0].newbyteorder("=") == dtype:
        return mapped[0]
    return ConvertedSource(mapped[0], info, lambda found: _joined([found], dtype))


def _whole(file: OpenedFile, variable: Variable, read: Callable[[int, int], bytes], size: int) -> Variable:
    """Returns a variable with the place of its imaginary parts, which stands behind the real ones."""
    if variable.second is None:
        return variable
    try:
        if variable.second + 8 > size:
            raise ValueError("its imaginary parts are missing")
        found = tag(read(variable.second, 8), 0, variable.order)
        stored = stored_as(found, variable.order, variable.elements)
    except ValueError as error:
        raise variable._replace(refusal=f"is damaged ({error}); save it again", damaged=True).error(file) from error
    whole = variable._replace(stored=(*variable.stored, stored), parts=(*variable.parts, variable.second + found.start))
    if checked(whole, size).refusal:
        raise checked(whole, size).error(file)
    return whole


def _mapped(file: OpenedFile, variable: Variable, number: int, info: ArrayInfo) -> Source:
    kept = KeptFile(file)
    mapping = kept.map()
    return MappedSource(_array(variable, number, mapping), info, mapping, kept)


class PairSource(Source):
    """Complex numbers whose parts lie apart.

    Args:
        real, imaginary: sources of real numbers, closed with this one.
        info: of their shape and a complex dtype.
    """

    def __init__(self, real: Source, imaginary: Source, info: ArrayInfo) -> None:
        self._real, self._imaginary, self.info = real, imaginary, info

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors."""
        return _joined([self._real.take(indices), self._imaginary.take(indices)], np.dtype(self.info.dtype))

    def close(self) -> None:
        """Closes both."""
        self._real.close()
        self._imaginary.close()


def inflate(file: OpenedFile, packed: Packed, label: str) -> bytearray:
    """Inflates a variable.

    Raises:
        DamagedSource: it has more or fewer bytes than it declares, or a wrong checksum.
    """
    if packed.size > packed.length * _EXPANSION:
        raise DamagedSource(
            f"{label}: declares {packed.size} bytes, but {packed.length} are stored; copy or save the file again"
        )
    out, at, stop = bytearray(packed.size), 0, packed.offset + packed.length
    stream = zlib.decompressobj()
    file.handle.seek(packed.offset)
    while not stream.eof:
        block = stream.unconsumed_tail or file.handle.read(min(_BLOCK, stop - file.handle.tell()))
        if not block:
            break
        found = stream.decompress(block, min(_BLOCK, packed.size - at + 1))
        if at + len(found) > packed.size:
            break
        out[at : at + len(found)] = found
        at += len(found)
    if at != packed.size or not stream.eof:
        raise DamagedSource(
            f"{label}: declares {packed.size} bytes, but {at} or more come out; the file is damaged, copy it again"
        )
    return out


def _array(variable: Variable, number: int, buffer: Any) -> Array:
    return np.ndarray(variable.shape, variable.stored[number], buffer, variable.parts[number], order="F")


def _joined(parts: list[Array], dtype: np.dtype[Any]) -> Array:
    """Returns numbers as MATLAB sees them."""
    if len(parts) == 2:
        found = np.empty(parts[0].shape, dtype)
        found.real, found.imag = parts
        return found
    if dtype.kind == "b":
        return np.not_equal(parts[0], 0)
    with np.errstate(all="ignore"):
        return parts[0].astype(dtype)
