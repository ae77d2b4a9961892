"""A figure beside its peer and its goal, and the table of them."""

from __future__ import annotations

import math
import statistics
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

HEADINGS = ("row", "ours", "peer", "ratio", "goal", "verdict")


@dataclass(frozen=True)
class Row:
    """What one table row tells.

    Attributes:
        name: of the figure.
        unit: of the samples.
        ours: samples.
        peer: samples taken in turn with ours; empty where there is no peer.
        goal: limit of the ratio; of the figure itself where `absolute`; None where it is information.
        absolute: whether the goal is in the unit of the samples.
        figure: which figure of the samples counts: `median`, `p99` or `max`.
        against: what the peer is.
        note: what else was seen.
    """

    name: str
    unit: str
    ours: Sequence[float]
    peer: Sequence[float] = ()
    goal: float | None = None
    absolute: bool = False
    figure: str = "median"
    against: str = ""
    note: str = ""

    @classmethod
    def failed(cls, name: str, error: Exception) -> Row:
        """Returns the row of what could not be measured."""
        return cls(name, "", (), note=f"failed: {error}")

    @property
    def is_failed(self) -> bool:
        """Whether it could not be measured."""
        return self.note.startswith("failed: ")

    @property
    def ratio(self) -> float | None:
        """Ours as a multiple of the peer's."""
        if not self.ours or not self.peer:
            return None
        return figure_of(self.ours, self.figure) / figure_of(self.peer, self.figure)

    @property
    def excess(self) -> float | None:
        """How far above the goal, as a share of it; zero or less where it is met."""
        if self.goal is None or not self.ours:
            return None
        reached = figure_of(self.ours, self.figure) if self.absolute else self.ratio
        return None if reached is None else reached / self.goal - 1

    @property
    def verdict(self) -> str:
        """Whether the goal was met."""
        if self.excess is None:
            return "not measured" if self.goal is not None or not self.ours else "information"
        return "met" if self.excess <= 0 else f"missed by {self.excess:.0%}"

    def cells(self) -> tuple[str, ...]:
        """Returns one text for each of `HEADINGS`."""
        goal = "-" if self.goal is None else f"{self.goal:g} {self.unit}" if self.absolute else f"{self.goal:g}"
        return (
            self.name,
            spread(self.ours, self.figure, self.unit),
            spread(self.peer, self.figure, self.unit),
            f"{self.ratio:.2f}" if self.ratio is not None else "-",
            goal,
            self.verdict,
        )

    def to_json(self) -> dict[str, Any]:
        """Returns everything as builtins."""
        fields = {**vars(self), "ours": list(self.ours), "peer": list(self.peer)}
        return fields | {"ratio": self.ratio, "excess": self.excess, "verdict": self.verdict}


def missing(name: str, package: str) -> Row:
    """Returns the row of a peer that is not installed."""
    return Row(name, "ms", (), note=f"{package} is not installed; the dependency group `bench` has it")


def summary(rows: Iterable[Row]) -> str:
    """Returns how many goals were met, and which were not, in words."""
    goals = [row for row in rows if row.goal is not None]
    met = sum(row.verdict == "met" for row in goals)
    others = "".join(f"\n    {row.name} ({row.figure}): {row.verdict}" for row in goals if row.verdict != "met")
    return f"{met} of {len(goals)} goals met{others}"


def figure_of(samples: Sequence[float], figure: str) -> float:
    """Returns the `median`, `p99` or `max` of samples."""
    if figure == "median":
        return statistics.median(samples)
    ordered = sorted(samples)
    return ordered[-1] if figure == "max" else ordered[math.ceil(0.99 * len(ordered)) - 1]


def spread(samples: Sequence[float], figure: str, unit: str) -> str:
    """Returns the figure that counts, and the least and the largest sample."""
    if not samples:
        return "-"
    return f"{figure} {figure_of(samples, figure):.3g} {unit} ({min(samples):.3g}-{max(samples):.3g})"


def table(rows: Iterable[Row]) -> str:
    """Returns the rows as aligned text, each with its peer and note below it."""
    listed = list(rows)
    grid = [HEADINGS, *(row.cells() for row in listed)]
    widths = [max(len(cells[i]) for cells in grid) for i in range(len(HEADINGS))]
    aligned = [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in grid
    ]
    lines = [aligned[0], "-" * len(aligned[0])]
    for row, line in zip(listed, aligned[1:], strict=True):
        about = "; ".join(filter(None, (row.against and f"peer: {row.against}", row.note)))
        lines += [line, *textwrap.wrap(about, 116, initial_indent="    ", subsequent_indent="    ")]
    return "\n".join(lines)
