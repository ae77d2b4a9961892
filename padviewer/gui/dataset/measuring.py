"""Reads the sizes of many files in processes of their own; what is known comes while the rest is read."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue

from PySide6.QtCore import QObject, QTimer, Signal

from padviewer.dataset.measured import Item, Measured
from padviewer.dataset.table import SizeTable, tables_of
from padviewer.errors import Cancelled, PadviewerError, shortened
from padviewer.gui.dataset.places import joined
from padviewer.gui.files import MAX_FILES
from padviewer.gui.folder_listing import FolderListing, Listed
from padviewer.workers.client import Client
from padviewer.workers.expansion import Content, contents_of_each, may_hold
from padviewer.workers.groups import in_groups, run
from padviewer.workers.limits import HEADERS_SILENCE_S
from padviewer.workers.pool import Pool
from padviewer.workers.sizes import measured

_LOOK_MS = 150
_HOLDERS_AT_ONCE = 16
Part = tuple[dict[str, SizeTable], list[Measured]]


class Measuring(QObject):
    """Lists folders, measures files, and tells both bit by bit.

    Args:
        scout: the client that lists folders.
        budget: returns the bytes that one file may take.
        memory: the file that remembers sizes; None remembers nothing.
        make_pool: makes what runs the work.
    """

    arrived = Signal(object, object)  # {letters: SizeTable}, [Measured] that were refused
    progressed = Signal(int, int)  # files that have come, and all that are known of
    ended = Signal(bool)  # whether everything was measured, and not cancelled

    def __init__(
        self,
        scout: Client,
        budget: Callable[[], int],
        memory: str | None,
        make_pool: Callable[[int], Pool] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._scout, self._budget, self._memory = scout, budget, memory
        self._make_pool = make_pool or (lambda budget: Pool(budget=budget, silence=HEADERS_SILENCE_S))
        self._run: _Run | None = None
        self._folders: deque[str] = deque()
        self._listing = 0
        self._lists = False
        self._items: list[Item] = []
        self._done = 0
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._on_look_timeout)

    @property
    def runs(self) -> bool:
        """Whether something is listed or measured."""
        return self._run is not None or self._lists

    def start(self, items: Iterable[Item], folders: Sequence[str] = ()) -> None:
        """Measures files, and what is in folders; a path that is no folder is measured as a file.

        Whatever was measured before is cancelled, and told no more.
        """
        self._stop()
        self._items = list(dict.fromkeys(items))[:MAX_FILES]
        self._folders = deque(folders)
        self._listing += 1
        self._lists = True
        self.progressed.emit(0, len(self._items))
        self._next_folder(self._listing)

    def cancel(self) -> None:
        """Ends it; what has come stays."""
        if self.runs:
            self._stop()
            self.ended.emit(False)

    def close(self) -> None:
        """Ends it, and waits for its processes."""
        run = self._run
        self._stop()
        if run is not None:
            run.wait()

    def _stop(self) -> None:
        self._look.stop()
        self._folders.clear()
        self._items = []
        self._done = 0
        self._listing += 1
        self._lists = False
        if self._run is not None:
            self._run.cancel()
            self._run = None

    def _next_folder(self, listing: int) -> None:
        if listing != self._listing:
            return
        if not self._folders:
            self._measure()
            return
        path = self._folders.popleft()
        before = len(self._items)

        def progressed(found: int) -> bool:
            if listing == self._listing:
                self.progressed.emit(0, before + found)
            return listing == self._listing

        def listed(found: Listed) -> None:
            if listing != self._listing:
                return
            self._items += [(file, None) for file in found.files]
            refused = [Measured(inside, None, error=error.message) for inside, error in found.refused]
            if not found.files and not found.refused:
                text = f"{shortened(path)}: the folder holds no image or array that can be opened"
                refused = [Measured(path, None, error=text)]
            if refused:
                self.arrived.emit({}, refused)
            self._next_folder(listing)

        def failed(error: PadviewerError) -> None:
            if listing != self._listing or isinstance(error, Cancelled):
                return
            # It may be a file: whoever measures it says what is wrong with it otherwise.
            self._items.append((path, None))
            self._next_folder(listing)

        FolderListing(self._scout, path, MAX_FILES - before + 1, progressed, listed, failed)

    def _measure(self) -> None:
        self._lists = False
        items, self._items = list(dict.fromkeys(self._items))[:MAX_FILES], []
        self.progressed.emit(0, len(items))
        if not items:
            self.ended.emit(True)
            return
        budget = self._budget()
        self._run = _Run(self._make_pool(budget), items, budget, self._memory)
        self._look.start()

    def _on_look_timeout(self) -> None:
        run = self._run
        if run is None:
            return
        ended = run.ended
        parts = run.taken()
        for tables, refused in parts:
            self._done += sum(map(len, tables.values())) + len(refused)
        if parts:
            self.arrived.emit(*merged(parts))
            self.progressed.emit(self._done, run.count)
        if ended and self._run is run:
            self._look.stop()
            self._run = None
            run.wait()
            self.ended.emit(True)


class _Run:
    """Files that are measured: a thread takes the answers as they come, and makes tables of them."""

    def __init__(self, pool: Pool, items: list[Item], budget: int, memory: str | None) -> None:
        self._pool = pool
        self._items, self._budget, self._memory = items, budget, memory
        self._found: SimpleQueue[Part] = SimpleQueue()
        self._refused = 0
        self._cancelled = False
        self._ender: threading.Thread | None = None
        self._thread = threading.Thread(target=self._go, name="padviewer sizes", daemon=True)
        self._thread.start()

    @property
    def count(self) -> int:
        """All items that are known of."""
        return len(self._items) + self._refused

    @property
    def ended(self) -> bool:
        """Whether nothing more will come; what has come may not have been taken."""
        return not self._thread.is_alive()

    def taken(self) -> list[Part]:
        """Returns what has come since it was last asked."""
        found = []
        with suppress(Empty):
            while True:
                found.append(self._found.get_nowait())
        return found

    def cancel(self) -> None:
        """Ends the processes, without waiting for it."""
        self._cancelled = True
        self._ender = threading.Thread(target=self._pool.kill, name="padviewer sizes", daemon=True)
        self._ender.start()

    def wait(self) -> None:
        """Waits until processes and threads have ended."""
        for thread in (self._ender, self._thread):
            if thread is not None:
                thread.join()

    def _go(self) -> None:
        with self._pool:
            try:
                self._items = self._with_contents()
                for group in measured(self._pool, self._items, self._budget, self._memory):
                    if self._cancelled:
                        return
                    self._found.put((tables_of(group), [item for item in group if item.error]))
            except RuntimeError:
                # Calls are taken no more, where it was cancelled.
                if not self._cancelled:
                    raise

    def _with_contents(self) -> list[Item]:
        """Returns the items with files that hold several, or name others, replaced by these."""
        holders = [path for path, member in self._items if member is None and may_hold(path)]
        known: dict[str, list[Content]] = {}
        work = partial(contents_of_each, budget=self._budget)
        for done in run(self._pool, work, in_groups(holders, _HOLDERS_AT_ONCE)):
            # What ends its process is asked again, and refused, when it is measured.
            known |= zip(done.group, done.answer or [[(path, None)] for path in done.group], strict=True)
        items: dict[Item, None] = {}
        refused = []
        for path, member in self._items:
            for each in known.get(path, [(path, member)]) if member is None else [(path, member)]:
                if isinstance(each, Measured):
                    refused.append(each)
                elif len(items) < MAX_FILES:
                    items[each] = None
        if refused:
            self._refused = len(refused)
            self._found.put(({}, refused))
        return list(items)


def merged(parts: Sequence[Part]) -> Part:
    """Returns several parts as one."""
    letters = dict.fromkeys(letters for tables, _refused in parts for letters in tables)
    tables = {each: joined(each, [tables[each] for tables, _refused in parts if each in tables]) for each in letters}
    return tables, [item for _tables, refused in parts for item in refused]
