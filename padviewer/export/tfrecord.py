"""TFRecord: one `tf.train.Example`, or one for each element of a batch, with the elements as raw bytes."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from types import ModuleType
from typing import BinaryIO

import numpy as np

from padviewer import formats
from padviewer.axes import BATCH
from padviewer.bytecount import format_bytes
from padviewer.errors import ExportError
from padviewer.export.payload import Array, Payload
from padviewer.export.runs import write_all
from padviewer.export.store import opening
from padviewer.geometry import Region

# What protocol buffers allow a message.
_MAX_MESSAGE = 2**31 - 1
_READ = 1 << 20
_MASK = 0xA282EAD8
_BYTES_LIST, _INT64_LIST = 1, 3


def check_tfrecord(payload: Payload, beside: int = 0) -> None:
    """Raises an `ExportError` where a record would be larger than it can be, with so many bytes beside the elements."""
    _count, element = _records(payload)
    nbytes = len(_message(payload)) + element + beside
    if nbytes > _MAX_MESSAGE:
        each = "an element of the batch" if payload.axes.startswith(BATCH) else f"the {payload.name}"
        raise ExportError(
            f"a record holds {each}, which takes {format_bytes(nbytes)} ({nbytes} bytes), more than the "
            f"{_MAX_MESSAGE} bytes that protocol buffers allow. Use .npy, .h5 or .zarr"
        )
    _crc32c()


class TfrecordStore:
    """Writes a TFRecord file.

    Where the first axis is the batch, each of its elements is a record, and an empty batch is an empty file; else the
    array is one. The features of a record are `axes`, `shape` (of the record), `dtype`, `stage`, `settings` and `data`:
    little-endian bytes in C order.

    The elements come in their order. What is zero is left out of the file and read back for the checksum, as is what an
    earlier export has written.

    Args:
        payload: what is written.
        path: of the file.
        resumed: whether some of it is there.

    Raises:
        ValueError: where the file is resumed and is of another length.
    """

    scattered = True

    def __init__(self, payload: Payload, path: str, _tile: tuple[int, ...], resumed: bool) -> None:
        self._shape, self._itemsize = payload.shape, np.dtype(payload.dtype).itemsize
        self._count, self._element = _records(payload)
        self._extend = _crc32c().extend
        message = _message(payload)
        nbytes = len(message) + self._element
        length = nbytes.to_bytes(8, "little")
        # What stands before the elements of each record.
        self._head = length + _masked(self._extend(0, length)) + message
        self._stride = len(self._head) + self._element + 4
        self._first = self._crc = self._extend(0, message)
        # How many bytes of elements the checksums have seen.
        self._seen = 0
        with opening(path, resumed) as self._file:
            if not resumed:
                self._file.truncate(self._count * self._stride)
            elif os.fstat(self._file.fileno()).st_size != self._count * self._stride:
                raise ValueError("another array is there")

    def put(self, region: Region, data: Array) -> None:
        """Writes the elements that come next, but for those that were left out."""
        if not data.size:
            return
        steps = [math.prod(self._shape[axis + 1 :]) for axis in range(len(self._shape))]
        start = sum(span.start * step for span, step in zip(region, steps, strict=True)) * self._itemsize
        self._see_written(start)
        self._see(np.ascontiguousarray(data, data.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data, True)

    def holds(self, value: Array) -> bool:
        """Whether `value` is zero bytes."""
        return not np.ascontiguousarray(value).view(np.uint8).any()

    def sync(self) -> None:
        """Waits for the disk."""
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Completes the last record."""
        self._see_written(self._count * self._element)
        if not self._element:
            for record in range(self._count):
                self._end(record)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _see_written(self, stop: int) -> None:
        """Lets the checksums see what is in the file up to an element."""
        while self._seen < stop:
            record, within = divmod(self._seen, self._element)
            wanted = min(stop - self._seen, self._element - within, _READ)
            found = os.pread(self._file.fileno(), wanted, record * self._stride + len(self._head) + within)
            if not found:
                raise ValueError("the file has become shorter")
            self._see(memoryview(found), False)

    def _see(self, data: memoryview, writes: bool) -> None:
        """Takes the bytes that come next into the checksums, and ends each record that is complete."""
        at = 0
        while at < len(data):
            record, within = divmod(self._seen, self._element)
            piece = data[at : at + self._element - within]
            if writes:
                write_all(self._file.fileno(), piece, record * self._stride + len(self._head) + within)
            self._crc = self._extend(self._crc, bytes(piece))
            self._seen += len(piece)
            at += len(piece)
            if self._seen % self._element == 0:
                self._end(record)

    def _end(self, record: int) -> None:
        """Writes what stands around the elements of a record."""
        start = record * self._stride
        write_all(self._file.fileno(), memoryview(self._head), start)
        write_all(self._file.fileno(), memoryview(_masked(self._crc)), start + self._stride - 4)
        self._crc = self._first


class Framing:
    """A record whose bytes come piece by piece, between its length and its checksum.

    Args:
        file: the record is written to.
        length: of its message.
    """

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file, self._crc = file, 0
        self._extend = _crc32c().extend
        told = length.to_bytes(8, "little")
        file.write(told + _masked(self._extend(0, told)))

    def put(self, data: bytes | memoryview) -> None:
        """Writes what comes next of the message."""
        self._file.write(data)
        self._crc = self._extend(self._crc, bytes(data))

    def end(self) -> None:
        """Writes the checksum."""
        self._file.write(_masked(self._crc))


def _masked(crc: int) -> bytes:
    turned = (crc >> 15 | crc << 17) & 0xFFFFFFFF
    return (turned + _MASK & 0xFFFFFFFF).to_bytes(4, "little")


def _crc32c() -> ModuleType:
    return formats.library("google_crc32c", "tfrecord", "to write TFRecord")


def _records(payload: Payload) -> tuple[int, int]:
    """Returns how many records there are, and the bytes of the elements of each."""
    count = payload.shape[0] if payload.axes.startswith(BATCH) else 1
    return count, math.prod(_record_shape(payload)) * np.dtype(payload.dtype).itemsize


def _record_shape(payload: Payload) -> tuple[int, ...]:
    return payload.shape[1:] if payload.axes.startswith(BATCH) else payload.shape


def _message(payload: Payload) -> bytes:
    """Returns the message of a record, an Example, up to the elements, which come last in it."""
    texts = {
        "axes": payload.axes.removeprefix(BATCH),
        "dtype": payload.dtype,
        "settings": payload.spec_json,
        "stage": payload.name,
    }
    return example_heads(texts, _record_shape(payload), [("data", _records(payload)[1])])[0]


def example_heads(texts: dict[str, str], shape: tuple[int, ...], blobs: Sequence[tuple[str, int]]) -> list[bytes]:
    """Returns what stands in the message of an Example before each of its blobs of bytes, which come last in it.

    Args:
        texts: features that are text.
        shape: the feature `shape`.
        blobs: name and length of each feature that is bytes, in their order.
    """
    entries = b"".join(_entry(key, _field(_BYTES_LIST, _field(1, text.encode()))) for key, text in texts.items())
    entries += _entry("shape", _field(_INT64_LIST, _field(1, b"".join(map(_varint, shape)))))
    heads = [_blob_head(key, length) for key, length in blobs]
    total = len(entries) + sum(len(head) + length for head, (_key, length) in zip(heads, blobs, strict=True))
    return [_head(1, total) + entries + heads[0], *heads[1:]]


def _blob_head(key: str, length: int) -> bytes:
    """Returns what stands before a feature of so many bytes."""
    heads = b""
    # From the inside to the outside, each knows how many bytes follow its own head.
    for number in (1, _BYTES_LIST, 2):
        heads = _head(number, len(heads) + length) + heads
    name = _field(1, key.encode())
    return _head(1, len(name) + len(heads) + length) + name + heads


def _entry(key: str, feature: bytes) -> bytes:
    return _field(1, _field(1, key.encode()) + _field(2, feature))


def _field(number: int, content: bytes) -> bytes:
    return _head(number, len(content)) + content


def _head(number: int, length: int) -> bytes:
    """Returns what stands before a field of so many bytes."""
    return _varint(number << 3 | 2) + _varint(length)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))
