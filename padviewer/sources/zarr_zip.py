"""The files of a Zarr in a zip archive; what is stored there without compression is read where it lies."""

from __future__ import annotations

import mmap
import os
import struct
import zipfile
import zlib
from itertools import islice
from types import TracebackType

from padviewer.errors import DamagedSource, UnsupportedSource, shortened
from padviewer.folders import MARKS
from padviewer.sources.kept import KeptFile
from padviewer.sources.opened import OpenedFile
from padviewer.sources.unpacking import inflated
from padviewer.sources.zarr_store import Blob, Folder

# Of the local header that precedes a member; the lengths of its name and of its extra field are the last two numbers.
_LOCAL = struct.Struct("<4s5H3I2H")
_ENCRYPTED = 1
_PIECE = 1 << 18
_Tree = dict[str, "_Tree | zipfile.ZipInfo"]


class ZipBlob(Blob):
    """A member of an archive.

    Args:
        file: the archive.
        size: of the archive.
        record: of the member.
        name: of it, for messages.

    Raises:
        UnsupportedSource: where it is encrypted, or compressed by something else than deflate.
        DamagedSource: where it does not lie in the file.
    """

    def __init__(self, file: KeptFile, size: int, record: zipfile.ZipInfo, name: str) -> None:
        self._file, self._record, self._name = file, record, name
        self._inflated: memoryview | None = None
        if record.flag_bits & _ENCRYPTED or record.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnsupportedSource(f"{name}: is encrypted, or not compressed by deflate; zip it again without either")
        local = _LOCAL.unpack(file.read(record.header_offset, _LOCAL.size))
        self._place = record.header_offset + _LOCAL.size + local[-2] + local[-1]
        self.size = record.file_size
        self.start = self._place if record.compress_type == zipfile.ZIP_STORED else None
        stored, declared = record.compress_size, record.file_size
        if self._place + stored > size or (self.start is not None and stored != declared):
            raise DamagedSource(
                f"{name}: declares {declared} bytes, of which {stored} are stored from byte {self._place} on, in a "
                f"file of {size}; copy or zip it again"
            )

    def read(self, offset: int, count: int) -> bytes | memoryview:
        """Reads bytes; of a compressed member all of it is decompressed."""
        if offset + count > self.size:
            raise DamagedSource(f"{self._name}: byte {offset + count} is to be read, but it has {self.size}")
        if self.start is None:
            return self._all()[offset : offset + count]
        found = self._file.read(self.start + offset, count)
        if count == self.size:
            self._check(found)
        return found

    def map(self) -> mmap.mmap:
        """Maps the archive."""
        return self._file.map()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inflated = None

    def _all(self) -> memoryview:
        if self._inflated is None:
            stop = self._place + self._record.compress_size
            places = range(self._place, stop, _PIECE)
            pieces = (self._file.read(place, min(_PIECE, stop - place)) for place in places)
            try:
                found = memoryview(inflated(pieces, self.size, -zlib.MAX_WBITS))
            except (ValueError, zlib.error):
                found = memoryview(b"")
            if len(found) != self.size:
                raise DamagedSource(
                    f"{self._name}: declares {self.size} bytes, and holds another number; copy it again"
                )
            self._check(found)
            self._inflated = found
        return self._inflated

    def _check(self, data: bytes | memoryview) -> None:
        if zlib.crc32(data) != self._record.CRC:
            raise DamagedSource(f"{self._name}: the checksum (CRC-32) of the member is wrong; copy or save it again")


class ZipFolder(Folder):
    """A folder in an archive.

    Args:
        opened: the archive.
        file: the same, for as long as the source is read.
        tree: what is in the folder, by its name.
        name: of it, for messages.
        budget: bytes that decompressing one member may take.
    """

    def __init__(self, opened: OpenedFile, file: KeptFile, tree: _Tree, name: str, budget: int) -> None:
        self.name = name
        self._opened, self._file, self._tree, self._budget = opened, file, tree, budget

    def check(self) -> None:
        """Raises a `DamagedSource` where the archive has changed."""
        with self._file.unchanged():
            pass

    def few_names(self, most: int) -> set[str] | None:
        """Returns the names of what is in the folder; None where there are more."""
        return set(self._tree) if len(self._tree) <= most else None

    def folders(self, most: int) -> tuple[list[str], bool]:
        """Returns the names of the folders in it, and whether more than `most` names would have to be looked at."""
        found = [name for name, inside in islice(self._tree.items(), most) if isinstance(inside, dict)]
        return found, len(self._tree) > most

    def folder(self, name: str) -> ZipFolder | None:
        """Returns a folder in it; None where there is none."""
        found = self._tree.get(name)
        if not isinstance(found, dict):
            return None
        return ZipFolder(self._opened, self._file, found, f"{self.name}/{shortened(name, 40)}", self._budget)

    def has(self, name: str) -> bool:
        """Whether a file is there; what is in an archive stays as long as the archive does not change."""
        found: _Tree | zipfile.ZipInfo | None = self._tree
        for word in name.split("/"):
            found = found.get(word) if isinstance(found, dict) else None
        return isinstance(found, zipfile.ZipInfo)

    def blob(self, name: str) -> ZipBlob | None:
        """Opens a file in it; None where there is none."""
        record = self._tree.get(name)
        if not isinstance(record, zipfile.ZipInfo):
            return None
        path = f"{self.name}/{shortened(name, 40)}"
        blob = ZipBlob(self._file, self._opened.size, record, path)
        if blob.start is None:
            self._opened.check_budget(record.file_size, self._budget, shortened(name, 40))
        return blob

    def close(self) -> None:
        """Closes the archive."""
        self._file.close()


def zarr_in(opened: OpenedFile, archive: zipfile.ZipFile, budget: int) -> ZipFolder | None:
    """Returns the root of the Zarr that an archive holds, by itself or in its only folder; None where it holds none."""
    tree = _tree(archive)
    name = opened.name
    if not tree.keys() & MARKS and len(tree) == 1:
        ((word, inside),) = tree.items()
        tree = inside if isinstance(inside, dict) else tree
        name = f"{name}/{shortened(word, 40)}"
    return ZipFolder(opened, KeptFile(opened), tree, name, budget) if tree.keys() & MARKS else None


def _tree(archive: zipfile.ZipFile) -> _Tree:
    """Returns the members by their names; names that would lead elsewhere are left out."""
    root: _Tree = {}
    for record in archive.infolist():
        *way, name = record.filename.split("/")
        if not name or any(word in ("", os.curdir, os.pardir) for word in (*way, name)):
            continue
        inside = root
        for word in way:
            below = inside.setdefault(word, {})
            if not isinstance(below, dict):
                break
            inside = below
        else:
            if not isinstance(inside.get(name), dict):
                inside[name] = record
    return root
