"""The manifest of an export to a URL: kept on this machine while it runs, and told to the store piece by piece.

An object cannot be appended to. So each time that something is noted, its lines become an object of their own,
`.manifest/00000001.jsonl`; whoever resumes the export, on any machine, reads the manifest and these in their order.
When the manifest is put in order, it is put whole, and they are removed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from padviewer.batch.manifest import NAME, Manifest
from padviewer.objects import bytes_of, is_url, put, put_bytes, remove, sizes_below

PIECES = ".manifest/"


class Mirror:
    """What the store has of a manifest.

    Args:
        url: of the folder of the export.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._pieces = 0

    def fetch(self, path: str) -> None:
        """Writes what the store has into a file; none where it has nothing."""
        there = sizes_below(self._url)
        names = [name for name in (NAME, *sorted(there)) if name in there and _is_ours(name)]
        names = list(dict.fromkeys(names))
        self._pieces = len(names)
        if NAME in there:
            with open(path, "wb") as file:  # noqa: PTH123
                for name in names:
                    file.write(bytes_of(f"{self._url}/{name}"))

    def add(self, lines: bytes) -> None:
        """Puts lines that were noted."""
        self._pieces += 1
        put_bytes(lines, f"{self._url}/{PIECES}{self._pieces:08d}.jsonl")

    def replace(self, path: str) -> None:
        """Puts a manifest that is whole, in the place of all that is there."""
        put(path, f"{self._url}/{NAME}")
        # Where this is cut short they are read again, and tell nothing new.
        remove(f"{self._url}/{PIECES}", recursive=True)
        self._pieces = 0


@contextmanager
def manifest_of(folder: str) -> Iterator[Manifest]:
    """Yields the manifest of an export, whose folder may be a URL; it is closed at the end."""
    if not is_url(folder):
        manifest = Manifest(folder)
        try:
            yield manifest
        finally:
            manifest.close()
        return
    with tempfile.TemporaryDirectory(prefix="padviewer-") as here:
        mirror = Mirror(folder)
        mirror.fetch(os.path.join(here, NAME))  # noqa: PTH118
        manifest = Manifest(here, mirror)
        try:
            yield manifest
        finally:
            manifest.close()


def _is_ours(name: str) -> bool:
    return name == NAME or name.startswith(PIECES)
