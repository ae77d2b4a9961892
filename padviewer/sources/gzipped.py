"""Gzip around another format: never more comes out than was declared."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress

import numpy as np

from padviewer.bytecount import format_bytes
from padviewer.errors import DamagedSource
from padviewer.pulse import beat
from padviewer.sources.base import Array
from padviewer.sources.opened import OpenedFile

MAGIC = b"\x1f\x8b"
_BLOCK = 1 << 20
# Deflate makes at most 1032 bytes of one.
_RATIO = 1032
# What follows the array is read for the sake of the checksum, up to here.
_COMPARED = 64 << 20


def unpacked_head(head: bytes) -> bytes:
    """Returns the first bytes that are in a gzip file; of any other file its own."""
    if not head.startswith(MAGIC):
        return head
    stream, found = zlib.decompressobj(wbits=31), b""
    with suppress(zlib.error):  # in steps, so that damage further on hides nothing
        for start in range(0, len(head), 16):
            found += stream.decompress(head[start : start + 16], 1024)
    return found[:1024]


def unpack_start(file: OpenedFile, count: int) -> bytes:
    """Returns the first bytes that are in a gzip file: `count`, or fewer where there are not so many."""
    file.handle.seek(0)
    with gzip.GzipFile(fileobj=file.handle) as stream:
        return stream.read(count)


def unpack_array(file: OpenedFile, offset: int, count: int) -> tuple[Array, tuple[str, ...]]:
    """Unpacks `count` bytes from byte `offset` on, and compares the checksum where it is not far.

    Returns:
        The bytes as uint8, and notes.

    Raises:
        DamagedSource: where there are fewer.
    """
    if offset + count > file.size * _RATIO:
        raise DamagedSource(
            f"{file.name}: declares {offset + count} bytes, but a gzip file of {file.size} bytes holds at most "
            f"{file.size * _RATIO}; copy or save it again"
        )
    file.handle.seek(0)
    with gzip.GzipFile(fileobj=file.handle) as stream:
        skipped = _skip(stream, offset)
        data = np.empty(count, np.uint8)
        found = 0
        while found < count and (more := stream.readinto(data[found : found + _BLOCK].data)):
            found += more
        if skipped < offset or found < count:
            raise DamagedSource(
                f"{file.name}: declares {offset + count} bytes, but {skipped + found} come out of the gzip file; it is "
                "cut short, copy or save it again"
            )
        spare = _skip(stream, _COMPARED)
    if spare == _COMPARED:
        return data, (f"checksum not compared, more than {format_bytes(_COMPARED)} follow the array",)
    return data, (f"{spare} bytes after the array ignored",) if spare else ()


def unpack_all(file: OpenedFile, budget: int) -> bytearray:
    """Unpacks a whole gzip file.

    Raises:
        OversizedSource: where more than the budget comes out.
    """
    file.handle.seek(0)
    found = bytearray()
    with gzip.GzipFile(fileobj=file.handle) as stream:
        while block := stream.read(_BLOCK):
            file.check_budget(len(found) + len(block), budget, "what is in the gzip file")
            found += block
    return found


def _skip(stream: gzip.GzipFile, count: int) -> int:
    """Reads `count` bytes or up to the end; returns how many."""
    done = 0
    while done < count and (block := stream.read(min(_BLOCK, count - done))):
        beat()
        done += len(block)
    return done
