"""What the bytes of a Zarr chunk go through to become numbers: a list of known codecs, and no others."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from padviewer.errors import DamagedSource, UnsupportedSource, shortened
from padviewer.sources.base import Array
from padviewer.sources.npy import DTYPES
from padviewer.sources.unpacking import Data, Packer, packer_of

# Version 3 names numcodecs' codecs with this in front.
_PREFIX = "numcodecs."
_MOST_CODECS = 16
_ENDIAN: dict[str, Literal["<", ">"]] = {"little": "<", "big": ">"}
Filter = Callable[[Array], Array]


class Codec(NamedTuple):
    """A codec as metadata name it."""

    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Pipeline:
    """How chunks are stored.

    Attributes:
        shape: of a chunk.
        dtype: of its numbers, native byte order.
        order: the chunk's axes in the order in which they are stored.
        stored: dtype of the stored numbers, in their byte order.
        filters: what makes the chunk's numbers of the stored ones, both as vectors, in the order in which they run.
        packers: what the bytes went through, in the order in which it was.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: tuple[int, ...]
    stored: np.dtype[Any]
    filters: tuple[Filter, ...] = ()
    packers: tuple[Packer, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the stored numbers, before they were packed."""
        return math.prod(self.shape) * self.stored.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes that a decoded chunk takes."""
        return math.prod(self.shape) * max(self.stored.itemsize, self.dtype.itemsize)

    @property
    def peak(self) -> int:
        """The most bytes that live at once while a chunk is decoded, what is stored of it and what comes out too."""
        sizes, made = self._sizes(), self.size
        for out, packed in itertools.pairwise(sizes[:-1]):
            # A checksum takes a copy of what it is made of.
            made = max(made, packed + 2 * out)
        if self.filters:
            # Each holds what it was given, and two steps of its own, in numbers of up to 16 bytes.
            made = max(made, self.size + 2 * 16 * math.prod(self.shape))
        elif self.stored != self.dtype:
            made = max(made, self.size + self.nbytes)
        return sizes[-1] + made

    @property
    def is_plain(self) -> bool:
        """Whether the stored bytes are the chunk's numbers, and can be read in part."""
        return not self.packers and not self.filters

    @property
    def most(self) -> int:
        """The most bytes that a chunk can have in a file."""
        return self._sizes()[-1]

    def view(self, buffer: Any, offset: int = 0) -> Array:
        """Returns the chunk whose numbers lie in `buffer` from `offset` on, in their byte order; the pipeline is plain.

        Raises:
            ValueError, TypeError: where the buffer ends before.
        """
        return self._turned(np.ndarray(self._stored_shape, self.stored, buffer, offset))

    def decode(self, data: Data) -> Array:
        """Returns the chunk that was stored as `data`, native byte order.

        Raises:
            Exception: of any kind, where the data are damaged.
        """
        sizes = self._sizes()
        if len(data) > sizes[-1]:
            raise ValueError(f"it has {len(data)} bytes, at most {sizes[-1]} make up a chunk")
        for packer, size in zip(reversed(self.packers), reversed(sizes[:-1]), strict=True):
            data = packer.unpack(data, size)
        if len(data) != self.size:
            raise ValueError(f"it holds {len(data)} bytes of numbers, and should hold {self.size}")
        numbers = np.frombuffer(data, self.stored)
        for found in self.filters:
            numbers = found(numbers)
        return self._turned(numbers.astype(self.dtype, copy=False).reshape(self._stored_shape))

    @property
    def _stored_shape(self) -> tuple[int, ...]:
        return tuple(self.shape[axis] for axis in self.order)

    def _turned(self, array: Array) -> Array:
        return array.transpose(np.argsort(self.order)) if self.order != tuple(sorted(self.order)) else array

    def _sizes(self) -> list[int]:
        sizes = [self.size]
        for packer in self.packers:
            sizes.append(packer.most(sizes[-1]))
        return sizes


def number_dtype(told: object) -> np.dtype[Any] | None:
    """Returns the dtype that numpy abbreviates so, such as `<f4`; None where it is none of numbers."""
    try:
        dtype = np.dtype(told) if isinstance(told, str) else None
    except (TypeError, ValueError, SyntaxError):
        return None
    return dtype if dtype is not None and dtype.char in DTYPES else None


def pipeline_of(codecs: Sequence[Codec], shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> Pipeline:
    """Returns the pipeline that a list of codecs makes up.

    Args:
        codecs: in the order of writing. Where none of them is `bytes`, numbers are stored in their own byte order.
        shape: of a chunk.
        dtype: of its numbers.
        name: of the array, for messages.

    Raises:
        UnsupportedSource: a codec, or a setting of it, is none that is read.
        DamagedSource: the list makes no sense.
    """
    if len(codecs) > _MOST_CODECS:
        raise UnsupportedSource(f"{name}: goes through {len(codecs)} codecs; at most {_MOST_CODECS} are read")
    order, stored = tuple(range(len(shape))), dtype
    filters: list[Filter] = []
    packers: list[Packer] = []
    as_bytes = deltas = False
    for codec in codecs:
        short = codec.name.removeprefix(_PREFIX)
        if short == "bytes" and not as_bytes and not packers:
            stored, as_bytes = _ordered(stored, codec.settings, name), True
        elif short == "transpose" and not as_bytes and not deltas:
            order = _turned(order, codec.settings.get("order"), name)
        elif short in _FILTERS and not as_bytes and not packers:
            made, encoded = _filter(short, codec.settings, stored, name)
            filters.insert(0, made)
            stored, deltas = encoded, deltas or short == "delta"
        else:
            packers.append(_packer(short, codec.settings, name))
    if deltas and as_bytes and order != tuple(range(len(shape))):
        # Of the two orders that the numbers of such a chunk could have, libraries write one and read the other.
        raise UnsupportedSource(f"{name}: its chunks go through transpose and delta; save it with one of them")
    return Pipeline(shape, dtype.newbyteorder("="), order, stored, tuple(filters), tuple(packers))


def _packer(name: str, settings: Mapping[str, Any], whose: str) -> Packer:
    try:
        packer = packer_of(name, settings)
    except Exception as error:
        raise _senseless(whose, name) from error
    if packer is None:
        known = "bytes, transpose, gzip, zlib, zstd, blosc, lz4, bz2, lzma, crc32c and numcodecs' simple filters"
        raise UnsupportedSource(
            f"{whose}: its chunks go through the codec {shortened(name, 40)!r}, or settings or a place of it, that are "
            f"not read; {known} are. Save it again with one of these"
        )
    return packer


def _ordered(dtype: np.dtype[Any], settings: Mapping[str, Any], name: str) -> np.dtype[Any]:
    endian = settings.get("endian")
    if dtype.itemsize == 1:
        return dtype
    if not isinstance(endian, str) or endian not in _ENDIAN:
        raise DamagedSource(f"{name}: its metadata do not tell the byte order of {dtype.name}; save it again")
    return dtype.newbyteorder(_ENDIAN[endian])


def _turned(order: tuple[int, ...], told: object, name: str) -> tuple[int, ...]:
    if not isinstance(told, list) or any(type(axis) is not int for axis in told) or sorted(told) != sorted(order):
        raise _senseless(name, "transpose")
    return tuple(order[axis] for axis in told)


def _filter(short: str, settings: Mapping[str, Any], dtype: np.dtype[Any], name: str) -> tuple[Filter, np.dtype[Any]]:
    """Returns a filter, and the dtype of what it has made of numbers of `dtype`."""
    try:
        decoded, encoded, made = _FILTERS[short](settings, dtype)
    except Exception as error:
        raise _senseless(name, short) from error
    if decoded is None or encoded is None or decoded.newbyteorder("=") != dtype.newbyteorder("="):
        raise UnsupportedSource(
            f"{name}: its filter {short!r} does not tell how it makes numbers of {dtype.name}; save it without filters"
        )
    return made, encoded


def _senseless(name: str, codec: str) -> DamagedSource:
    return DamagedSource(f"{name}: its metadata describe the codec {shortened(codec, 40)!r} wrongly; save it again")


Made = tuple[np.dtype[Any] | None, np.dtype[Any] | None, Filter]


def _delta(settings: Mapping[str, Any], _dtype: np.dtype[Any]) -> Made:
    decoded, encoded = _dtypes(settings)

    def made(numbers: Array) -> Array:
        out = np.empty(numbers.shape, decoded)
        with np.errstate(all="ignore"):
            np.cumsum(numbers, out=out)
        return out

    return decoded, encoded, made


def _fixed_scale_offset(settings: Mapping[str, Any], _dtype: np.dtype[Any]) -> Made:
    decoded, encoded = _dtypes(settings)
    scale, offset = settings["scale"], settings["offset"]
    if type(scale) not in (int, float) or type(offset) not in (int, float) or not math.isfinite(scale * offset):
        raise ValueError("scale and offset are numbers")

    def made(numbers: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray((numbers / scale + offset).astype(decoded))

    return decoded, encoded, made


def _quantize(settings: Mapping[str, Any], _dtype: np.dtype[Any]) -> Made:
    decoded, encoded = _dtypes(settings)
    return decoded, encoded, lambda numbers: _cast(numbers, decoded)


def _bitround(_settings: Mapping[str, Any], dtype: np.dtype[Any]) -> Made:
    return dtype, dtype, lambda numbers: numbers


def _astype(settings: Mapping[str, Any], dtype: np.dtype[Any]) -> Made:
    told = settings.get("decode_dtype")
    decoded = dtype if told is None else number_dtype(told)
    return decoded, number_dtype(settings["encode_dtype"]), lambda numbers: _cast(numbers, decoded)


def _dtypes(settings: Mapping[str, Any]) -> tuple[np.dtype[Any] | None, np.dtype[Any] | None]:
    decoded, encoded = settings["dtype"], settings.get("astype")
    return number_dtype(decoded), number_dtype(decoded if encoded is None else encoded)


def _cast(numbers: Array, dtype: np.dtype[Any] | None) -> Array:
    with np.errstate(all="ignore"):
        return numbers.astype(dtype)


_FILTERS: dict[str, Callable[[Mapping[str, Any], np.dtype[Any]], Made]] = {
    "delta": _delta,
    "fixedscaleoffset": _fixed_scale_offset,
    "quantize": _quantize,
    "bitround": _bitround,
    "astype": _astype,
}
