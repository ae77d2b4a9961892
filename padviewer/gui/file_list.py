"""The files of a session: opening them in the reader, and what became of each."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from padviewer.errors import Cancelled, PadviewerError, WorkerDied
from padviewer.gui.bridge import settle
from padviewer.gui.files import FileEntry, Item, expand
from padviewer.plan import ArrayInfo
from padviewer.workers.blame import blamed
from padviewer.workers.client import Client
from padviewer.workers.messages import OpenRequest


class FileList(QObject):
    """Opens files one after the other; none that cannot be opened stops the others.

    Args:
        reader: the client that opens files.
        scout: the client that looks what files further down are; what ends it, or keeps it waiting, is theirs alone.
        budget: bytes that one file may take.
    """

    changed = Signal()
    opened = Signal(object, object, object)  # ArrayInfo of what is to be shown, its item, and the one shown before
    failed = Signal(object)  # PadviewerError: nothing that was asked for could be opened

    def __init__(self, reader: Client, scout: Client, budget: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader, self._scout = reader, scout
        self._budget = budget
        self._shown: Item | None = None
        self._asked: Item | None = None
        self.entries: list[FileEntry] = []

    def set_budget(self, budget: int) -> None:
        """Sets the bytes that one file may take, for those that are opened from now on."""
        self._budget = budget

    @property
    def current(self) -> int | None:
        """Which entry is on screen; None where it was taken off the list."""
        return next((i for i, entry in enumerate(self.entries) if entry.item == self._shown), None)

    @property
    def shown(self) -> Item | None:
        """Path and member of what is on screen, as they were asked for."""
        return self._shown

    @property
    def asked(self) -> Item | None:
        """What is being opened, to be on screen next."""
        return self._asked

    def restore(self, items: list[Item], shown: Item | None) -> None:
        """Lists the files of a session in place of what is listed, and shows one of them, or the next that opens."""
        self.entries = [FileEntry(item) for item in items]
        self._shown = None
        self.changed.emit()
        if shown is not None:
            self._open(shown, [item for item in items if item != shown])

    def open(self, items: list[Item]) -> None:
        """Adds files, and the arrays of folders, to the list and shows the first that can be opened."""
        found = expand(items)
        if not found and items:
            self.failed.emit(PadviewerError("the folder holds no image or array that can be opened"))
        known = {entry.item for entry in self.entries}
        self.entries.extend(FileEntry(item) for item in dict.fromkeys(found) if item not in known)
        self.changed.emit()
        if found:
            self._open(found[0], found[1:])

    def replace(self, older: Item, newer: Item, show: bool = False) -> None:
        """Puts another version of an array in the place of an older one, which must be in the list.

        Args:
            older, newer: the versions.
            show: whether it comes on screen also where the older one is not.
        """
        follows = older == (self._asked or self._shown)
        self.entries = [FileEntry(newer) if entry.item == older else entry for entry in self.entries]
        if self._shown == older:
            self._shown = newer
        self.changed.emit()
        if show or follows:
            self._open(newer, [])
        else:
            self.describe([newer])

    def refuse(self, entries: list[FileEntry]) -> None:
        """Lists what was asked for and is no file; the first of them is told."""
        self.entries.extend(entries)
        if entries:
            self.changed.emit()
            self.failed.emit(entries[0].error)

    def select(self, index: int) -> None:
        """Shows a file of the list."""
        if 0 <= index < len(self.entries):
            self._open(self.entries[index].item, [])

    def reload(self) -> None:
        """Reads the file that is shown once more."""
        if self._shown is not None:
            self._open(self._shown, [])

    def close(self, index: int) -> None:
        """Takes a file off the list; its picture stays until another one is chosen."""
        if 0 <= index < len(self.entries):
            del self.entries[index]
            self.changed.emit()

    def _open(self, item: Item, others: list[Item]) -> None:
        """Opens an item, or the first of the others that can be; those before it keep their error in the list."""

        def opened(info: ArrayInfo) -> None:
            before, self._shown = self._shown, item
            self._asked = None if self._asked == item else self._asked
            self._note(FileEntry(item, info))
            self.opened.emit(info, item, before)
            self.describe(others)

        def refused(error: PadviewerError) -> None:
            self._asked = None if self._asked == item else self._asked
            if isinstance(error, Cancelled):
                return
            error = _told(item, error)
            self._note(FileEntry(item, error=error))
            if others:
                self._open(others[0], others[1:])
            else:
                self.failed.emit(error)

        if item != self._shown:
            # What ended the reader before was another file.
            self._reader.forgive()
        self._asked = item
        settle(self._reader.submit("open", OpenRequest(*item, self._budget)), opened, refused)

    def describe(self, items: list[Item]) -> None:
        """Finds out what the files further down the list are, one after the other, behind everything else."""
        if not items:
            return
        item, rest = items[0], items[1:]

        def go_on(entry: FileEntry) -> None:
            self._note(entry)
            self.describe(rest)

        request = OpenRequest(*item, self._budget, keep=False)
        settle(
            self._scout.submit(f"describe {item}", request),
            lambda info: go_on(FileEntry(item, info)),
            lambda error: None if isinstance(error, Cancelled) else go_on(FileEntry(item, error=_told(item, error))),
        )

    def _note(self, entry: FileEntry) -> None:
        self.entries = [entry if known.item == entry.item else known for known in self.entries]
        self.changed.emit()


def _told(item: Item, error: PadviewerError) -> PadviewerError:
    return blamed(item[0], error) if isinstance(error, WorkerDied) else error
