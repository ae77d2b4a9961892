"""The manifest of an export of many: JSON Lines, one for the settings, then one for what became of each item.

A line says what is on the disk: whoever appends one has waited for that (`batch/notes.py`). The last line may be torn
where the power went; it is dropped when the manifest is opened again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from padviewer.batch.record import Record
from padviewer.dataset.measured import Item
from padviewer.errors import ExportError
from padviewer.export.journal import sync_folder
from padviewer.export.place import display_name, told

NAME = "manifest.jsonl"
_NEW = f".{NAME}.new"
_COPIED = 1 << 20


class Told(Protocol):
    """Whoever has another copy of a manifest."""

    def add(self, lines: bytes) -> None:
        """Lines were appended."""

    def replace(self, path: str) -> None:
        """It was written anew."""


class Manifest:
    """A manifest that is appended to.

    Args:
        folder: where it is.
        told: who has another copy, and hears of each change when it is on the disk.

    Attributes:
        path: of the file.
        settings: its first line.
        offsets: where the newest line of each item that is noted begins.
    """

    def __init__(self, folder: str, told: Told | None = None) -> None:
        self._told = told
        self.path = os.path.join(folder, NAME)  # noqa: PTH118 a Path cannot hold every name
        self._folder = folder
        self.settings: dict[str, Any] = {}
        self.offsets: dict[Item, int] = {}
        self._length = 0
        self._descriptor = -1

    @property
    def exists(self) -> bool:
        """Whether there is one in the folder."""
        return os.path.lexists(self.path)

    def create(self, settings: Mapping[str, Any], records: Iterable[Record] = ()) -> None:
        """Makes one, in the place of any older one: complete or not there, whatever fails."""
        self.settings = dict(settings)
        self._replace(lambda: iter([json.dumps(self.settings).encode(), *(record.line() for record in records)]))

    def read(self) -> Iterator[Record]:
        """Opens one that is there, and yields its records in the order of their lines; the torn end of it is dropped.

        Raises:
            ExportError: it cannot be read, or is damaged in its middle.
        """
        with told(self.path):
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            size = os.fstat(self._descriptor).st_size
        at = 0
        with open(self.path, "rb") as file:  # noqa: PTH123
            for number, line in enumerate(file):
                record = self._parsed(line, number, at + len(line) >= size)
                if record is None and number:
                    break
                if record is not None:
                    self.offsets[record.item] = at
                    yield record
                at += len(line)
        with told(self.path):
            os.ftruncate(self._descriptor, at)
        self._length = at

    def append(self, records: Sequence[Record]) -> None:
        """Adds lines, and waits until they are on the disk; where that fails, there are none of them."""
        lines = [record.line() + b"\n" for record in records]
        with told(self.path):
            try:
                os.pwrite(self._descriptor, text := b"".join(lines), self._length)
                if os.fstat(self._descriptor).st_size != self._length + len(text):
                    raise OSError(28, os.strerror(28))
                os.fsync(self._descriptor)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._descriptor, self._length)
                raise
        if self._told is not None:
            self._told.add(text)
        for record, line in zip(records, lines, strict=True):
            self.offsets[record.item] = self._length
            self._length += len(line)

    def put_in_order(self, items: Iterable[Item]) -> None:
        """Writes the newest line of each item, those of `items` first, in their order: each has one line then."""
        ordered = dict.fromkeys(item for item in items if item in self.offsets)
        ordered.update(dict.fromkeys(self.offsets))
        starts = [self.offsets[item] for item in ordered]

        def lines() -> Iterator[bytes]:
            yield json.dumps(self.settings).encode()
            with open(self.path, "rb") as file:  # noqa: PTH123
                for start in starts:
                    file.seek(start)
                    yield file.readline().rstrip(b"\n")

        self._replace(lines)

    def forget(self) -> None:
        """Removes the file; another copy is not told."""
        self.close()
        with suppress(FileNotFoundError):
            os.unlink(self.path)  # noqa: PTH108
        self.offsets.clear()

    def close(self) -> None:
        """Closes the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _parsed(self, line: bytes, number: int, is_last: bool) -> Record | None:
        try:
            if not line.endswith(b"\n"):
                raise ValueError("it is cut short")
            if number:
                return Record.of_line(line)
            settings = json.loads(line)
            if not isinstance(settings, dict) or "padviewer" not in settings:
                raise ValueError("it names no settings")
            self.settings = settings
        except ValueError as error:
            if number and is_last:
                return None
            raise ExportError(
                f"{display_name(self.path)}: line {number + 1} is damaged ({error}); start over with --force, or "
                "choose another folder"
            ) from error
        return None

    def _replace(self, lines: Any) -> None:
        new = os.path.join(self._folder, _NEW)  # noqa: PTH118
        with told(self.path):
            with open(new, "wb", _COPIED) as file:  # noqa: PTH123
                for line in lines():
                    file.write(line + b"\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self.path)  # noqa: PTH105
            sync_folder(self._folder)
            self.close()
        if self._told is not None:
            self._told.replace(self.path)
        self.offsets.clear()
        for _record in self.read():
            pass
