"""What this process has started and not ended: worker processes, their threads, shared memory."""

from __future__ import annotations

import contextlib
import os
import threading
import time

import psutil


def worker_processes():
    """Children that answer requests: all but the one that keeps count of shared memory."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "resource_tracker" not in " ".join(child.cmdline()) and child.status() != psutil.STATUS_ZOMBIE:
                found.append(child.pid)
    return set(found)


def worker_threads():
    return {thread for thread in threading.enumerate() if thread.name.startswith("padviewer")}


def segments():
    """Shared memory of this process; other programs have theirs beside it."""
    return {name for name in os.listdir("/dev/shm") if name.startswith(f"padviewer-{os.getpid()}-")}  # noqa: PTH208


def wait_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
