"""The filters of HDF5 that are undone here, by padviewer itself: no plugin of HDF5 is ever loaded."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import imagecodecs
import numpy as np

from padviewer.errors import DamagedSource, UnsupportedSource, shortened
from padviewer.sources.hdf5_scaleoffset import unpack

_DEFLATE, _SHUFFLE, _FLETCHER32, _SZIP, _SCALEOFFSET = 1, 2, 3, 4, 6
_LZF, _BLOSC, _LZ4, _BITSHUFFLE, _ZSTD = 32000, 32001, 32004, 32008, 32015
_NAMES = {5: "nbit", 32013: "zfp", 32017: "sz", 32024: "sz3", 32026: "blosc2", 307: "bzip2", 305: "lzo"}
# What filters put before and behind the elements.
_SPARE = 1 << 12

Data = bytes | memoryview
# Its stubs do not know that it takes a memoryview.
_CODECS: Any = imagecodecs


class Filter(NamedTuple):
    """A filter of a data set.

    Attributes:
        number: that HDF5 knows it by.
        settings: of the filter, as the file has them.
        name: that the file gives it.
    """

    number: int
    settings: tuple[int, ...]
    name: str


class Pipeline:
    """The filters that the chunks of a data set have gone through.

    Args:
        filters: in the order in which they were applied.
        size: bytes of a chunk without filters.
        label: of the data set, for messages.

    Raises:
        UnsupportedSource: one of them is not undone here.
    """

    def __init__(self, filters: list[Filter], size: int, label: str) -> None:
        self._filters, self._size, self._label = filters, size, label
        for each in filters:
            if each.number not in _UNDO:
                name = _NAMES.get(each.number) or shortened(each.name, 40) or "of no name"
                raise UnsupportedSource(
                    f"{label}: is compressed by filter {each.number} ({name}), which is not read; rewrite it with "
                    "h5repack -f GZIP=4"
                )

    @property
    def most(self) -> int:
        """The most bytes that a chunk may have in the file: what does not become smaller, becomes little larger."""
        return self._size + self._size // 2 + _SPARE

    @property
    def peak(self) -> int:
        """The most bytes that live at once while a chunk is decoded, what is stored of it and what comes out too."""
        # What one filter has made stands beside what is stored, and what the next one makes.
        between = len(self._filters) > 1
        copies = between + max((_COPIES.get(each.number, 1) for each in self._filters), default=1)
        return self.most + copies * (self._size + _SPARE)

    def decode(self, data: Data, skipped: int) -> Data:
        """Undoes the filters.

        Args:
            data: of one chunk, as stored.
            skipped: has a bit for each filter that was left out for this chunk.

        Raises:
            DamagedSource: the chunk is not what the filters make of one.
        """
        if len(data) > self.most:
            raise self._wrong(len(data))
        for number, each in reversed(list(enumerate(self._filters))):
            if skipped >> number & 1:
                continue
            try:
                data = _UNDO[each.number](data, each.settings, self._size + _SPARE)
            except Exception as error:
                cause = shortened(f"{type(error).__name__}: {error}", 120)
                raise DamagedSource(
                    f"{self._label}: a chunk cannot be decoded ({cause}); copy the file again"
                ) from error
        if len(data) != self._size:
            raise self._wrong(len(data))
        return data

    def _wrong(self, length: int) -> DamagedSource:
        return DamagedSource(
            f"{self._label}: a chunk has {length} bytes where {self._size} are expected; copy the file again"
        )


Undo = Callable[[Data, tuple[int, ...], int], Data]


def _deflate(data: Data, _settings: tuple[int, ...], most: int) -> Data:
    # What is made in a place of ours is not copied when it turns out to be smaller.
    return memoryview(_CODECS.deflate_decode(data, out=bytearray(most)))


def _shuffle(data: Data, settings: tuple[int, ...], _most: int) -> Data:
    width = settings[0] if settings else 1
    count = len(data) // width if width else 0
    if width < 2 or count < 2:
        return data
    whole = width * count
    made = np.empty(len(data), np.uint8)
    made[:whole].reshape(count, width)[...] = np.frombuffer(data, np.uint8, whole).reshape(width, count).T
    made[whole:] = np.frombuffer(data, np.uint8)[whole:]
    return made.data


def _fletcher32(data: Data, _settings: tuple[int, ...], _most: int) -> Data:
    if len(data) < 4:
        raise ValueError("it is too short for its checksum")
    content, stored = memoryview(data)[:-4], bytes(data[-4:])
    found = int(_CODECS.h5checksum_fletcher32(content)).to_bytes(4, "little")
    # HDF5 before 1.6.3 swapped the bytes of each half on some machines.
    if stored not in (found, found[1::-1] + found[:1:-1]):
        raise ValueError(f"its checksum is {found.hex()}, stored is {stored.hex()}")
    return content


def _szip(data: Data, settings: tuple[int, ...], most: int) -> Data:
    mask, per_block, bits, per_line = settings[:4]
    size = _declared(int.from_bytes(data[:4], "little"), most)
    return bytes(_CODECS.szip_decode(memoryview(data)[4:], mask, per_block, bits, per_line, out=size))


def _lzf(data: Data, settings: tuple[int, ...], most: int) -> Data:
    size = settings[2] if len(settings) > 2 else 0
    return memoryview(_CODECS.lzf_decode(data, out=bytearray(_declared(size, most) or most)))


def _blosc(data: Data, _settings: tuple[int, ...], most: int) -> Data:
    size = _declared(int.from_bytes(data[4:8], "little"), most)
    return bytes(_CODECS.blosc_decode(data, numthreads=1, out=size))


def _zstd(data: Data, _settings: tuple[int, ...], most: int) -> Data:
    return memoryview(_CODECS.zstd_decode(data, out=bytearray(most)))


def _lz4(data: Data, _settings: tuple[int, ...], most: int) -> Data:
    size, block = struct.unpack_from(">QI", data)
    return b"".join(_blocks(data, 12, _declared(size, most), block, _lz4_or_plain))


def _bitshuffle(data: Data, settings: tuple[int, ...], most: int) -> Data:
    """Undoes bitshuffle: blocks of transposed bits, in LZ4, Zstandard or plain, and some elements as they are."""
    width, told, method = settings[2], settings[3], settings[4] if len(settings) > 4 else 0
    if not 1 <= width <= 16 or method not in (0, 2, 3):
        raise ValueError(f"settings {settings}")
    elements = told
    if method:
        size, block = struct.unpack_from(">QI", data)
        if not block or block % (8 * width) or size % width:
            raise ValueError(f"blocks of {block} bytes for elements of {width}")
        # Elements that make no eight are stored as they are.
        plain = _declared(size, most) % (8 * width)
        undo = _lz4_block if method == 2 else _zstd_block
        packed = b"".join(_blocks(data, 12, size - plain, block, undo))
        data, elements = packed + data[len(data) - plain :], block // width
        if len(data) != size:
            raise ValueError(f"it declares {size} bytes, and has {len(data)}")
    if elements % 8:
        raise ValueError(f"blocks of {elements} elements")
    return bytes(_CODECS.bitshuffle_decode(data, itemsize=width, blocksize=elements))


def _blocks(data: Data, at: int, size: int, block: int, undo: Callable[[bytes, int], bytes]) -> list[bytes]:
    """Decodes blocks that each come behind the number of their bytes."""
    if not block:
        raise ValueError("blocks of no bytes")
    found = []
    for start in range(0, size, block):
        count = int.from_bytes(data[at : at + 4], "big")
        at += 4
        found.append(undo(bytes(data[at : at + count]), min(block, size - start)))
        at += count
    return found


def _lz4_or_plain(data: bytes, size: int) -> bytes:
    return data if len(data) == size else _lz4_block(data, size)


def _lz4_block(data: bytes, size: int) -> bytes:
    return _exactly(bytes(_CODECS.lz4_decode(data, out=size)), size)


def _zstd_block(data: bytes, size: int) -> bytes:
    return _exactly(bytes(_CODECS.zstd_decode(data, out=size)), size)


def _exactly(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise ValueError(f"a block has {len(data)} bytes instead of {size}")
    return data


def _declared(size: int, most: int) -> int:
    if size > most:
        raise ValueError(f"it declares {size} bytes, more than the {most} of a chunk")
    return size


def _scaleoffset(data: Data, settings: tuple[int, ...], most: int) -> Data:
    _declared(math.prod(settings[2:5:2]), most)
    return unpack(data, settings)


# What comes out and what is made on the way, in chunks, where it is more than one.
_COPIES = {_LZ4: 2, _BITSHUFFLE: 3, _SCALEOFFSET: 6}
_UNDO: dict[int, Undo] = {
    _DEFLATE: _deflate,
    _SHUFFLE: _shuffle,
    _FLETCHER32: _fletcher32,
    _SZIP: _szip,
    _SCALEOFFSET: _scaleoffset,
    _LZF: _lzf,
    _BLOSC: _blosc,
    _LZ4: _lz4,
    _BITSHUFFLE: _bitshuffle,
    _ZSTD: _zstd,
}
