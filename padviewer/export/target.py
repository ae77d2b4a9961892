"""The unfinished part beside a target: locked while somebody writes, put in the target's place when it is complete."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import BinaryIO, NamedTuple

from padviewer.errors import TargetExists
from padviewer.export.journal import Entry, read_journal, sync_folder
from padviewer.export.place import check_place, display_name, told
from padviewer.export.unfinished import forget, note

_SUFFIX = ".padviewer-tmp"
_MAX_STEM = 200
_TRIES = 100
_CONTENT, _JOURNAL, _OLDER = "content", "journal", "older"
# What the system says where it, or the file system, cannot swap two folders in one step.
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


class Part:
    """A folder beside the target, in which the new file or folder is made.

    It is locked as long as the part is open, and the system takes the lock away when the process ends: that tells
    living writers from dead ones. What dead ones left in the directory is removed first.

    Args:
        path: the target. A link's real target is meant.
        name: hexadecimal; a part of that name that is there already and that nobody writes is taken over. Without one,

    Attributes:
        content: path of what is made.
        journal: path of the journal.
    """

    def __init__(self, path: str, name: str = "", about: Mapping[str, str] | None = None) -> None:
        self._target = os.path.realpath(path)
        _make_room(path, name)
        told = about or {}
        self._folder, self._lock = _take_over(path, name, told) if name else ("", -1)
        if not self._folder:
            self._folder, self._lock = _new_part(path, told)
        # Whoever held the part before may have forgotten it meanwhile.
        note(self._folder, self._target, told)
        self.content = os.path.join(self._folder, _CONTENT)  # noqa: PTH118
        self.journal = os.path.join(self._folder, _JOURNAL)  # noqa: PTH118

    def clear(self) -> None:
        """Removes what is in the part."""
        _remove(self.journal)
        _remove(self.content)

    def publish(self, overwrite: bool) -> None:
        """Puts the content in the target's place, with the old one's permissions.

        Raises:
            TargetExists: where something has appeared there meanwhile.
            OSError: whatever the system refuses.
        """
        _keep_mode(self._target, self.content)
        _publish(self.content, self._target, overwrite)
        with suppress(OSError):
            os.unlink(self.journal)  # noqa: PTH108
        sync_folder(os.path.dirname(self._target))  # noqa: PTH120

    def leave(self) -> None:
        """Lets go of the part, which stays."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def discard(self) -> None:
        """Removes the part."""
        with suppress(OSError):
            _give_back(self._folder)
            shutil.rmtree(self._folder, ignore_errors=True)
        if not os.path.lexists(self._folder):
            forget(self._folder)
        self.leave()


@contextmanager
def replacing(path: str, overwrite: bool) -> Iterator[BinaryIO]:
    """Opens a file in a part beside the target, and puts it in the target's place if the body succeeds.

    A link's real target is replaced, the link stays. The new file has the old one's permissions. On any error the
    part is removed, and the old file is as it was.

    Raises:
        ExportError: for whatever the system refuses; `TargetExists` where a file has appeared meanwhile.
    """
    check_place(path, overwrite)
    with told(path):
        part = Part(path)
        try:
            with open(part.content, "x+b") as file:  # noqa: PTH123
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.publish(overwrite)
        finally:
            part.discard()


@contextmanager
def made_beside(path: str, overwrite: bool, suffix: str) -> Iterator[str]:
    """Yields the path of a file to be made in a part beside the target, for libraries that want a name with a suffix.

    The file is put in the target's place if the body succeeds, as by `replacing`.

    Raises:
        ExportError: for whatever the system refuses; `TargetExists` where a file has appeared meanwhile.
    """
    check_place(path, overwrite)
    with told(path):
        part = Part(path)
        try:
            made = part.content + suffix
            yield made
            with open(made, "rb+") as file:  # noqa: PTH123
                os.fsync(file.fileno())
            os.rename(made, part.content)  # noqa: PTH104
            part.publish(overwrite)
        finally:
            part.discard()


def temporary_paths(path: str) -> list[str]:
    """Finds what a writer that was killed left behind for the target `path`. Empty while none did."""
    directory, own = _place(path)[0], _own_parts(path)
    return sorted(os.path.join(directory, name) for name in _names(directory) if own.fullmatch(name))  # noqa: PTH118


def _own_parts(path: str) -> re.Pattern[str]:
    """Returns what the names of parts of the target `path` match."""
    _directory, stem = _place(path)
    return re.compile(re.escape(_prefix(stem)) + "[0-9a-f]+" + re.escape(_SUFFIX), re.DOTALL)


def remove_abandoned(path: str) -> None:
    """Removes what writers that were killed left behind in the directory of the target `path`.

    What a living process is writing there, even for the same target, is left alone: it holds a lock. So is everything
    where the file system has no locks, and what the same export would continue.
    """
    for found in _parts_beside(path):
        _remove_unlocked(found, unless_kept=True)


def _make_room(path: str, name: str) -> None:
    """Removes what nobody writes beside the target `path`; what can be continued goes where it is of this target.

    Args:
        path: the target.
        name: of the part that is wanted, which stays.
    """
    own, kept = _own_parts(path), _part_path(path, name) if name else ""
    for found in _parts_beside(path):
        if found != kept:
            _remove_unlocked(found, unless_kept=own.fullmatch(os.path.basename(found)) is None)  # noqa: PTH119


def _parts_beside(path: str) -> list[str]:
    directory, _stem = _place(path)
    hidden = (name for name in _names(directory) if name.startswith(".") and name.endswith(_SUFFIX))
    return [os.path.join(directory, name) for name in hidden]  # noqa: PTH118


def kept_share(path: str) -> float | None:
    """Returns which share of an export to the target `path` is on the disk, to be continued; None where none is."""
    entries = [entry for found in temporary_paths(path) if (entry := _kept(found)) and entry.done]
    return max((entry.done / entry.tiles for entry in entries), default=None)


class Swept(NamedTuple):
    """What a sweep has left.

    Attributes:
        share: of an export that is on the disk and that nobody writes, to be continued; None where none is.
        is_clear: whether nothing of any writer is there; not where the directory itself is away.
    """

    share: float | None
    is_clear: bool


def sweep(path: str, unless_kept: bool = True) -> Swept:
    """Removes what writers that were killed left for the target `path`, and beside it.

    Args:
        path: the target.
        unless_kept: whether what can be continued stays.
    """
    remove_abandoned(path)
    shares = []
    for found in temporary_paths(path):
        if not unless_kept:
            _remove_unlocked(found)
        elif (entry := _kept(found)) and entry.done and not _is_locked(found):
            shares.append(entry.done / entry.tiles)
    is_clear = os.path.isdir(_place(path)[0]) and not temporary_paths(path)  # noqa: PTH112
    return Swept(max(shares, default=None), is_clear)


def _is_locked(name: str) -> bool:
    try:
        os.close(_locked(name, must=True))
    except OSError:
        return True
    return False


def _kept(folder: str) -> Entry | None:
    """Returns what the journal of an unfinished part says; None where it cannot be continued."""
    there = os.path.exists(os.path.join(folder, _CONTENT))  # noqa: PTH110, PTH118
    return read_journal(os.path.join(folder, _JOURNAL)) if there else None  # noqa: PTH118


def _remove_unlocked(name: str, unless_kept: bool = False) -> None:
    with suppress(OSError):
        descriptor = _locked(name, must=True)
        try:
            _give_back(name)
            if not (unless_kept and _kept(name)):
                _remove(name)
                forget(name)
        finally:
            os.close(descriptor)


def _give_back(part: str) -> None:
    """Puts the older folder back that stepped aside for a new one, where that has not come."""
    older, directory = os.path.join(part, _OLDER), os.path.dirname(part)  # noqa: PTH118, PTH120
    for name in _names(older):
        target = os.path.join(directory, name)  # noqa: PTH118
        if not os.path.lexists(target):
            os.rename(os.path.join(older, name), target)  # noqa: PTH104, PTH118
    shutil.rmtree(older, ignore_errors=True)


def _remove(name: str) -> None:
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(os.lstat(name).st_mode):
            shutil.rmtree(name)
        else:
            os.unlink(name)  # noqa: PTH108


def _take_over(path: str, name: str, about: Mapping[str, str]) -> tuple[str, int]:
    """Returns the part of that name and its lock, made where it is not there; ("", -1) where somebody writes it."""
    folder = _part_path(path, name)
    note(folder, os.path.realpath(path), about)
    with suppress(FileExistsError):
        os.mkdir(folder)  # noqa: PTH102
    try:
        lock = _locked(folder, must=True)
    except OSError:
        return "", -1
    with suppress(OSError):
        _give_back(folder)
    return folder, lock


def _new_part(path: str, about: Mapping[str, str]) -> tuple[str, int]:
    """Returns a part of its own name and its lock."""
    for _ in range(_TRIES):
        folder = _part_path(path, secrets.token_hex(4))
        note(folder, os.path.realpath(path), about)
        try:
            os.mkdir(folder)  # noqa: PTH102
        except OSError:
            forget(folder)
            raise
        try:
            return folder, _locked(folder, must=False)
        except (BlockingIOError, FileNotFoundError):
            # Before it was locked, another export took it for abandoned, and removes it.
            continue
        except BaseException:
            os.rmdir(folder)  # noqa: PTH106
            forget(folder)
            raise
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), path)


def _locked(name: str, must: bool) -> int:
    """Opens a file or folder and locks it; the lock goes with the descriptor or with the process.

    Raises:
        OSError: where it cannot be opened, somebody else has locked it, or removed it meanwhile; or, where it `must` be
            locked, the file system has no locks.
    """
    descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.stat(name)  # noqa: PTH116 who held the lock before may have removed it
    except OSError as error:
        if must or isinstance(error, BlockingIOError | FileNotFoundError):
            os.close(descriptor)
            raise
    return descriptor


def _place(path: str) -> tuple[str, str]:
    directory, stem = os.path.split(os.path.realpath(path))
    return directory, stem


def _names(directory: str) -> list[str]:
    with suppress(OSError):
        return os.listdir(directory)  # noqa: PTH208
    return []


def _prefix(stem: str) -> str:
    # The name must stay within what file systems allow, with the random part and the suffix.
    return f".{os.fsdecode(os.fsencode(stem)[:_MAX_STEM])}."


def _part_path(path: str, name: str) -> str:
    directory, stem = _place(path)
    return os.path.join(directory, f"{_prefix(stem)}{name}{_SUFFIX}")  # noqa: PTH118


def _keep_mode(target: str, content: str) -> None:
    with suppress(OSError):
        os.chmod(content, stat.S_IMODE(os.stat(target).st_mode))  # noqa: PTH101, PTH116


def _publish(content: str, target: str, overwrite: bool) -> None:
    is_folder = stat.S_ISDIR(os.stat(content).st_mode)  # noqa: PTH116
    if overwrite:
        if not (is_folder and _exchange(content, target)):
            os.replace(content, target)  # noqa: PTH105
        return
    try:
        if is_folder:
            os.rename(content, target)  # noqa: PTH104 refuses what is there, unless it is an empty folder
        else:
            # Unlike a rename, a link never replaces what has appeared since the check.
            os.link(content, target)
    except (FileExistsError, NotADirectoryError) as error:
        raise _appeared(target) from error
    except OSError as error:
        if is_folder and os.path.lexists(target):
            raise _appeared(target) from error
        # File systems without hard links: the check at the start has to do.
        os.replace(content, target)  # noqa: PTH105


def _appeared(target: str) -> TargetExists:
    return TargetExists(
        f"{display_name(target)}: has appeared meanwhile; allow overwriting (--force), or choose another name"
    )


def _exchange(content: str, target: str) -> bool:
    """Swaps two folders in one step, and returns whether there was one to swap with; the old one is then `content`.

    Where the system cannot, the old one steps aside first. For a moment there is none; if all ends there, the next
    export to the directory puts the old one back.
    """
    if not os.path.lexists(target):
        return False
    names = (_AT_FDCWD, os.fsencode(content), _AT_FDCWD, os.fsencode(target), _RENAME_EXCHANGE)
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is not None and rename(*names) == 0:
        return True
    number = errno.ENOSYS if rename is None else ctypes.get_errno()
    if number not in _CANNOT:
        raise OSError(number, os.strerror(number), target)
    part = os.path.dirname(content)  # noqa: PTH120
    os.makedirs(os.path.join(part, _OLDER), exist_ok=True)  # noqa: PTH103, PTH118
    # Under its name, so that it is found and put back whatever happens now.
    os.rename(target, os.path.join(part, _OLDER, os.path.basename(target)))  # noqa: PTH104, PTH118, PTH119
    try:
        os.rename(content, target)  # noqa: PTH104
    except OSError:
        _give_back(part)
        raise
    return True
