"""Arrays in shared memory: made and removed by the process that asks, filled and read by the workers."""

from __future__ import annotations

import math
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.bytecount import format_bytes
from padviewer.errors import PadviewerError

# Where Linux keeps shared memory; containers make it small.
_ROOM = Path("/dev/shm")


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


class OwnedArray:
    """A shared array that lives until `release`; the one who makes it removes it."""

    def __init__(self, shape: tuple[int, ...], dtype: str) -> None:
        nbytes = math.prod(shape) * np.dtype(dtype).itemsize
        _check_room(nbytes)
        try:
            self._memory: SharedMemory | None = SharedMemory(_new_name(), create=True, size=max(1, nbytes))
        except (OSError, OverflowError) as error:
            raise PadviewerError(f"no shared memory of {format_bytes(nbytes)} could be had: {error}") from error
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
    return f"padviewer-{os.getpid()}-{secrets.token_hex(8)}"


def _check_room(nbytes: int) -> None:
    """Raises where the file system behind shared memory is too small.

    The system hands out more than it has, and ends the process that writes beyond it by SIGBUS.
    """
    if not _ROOM.is_dir():
        return
    free = shutil.disk_usage(_ROOM).free
    if nbytes > free:
        raise PadviewerError(
            f"an array of {format_bytes(nbytes)} does not fit the shared memory, {_ROOM}, which has "
            f"{format_bytes(free)} free; use a smaller target or fewer filters, or mount {_ROOM} with a larger size"
        )


def _close(memory: SharedMemory) -> None:
    try:
        memory.close()
    except BufferError:
        # An exception's traceback still holds a view; the mapping goes with it, or with the process.
        memory._buf = memory._mmap = None  # type: ignore[attr-defined]
        memory.close()
