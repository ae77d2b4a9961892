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
