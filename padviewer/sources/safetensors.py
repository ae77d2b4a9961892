"""`.safetensors`: the header is checked against the file, then one tensor of it is mapped and read where needed."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

import numpy as np

from padviewer.axes import MAX_RANK, guess_axes, parse_axes
from padviewer.errors import DamagedSource, SettingsError, SourceError, UnsupportedSource, shortened
from padviewer.geometry import sizes_text
from padviewer.plan import ArrayInfo, Member
from padviewer.sources.base import ArraySource, DeclaredSource, Source
from padviewer.sources.converted import ConvertedSource
from padviewer.sources.kept import KeptFile, MappedSource
from padviewer.sources.members import MAX_MEMBERS, described, listed, no_such_member
from padviewer.sources.opened import OpenedFile
from padviewer.sources.small_floats import (
    Widening,
    from_bfloat16,
    from_float8_e4m3,
    from_float8_e5m2,
    from_float8_e8m0,
)

_PREFIX = 8
# What the format allows.
_MOST_HEADER = 100_000_000
# Python takes so many times the bytes of a header to hold it.
_HEADER_COST = 16
_METADATA = "__metadata__"
_DTYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8",
    "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8",
}  # fmt: skip
# What numpy has no numbers for: the bytes of each, and what makes float32 of them.
_WIDENED: dict[str, tuple[str, str, Widening]] = {
    "BF16": ("<u2", "bfloat16", from_bfloat16),
    "F8_E5M2": ("u1", "float8 (E5M2)", from_float8_e5m2),
    "F8_E4M3": ("u1", "float8 (E4M3)", from_float8_e4m3),
    "F8_E8M0": ("u1", "float8 (E8M0)", from_float8_e8m0),
}


class _Tensor(NamedTuple):
    """A tensor as the header declares it: its dtype by name, its shape, and the bytes that it takes."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int

    @property
    def stored(self) -> np.dtype[Any] | None:
        """What its bytes are read as; None where it is of a dtype that is not read."""
        widened = _WIDENED.get(self.dtype)
        told = widened[0] if widened else _DTYPES.get(self.dtype)
        return None if told is None else np.dtype(told)


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a safetensors file does: with the length of a JSON object, and its brace."""
    return len(head) > _PREFIX and head[5:8] == bytes(3) and head[8:9] == b"{"


def open_safetensors(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Maps one tensor of a safetensors file; None takes the first one that can be read."""
    tensors, start, told = file.once("header", lambda: _header(file, budget))
    if not tensors:
        raise UnsupportedSource(f"{file.name}: holds no tensors; save some with safetensors")
    name = _chosen(file, tensors, member)
    tensor, label = tensors[name], f"{file.name}::{shortened(name, 60)}"
    stored = _checked(tensor, label)
    members = file.once(
        "members", lambda: tuple(_member(name, tensor) for name, tensor in list(tensors.items())[:MAX_MEMBERS])
    )
    widened = _WIDENED.get(tensor.dtype)
    notes = [f"{widened[1]} -> float32"] if widened else []
    notes += [] if tensor.shape else ["a single number"]
    notes += listed(len(tensors))
    shape = tensor.shape or (1,)
    dtype = "float32" if widened else stored.newbyteorder("=").name
    # The names of axes that padviewer writes are about its one tensor.
    axes = told if len(tensors) == 1 and len(told) == len(shape) else ""
    found = axes or guess_axes(shape)
    info = ArrayInfo(file.path, name, "safetensors", shape, dtype, found, not axes, file.size, members, tuple(notes))
    source = _mapped(file, stored, shape, start + tensor.start, info)
    return ConvertedSource(source, info, widened[2]) if widened else source


def _mapped(file: OpenedFile, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int, info: ArrayInfo) -> Source:
    if 0 in shape:
        return ArraySource(np.empty(shape, dtype), info)
    if file.headers_only:
        return DeclaredSource(info)
    kept = KeptFile(file)
    mapping = kept.map()
    return MappedSource(np.ndarray(shape, dtype, mapping, offset), info, mapping, kept)


def _header(file: OpenedFile, budget: int) -> tuple[dict[str, _Tensor], int, str]:
    """Returns the tensors in the order of the header, where their bytes begin, and the letters of its axes."""
    length = int.from_bytes(file.head[:_PREFIX], "little")
    if length > _MOST_HEADER:
        raise UnsupportedSource(f"{file.name}: its header has {length} bytes; the format allows {_MOST_HEADER}")
    if _PREFIX + length > file.size:
        raise DamagedSource(
            f"{file.name}: its header has {length} bytes, but the file {file.size}; it is cut short, copy it again"
        )
    file.check_budget(length * _HEADER_COST, budget, f"a header of {length} bytes")
    file.handle.seek(_PREFIX)
    try:
        found = json.loads(file.handle.read(length).decode("utf-8"), object_pairs_hook=_unique)
        tensors = {name: _tensor(told) for name, told in found.items() if name != _METADATA}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DamagedSource(
            f"{file.name}: its header makes no sense ({shortened(str(error), 100)}); save it again"
        ) from error
    start = _PREFIX + length
    _check_places(file, tensors, file.size - start)
    return tensors, start, _axes(found.get(_METADATA))


def _axes(metadata: Any) -> str:
    """Returns the letters that metadata tell, where padviewer has written them; none where it has not."""
    told = metadata.get("axes") if isinstance(metadata, dict) and "padviewer" in str(metadata.get("software")) else None
    try:
        return told if isinstance(told, str) and parse_axes(told) == told else ""
    except SettingsError:
        return ""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _value in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"{shortened(twice, 40)!r} is in it twice")
    return found


def _tensor(told: dict[str, Any]) -> _Tensor:
    dtype, shape, (start, stop) = told["dtype"], told["shape"], told["data_offsets"]
    if not isinstance(dtype, str) or not isinstance(shape, list):
        raise ValueError("a tensor has no dtype or no shape")
    if not all(type(size) is int and 0 <= size < 2**63 for size in (*shape, start, stop)):
        raise ValueError("a size is no number of elements or bytes")
    return _Tensor(dtype, tuple(shape), start, stop)


def _check_places(file: OpenedFile, tensors: dict[str, _Tensor], size: int) -> None:
    """Raises a `DamagedSource` unless the tensors follow each other and take all bytes behind the header."""
    end = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].stop)):
        whose = f"{file.name}: the tensor {shortened(name, 60)!r}"
        if tensor.stop < tensor.start or tensor.stop > size:
            raise DamagedSource(
                f"{whose} takes bytes {tensor.start} to {tensor.stop}, but {size} are stored; copy or save it again"
            )
        if tensor.start != end:
            what = "overlaps another one" if tensor.start < end else "leaves a hole before it"
            raise DamagedSource(
                f"{whose} begins at byte {tensor.start}, and the one before ends at {end}: it {what}; save it again"
            )
        end = tensor.stop
    if end != size:
        raise DamagedSource(f"{file.name}: its tensors take {end} bytes, but {size} are stored; copy or save it again")


def _chosen(file: OpenedFile, tensors: dict[str, _Tensor], member: str | None) -> str:
    if member is None:
        return next((name for name, tensor in tensors.items() if _member(name, tensor).readable), next(iter(tensors)))
    if member not in tensors:
        raise no_such_member(file.name, member, list(tensors))
    return member


def _member(name: str, tensor: _Tensor) -> Member:
    try:
        stored = _checked(tensor, "")
    except SourceError as error:
        return Member(name, str(error).removeprefix(": "), False)
    dtype = _WIDENED[tensor.dtype][1] if tensor.dtype in _WIDENED else stored.newbyteorder("=").name
    return Member(name, described(dtype, tensor.shape or (1,)))


def _checked(tensor: _Tensor, name: str) -> np.dtype[Any]:
    """Returns what a tensor's bytes are read as.

    Raises:
        UnsupportedSource: where they are not read.
        DamagedSource: where they are not as many as its shape and dtype take.
    """
    stored = tensor.stored
    if stored is None:
        known = ", ".join([*_DTYPES, *_WIDENED])
        raise UnsupportedSource(f"{name}: holds {shortened(tensor.dtype, 20)}; {known} are read")
    if len(tensor.shape) > MAX_RANK:
        raise UnsupportedSource(
            f"{name}: has rank {len(tensor.shape)} (shape {sizes_text(tensor.shape)}); rank 1 to {MAX_RANK} is read"
        )
    needed, held = math.prod(tensor.shape) * stored.itemsize, tensor.stop - tensor.start
    if needed != held:
        raise DamagedSource(
            f"{name}: {sizes_text(tensor.shape)} {tensor.dtype} take {needed} bytes, but {held} are stored; save it "
            "again"
        )
    return stored
