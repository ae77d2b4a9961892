"""What items of one table differ in beside their sizes: those of two kinds cannot be stacked to one batch."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from padviewer.axes import CHANNELS
from padviewer.dataset.table import SizeTable

# So many are named in a line.
_NAMED = 4


class Kind(NamedTuple):
    """Items that one batch can hold after padding.

    Attributes:
        axes: one letter for each axis.
        dtype: numpy's name; empty where nobody knows.
        channels: how many; None where there is no such axis.
        items: how many there are.
    """

    axes: str
    dtype: str
    channels: int | None
    items: int

    @property
    def text(self) -> str:
        """How it is named: `HWC uint8, 3 channels (20)`."""
        channels = "" if self.channels is None else f", {self.channels} channel{'s' * (self.channels != 1)}"
        return f"{f'{self.axes} {self.dtype}'.strip()}{channels} ({self.items:,})"


def kinds_of(table: SizeTable) -> tuple[Kind, ...]:
    """Returns the kinds of a table's items, that of most first."""
    found = Counter(
        (item.axes, item.dtype, item.shape[item.axes.index(CHANNELS)] if CHANNELS in item.axes else None)
        for item in table.items
    )
    kinds = [Kind(*kind, count) for kind, count in found.items()]
    # Those of as many items in an order that does not depend on where the items lie.
    return tuple(sorted(kinds, key=lambda kind: (-kind.items, kind.axes, kind.dtype, kind.channels or 0)))


def kinds_text(kinds: tuple[Kind, ...]) -> str:
    """Returns a line that says that there are several; empty where there are not."""
    if len(kinds) < 2:
        return ""
    named = "; ".join(kind.text for kind in kinds[:_NAMED])
    more = f"; {len(kinds) - _NAMED:,} more" if len(kinds) > _NAMED else ""
    said = f"no batch can hold all items, as there are {len(kinds):,} kinds: {named}{more}"
    return f"{said}; convert them to one, or part them"
