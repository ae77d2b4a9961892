"""Where the measured windows are shown: an X server of our own, the user's display, or memory."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

_SERVER = ("Xvfb", "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset", "-displayfd")


@contextmanager
def shown() -> Iterator[tuple[str, dict[str, str]]]:
    """Yields what windows are shown on, in words, and the environment variables that make them."""
    if shutil.which("Xvfb"):
        with _xvfb() as display:
            yield "Xvfb", {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    elif os.environ.get("DISPLAY"):
        yield f"display {os.environ['DISPLAY']} (Xvfb is not installed)", {}
    else:
        yield "offscreen: no Xvfb (Debian: xvfb) and no DISPLAY", {"QT_QPA_PLATFORM": "offscreen"}


@contextmanager
def _xvfb() -> Iterator[str]:
    ours, theirs = os.pipe()
    server = subprocess.Popen(
        [*_SERVER, str(theirs)], pass_fds=[theirs], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        os.close(theirs)
        with os.fdopen(ours) as pipe:
            # The server writes its number when it is ready; nothing where it could not start.
            number = pipe.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start; run it by hand to see why")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()
