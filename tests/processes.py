"""Processes that a test looks at while they come and go."""

from __future__ import annotations

from contextlib import suppress

import psutil


def running_children(pid: int | None = None) -> dict[psutil.Process, str]:
    """Returns the children of a process, by default of this one, with their command lines; without those that ended."""
    found = {}
    for child in psutil.Process(pid).children():
        with suppress(psutil.NoSuchProcess):  # one that nobody has waited for yet has no command line
            found[child] = " ".join(child.cmdline())
    return found
