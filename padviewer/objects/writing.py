"""Objects that are written, read back and removed."""

from __future__ import annotations

import os

from padviewer.errors import ExportError, ExportStopped
from padviewer.objects.store import opened, told
from padviewer.pulse import beat


def put(file: str, url: str) -> None:
    """Writes a whole file to an object: it is there complete, or as it was before.

    Raises:
        ExportStopped: the store refuses, or does not answer: it would do so for others too.
    """
    beat(os.stat(file).st_size)  # noqa: PTH116
    with told(url, ExportStopped):
        system, name = opened(url)
        system.put_file(file, name)


def put_bytes(data: bytes, url: str) -> None:
    """Writes bytes to an object, as `put` does."""
    with told(url, ExportStopped):
        system, name = opened(url)
        system.pipe_file(name, data)


def bytes_of(url: str) -> bytes:
    """Returns the bytes of an object that padviewer has written."""
    with told(url, ExportError):
        system, name = opened(url)
        return bytes(system.cat_file(name))


def remove(url: str, recursive: bool = False) -> None:
    """Removes an object, or all below a prefix; one that is not there is none."""
    with told(url, ExportError):
        system, name = opened(url)
        names = list(system.find(name)) if recursive else [name]
        for each in names:
            try:
                system.rm_file(each)
            except FileNotFoundError:
                continue
