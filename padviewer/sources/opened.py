"""A regular file, opened once, whose first bytes tell its format; and the guard around decoders."""

from __future__ import annotations

import errno
import io
import logging
import os
import stat
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, BinaryIO, TypeVar

from padviewer.bytecount import format_bytes
from padviewer.errors import (
    DamagedSource,
    OversizedSource,
    PadviewerError,
    SourceError,
    SourceIsFolder,
    SourceNotFound,
    UnsupportedSource,
    printable,
    shortened,
)
from padviewer.folders import MARKS, has_mark, state_of
from padviewer.handed import label
from padviewer.objects import Ranges
from padviewer.pulse import beat

Found = TypeVar("Found")
_HEAD = 1024
# What the guards that files share have caught, the innermost last.
_shared: list[list[warnings.WarningMessage]] = []
_log = logging.getLogger("padviewer.reader")
# Their logs repeat what their exceptions say. Not astropy: its logger must be made by itself.
_DECODERS = ("PIL", "tifffile", "imagecodecs", "pydicom", "nibabel", "nibabel.global")
KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
    (stat.S_ISSOCK, "a socket"),
)


@dataclass(frozen=True)
class Opened:
    """A file, or a folder that is an array.

    Attributes:
        path: as given.
        size: bytes; of a folder those of the metadata at its root.
        modified: when it was last written to before it was opened, in nanoseconds.
        headers_only: whether nobody will read elements: what would be decoded is described by a `DeclaredSource`.
    """

    path: str
    size: int
    modified: int
    headers_only: bool = field(default=False, kw_only=True)
    _found: dict[str, Any] = field(default_factory=dict, kw_only=True, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The file's name for messages: printable and not too long."""
        return display_name(self.path)

    def once(self, what: str, find: Callable[[], Found]) -> Found:
        """Returns what `find` returned the first time: members that are described in turn share one listing."""
        if what not in self._found:
            self._found[what] = find()
        found: Found = self._found[what]
        return found

    def check_budget(self, needed: int, budget: int, what: str) -> None:
        """Raises an `OversizedSource` where `what` needs more bytes than the budget.

        Whoever waits for this process is told how many bytes are coming.
        """
        if needed > budget:
            raise OversizedSource(
                f"{self.name}: {what} would take {format_bytes(needed)} in memory, more than the budget of "
                f"{format_bytes(budget)}; raise the budget with --budget, or use a smaller file"
            )
        beat(needed)


@dataclass(frozen=True)
class OpenedFile(Opened):
    """A regular file that is open for reading.

    Attributes:
        handle: at the first byte.
        head: the first 1024 bytes, or fewer.
        ranges: what the handle reads where that is an object in a store, of which only the header is wanted.
    """

    handle: BinaryIO
    head: bytes
    ranges: Ranges | None = field(default=None, kw_only=True)

    def read_at(self, start: int, count: int) -> bytes:
        """Returns bytes from a place on, fewer where the file ends; the handle stays where it is."""
        if self.ranges is not None:
            return self.ranges.read_at(start, count)
        return os.pread(self.handle.fileno(), count, start)

    def no_members(self, member: str | None) -> None:
        """Raises an `UnsupportedSource` where a member is asked for in a file that holds one array."""
        if member is not None:
            raise UnsupportedSource(
                f"{self.name}: member {shortened(member)!r} was asked for, but the file holds one array; leave '::' out"
            )


@dataclass(frozen=True)
class OpenedFolder(Opened):
    """A folder that is an array, or a tree of arrays.

    Attributes:
        descriptor: of the folder.
    """

    descriptor: int


@lru_cache(maxsize=8)
def display_name(path: str) -> str:
    """Returns a path for messages: printable and not too long."""
    return shortened(label(path)) or "(no name)"


def open_regular(path: str, headers_only: bool = False) -> OpenedFile:
    """Opens a regular file; pipes, devices and directories are refused without being opened.

    Args:
        path: of the file.
        headers_only: whether nobody will read elements.

    Raises:
        SourceNotFound: where the path leads to nothing.
        UnsupportedSource: where it leads to something that is not a regular file.
        DamagedSource: where the file is empty.
        SourceError: where it cannot be opened.
    """
    try:
        _check_kind(path, os.stat(path).st_mode)  # noqa: PTH116 a Path cannot hold every name
        # The name may lead to a pipe by now: without O_NONBLOCK, opening one waits for a writer.
        handle = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except (OSError, ValueError) as error:
        raise _not_opened(path, error) from error
    try:
        state = os.fstat(handle.fileno())
        _check_kind(path, state.st_mode)
        if state.st_size == 0:
            raise DamagedSource(f"{display_name(path)}: the file is empty (0 bytes); choose one that holds data")
        head = handle.read(_HEAD)
        handle.seek(0)
    except OSError as error:
        handle.close()
        raise _not_opened(path, error) from error
    except BaseException:
        handle.close()
        raise
    return OpenedFile(path, state.st_size, state.st_mtime_ns, handle, head, headers_only=headers_only)


def opened_object(url: str) -> OpenedFile:
    """Opens an object in a store for its header: bytes are fetched where they are read.

    Raises:
        SourceError: the store refuses, or has no such object, or that is empty.
    """
    ranges = Ranges(url)
    if not ranges.size:
        raise DamagedSource(f"{display_name(url)}: the object is empty (0 bytes); choose one that holds data")
    handle = io.BufferedReader(ranges)
    return OpenedFile(url, ranges.size, 0, handle, ranges.read_at(0, _HEAD), headers_only=True, ranges=ranges)


@contextmanager
def opened_folder(path: str, headers_only: bool = False) -> Iterator[OpenedFolder]:
    """Opens a folder that is an array, until the end of the block.

    Args:
        path: of the folder.
        headers_only: whether nobody will read elements.

    Raises:
        UnsupportedSource: where nothing in the folder tells that it is one.
        SourceError: where it cannot be opened.
    """
    if not has_mark(path):
        marks = f"{', '.join(MARKS[:-1])} or {MARKS[-1]}"
        raise UnsupportedSource(f"{display_name(path)}: is no Zarr, which holds {marks}; copy it whole")
    try:
        modified, size = state_of(path)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise _not_opened(path, error) from error
    try:
        yield OpenedFolder(path, size, modified, descriptor, headers_only=headers_only)
    finally:
        os.close(descriptor)


def _check_kind(path: str, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise SourceIsFolder(f"{display_name(path)}: is a directory; name the files in it")
    kind = next((name for test, name in KINDS if test(mode)), "no regular file")
    raise UnsupportedSource(f"{display_name(path)}: is {kind}; only regular files are read")


def _not_opened(path: str, error: OSError | ValueError) -> SourceError:
    name = display_name(path)
    number = getattr(error, "errno", None)
    if number in (errno.ENOENT, errno.ENOTDIR):
        return SourceNotFound(f"{name}: no such file; check the name")
    if number == errno.ENAMETOOLONG:
        return SourceNotFound(f"{name}: the name is longer than the system allows ({len(path)} characters)")
    if number in (errno.EACCES, errno.EPERM):
        return SourceError(f"{name}: no permission to read it; change its permissions or copy it")
    if number is None:
        return SourceNotFound(f"{name}: no file can have this name ({printable(str(error))})")
    return SourceError(f"{name}: cannot be opened ({os.strerror(number)})")


@contextmanager
def decoding(path: str) -> Iterator[list[warnings.WarningMessage]]:
    """Turns whatever a decoder raises into a `SourceError`, and collects what it warns of.

    Decoders of damaged files raise nearly every built-in exception, so all of them are caught here.
    """
    name = display_name(path)
    beat()
    with nullcontext(_emptied(_shared[-1])) if _shared else _guarded() as caught:
        try:
            yield caught
            for warning in caught:
                _note_warning(name, str(warning.message))
        except PadviewerError:
            raise
        except MemoryError as error:
            raise OversizedSource(
                f"{name}: decoding it needs more memory than the budget allows, or than there is; raise the budget "
                "with --budget, close other programs or use a smaller file"
            ) from error
        except Exception as error:
            cause = shortened(f"{type(error).__name__}: {error}", 300)
            raise DamagedSource(f"{name}: cannot be decoded ({cause}); the file may be damaged or cut short") from error


@contextmanager
def many_decoded() -> Iterator[None]:
    """Lets what is decoded in a block share one guard: making it takes as long as reading a small header."""
    with _guarded() as caught:
        _shared.append(caught)
        try:
            yield
        finally:
            _shared.pop()


@contextmanager
def _guarded() -> Iterator[list[warnings.WarningMessage]]:
    with _silent_logs(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def _emptied(caught: list[warnings.WarningMessage]) -> list[warnings.WarningMessage]:
    caught.clear()
    return caught


@lru_cache(maxsize=256)
def _note_warning(name: str, text: str) -> None:
    """Writes what a decoder warns of into the log: once, however many regions of the file are read."""
    _log.info("%s: the decoder warns: %s", name, text)


@lru_cache(maxsize=1)
def _loggers() -> tuple[logging.Logger, ...]:
    return tuple(logging.getLogger(name) for name in _DECODERS)


@contextmanager
def _silent_logs() -> Iterator[None]:
    """Keeps what decoders log from the terminal."""
    loggers = _loggers()
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled
