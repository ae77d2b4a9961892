"""The files of a Zarr in a folder: found inside of it alone, never over a link, and as they were when it was opened."""

from __future__ import annotations

import errno
import mmap
import os
import stat
import time
import weakref
from itertools import islice
from types import TracebackType

from padviewer.errors import DamagedSource, SourceError, UnsupportedSource, shortened
from padviewer.sources.opened import KINDS
from padviewer.sources.zarr_store import Blob, Folder

# Clocks of file systems go by steps.
_TICK_NS = 20_000_000
_MOST_READ = 1 << 30


class DiskBlob(Blob):
    """A regular file of a store, open until the end of a `with`, which it must not be written to before.

    Args:
        descriptor: closed with the blob.
        size: bytes.
        name: for messages.
        opened: when the store was opened, in nanoseconds.
    """

    def __init__(self, descriptor: int, size: int, name: str, opened: int) -> None:
        self.size, self.start = size, 0
        self._descriptor, self._name, self._opened = descriptor, name, opened

    def read(self, offset: int, count: int) -> bytes:
        """Reads bytes.

        Raises:
            DamagedSource: where the file ends before them.
        """
        found = []
        end = offset + count
        while offset < end:
            part = os.pread(self._descriptor, min(_MOST_READ, end - offset), offset)
            if not part:
                raise DamagedSource(
                    f"{self._name}: byte {end} is to be read, but the file ends at {offset}; it is cut short, copy the "
                    "Zarr again"
                )
            found.append(part)
            offset += len(part)
        return found[0] if len(found) == 1 else b"".join(found)

    def map(self) -> mmap.mmap:
        """Maps the whole file for reading; it stays mapped when the file is closed."""
        return mmap.mmap(self._descriptor, 0, access=mmap.ACCESS_READ)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                _check_time(os.fstat(self._descriptor), self._opened, self._name)
        finally:
            os.close(self._descriptor)


class DiskFolder(Folder):
    """A folder of a store.

    Args:
        descriptor: closed with the folder, or when nothing refers to it.
        name: of it, for messages.
        opened: when the store was opened, in nanoseconds.
    """

    def __init__(self, descriptor: int, name: str, opened: int) -> None:
        self.name = name
        self._descriptor, self._opened = descriptor, opened
        self._end = weakref.finalize(self, os.close, descriptor)

    @classmethod
    def root(cls, descriptor: int, name: str, opened: int) -> DiskFolder:
        """Returns the folder with a descriptor, which stays the caller's."""
        return cls(os.dup(descriptor), name, opened)

    def check(self) -> None:
        """Raises a `DamagedSource` where files came into the folder, or left it, since the store was opened."""
        if not self._end.alive:
            raise ValueError("the source is closed")
        _check_time(os.fstat(self._descriptor), self._opened, self.name)

    def few_names(self, most: int) -> set[str] | None:
        """Returns the names of what is in the folder; None where there are more."""
        with os.scandir(self._descriptor) as entries:
            names = {entry.name for entry in islice(entries, most + 1)}
        return names if len(names) <= most else None

    def folders(self, most: int) -> tuple[list[str], bool]:
        """Returns the names of the folders in it, and whether more than `most` names would have to be looked at."""
        with os.scandir(self._descriptor) as entries:
            found = [entry.name for entry in islice(entries, most) if entry.is_dir(follow_symlinks=False)]
            return found, next(entries, None) is not None

    def folder(self, name: str) -> DiskFolder | None:
        """Opens a folder in it; None where there is none.

        Raises:
            UnsupportedSource: where it is a link.
            SourceError: where it cannot be opened.
        """
        path = self._path(name)
        try:
            descriptor = os.open(
                name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._descriptor
            )
        except (OSError, ValueError) as error:
            self._check_nothing(name, path, error)
            return None
        return DiskFolder(descriptor, path, self._opened)

    def has(self, name: str) -> bool:
        """Whether a file is still there, as it was when the store was opened.

        Raises:
            DamagedSource: where it was written to since.
        """
        try:
            state = os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        _check_time(state, self._opened, self.name)
        return True

    def blob(self, name: str) -> DiskBlob | None:
        """Opens a file in it; None where there is none. Links, pipes and devices are not opened.

        Raises:
            UnsupportedSource: where it is no regular file.
            DamagedSource: where it was written to since the store was opened.
            SourceError: where it cannot be opened.
        """
        path = self._path(name)
        try:
            # A pipe would be waited for, and opening a device may do things.
            _check_kind(os.stat(name, dir_fd=self._descriptor, follow_symlinks=False), path)
            descriptor = os.open(
                name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._descriptor
            )
        except (OSError, ValueError) as error:
            self._check_nothing(name, path, error)
            return None
        try:
            state = os.fstat(descriptor)
            _check_kind(state, path)
            _check_time(state, self._opened, path)
        except BaseException:
            os.close(descriptor)
            raise
        return DiskBlob(descriptor, state.st_size, path, self._opened)

    def _path(self, name: str) -> str:
        """Returns what a name in the folder is called in messages; one that leads elsewhere is refused."""
        if name in ("", os.curdir, os.pardir) or "/" in name:
            raise UnsupportedSource(f"{self.name}: {shortened(name)!r} is no name of anything in it")
        return f"{self.name}/{shortened(name, 40)}"

    def close(self) -> None:
        """Closes the folder."""
        self._end()

    def _check_nothing(self, name: str, path: str, error: OSError | ValueError) -> None:
        """Raises unless nothing that could be opened is there."""
        number = getattr(error, "errno", None)
        if number in (None, errno.ENOENT, errno.ENAMETOOLONG):
            return
        if number in (errno.ELOOP, errno.ENOTDIR):
            state = os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
            if stat.S_ISREG(state.st_mode):
                return
            _check_kind(state, path)
        raise SourceError(f"{path}: cannot be opened ({os.strerror(number)}); check its permissions")


def _check_time(state: os.stat_result, opened: int, name: str) -> None:
    # Times to come tell nothing: some archives hold them.
    if opened < state.st_mtime_ns <= time.time_ns() + _TICK_NS:
        raise DamagedSource(f"{name}: has changed since the Zarr was opened; reload it (F5)")


def _check_kind(state: os.stat_result, name: str) -> None:
    if stat.S_ISREG(state.st_mode):
        return
    if stat.S_ISLNK(state.st_mode):
        raise UnsupportedSource(f"{name}: is a link, which could lead anywhere; put the file itself into the Zarr")
    if stat.S_ISDIR(state.st_mode):
        raise UnsupportedSource(f"{name}: is a directory, where a file should be; copy the Zarr again")
    kind = next((kind for test, kind in KINDS if test(state.st_mode)), "no regular file")
    raise UnsupportedSource(f"{name}: is {kind}; only regular files are read")
