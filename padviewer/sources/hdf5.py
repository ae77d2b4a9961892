"""HDF5: one data set of a tree, read by region after its declarations have been checked."""

from __future__ import annotations

import mmap
from typing import Any, Self

import numpy as np

from padviewer.errors import DamagedSource, SourceError, UnsupportedSource, shortened
from padviewer.geometry import Indices
from padviewer.plan import ArrayInfo, Member
from padviewer.sources.base import Array, ArraySource, DeclaredSource, Source, check_indices
from padviewer.sources.chunks import Chunks
from padviewer.sources.converted import ConvertedSource
from padviewer.sources.derived import FilledSource
from padviewer.sources.kept import KeptFile, MappedSource
from padviewer.sources.members import MAX_MEMBERS, described, no_such_member
from padviewer.sources.opened import OpenedFile, decoding
from padviewer.sources.segments import SegmentCache

MAGIC = b"\x89HDF\r\n\x1a\n"
_FIRST_BLOCK, _HEAD = 512, 1024
# Decoded chunks may take this part of the budget.
_CACHE_SHARE = 8
_SHOWN = 200
_LIMITS = "limits (100,000 links, 64 groups deep, names of 1,000 characters)"


def matches(head: bytes) -> bool:
    """Tells whether a file begins as HDF5 does, or has a user block of 512 bytes before it."""
    return head.startswith(MAGIC) or head[_FIRST_BLOCK:].startswith(MAGIC)


def has_user_block(file: OpenedFile) -> bool:
    """Tells whether HDF5 begins behind a block of 1024 bytes, or twice as many, and so on."""
    at = _HEAD
    while at + len(MAGIC) <= file.size:
        file.handle.seek(at)
        if file.handle.read(len(MAGIC)) == MAGIC:
            return True
        at *= 2
    return False


def open_hdf5(file: OpenedFile, member: str | None, budget: int) -> Source:
    """Opens a data set of an HDF5 file; None takes the first one of the listing that can be read."""
    from h5py import h5a  # noqa: PLC0415

    from padviewer.sources.hdf5_axes import axes_of  # noqa: PLC0415

    with Hdf5File(file, budget) as opened:
        # Where headers of several members are asked for, a listing would take longer than all of them.
        is_listed = member is None or not file.headers_only
        members, notes = file.once("listing", lambda: _listing(opened)) if is_listed else ([], [])
        notes = [*notes]
        path = _chosen(file, member, members, opened.tree.left_out)
        dataset = _found(opened, file, path, members)
        path = "/" + "/".join(word for word in path.split("/") if word)
        stored = opened.stored(dataset, path)
        notes += [*stored.elements.notes, *opened.remarks(stored)]
        axes, guessed = axes_of(dataset, stored.shape, notes)
        kind = "netCDF-4" if h5a.exists(opened.tree.root, b"_NCProperties") else "HDF5"
        dtype = stored.elements.shown.name
        info = ArrayInfo(
            file.path, path, kind, stored.shape, dtype, axes, guessed, file.size, tuple(members), tuple(notes)
        )
        return opened.source(stored, info)


class Hdf5File:
    """An HDF5 file that data sets are taken from; closed at the end of a `with` unless a source has it then.

    Args:
        file: as it was opened.
        budget: bytes that decoding may spend.
    """

    def __init__(self, file: OpenedFile, budget: int) -> None:
        from padviewer.sources.hdf5_stored import Limits  # noqa: PLC0415
        from padviewer.sources.hdf5_tree import Stream, Tree  # noqa: PLC0415

        self._file, self._budget = file, budget
        self.kept = KeptFile(file)
        try:
            self.tree = Tree(Stream(self.kept, file.size, file.name), file.name)
        except BaseException:
            self.kept.close()
            raise
        self._limits = Limits(file.size, budget, self.tree.user_block)
        self._mapping: mmap.mmap | None = None
        self._is_taken = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if not self._is_taken:
            self.close()

    def close(self) -> None:
        """Closes the file."""
        self.tree.close()
        if self._mapping is not None:
            self._mapping.close()
        self.kept.close()

    def _map(self) -> mmap.mmap:
        self._mapping = self.kept.map()
        return self._mapping

    def label(self, path: str) -> str:
        """Returns the name of a data set for messages."""
        return f"{self._file.name}::{shortened(path, 60)}"

    def stored(self, dataset: Any, path: str) -> Any:
        """Checks what a data set declares; see `hdf5_stored.stored_of`."""
        from padviewer.sources.hdf5_stored import stored_of  # noqa: PLC0415

        return stored_of(dataset, self.label(path), self._limits)

    def member(self, dataset: Any, path: str) -> Member:
        """Returns what the listing says of a data set."""
        try:
            with decoding(self._file.path):
                stored = self.stored(dataset, path)
        except SourceError as error:
            why = error.message.removeprefix(f"{self.label(path)}: ").removeprefix(f"{self._file.name}: ")
            return Member(path, shortened(why, _SHOWN), readable=False)
        return Member(path, described(stored.elements.shown.name, stored.shape))

    def remarks(self, stored: Any) -> list[str]:
        """Returns notes on a data set: what is not stored, and what is not done to its numbers."""
        from h5py import h5a  # noqa: PLC0415

        notes = []
        if not stored.has_elements:
            value = stored.fill()[()] if stored.has_fill else 0
            notes.append(f"nothing is stored, all elements have the fill value {value}")
        elif not stored.has_fill and not stored.is_complete:
            notes.append("the file tells no fill value, what is not stored is shown as 0")
        scaled = [name for name in ("scale_factor", "add_offset") if h5a.exists(stored.dataset, name.encode())]
        if scaled:
            notes.append(f"{' and '.join(scaled)} not applied")
        return notes

    def source(self, stored: Any, info: ArrayInfo) -> Source:
        """Returns what reads a data set; the file is closed with it."""
        from padviewer.sources.hdf5_chunks import ChunkReader  # noqa: PLC0415

        if 0 in info.shape:
            return ArraySource(np.empty(info.shape, info.dtype), info)
        if not stored.has_elements:
            return FilledSource(stored.fill(), info)
        if self._file.headers_only:
            return DeclaredSource(info, decoded=stored.is_compact)
        if stored.is_compact:
            return ArraySource(stored.elements.read(stored.whole()), info)
        if stored.chunk:
            self._is_taken = True
            chunks = ChunkReader(stored).chunks(self.kept, SegmentCache(self._budget // _CACHE_SHARE), self._map)
            return ChunkedSource(chunks, self, info)
        kept = KeptFile(self._file)
        mapping = kept.map()
        array = np.ndarray(info.shape, stored.elements.stored, mapping, int(stored.dataset.get_offset()))
        mapped = MappedSource(array, info, mapping, kept)
        return mapped if stored.elements.convert is None else ConvertedSource(mapped, info, stored.elements.read)


class ChunkedSource(Source):
    """A data set that is stored in chunks.

    Args:
        chunks: of it.
        file: closed with the source.
        info: what it is.
    """

    def __init__(self, chunks: Chunks, file: Hdf5File, info: ArrayInfo) -> None:
        self._chunks, self._file, self.info = chunks, file, info

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors.

        Raises:
            DamagedSource: where they cannot be decoded, or the file has changed.
        """
        check_indices(self.info.shape, indices)
        kept = self._file.kept
        with kept.unchanged(), decoding(kept.path):
            return self._chunks.take(indices)

    def close(self) -> None:
        """Lets the chunks go, and closes the file."""
        self._chunks.close()
        self._file.close()


def _listing(opened: Hdf5File) -> tuple[list[Member], list[str]]:
    """Lists the data sets, the scales of axes behind all others; and notes on what is left out."""
    from padviewer.sources.hdf5_axes import is_scale  # noqa: PLC0415

    arrays: list[Member] = []
    scales: list[Member] = []
    notes: list[str] = []
    for found in opened.tree.walk():
        if len(arrays) + len(scales) == MAX_MEMBERS:
            notes.append(f"more than {MAX_MEMBERS} members, the others are not listed; name one by ::")
            break
        if found.dataset is None:
            arrays.append(Member(found.path, found.refusal, readable=False))
            continue
        member = opened.member(found.dataset, found.path)
        (scales if member.readable and is_scale(found.dataset) else arrays).append(member)
    if opened.tree.left_out:
        notes.append(f"links beyond the {_LIMITS} left out")
    return arrays + scales, notes


def _chosen(file: OpenedFile, member: str | None, members: list[Member], left_out: int) -> str:
    if member is not None:
        return member
    first = next((found for found in members if found.readable), None)
    if first is not None:
        return first.name
    if not members:
        within = (
            f" within the {_LIMITS}; name one by ::" if left_out else "; choose an HDF5 file with a data set of numbers"
        )
        raise UnsupportedSource(f"{file.name}: holds no array{within}")
    why = members[0]
    kind = DamagedSource if why.described.startswith("damaged") else UnsupportedSource
    raise kind(f"{file.name}: holds no array that is read; {shortened(why.name, 60)}: {why.described}")


def _found(opened: Hdf5File, file: OpenedFile, path: str, members: list[Member]) -> Any:
    found = opened.tree.find(path)
    if found is None:
        raise no_such_member(file.name, path, [each.name for each in members])
    return found
