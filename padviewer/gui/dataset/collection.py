"""What has been measured so far of a data set: tables that grow, and what was refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from padviewer.dataset.measured import Measured
from padviewer.dataset.table import SizeTable


class Collection:
    """Parts of tables as they came, by their spatial axes. Adding costs nothing that grows."""

    def __init__(self) -> None:
        self._parts: dict[str, list[SizeTable]] = {}
        self._counts: dict[str, int] = {}
        self.refused: list[Measured] = []

    def add(self, tables: Mapping[str, SizeTable], refused: Iterable[Measured]) -> None:
        """Adds what has come."""
        for letters, table in tables.items():
            self._parts.setdefault(letters, []).append(table)
            self._counts[letters] = self._counts.get(letters, 0) + len(table)
        self.refused.extend(refused)

    @property
    def kinds(self) -> dict[str, int]:
        """How many items there are of each set of spatial axes, the most first."""
        return dict(sorted(self._counts.items(), key=lambda pair: -pair[1]))

    @property
    def count(self) -> int:
        """Items that have a size."""
        return sum(self._counts.values())

    def parts(self, letters: str) -> tuple[SizeTable, ...]:
        """Returns the tables of items with these spatial axes."""
        return tuple(self._parts.get(letters, ()))
