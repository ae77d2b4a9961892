"""The files of a session: opening them in the reader, and what became of each."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Signal

from padviewer.errors import Cancelled, PadviewerError, SourceIsFolder, WorkerDied, shortened
from padviewer.gui.bridge import settle
from padviewer.gui.files import MAX_FILES, FileEntry, Item, absolute, without_slash
from padviewer.gui.folder_listing import FolderListing, Listed
from padviewer.handed import label, parse_handed, shown_name
from padviewer.plan import ArrayInfo
from padviewer.workers.blame import blamed
from padviewer.workers.client import Client
from padviewer.workers.messages import OpenRequest

_Problem = PadviewerError | None
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
        self._reader, self._scout = reader, scout
        self._budget = budget
        self._shown: Item | None = None
        self._asked: Item | None = None
        self._since = 0.0
        self._openings = 0
        self._undescribed: deque[Item] = deque()
        self._describes = False
        self._rows: dict[Item, int] = {}
        self._items: tuple[int, tuple[Item, ...]] | None = None
        self._ended = False
        self.entries: list[FileEntry] = []

    def set_budget(self, budget: int) -> None:
        """Sets the bytes that one file may take, for those that are opened from now on."""
        self._budget = budget

    @property
    def items(self) -> tuple[Item, ...]:
        """Path and member of all files that can be opened again at another start, with absolute paths."""
        if self._items is None or self._items[0] != len(self.entries):
            files = (entry.item for entry in self.entries if entry.is_file and parse_handed(entry.item[0]) is None)
            self._items = len(self.entries), tuple((absolute(path), member) for path, member in files)
        return self._items[1]

    @property
    def current(self) -> int | None:
        """Which entry is on screen; None where it was taken off the list."""
        return None if self._shown is None else self._row(self._shown)

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
        self._undescribed.clear()
        self._tell_changed()
        if shown is not None:
            self._open(deque([shown, *(item for item in items if item != shown)]))

    def open(self, items: list[Item]) -> None:
        """Adds files, and what folders hold, to the list and shows the first that can be opened."""
        asked = list(dict.fromkeys(map(without_slash, items)))
        fresh = [item for item in asked if self._row(item) is None]
        room = max(0, MAX_FILES - len(self.entries))
        if len(fresh) > room:
            self._tell_full(len(fresh) - room)
            beyond = set(fresh[room:])
            asked = [item for item in asked if item not in beyond]
        self.entries.extend(FileEntry(item) for item in fresh[:room])
        self._tell_changed()
        self._open(deque(asked))

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
        self._tell_changed()
        if show or follows:
            self._open(deque([newer]))
        else:
            self.describe([newer])

    def open_in_place(self, item: Item) -> None:
        """Shows another array of the file that is shown, in the same line; one that cannot be opened takes no line."""
        self._open(deque([item]), self._shown)

    def refuse(self, entries: list[FileEntry]) -> None:
        """Lists what was asked for and is no file; the first of them is told."""
        known = {entry.item for entry in self.entries}
        fresh = [entry for entry in {entry.item: entry for entry in entries}.values() if entry.item not in known]
        self.entries.extend(fresh[: max(0, MAX_FILES - len(self.entries))])
        if entries:
            self._tell_changed()
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
            del self.entries[index]
            self._tell_changed()

    def end(self) -> None:
        """The reader is about to end: nothing is asked of it any more."""
        self._ended = True

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
            self._note(FileEntry(item, info))
            self.opened.emit(info, item, before)
            self.describe(items)

        def refused(error: PadviewerError) -> None:
            was_newest = opening == self._openings
            self._forget_asked(opening)
            if isinstance(error, Cancelled):
                self._take_back(item, items, was_newest)
            elif isinstance(error, SourceIsFolder):
                self._list(item, error, lambda found, problem: self._go_on(found + items, problem, opening))
            else:
                self._note(FileEntry(item, error=_told(item, error)))
                self._go_on(items, _told(item, error), opening)

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
        row = None if older is None else self._row(older)
        if row is not None and self._row(item) is None:
            self.entries[row] = FileEntry(item)
            self._tell_changed()

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
            self._note(FileEntry(item, error=PadviewerError(text)))
            self.failed.emit(PadviewerError(text))
            self.describe(others)
        else:
            self.describe([*([item] if item != self._asked else []), *others])

    def _forget_asked(self, opening: int) -> None:
        if opening == self._openings:
            self._asked = None

    # ---- folders

    def _list(self, item: Item, error: PadviewerError, then: Callable[[deque[Item], _Problem], None]) -> None:
        """Puts what a folder holds in its place, and goes on with it, or with why there is nothing."""

        def nothing(problem: PadviewerError) -> None:
            self._note(FileEntry(item, error=problem))
            then(deque(), problem)

        def progressed(found: int) -> bool:
            self._note(FileEntry(item, note=f"a folder: {found} found…"))
            return self._row(item) is not None

        def listed(found: Listed) -> None:
            row = self._row(item)
            if row is None:
                then(deque(), None)
            elif found.files or found.refused:
                then(self._put(row, found), found.refused[0][1] if found.refused else None)
            else:
                besides = f" ({_others(found)})" if found.left_out else ""
                text = f"{shortened(item[0])}: the folder holds no image or array that can be opened{besides}"
                nothing(PadviewerError(text))

        def refused(error: PadviewerError) -> None:
            if not self._ended:
                text = f"{shortened(item[0])}: its listing was taken back; choose it in the list to try again"
                nothing(PadviewerError(text) if isinstance(error, Cancelled) else _told(item, error))

        if self._row(item) is None or item[1] is not None:
            nothing(error)
            return
        self._note(FileEntry(item, note="a folder: looking into it…"))
        FolderListing(self._scout, item[0], MAX_FILES - len(self.entries) + 1, progressed, listed, refused)

    def _put(self, row: int, found: Listed) -> deque[Item]:
        """Lists what a folder holds in its place; returns it."""
        name = shortened(shown_name(self.entries[row].item[0].rstrip("/")), 60)
        inside: list[Item] = [(path, None) for path in found.files]
        known = {entry.item for entry in self.entries}
        fresh = [FileEntry(one) for one in inside if one not in known]
        fresh += [FileEntry((path, None), error=error) for path, error in found.refused if (path, None) not in known]
        self.entries = [*self.entries[:row], *fresh, *self.entries[row + 1 :]]
        self._tell_changed()
        if found.cut:
            self.told.emit(f"{name}: more than {MAX_FILES} files; the others are not listed")
        elif found.left_out:
            self.told.emit(f"{name}: {len(inside)} listed; {_others(found)} of no format that is read")
        return deque(inside)

    # ---- the others

    def describe(self, items: Iterable[Item]) -> None:
        """Finds out what the files further down the list are, one after the other, behind everything else."""
        self._undescribed.extend(items)
        self._describe_next()

    def _describe_next(self) -> None:
        while self._undescribed and self._row(self._undescribed[0]) is None:
            self._undescribed.popleft()  # it was taken off the list
        if self._describes or not self._undescribed or self._ended:
            return
        item = self._undescribed.popleft()
        self._describes = True

        def go_on(entry: FileEntry | None) -> None:
            self._describes = False
            if entry is not None:
                self._note(entry)
            self._describe_next()

        def refused(error: PadviewerError) -> None:
            if isinstance(error, SourceIsFolder):
                self._list(item, error, go_inside)
            elif isinstance(error, Cancelled):
                # Its reader was ended, and will not be started for this: whoever asks next goes on with it.
                self._describes = False
                self._undescribed.appendleft(item)
            else:
                go_on(FileEntry(item, error=_told(item, error)))

        def go_inside(found: deque[Item], _problem: _Problem) -> None:
            self._undescribed.extendleft(reversed(found))
            go_on(None)

        request = OpenRequest(*item, self._budget, keep=False)
        answer = self._scout.submit("describe", request)
        settle(answer, lambda info: go_on(FileEntry(item, info)), refused)

    # ---- the list

    def _tell_changed(self) -> None:
        self._rows, self._items = {}, None
        self.changed.emit()

    def _row(self, item: Item) -> int | None:
        """Returns where an item is listed; None where it was taken off."""
        if len(self._rows) != len(self.entries):
            self._rows = {entry.item: number for number, entry in enumerate(self.entries)}
        return self._rows.get(item)

    def _note(self, entry: FileEntry) -> None:
        row = self._row(entry.item)
        if row is not None:
            self.entries[row] = entry._replace(is_file=self.entries[row].is_file)
            self.noted.emit(row)

    def _tell_full(self, count: int) -> None:
        self.told.emit(f"the list holds {MAX_FILES} files at the most; {count} are not listed")


def _others(found: Listed) -> str:
    return f"{found.left_out} other file{'s' * (found.left_out != 1)}"


def _told(item: Item, error: PadviewerError) -> PadviewerError:
    return blamed(item[0], error) if isinstance(error, WorkerDied) else error
