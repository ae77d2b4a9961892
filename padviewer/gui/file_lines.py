"""The lines of the file list, found by path and member."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from padviewer.gui.files import MAX_FILES, FileEntry, Item, absolute
from padviewer.handed import parse_handed


class FileLines:
    """Holds an entry for each file.

    Attributes:
        entries: a line for each file.
        has_folder: whether some of the files were found in a folder.

    Args:
        on_changed: told that other files are listed.
        on_noted: told the row of a file of which something is known now.
    """

    def __init__(self, on_changed: Callable[[], None], on_noted: Callable[[int], None]) -> None:
        self._on_changed, self._on_noted = on_changed, on_noted
        self._rows: dict[Item, int] = {}
        self._items: tuple[int, tuple[Item, ...]] | None = None
        self.entries: list[FileEntry] = []
        self.has_folder = False

    @property
    def items(self) -> tuple[Item, ...]:
        """Path and member of all files that can be opened again at another start, with absolute paths."""
        if self._items is None or self._items[0] != len(self.entries):
            files = (entry.item for entry in self.entries if entry.is_file and parse_handed(entry.item[0]) is None)
            self._items = len(self.entries), tuple((absolute(path), member) for path, member in files)
        return self._items[1]

    @property
    def room(self) -> int:
        """How many files more may be listed."""
        return max(0, MAX_FILES - len(self.entries))

    def row(self, item: Item) -> int | None:
        """Returns where an item is listed; None where it is not, or was taken off."""
        if len(self._rows) != len(self.entries):
            self._rows = {entry.item: number for number, entry in enumerate(self.entries)}
        return self._rows.get(item)

    def fresh(self, entries: Iterable[FileEntry]) -> list[FileEntry]:
        """Returns those that are not listed, each once."""
        known = {entry.item for entry in self.entries}
        return [entry for entry in {entry.item: entry for entry in entries}.values() if entry.item not in known]

    def set_entries(self, entries: list[FileEntry]) -> None:
        """Lists others."""
        self.entries = entries
        self._rows, self._items = {}, None
        self._on_changed()

    def note(self, entry: FileEntry) -> None:
        """Takes down what is known of a file now, where it is still listed."""
        row = self.row(entry.item)
        if row is not None:
            self.entries[row] = entry._replace(is_file=self.entries[row].is_file)
            self._on_noted(row)

    def put(self, row: int, entries: list[FileEntry]) -> None:
        """Lists what a folder holds in its place."""
        self.has_folder = True
        self.set_entries([*self.entries[:row], *entries, *self.entries[row + 1 :]])
