"""What a worker makes of a region before it answers, so that large regions stay where they are.

A digest is called with the elements of a region, of the stage's rank, and returns what is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from padviewer.workers.parts import MAGNITUDE
from padviewer.workers.statistics import Array, Summary, summary_of


class Digest(Protocol):
    """Makes an answer of elements."""

    def __call__(self, data: Array) -> Any:
        """Returns the answer: builtins and numpy's own types."""


@dataclass(frozen=True)
class Summarize:
    """Makes a `Summary`; of complex numbers that of `part`."""

    part: str = MAGNITUDE

    def __call__(self, data: Array) -> Summary:
        """Returns the summary of all elements."""
        return summary_of(data, self.part)


@dataclass(frozen=True)
class Elements:
    """Sends the elements as they are."""

    def __call__(self, data: Array) -> Array:
        """Returns the elements."""
        return np.ascontiguousarray(data)


@dataclass(frozen=True)
class Lines:
    """Writes a block of a plane as text: each element as it reads back exactly, tabs between those of a row.

    Attributes:
        rows, columns: the axes that run down and across; None where the stage has no such axis. The others have one
            element.
    """

    rows: int | None
    columns: int | None

    def __call__(self, data: Array) -> list[str]:
        """Returns a line for each row."""
        return ["\t".join(map(str, row)) for row in block_of(data, self.rows, self.columns)]


def block_of(data: Array, rows: int | None, columns: int | None) -> Array:
    """Returns a plane as (rows, columns).

    Args:
        data: of the stage's rank.
        rows, columns: as of `Lines`.
    """
    shown = [axis for axis in (rows, columns) if axis is not None]
    others = [axis for axis in range(data.ndim) if axis not in shown]
    down, across = (1 if axis is None else data.shape[axis] for axis in (rows, columns))
    return data.transpose([*shown, *others]).reshape(down, across)
