"""Run as a program: opens files, each in a process of its own, and tells how much memory each one took.

A line on its input asks for one, `[small, path, budget]`, and one on its output tells the error and the bytes.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

import numpy as np

from padviewer.errors import PadviewerError
from padviewer.sources import open_source

# Loaded once, for all files.
LIBRARIES = (
    "OpenEXR", "PIL.Image", "astropy.io.fits", "h5py", "imagecodecs", "nibabel", "pydicom", "soundfile", "tifffile",
)  # fmt: skip


def look(path: str, budget: int) -> None:
    """Opens a file and reads its corners, which lie in different chunks where there are several."""
    with open_source(path, budget=budget) as source:
        source.take(tuple(np.array([0, size - 1] if size > 1 else [0]) for size in source.info.shape))


def memory(field: str) -> int:
    """Returns a figure of this process, in bytes."""
    lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) << 10


def grown(path: str, budget: int) -> tuple[str, int]:
    """Returns the error that a file gave, or an empty text, and by how much the peak of memory is above its start."""
    said = ""
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what is taken now
    before = memory("VmRSS:")
    try:
        look(path, budget)
    except PadviewerError as error:
        said = f"{type(error).__name__}: {error}"
    return said, memory("VmHWM:") - before


def apart(small: str, path: str, budget: int) -> tuple[str, int]:
    """Does it in a process of its own, after a small file of the same kind, whose buffers stay."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        try:
            look(small, budget)
            os.write(theirs, json.dumps(grown(path, budget)).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else ("the process ended", 0)


if __name__ == "__main__":
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(apart(*json.loads(line))) + "\n")
        sys.stdout.flush()
