"""Buckets for the files that are shown, looked for in a thread: what was asked, and what was found."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from padviewer.dataset.buckets import Buckets, best_buckets
from padviewer.dataset.choice import Choice, Flags, assign
from padviewer.dataset.table import SizeTable
from padviewer.dataset.waste import Cost, Spread, cost_of, longest
from padviewer.errors import PadviewerError
from padviewer.gui.dataset.batches import simulated
from padviewer.gui.dataset.latest import Latest


@dataclass(frozen=True)
class Wanted:
    """What is looked for.

    Attributes:
        table: of the files.
        count: of the buckets.
        multiple_of: divisor of their sizes.
        overflow: what happens to files that no bucket holds.
        cover: share of the files that must fit.
        batch_size: files of a batch.
    """

    table: SizeTable
    count: int
    multiple_of: tuple[int, ...]
    overflow: str
    cover: float
    batch_size: int

    def is_as(self, other: Wanted) -> bool:
        """Whether the same buckets are looked for."""
        mine, others = (
            (each.count, each.multiple_of, each.overflow, each.cover, each.batch_size) for each in (self, other)
        )
        return self.table is other.table and mine == others


@dataclass(frozen=True)
class Found:
    """What was found.

    Attributes:
        wanted: what was looked for.
        buckets: the best that were found.
        before: cost of one target that holds all files.
        batches: of batches that are padded to their longest, without buckets, by simulation.
        within: the same, where each batch is of one bucket.
        over: (files,) bool: which files no bucket holds.
    """

    wanted: Wanted
    buckets: Buckets
    before: Cost
    batches: Spread
    within: Spread
    over: Flags


class Bucketing(QObject):
    """Looks for buckets; the newest question counts."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._latest = Latest(self)
        self.found: Found | None = None
        self.error: PadviewerError | None = None

    @property
    def searches(self) -> bool:
        """Whether the answer is still to come."""
        return not self._latest.idle

    def find(self, wanted: Wanted) -> None:
        """Looks for buckets."""
        self.error = None
        self._latest.ask("buckets", lambda: _found(wanted), self._on_found, self._on_error)
        self.changed.emit()

    def forget(self) -> None:
        """Drops what was found."""
        self._latest.drop("buckets")
        self.found = self.error = None
        self.changed.emit()

    def close(self) -> None:
        """Ends the thread."""
        self._latest.close()

    def _on_found(self, found: Found) -> None:
        self.found = found
        self.changed.emit()

    def _on_error(self, error: PadviewerError) -> None:
        self.found, self.error = None, error
        self.changed.emit()


def _found(wanted: Wanted) -> Found:
    table = wanted.table
    buckets = best_buckets(
        table, wanted.count, wanted.multiple_of, wanted.overflow, wanted.cover, batch_size=wanted.batch_size
    )
    before = cost_of(table, Choice((longest(table),), wanted.multiple_of, wanted.overflow), wanted.batch_size)
    return Found(
        wanted,
        buckets,
        before,
        simulated(table, wanted.batch_size, wanted.multiple_of),
        simulated(table, wanted.batch_size, wanted.multiple_of, buckets.choice),
        ~assign(table, buckets.choice).fits,
    )
