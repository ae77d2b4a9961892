"""`.npz`: one array of a zip archive, mapped where it is stored, decoded to memory where it is compressed."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from padviewer.bytecount import format_bytes
from padviewer.errors import DamagedSource, SourceError, UnsupportedSource, shortened
from padviewer.plan import Member
from padviewer.sources.base import ArraySource, DeclaredSource, Source
from padviewer.sources.kept import KeptFile
from padviewer.sources.members import MAX_MEMBERS, described, listed, no_such_member, unique_name
from padviewer.sources.npy import MAGIC, Header, array_info, check_length, map_array, read_header
from padviewer.sources.opened import OpenedFile

_SUFFIX = ".npy"
# What numpy writes. The others decompress a block at once, however far it expands.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Members whose headers are read to tell dtype and shape; of the others, the name is listed.
_DESCRIBED = 256
# Reading more than this only to compare its checksum would keep people waiting.
_COMPARED = 256 << 20
_BLOCK = 1 << 20
# Of the local header that precedes a member; the lengths of its name and of its extra field are the last two numbers.
_LOCAL = struct.Struct("<4s5H3I2H")


class _Entry(NamedTuple):
    """A member: the name that it is shown and asked for by, and its record in the archive."""

    name: str
    record: zipfile.ZipInfo


def matches(head: bytes) -> bool:
    """Tells whether a file begins as a zip archive does."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def open_npz(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Opens one member of a `.npz` file; None takes the first one that can be read."""
    archive = file.once("archive", lambda: zipfile.ZipFile(file.handle))
    entries = file.once("entries", lambda: {entry.name: entry for entry in _entries(archive)})
    if not entries:
        raise UnsupportedSource(f"{file.name}: is a zip archive without .npy members; save arrays with numpy.savez")
    entry, header = _chosen(file, archive, entries, member)
    members = file.once("members", lambda: tuple(_members(file, archive, list(entries.values()))))
    if entry.record.compress_type == zipfile.ZIP_STORED:
        return _mapped(file, entry, header, members, listed(len(entries)))
    return _decoded(file, archive, entry, header, members, listed(len(entries)), budget)


def list_headers(file: OpenedFile) -> Iterator[tuple[str, Header]]:
    """Yields name and header of each array that can be read."""
    with zipfile.ZipFile(file.handle) as archive:
        for entry in _entries(archive):
            with suppress(SourceError):
                yield entry.name, _header(file, archive, entry)


def _entries(archive: zipfile.ZipFile) -> list[_Entry]:
    """Lists the arrays. Names that occur twice are told apart by a number, the first one keeps its name."""
    entries: list[_Entry] = []
    taken: dict[str, int] = {}
    for record in archive.infolist():
        if record.filename.endswith(_SUFFIX):
            entries.append(_Entry(unique_name(record.filename.removesuffix(_SUFFIX), taken), record))
    return entries


def _chosen(
    file: OpenedFile, archive: zipfile.ZipFile, entries: dict[str, _Entry], member: str | None
) -> tuple[_Entry, Header]:
    if member is not None:
        wanted = entries.get(member) or entries.get(member.removesuffix(_SUFFIX))
        if wanted is None:
            raise no_such_member(file.name, member, list(entries))
        return wanted, _header(file, archive, wanted)
    first: SourceError | None = None
    for entry in entries.values():
        try:
            return entry, _header(file, archive, entry)
        except SourceError as error:
            first = first or error
    raise first or UnsupportedSource(f"{file.name}: has no member that can be read")


def _members(file: OpenedFile, archive: zipfile.ZipFile, entries: list[_Entry]) -> Iterator[Member]:
    """Yields what the listing says of each member."""
    for number, entry in enumerate(entries[:MAX_MEMBERS]):
        if number >= _DESCRIBED:
            yield Member(entry.name)
            continue
        try:
            header = _header(file, archive, entry)
        except SourceError as error:
            yield Member(entry.name, error.message.removeprefix(f"{_label(file, entry)}: "), readable=False)
        else:
            yield Member(entry.name, described(header.dtype.newbyteorder("=").name, header.shape))


def _label(file: OpenedFile, entry: _Entry) -> str:
    return f"{file.name}::{shortened(entry.name, 60)}"


def _header(file: OpenedFile, archive: zipfile.ZipFile, entry: _Entry) -> Header:
    name, record = _label(file, entry), entry.record
    if record.flag_bits & 1:
        raise UnsupportedSource(f"{name}: is encrypted; save it without a password")
    if record.compress_type not in _METHODS:
        raise UnsupportedSource(
            f"{name}: is compressed with zip method {record.compress_type}; save it with numpy.savez_compressed"
        )
    try:
        with archive.open(record) as stream:
            start = stream.read(len(MAGIC))
        if start.startswith(b"\x80"):
            raise UnsupportedSource(
                f"{name}: is a pickle, which is never loaded because it can run programs; save a plain array instead"
            )
        with archive.open(record) as stream:
            header = read_header(stream, name)  # type: ignore[arg-type]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        cause = shortened(f"{type(error).__name__}: {error}", 200)
        raise DamagedSource(f"{name}: cannot be read from the archive ({cause}); copy or save it again") from error
    check_length(header, record.file_size - header.offset, name)
    return header


def _mapped(
    file: OpenedFile, entry: _Entry, header: Header, members: tuple[Member, ...], notes: tuple[str, ...]
) -> Source:
    name, record = _label(file, entry), entry.record
    kept = KeptFile(file)
    local = _LOCAL.unpack(kept.read(record.header_offset, _LOCAL.size))
    start = record.header_offset + _LOCAL.size + local[-2] + local[-1]
    if record.compress_size != record.file_size or start + record.file_size > file.size:
        raise DamagedSource(
            f"{name}: takes {record.file_size} bytes from byte {start} on, but {record.compress_size} are stored in a "
            f"file of {file.size}; copy or save it again"
        )
    notes = (*notes, *_spare(record, header))
    if record.file_size > _COMPARED:
        notes += (f"checksum not compared, the member is larger than {format_bytes(_COMPARED)}",)
    elif not file.headers_only and _checksum(kept, start, record.file_size) != record.CRC:
        raise DamagedSource(f"{name}: the checksum (CRC-32) of the member is wrong; copy or save it again")
    info = array_info(file, header, entry.name, ".npz", members, notes)
    return map_array(file, header, start + header.offset, info)


def _checksum(kept: KeptFile, start: int, size: int) -> int:
    found = 0
    for offset in range(start, start + size, _BLOCK):
        found = zlib.crc32(kept.read(offset, min(_BLOCK, start + size - offset)), found)
    return found


def _spare(record: zipfile.ZipInfo, header: Header) -> tuple[str, ...]:
    spare = record.file_size - header.offset - header.nbytes
    return (f"{spare} bytes after the array ignored",) if spare else ()


def _decoded(
    file: OpenedFile,
    archive: zipfile.ZipFile,
    entry: _Entry,
    header: Header,
    members: tuple[Member, ...],
    notes: tuple[str, ...],
    budget: int,
) -> Source:
    name = _label(file, entry)
    file.check_budget(header.nbytes, budget, f"member {shortened(entry.name, 60)}")
    info = array_info(file, header, entry.name, ".npz", members, (*notes, *_spare(entry.record, header)))
    if file.headers_only:
        return DeclaredSource(info, decoded=True)
    with archive.open(entry.record) as stream:
        stream.read(header.offset)
        data, found = np.empty(header.nbytes, np.uint8), 0
        # All at once, zipfile would hold it three times.
        while found < header.nbytes and (block := stream.read(min(_BLOCK, header.nbytes - found))):
            data[found : found + len(block)] = np.frombuffer(block, np.uint8)
            found += len(block)
        if found < header.nbytes:
            raise DamagedSource(
                f"{name}: declares {header.nbytes} bytes, but {found} come out of the archive; save it again"
            )
        # Reading on to the end is what makes zipfile compare the checksum.
        while stream.read(_BLOCK):
            pass
    return ArraySource(header.array(data.data, 0), info)
