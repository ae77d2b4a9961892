"""The files of a session: opening them in the reader, and what became of each."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from padviewer.errors import Cancelled, PadviewerError, SourceIsFolder, shortened
from padviewer.gui.bridge import settle
from padviewer.gui.file_lines import FileLines
from padviewer.gui.files import MAX_FILES, FileEntry, Item, without_slash
from padviewer.gui.scouting import Scouting, blame_for
from padviewer.handed import label, parse_handed
from padviewer.plan import ArrayInfo
from padviewer.workers.client import Client
from padviewer.workers.messages import OpenRequest

# What is being opened for longer gives way to what is chosen meanwhile.
_LONG_S = 3.0


class FileList(QObject):
    """Opens files one after the other; none that cannot be opened stops the others.

    A folder is a line of the list until the reader has told what it holds, and that takes its place.

    Args:
        reader: the client that opens files.
        scout: the client that looks what folders hold, and what files further down are; what ends it, or keeps it
            waiting, is theirs alone.
        budget: bytes that one file may take.
    """

    changed = Signal()  # other files are listed
    noted = Signal(int)  # the row of a file of which something is known now
    opened = Signal(object, object, object)  # ArrayInfo of what is to be shown, its item, and the one shown before
    failed = Signal(object)  # PadviewerError: nothing that was asked for could be opened
    told = Signal(str)  # what was left out

    def __init__(self, reader: Client, scout: Client, budget: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._budget = budget
        self._shown: Item | None = None
        self._asked: Item | None = None
        self._since = 0.0
        self._openings = 0
        self._ended = False
        self._lines = FileLines(self.changed.emit, self.noted.emit)
        self._scouting = Scouting(scout, self._lines, budget, self.told.emit)

    def set_budget(self, budget: int) -> None:
        """Sets the bytes that one file may take, for those that are opened from now on."""
        self._budget = self._scouting.budget = budget

    @property
    def entries(self) -> list[FileEntry]:
        """A line for each file."""
        return self._lines.entries

    @property
    def items(self) -> tuple[Item, ...]:
        """Path and member of all files that can be opened again at another start, with absolute paths."""
        return self._lines.items

    @property
    def has_folder(self) -> bool:
        """Whether some of the files were found in a folder."""
        return self._lines.has_folder

    @property
    def current(self) -> int | None:
        """Which entry is on screen; None where it was taken off the list."""
        return None if self._shown is None else self._lines.row(self._shown)

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
        self._shown = None
        self._scouting.forget()
        self._lines.set_entries([FileEntry(item) for item in items])
        if shown is not None:
            self._open(deque([shown, *(item for item in items if item != shown)]))

    def open(self, items: list[Item]) -> None:
        """Adds files, and what folders hold, to the list and shows the first that can be opened."""
        asked = list(dict.fromkeys(map(without_slash, items)))
        fresh = [item for item in asked if self._lines.row(item) is None]
        room = self._lines.room
        if len(fresh) > room:
            self.told.emit(f"the list holds {MAX_FILES} files at the most; {len(fresh) - room} are not listed")
            beyond = set(fresh[room:])
            asked = [item for item in asked if item not in beyond]
        self._lines.set_entries([*self.entries, *map(FileEntry, fresh[:room])])
        self._open(deque(asked))

    def replace(self, older: Item, newer: Item, show: bool = False) -> None:
        """Puts another version of an array in the place of an older one, which must be in the list.

        Args:
            older, newer: the versions.
            show: whether it comes on screen also where the older one is not.
        """
        follows = older == (self._asked or self._shown)
        if self._shown == older:
            self._shown = newer
        self._lines.set_entries([FileEntry(newer) if entry.item == older else entry for entry in self.entries])
        if show or follows:
            self._open(deque([newer]))
        else:
            self.describe([newer])

    def open_in_place(self, item: Item) -> None:
        """Shows another array of the file that is shown, in the same line; one that cannot be opened takes no line."""
        self._open(deque([item]), self._shown)

    def refuse(self, entries: list[FileEntry]) -> None:
        """Lists what was asked for and is no file; the first of them is told."""
        if entries:
            self._lines.set_entries([*self.entries, *self._lines.fresh(entries)[: self._lines.room]])
            self.failed.emit(entries[0].error)

    def select(self, index: int) -> None:
        """Shows a file of the list."""
        if not 0 <= index < len(self.entries):
            return
        entry = self.entries[index]
        if entry.is_file:
            self._open(deque([entry.item]))
        elif entry.error is not None:
            self.failed.emit(entry.error)

    def reload(self) -> None:
        """Reads the file that is shown once more."""
        if self._shown is not None:
            self._open(deque([self._shown]))

    def close(self, index: int) -> None:
        """Takes a file off the list; its picture stays until another one is chosen."""
        if 0 <= index < len(self.entries):
            self._lines.put(index, [])

    def end(self) -> None:
        """The workers are about to end: nothing is asked of them any more."""
        self._ended = True
        self._scouting.end()

    def describe(self, items: Iterable[Item]) -> None:
        """Finds out what files further down the list are, behind everything else."""
        self._scouting.describe(items)

    # ---- one to be shown

    def _open(self, items: deque[Item], instead_of: Item | None = None) -> None:
        """Opens the first of some items that can be; those before it keep their error in the list.

        Args:
            items: of the list.
            instead_of: whose line the item takes when it is there, where it has none.
        """
        if not items:
            return
        item = items.popleft()
        self._openings += 1
        opening = self._openings

        def opened(info: ArrayInfo) -> None:
            before, self._shown = self._shown, item
            self._forget_asked(opening)
            self._take_line(item, instead_of)
            self._lines.note(FileEntry(item, info))
            self.opened.emit(info, item, before)
            self.describe(items)

        def refused(error: PadviewerError) -> None:
            was_newest = opening == self._openings
            self._forget_asked(opening)
            if isinstance(error, Cancelled):
                self._take_back(item, items, was_newest)
            elif isinstance(error, SourceIsFolder):
                self._scouting.list_folder(
                    item, error, lambda found, problem: self._go_on(found + items, problem, opening)
                )
            else:
                problem = blame_for(item, error)
                self._lines.note(FileEntry(item, error=problem))
                self._go_on(items, problem, opening)

        if item != self._shown:
            # What ended the reader before was another file.
            self._reader.forgive()
        self._begin(item)
        settle(self._reader.submit("open", OpenRequest(*item, self._budget)), opened, refused)

    def _begin(self, item: Item) -> None:
        """Somebody wants something else: what hangs or takes long is given up, as a reader that starts anew is faster.

        Arrays from Python come one after the other: none would be shown if each ended the reader of the one before.
        """
        older, now = self._asked, time.monotonic()
        long = now - self._since > _LONG_S
        self._asked, self._since = item, now
        if long and older is not None and older[0] != item[0] and parse_handed(item[0]) is None:
            self._reader.cancel()

    def _take_line(self, item: Item, older: Item | None) -> None:
        row = None if older is None else self._lines.row(older)
        if row is not None and self._lines.row(item) is None:
            self._lines.put(row, [FileEntry(item)])

    def _go_on(self, items: deque[Item], problem: PadviewerError | None, opening: int) -> None:
        """Opens the next that can be, unless another file was chosen meanwhile; tells where there is none."""
        if opening != self._openings:
            self.describe(items)
        elif items:
            self._open(items)
        elif problem is not None:
            self.failed.emit(problem)

    def _take_back(self, item: Item, others: deque[Item], was_newest: bool) -> None:
        """What was being opened gave way to another, which is not to be forgotten; or its reader was ended."""
        if self._ended:
            return
        if was_newest:
            text = f"{shortened(label(item[0]))}: its opening was taken back; choose it in the list to try again"
            self._lines.note(FileEntry(item, error=PadviewerError(text)))
            self.failed.emit(PadviewerError(text))
            self.describe(others)
        else:
            self.describe([*([item] if item != self._asked else []), *others])

    def _forget_asked(self, opening: int) -> None:
        if opening == self._openings:
            self._asked = None
