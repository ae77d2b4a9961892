"""What a report of a data set says: its sizes, what targets cost it, and whether that is too much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from padviewer.dataset.choice import assign
from padviewer.dataset.comparison import Comparison
from padviewer.dataset.comparison_text import columns, comparison_lines, share
from padviewer.dataset.measured import Measured
from padviewer.dataset.summary import counted, quantile_rows

# Files that have a line each in a text; of more, the number is told.
_NAMED = 20


@dataclass(frozen=True)
class Report:
    """What is told of a data set.

    Attributes:
        title: what was looked at.
        comparison: of the targets.
        limit: the most that may be padding, 0 to 1; None where there is no limit.
        overflowing: names and sizes of the items that no target holds.
        refused: why items have no size.
    """

    title: str
    comparison: Comparison
    limit: float | None
    overflowing: tuple[str, ...]
    refused: tuple[str, ...]

    @classmethod
    def of(cls, title: str, found: Comparison, limit: float | None, refused: Sequence[Measured]) -> Report:
        """Returns the report of a table and of the items that have no size."""
        table = found.table
        rows = np.flatnonzero(~assign(table, found.choice).fits).tolist()
        overflowing = (f"{table.items[row].name}: {_sizes(table.sizes[row].tolist())}" for row in rows)
        return cls(title, found, limit, tuple(overflowing), tuple(item.error for item in refused))

    @property
    def failed(self) -> bool:
        """Whether more is padding than may be."""
        return self.limit is not None and self.comparison.cost.padding_share > self.limit

    @property
    def verdict(self) -> str:
        """One line: how much is padding, and whether that is too much."""
        said = f"{share(self.comparison.cost.padding_share)} of all elements are padding"
        if self.limit is None:
            return said
        limit = f"the limit of {share(self.limit)}"
        if not self.failed:
            return f"{said}, within {limit}"
        return f"{said}, more than {limit}; choose other targets, or more buckets"

    @property
    def counts(self) -> str:
        """One line: how many items there are."""
        table = self.comparison.table
        words = [f"{counted(len(table), 'item')} with axes {' '.join(table.letters)}"]
        words += [f"{len(self.overflowing):,} overflow"] if self.overflowing else []
        words += [f"{len(self.refused):,} refused"] if self.refused else []
        return ", ".join(words)

    @property
    def sizes(self) -> list[list[str]]:
        """Rows of quantiles of each axis, with a head."""
        table = self.comparison.table
        head, *rows = quantile_rows(table.letters, table.sizes.tolist())
        return [["axis", *head[1:]], *rows]

    def lines(self) -> list[str]:
        """Returns the report as text."""
        lines = [self.counts, "", *columns(self.sizes), "", *comparison_lines(self.comparison)]
        for title, names in (("overflowing", self.overflowing), ("refused", self.refused)):
            if names:
                more = [f"  {len(names) - _NAMED:,} more"] if len(names) > _NAMED else []
                lines += ["", f"{title}:", *(f"  {name}" for name in names[:_NAMED]), *more]
        return [*lines, "", self.verdict]

    def record(self) -> dict[str, Any]:
        """Returns the report for JSON."""
        table = self.comparison.table
        return {
            "axes": table.letters,
            **self.comparison.figures(),
            "limit": self.limit,
            "failed": self.failed,
            "verdict": self.verdict,
            "overflowing_items": list(self.overflowing),
            "refused_items": list(self.refused),
        }


def _sizes(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))
