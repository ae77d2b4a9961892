"""The memory that a process has for itself: how much it is, and how the system keeps to a limit of it.

Files that are mapped and shared memory do not count: the one is given back when others need it, the other is counted by
the one that made it.
"""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path

import psutil

_STATUS = Path("/proc/self/status")


def own_bytes(pid: int) -> int:
    """Returns how many bytes of memory a process has for itself; 0 where it has ended, or the system does not tell."""
    try:
        memory = psutil.Process(pid).memory_info()
    except psutil.Error:
        return 0
    # Elsewhere pages of files and of shared memory are not told apart: a mapped file would look like memory.
    return int(memory.rss - memory.shared) if hasattr(memory, "shared") else 0


def limit_own(nbytes: int) -> None:
    """Lets this process have so many bytes for itself: who asks for more is refused by the system.

    Address space that may be written to counts, used or not. Does nothing where the system has no such limit.
    """
    with contextlib.suppress(OSError, ValueError, OverflowError):
        _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = nbytes if hard == resource.RLIM_INFINITY else min(nbytes, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def reserved_bytes() -> int:
    """Returns what counts in `limit_own` by now; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError, StopIteration):
        lines = _STATUS.read_text("ascii", "replace").splitlines()
        line = next(line for line in lines if line.startswith("VmData:"))
        return int(line.split()[1]) << 10
    return 0
