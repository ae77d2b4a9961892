"""What files further down the list are, and what folders hold: asked one by one, behind everything else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from padviewer.errors import Cancelled, PadviewerError, SourceIsFolder, WorkerDied, shortened
from padviewer.gui.bridge import settle
from padviewer.gui.file_lines import FileLines
from padviewer.gui.files import MAX_FILES, FileEntry, Item
from padviewer.gui.folder_listing import FolderListing, Listed
from padviewer.handed import shown_name
from padviewer.workers.blame import blamed
from padviewer.workers.client import Client
from padviewer.workers.messages import OpenRequest

# Goes on with what a folder held, or with why there is nothing.
Then = Callable[[deque[Item], PadviewerError | None], None]


class Scouting:
    """Has files and folders looked at; what ends the scout, or keeps it waiting, is theirs alone.

    Args:
        scout: the client that looks.
        lines: where it is noted.
        budget: bytes that one file may take.
        say: told what was left out.
    """

    def __init__(self, scout: Client, lines: FileLines, budget: int, say: Callable[[str], None]) -> None:
        self._scout = scout
        self._lines = lines
        self._say = say
        self._waiting: deque[Item] = deque()
        self._looks = False
        self._ended = False
        self.budget = budget

    def end(self) -> None:
        """The scout is about to end: nothing is asked of it any more."""
        self._ended = True

    def forget(self) -> None:
        """Leaves out what was not looked at yet."""
        self._waiting.clear()

    def describe(self, items: Iterable[Item]) -> None:
        """Finds out what files of the list are, after those that wait for it already."""
        self._waiting.extend(items)
        self._describe_next()

    def _describe_next(self) -> None:
        while self._waiting and self._lines.row(self._waiting[0]) is None:
            self._waiting.popleft()  # it was taken off the list
        if self._looks or not self._waiting or self._ended:
            return
        item = self._waiting.popleft()
        self._looks = True

        def go_on(entry: FileEntry | None) -> None:
            self._looks = False
            if entry is not None:
                self._lines.note(entry)
            self._describe_next()

        def refused(error: PadviewerError) -> None:
            if isinstance(error, SourceIsFolder):
                self.list_folder(item, error, go_inside)
            elif isinstance(error, Cancelled):
                # Its reader was ended, and will not be started for this: whoever asks next goes on with it.
                self._looks = False
                self._waiting.appendleft(item)
            else:
                go_on(FileEntry(item, error=blame_for(item, error)))

        def go_inside(found: deque[Item], _problem: PadviewerError | None) -> None:
            self._waiting.extendleft(reversed(found))
            go_on(None)

        request = OpenRequest(*item, self.budget, keep=False)
        answer = self._scout.submit("describe", request)
        settle(answer, lambda info: go_on(FileEntry(item, info)), refused)

    def list_folder(self, item: Item, error: PadviewerError, then: Then) -> None:
        """Puts what a folder holds in its place, and goes on with it, or with why there is nothing.

        Args:
            item: the folder.
            error: that says that it is one.
            then: goes on.
        """

        def nothing(problem: PadviewerError) -> None:
            self._lines.note(FileEntry(item, error=problem))
            then(deque(), problem)

        def progressed(found: int) -> bool:
            self._lines.note(FileEntry(item, note=f"a folder: {found} found…"))
            return self._lines.row(item) is not None

        def listed(found: Listed) -> None:
            row = self._lines.row(item)
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
                nothing(PadviewerError(text) if isinstance(error, Cancelled) else blame_for(item, error))

        if self._lines.row(item) is None or item[1] is not None:
            nothing(error)
            return
        self._lines.note(FileEntry(item, note="a folder: looking into it…"))
        FolderListing(self._scout, item[0], MAX_FILES - len(self._lines.entries) + 1, progressed, listed, refused)

    def _put(self, row: int, found: Listed) -> deque[Item]:
        """Lists what a folder holds in its place; returns it."""
        name = shortened(shown_name(self._lines.entries[row].item[0].rstrip("/")), 60)
        inside: list[Item] = [(path, None) for path in found.files]
        refused = [FileEntry((path, None), error=error) for path, error in found.refused]
        self._lines.put(row, self._lines.fresh([*map(FileEntry, inside), *refused]))
        if found.cut:
            self._say(f"{name}: more than {MAX_FILES} files; the others are not listed")
        elif found.left_out:
            self._say(f"{name}: {len(inside)} listed; {_others(found)} of no format that is read")
        return deque(inside)


def blame_for(item: Item, error: PadviewerError) -> PadviewerError:
    """Returns what a person is told of a file that could not be opened."""
    return blamed(item[0], error) if isinstance(error, WorkerDied) else error


def _others(found: Listed) -> str:
    return f"{found.left_out} other file{'s' * (found.left_out != 1)}"
