"""Arrays in shared memory: made and removed by the process that asks, filled and read by the workers."""

from __future__ import annotations

import errno
import fcntl
import math
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil

from padviewer.bytecount import format_bytes
from padviewer.errors import PadviewerError

# Where Linux keeps shared memory; containers make it small.
_ROOM = Path("/dev/shm")
_PREFIX = "padviewer-"
# An array that is younger may not be locked yet.
_LOCKED_WITHIN_S = 60.0


@dataclass(frozen=True)
class SharedArray:
    """Name, shape and dtype of an array in shared memory; what travels in messages."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    @contextmanager
    def open(self) -> Iterator[npt.NDArray[Any]]:
        """Yields the array, which must not be kept beyond the block."""
        memory = SharedMemory(self.name)
        try:
            yield np.ndarray(self.shape, self.dtype, memory.buf)
        finally:
            _close(memory)

    @contextmanager
    def fill(self) -> Iterator[npt.NDArray[Any]]:
        """Yields the array as `open` does, to be written to: the system has the memory of all of it.

        Without that it hands out more than it has, and ends the process that writes beyond it by SIGBUS.

        Raises:
            PadviewerError: the system has no more.
        """
        memory = SharedMemory(self.name)
        try:
            _reserve(memory, math.prod(self.shape) * np.dtype(self.dtype).itemsize)
            yield np.ndarray(self.shape, self.dtype, memory.buf)
        finally:
            _close(memory)


class OwnedArray:
    """A shared array that lives until `release`; the one who makes it removes it."""

    def __init__(self, shape: tuple[int, ...], dtype: str) -> None:
        nbytes = math.prod(shape) * np.dtype(dtype).itemsize
        _check_room(nbytes)
        try:
            self._memory: SharedMemory | None = SharedMemory(_new_name(), create=True, size=max(1, nbytes))
        except (OSError, OverflowError) as error:
            raise PadviewerError(f"no shared memory of {format_bytes(nbytes)} could be had: {error}") from error
        with suppress(OSError):  # it goes with this process, however that ends
            fcntl.flock(_descriptor(self._memory), fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.array = SharedArray(self._memory.name, shape, dtype)
        self.nbytes = nbytes

    def view(self, shape: tuple[int, ...], dtype: str) -> SharedArray:
        """Returns the memory as another array, which must not be larger."""
        needed = math.prod(shape) * np.dtype(dtype).itemsize
        if needed > self.nbytes:
            raise ValueError(f"an array of {needed} bytes in shared memory of {self.nbytes}")
        return SharedArray(self.array.name, shape, dtype)

    def release(self) -> None:
        """Removes the array; processes that have it open keep their view. Again is fine."""
        if self._memory is not None:
            _close(self._memory)
            self._memory.unlink()
            self._memory = None


def _new_name() -> str:
    """Returns a name that tells whose memory it is."""
    return f"{_PREFIX}{os.getpid()}-{secrets.token_hex(8)}"


def remove_leftovers() -> None:
    """Removes the arrays of processes that were killed together with the one that takes their memory away.

    Whose owner lives is locked. Where a machine keeps shared memory elsewhere, nothing is looked for.
    """
    with suppress(OSError):
        for entry in os.scandir(_ROOM):
            if entry.name.startswith(_PREFIX) and not _may_live(entry.name):
                with suppress(OSError):
                    _remove_if_left(entry)


def _may_live(name: str) -> bool:
    """Whether the process that a name tells is there; in another container, its lock tells alone."""
    number = name.removeprefix(_PREFIX).partition("-")[0]
    return number.isdecimal() and psutil.pid_exists(int(number))


def _remove_if_left(entry: os.DirEntry[str]) -> None:
    if time.time() - entry.stat(follow_symlinks=False).st_mtime < _LOCKED_WITHIN_S:
        return
    descriptor = os.open(entry.path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(entry.path)  # noqa: PTH108 - beside `os.open`
    finally:
        os.close(descriptor)


def _check_room(nbytes: int) -> None:
    """Raises where the file system behind shared memory is too small; `fill` knows it for sure."""
    if _ROOM.is_dir():
        free = shutil.disk_usage(_ROOM).free
        if nbytes > free:
            raise _no_room(nbytes, free)


def _no_room(nbytes: int, free: int) -> PadviewerError:
    return PadviewerError(
        f"an array of {format_bytes(nbytes)} does not fit the shared memory, {_ROOM}, which has "
        f"{format_bytes(free)} free; use a smaller target or fewer filters, or mount {_ROOM} with a larger size"
    )


def _reserve(memory: SharedMemory, nbytes: int) -> None:
    if not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(_descriptor(memory), 0, max(1, nbytes))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.ENOMEM):
            return  # the system has no such call for shared memory
        raise _no_room(nbytes, shutil.disk_usage(_ROOM).free if _ROOM.is_dir() else 0) from error


def _descriptor(memory: SharedMemory) -> int:
    return int(memory._fd)  # type: ignore[attr-defined]


def _close(memory: SharedMemory) -> None:
    try:
        memory.close()
    except BufferError:
        # An exception's traceback still holds a view; the mapping goes with it, or with the process.
        memory._buf = memory._mmap = None  # type: ignore[attr-defined]
        memory.close()
