"""What a test must not leave: threads, processes, shared memory, open files, widgets, timers.

Looking takes about a millisecond.
"""

from __future__ import annotations

import gc
import os
import re
import threading
import time
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import Shiboken

_PATIENCE_S = 3.0
# By which threads wake each other; Qt opens some when it first needs them, and keeps them.
_OF_QT = "anon_inode:[eventfd]"


def held() -> dict[str, int]:
    """Returns what this process holds that must not stay, by what people call it, and how many of each."""
    found: dict[str, int] = {}

    def add(what: str) -> None:
        found[what] = found.get(what, 0) + 1

    for thread in threading.enumerate():
        add(f"thread {thread.name}")
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            for pid in (task / "children").read_text("ascii").split():
                add(f"process {pid}")
    for name in os.listdir("/dev/shm"):  # noqa: PTH208 - names alone
        if name.startswith(f"padviewer-{os.getpid()}-"):
            add(f"shared memory {name}")
    for number in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with suppress(OSError):
            target = os.readlink(f"/proc/self/fd/{number}")  # noqa: PTH115
            # Pipes and sockets have a number of their own each: their kind is enough.
            if target != _OF_QT:
                add("file " + re.sub(r":\[\d+\]", "", target))
    if QCoreApplication.instance() is not None:
        _add_objects(add)
    return found


def _add_objects(add) -> None:
    for widget in QApplication.topLevelWidgets():
        add(f"widget {type(widget).__name__} {widget.objectName()}".rstrip())
    for wrapper in Shiboken.getAllValidWrappers():
        if isinstance(wrapper, QTimer) and wrapper.isActive():
            add(f"timer of {type(wrapper.parent()).__name__}")


def left(before: dict[str, int]) -> dict[str, int]:
    """Returns what is held beyond what was; what ends by itself in a while is waited for."""
    end = time.monotonic() + _PATIENCE_S
    looked = False
    while more := dict(_more(before)):
        if looked and time.monotonic() > end:
            return more
        looked = True
        if QCoreApplication.instance() is not None:
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            QCoreApplication.processEvents()
        gc.collect()
        time.sleep(0.02)
    return {}


def _more(before: dict[str, int]) -> list[tuple[str, int]]:
    return [(what, n - before.get(what, 0)) for what, n in held().items() if n > before.get(what, 0)]
