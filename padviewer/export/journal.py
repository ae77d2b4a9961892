"""How much of an unfinished array is on the disk: JSON Lines, one for what the array is, one for each step."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """What a journal says.

    Attributes:
        digest: of everything that decides what the array and its file are.
        tiles: how many there are.
        done: how many of them, from the first on, are on the disk.
        length: bytes of the journal that say so; what follows was being written when the power went.
    """

    digest: str
    tiles: int
    done: int
    length: int


def read_journal(path: str) -> Entry | None:
    """Reads a journal; None where there is none, or one that is damaged."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 a Path cannot hold every name
            text = file.read()
        *lines, _torn = text.split(b"\n")
        first, *rest = [json.loads(line) for line in lines]
        digest, tiles = first["digest"], first["tiles"]
        steps = [step["done"] for step in rest]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    numbers = [0, *steps, tiles]
    if not isinstance(digest, str) or not all(type(number) is int for number in numbers) or numbers != sorted(numbers):
        return None
    return Entry(digest, tiles, steps[-1] if steps else 0, sum(len(line) + 1 for line in lines))


class Journal:
    """Keeps the journal of an array; the file is made with the first note.

    Args:
        path: of the journal.
        digest: of everything that decides what the array and its file are.
        tiles: how many there are.

    Attributes:
        done: tiles that are on the disk, as this journal or an earlier one of the same digest says.
    """

    def __init__(self, path: str, digest: str, tiles: int) -> None:
        self._path = path
        self._first = {"digest": digest, "tiles": tiles}
        entry = read_journal(path)
        same = entry is not None and (entry.digest, entry.tiles) == (digest, tiles)
        self.done, self._length = (entry.done, entry.length) if entry and same else (0, 0)

    def forget(self) -> None:
        """Starts afresh: what was said before does not hold."""
        self.done, self._length = 0, 0

    def note(self, done: int) -> None:
        """Says that so many tiles are on the disk, and waits until the note is."""
        lines = [{"done": done}] if self._length else [self._first, {"done": done}]
        text = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            os.ftruncate(descriptor, self._length)
            os.pwrite(descriptor, text, self._length)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if not self._length:
            sync_folder(os.path.dirname(self._path))  # noqa: PTH120
        self.done, self._length = done, self._length + len(text)


def sync_folder(folder: str) -> None:
    """Waits until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
