"""The unfinished part beside a target: locked while somebody writes, put in the target's place when it is complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import BinaryIO

from padviewer.export.abandoned import make_room, remove
from padviewer.export.journal import sync_folder
from padviewer.export.part_folders import CONTENT, JOURNAL, new_part, taken_over
from padviewer.export.place import check_place, told
from padviewer.export.publication import give_back, publish
from padviewer.export.unfinished import forget, note


class Part:
    """A folder beside the target, in which the new file or folder is made.

    It is locked as long as the part is open, and the system takes the lock away when the process ends: that tells
    living writers from dead ones. What dead ones left in the directory is removed first.

    Args:
        path: the target. A link's real target is meant.
        name: hexadecimal; a part of that name that is there already and that nobody writes is taken over. Without one,
            or where somebody does write it, the part has a name of its own.
        about: what is known of the export, for whoever finds the part after this writer was killed.

    Attributes:
        content: path of what is made.
        journal: path of the journal.
    """

    def __init__(self, path: str, name: str = "", about: Mapping[str, str] | None = None) -> None:
        self._target = os.path.realpath(path)
        make_room(path, name)
        told = about or {}
        self._folder, self._lock = taken_over(path, name, told) if name else ("", -1)
        if not self._folder:
            self._folder, self._lock = new_part(path, told)
        # Whoever held the part before may have forgotten it meanwhile.
        note(self._folder, self._target, told)
        self.content = os.path.join(self._folder, CONTENT)  # noqa: PTH118
        self.journal = os.path.join(self._folder, JOURNAL)  # noqa: PTH118

    def clear(self) -> None:
        """Removes what is in the part."""
        remove(self.journal)
        remove(self.content)

    def publish(self, overwrite: bool) -> None:
        """Puts the content in the target's place, with the old one's permissions.

        Raises:
            TargetExists: where something has appeared there meanwhile.
            OSError: whatever the system refuses.
        """
        publish(self.content, self._target, overwrite)
        with suppress(OSError):
            os.unlink(self.journal)  # noqa: PTH108
        sync_folder(os.path.dirname(self._target))  # noqa: PTH120

    def leave(self) -> None:
        """Lets go of the part, which stays."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def discard(self) -> None:
        """Removes the part."""
        with suppress(OSError):
            give_back(self._folder)
            shutil.rmtree(self._folder, ignore_errors=True)
        if not os.path.lexists(self._folder):
            forget(self._folder)
        self.leave()


@contextmanager
def replacing(path: str, overwrite: bool) -> Iterator[BinaryIO]:
    """Opens a file in a part beside the target, and puts it in the target's place if the body succeeds.

    A link's real target is replaced, the link stays. The new file has the old one's permissions. On any error the
    part is removed, and the old file is as it was.

    Raises:
        ExportError: for whatever the system refuses; `TargetExists` where a file has appeared meanwhile.
    """
    check_place(path, overwrite)
    with told(path):
        part = Part(path)
        try:
            with open(part.content, "x+b") as file:  # noqa: PTH123
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.publish(overwrite)
        finally:
            part.discard()


@contextmanager
def made_beside(path: str, overwrite: bool, suffix: str) -> Iterator[str]:
    """Yields the path of a file to be made in a part beside the target, for libraries that want a name with a suffix.

    The file is put in the target's place if the body succeeds, as by `replacing`.

    Raises:
        ExportError: for whatever the system refuses; `TargetExists` where a file has appeared meanwhile.
    """
    check_place(path, overwrite)
    with told(path):
        part = Part(path)
        try:
            made = part.content + suffix
            yield made
            with open(made, "rb+") as file:  # noqa: PTH123
                os.fsync(file.fileno())
            os.rename(made, part.content)  # noqa: PTH104
            part.publish(overwrite)
        finally:
            part.discard()
