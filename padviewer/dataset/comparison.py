"""A choice of targets beside what people do without it: one target for all, and the longest of each batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from padviewer.dataset.choice import Choice
from padviewer.dataset.kinds import Kind, kinds_of
from padviewer.dataset.shuffled import Spread, longest_of_batch
from padviewer.dataset.table import SizeTable
from padviewer.dataset.waste import Cost, cost_of, longest


@dataclass(frozen=True)
class Comparison:
    """What a choice costs, and what it replaces.

    Attributes:
        table: of the items.
        choice: the targets.
        batch_size, dtype: of the batches whose memory is told.
        cost: of the choice.
        one: of one target, the longest of all items.
        mixed: padding shares of shuffled batches, each padded to its longest.
        gap: how far above the best possible the choice is at most; None where nobody knows.
    """

    table: SizeTable
    choice: Choice
    batch_size: int
    dtype: str
    cost: Cost
    one: Cost
    mixed: Spread
    gap: float | None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What the items differ in beside their sizes; more than one cannot be stacked to one batch."""
        return kinds_of(self.table)

    def figures(self) -> dict[str, Any]:
        """Returns the figures for JSON."""
        items = max(1, len(self.table))
        return {
            "items": len(self.table),
            "kinds": [kind._asdict() for kind in self.kinds],
            "padding_share": self.cost.padding_share,
            "elements": self.cost.elements,
            "data": self.cost.data,
            "overflowing": self.cost.overflowing,
            "refused": self.cost.refused,
            "lost_elements": self.cost.lost_elements,
            "batch_size": self.batch_size,
            "dtype": self.dtype,
            "batch_bytes": self.cost.batch_bytes,
            "gap_at_most": self.gap,
            "buckets": [
                {
                    "target": list(part.target),
                    "items": part.items,
                    "share": part.items / items,
                    "padding_share": part.padding_share,
                    "batch_bytes": part.largest * self.cost.batch_bytes // max(1, self._largest),
                }
                for part in self.cost.parts
            ],
            "one_target": {
                "target": list(self.one.parts[0].target),
                "padding_share": self.one.padding_share,
                "batch_bytes": self.one.batch_bytes,
            },
            "longest_of_batch": self.mixed._asdict(),
        }

    @property
    def _largest(self) -> int:
        return max(part.largest for part in self.cost.parts)


def compare(
    table: SizeTable, choice: Choice, batch_size: int = 32, dtype: str = "float32", gap: float | None = None
) -> Comparison:
    """Returns what a choice costs beside what it replaces.

    Raises:
        SettingsError: the choice is for another number of spatial axes.
    """
    cost = cost_of(table, choice, batch_size, dtype)
    one = cost_of(table, Choice((longest(table),), choice.multiple_of), batch_size, dtype)
    mixed = longest_of_batch(table, batch_size, choice.multiple_of)
    return Comparison(table, choice, batch_size, dtype, cost, one, mixed, gap)
