"""Which of the measured files are shown, and where: laid out anew while they come, in a thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from padviewer.dataset.measured import Measured
from padviewer.dataset.table import SizeTable
from padviewer.errors import Cancelled, PadviewerError
from padviewer.gui.dataset.collection import Collection
from padviewer.gui.dataset.latest import Latest
from padviewer.gui.dataset.layout import Laid, lay
from padviewer.gui.dataset.sieve import Filter, Sieve

_KIND = "lay"
# Between two layouts while files come.
_LAY_MS = 300


class Arrangement(QObject):
    """Holds what was measured, and lays out the part of it that is wanted.

    Args:
        latest: the thread.
        names_of: returns what is shown across and up of files with some spatial axes.
    """

    changed = Signal()  # `laid` is another, or there is nothing to lay out
    filter_refused = Signal(str)

    def __init__(
        self, latest: Latest, names_of: Callable[[str], tuple[str, str]], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._latest, self._names_of = latest, names_of
        self.collection = Collection()
        self.laid: Laid | None = None
        self.letters = ""
        self._is_chosen = False
        self._wanted: Filter | None = None
        self._sieve = Sieve()
        self._soon = QTimer(self, singleShot=True, interval=_LAY_MS)
        self._soon.timeout.connect(self.lay)

    @property
    def is_due(self) -> bool:
        """Whether it will be laid out anew in a moment."""
        return self._soon.isActive()

    def clear(self) -> None:
        """Forgets everything that was measured."""
        self._soon.stop()
        self._latest.drop(_KIND)
        self.collection, self.laid, self.letters, self._is_chosen = Collection(), None, "", False

    def add(self, tables: Mapping[str, SizeTable], refused: Sequence[Measured]) -> None:
        """Takes what has come, and lays it out soon."""
        self.collection.add(tables, refused)
        if not self._soon.isActive():
            self._soon.start()

    def choose_kind(self, letters: str) -> None:
        """Shows files with these spatial axes."""
        self.letters, self._is_chosen = letters, True
        self.lay()

    def set_filter(self, wanted: Filter | None) -> None:
        """Shows files whose names have something; None shows all."""
        self._wanted = wanted
        # What an older filter is tried on is of no use any more.
        self._sieve.stop()
        if self.letters:
            self.lay()

    def lay(self) -> None:
        """Has the files laid out."""
        self._soon.stop()
        kinds = self.collection.kinds
        if not self._is_chosen or self.letters not in kinds:
            self.letters = next(iter(kinds), "")
        if not self.letters:
            self._latest.drop(_KIND)
            self.laid = None
            self.changed.emit()
            return
        parts = self.collection.parts(self.letters)
        keep = None if self._wanted is None else partial(self._sieve.kept, self._wanted)
        work = partial(lay, self.letters, parts, self._names_of(self.letters), keep)
        self._latest.ask(_KIND, work, self._on_laid, self._on_refused)

    def close(self) -> None:
        """Ends what it tries filters by."""
        self._soon.stop()
        self._sieve.close()

    def _on_laid(self, laid: Laid) -> None:
        self.laid = laid
        self.changed.emit()

    def _on_refused(self, error: PadviewerError) -> None:
        if not isinstance(error, Cancelled):
            self.filter_refused.emit(error.message)
