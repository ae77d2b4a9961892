"""What memory a process has for itself."""

from __future__ import annotations

from pathlib import Path

import psutil


def own_bytes(pid: int) -> int:
    """Returns the bytes of a process' own pages: anonymous ones, and its share of shared memory.

    Pages of mapped files are left out: the system takes them back when it needs them. 0 where the process has ended.
    """
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii", "replace")
    except OSError:
        return _unique(pid)
    sizes = dict(line.split(":", 1) for line in text.splitlines()[1:])
    return sum(int(sizes[name].split()[0]) for name in ("Pss_Anon", "Pss_Shmem")) * 1024


def _unique(pid: int) -> int:
    """Where the system does not tell the kinds of pages: those that no other process has, mapped files too."""
    try:
        unique: int = psutil.Process(pid).memory_full_info().uss
    except psutil.Error:
        return 0
    return unique


def peak_bytes(pid: int) -> int:
    """Returns the most bytes that a process had resident, mapped files too; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return 0
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return int(lines.get("VmHWM", "0").split()[0]) * 1024
