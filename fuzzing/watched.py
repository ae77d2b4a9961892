"""The reader as the program starts it, watched for what no file may make it do. Runs in the reader's process."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from padviewer.errors import PadviewerError
from padviewer.workers.messages import OpenRequest, Progress
from padviewer.workers.process import Answer
from padviewer.workers.start import make_reader

# Running programs, loading code from bytes, and talking to others; `compile` and `exec` are what imports are made of.
_FORBIDDEN = (
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pickle.find_class", "socket.connect",
)  # fmt: skip
_HOME = (sys.prefix, sys.base_prefix, "/usr", "/proc", "/sys", "/etc", "/dev/shm", "/dev/null", "/dev/urandom")
_HERE = str(Path(__file__).resolve().parent.parent)


class Escaped(PadviewerError):  # noqa: N818 - it says what happened
    """A file has made the reader do what no file may."""


class _Watch:
    """Notes the first thing that reaches beyond the file that was asked for, its folder where it is a Zarr."""

    def __init__(self) -> None:
        self.path = ""
        self.escape = ""
        sys.addaudithook(self._on_event)

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN:
            self.escape = self.escape or f"{event} {arguments!r}"
        elif event == "open" and isinstance(arguments[0], str | bytes):
            name = os.path.realpath(os.fsdecode(arguments[0]))
            if not (name.startswith((*_HOME, _HERE)) or (self.path and name.startswith(self.path))):
                self.escape = self.escape or f"opened {name}"


def make_watched_reader() -> Answer:
    """Returns the reader's answer, which fails with `Escaped` where a request made it reach further than it may."""
    answer = make_reader()
    watch = _Watch()

    def watched(request: Any, progress: Progress) -> Any:
        if isinstance(request, OpenRequest):
            watch.path = os.path.realpath(request.path)
        watch.escape = ""
        try:
            return answer(request, progress)
        finally:
            if watch.escape:
                raise Escaped(watch.escape)

    return watched
