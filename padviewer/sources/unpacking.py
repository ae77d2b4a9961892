"""Compressors and checksums of chunks: each makes no more bytes than it is told, whatever the data claim.

Beside what comes in and what goes out nothing is held that grows with them.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from padviewer.sources.crc32c import crc32c

# What decompressing LZMA may take beside its result: the dictionary of its highest preset, and some more.
_LZMA_MEMORY = 160 << 20
_BLOSC_HEADER = 16
# Compressors inside of Blosc, by name and by the number in its header.
_BLOSC_NAMES = ("blosclz", "lz4", "lz4hc", "zlib", "zstd")
_BLOSC_NUMBERS = (0, 1, 3, 4)
_CHECKSUM = 4
_PIECE = 1 << 18
# Containers of LZMA that tell what is in them: XZ, and the older one.
_LZMA_FORMATS = (lzma.FORMAT_AUTO, lzma.FORMAT_XZ, lzma.FORMAT_ALONE)


Data = bytes | bytearray | memoryview


class Packer(NamedTuple):
    """What has made other bytes of bytes.

    Attributes:
        unpack: turns bytes into at most so many, or raises.
        most: the most bytes that it makes of so many.
    """

    unpack: Callable[[Data, int], Data]
    most: Callable[[int], int]


def packer_of(name: str, settings: Mapping[str, Any]) -> Packer | None:
    """Returns a codec by its name and settings; None where there is none, or none with these settings.

    Raises:
        Exception: of any kind where the settings make no sense.
    """
    make = _PACKERS.get(name)
    return make(settings) if make is not None else None


def _compressor(unpack: Callable[[Data, int], Data]) -> Callable[[Mapping[str, Any]], Packer]:
    packer = Packer(unpack, _expanded)
    return lambda _settings: packer


def _expanded(size: int) -> int:
    """Returns more than any compressor makes of bytes that it cannot compress."""
    return size + size // 4 + 4096


def inflated(pieces: Iterable[Data], most: int, window: int) -> bytearray:
    """Inflates streams that follow each other, in pieces.

    Args:
        pieces: of what is compressed, each of them small.
        most: bytes that may come out.
        window: bits of zlib's window, which tell the kind of stream too.

    Raises:
        ValueError: where more would come out, or the data are cut short.
        zlib.error: where they are damaged.
    """
    return _streams(lambda: _Inflater(window), pieces, most)


def _inflater(window: int) -> Callable[[Data, int], Data]:
    return lambda data, most: inflated(_pieces(data), most, window)


class _Inflater:
    """zlib's decompressor, with the methods that those of bz2 and lzma have."""

    def __init__(self, window: int) -> None:
        self._inner = zlib.decompressobj(window)

    def decompress(self, data: Data, most: int) -> bytes:
        tail = self._inner.unconsumed_tail
        return self._inner.decompress(tail + data if tail else data, most)

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


def _pieces(data: Data) -> Iterator[Data]:
    view = memoryview(data)
    for start in range(0, len(view), _PIECE):
        yield view[start : start + _PIECE]


def _streams(make: Callable[[], Any], pieces: Iterable[Data], most: int) -> bytearray:
    """Decompresses streams that follow each other, into the room that they may take."""
    out, at, stream = bytearray(most), 0, None
    for piece in pieces:
        left = piece
        while len(left) or (stream is not None and not stream.needs_input):
            stream = stream or make()
            found = stream.decompress(left, min(_PIECE, most - at + 1))
            if at + len(found) > most:
                raise ValueError(f"it holds more than the {most} bytes that it should")
            out[at : at + len(found)] = found
            at += len(found)
            left = b""
            if stream.eof:
                left, stream = stream.unused_data, None
    if stream is not None:
        raise ValueError("the compressed data are cut short")
    del out[at:]
    return out


def _unpack_bz2(data: Data, most: int) -> Data:
    return _streams(bz2.BZ2Decompressor, _pieces(data), most)


def _lzma(settings: Mapping[str, Any]) -> Packer | None:
    kind = settings.get("format", lzma.FORMAT_XZ)
    if kind not in _LZMA_FORMATS:
        return None
    return Packer(
        lambda data, most: _streams(lambda: lzma.LZMADecompressor(kind, memlimit=_LZMA_MEMORY), _pieces(data), most),
        _expanded,
    )


def _codecs() -> Any:
    """Returns the library; its stubs do not know that it takes a memoryview."""
    import imagecodecs  # noqa: PLC0415 loaded when first needed

    return imagecodecs


def _unpack_zstd(data: Data, most: int) -> Data:
    return memoryview(_codecs().zstd_decode(data, out=bytearray(most)))


def _unpack_lz4(data: Data, most: int) -> Data:
    size = int.from_bytes(data[:4], "little")
    if len(data) < 5 or size > most:
        raise ValueError(f"it declares {size} bytes, and should hold {most} at most")
    return bytes(_codecs().lz4_decode(memoryview(data)[4:], out=size))


def _blosc(settings: Mapping[str, Any]) -> Packer | None:
    return Packer(_unpack_blosc, _expanded) if settings.get("cname", "lz4") in _BLOSC_NAMES else None


def _unpack_blosc(data: Data, most: int) -> Data:
    size, stored = int.from_bytes(data[4:8], "little"), int.from_bytes(data[12:16], "little")
    if len(data) < _BLOSC_HEADER or stored != len(data):
        raise ValueError(f"it declares {stored} compressed bytes, but has {len(data)}")
    if size > most:
        raise ValueError(f"it declares {size} bytes, and should hold {most} at most")
    # Bit 1 of the flags: the bytes are stored as they are.
    if not data[2] & 2 and data[2] >> 5 not in _BLOSC_NUMBERS:
        raise ValueError(f"Blosc has no compressor {data[2] >> 5} that is read")
    return bytes(_codecs().blosc_decode(data, numthreads=1, out=size)) if size else b""


def _checksum(compute: Callable[[Data], int], place: str) -> Callable[[Mapping[str, Any]], Packer | None]:
    def made(settings: Mapping[str, Any]) -> Packer | None:
        where = settings.get("location", place)
        if where not in ("start", "end"):
            return None

        def unpack(data: Data, most: int) -> Data:
            del most
            view = memoryview(data)
            held, told = (view[_CHECKSUM:], view[:_CHECKSUM]) if where == "start" else _split_end(view)
            if len(told) < _CHECKSUM or compute(held).to_bytes(_CHECKSUM, "little") != told:
                raise ValueError("its checksum is wrong")
            return held

        return Packer(unpack, lambda size: size + _CHECKSUM)

    return made


def _split_end(data: memoryview) -> tuple[memoryview, memoryview]:
    return data[:-_CHECKSUM], data[-_CHECKSUM:]


def _shuffle(settings: Mapping[str, Any]) -> Packer | None:
    width = settings.get("elementsize", 4)
    if type(width) is not int or width < 1:
        return None

    def unpack(data: Data, most: int) -> Data:
        del most
        return np.frombuffer(data, np.uint8).reshape(width, len(data) // width).T.tobytes()

    return Packer(unpack, lambda size: size)


_PACKERS: dict[str, Callable[[Mapping[str, Any]], Packer | None]] = {
    "gzip": _compressor(_inflater(16 + zlib.MAX_WBITS)),
    "zlib": _compressor(_inflater(zlib.MAX_WBITS)),
    "bz2": _compressor(_unpack_bz2),
    "lzma": _lzma,
    "zstd": _compressor(_unpack_zstd),
    "lz4": _compressor(_unpack_lz4),
    "blosc": _blosc,
    "crc32c": _checksum(crc32c, "end"),
    "crc32": _checksum(zlib.crc32, "start"),
    "adler32": _checksum(zlib.adler32, "start"),
    "shuffle": _shuffle,
}
