"""Which files a plot shows and where: the part that a filter leaves, and its places on two axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from padviewer.dataset.table import SizeTable
from padviewer.gui.dataset.places import Places, joined, places_of, quantity
from padviewer.gui.dataset.sieve import Flags


@dataclass(frozen=True)
class Laid:
    """What a plot shows.

    Attributes:
        table: of the files that the filter leaves.
        all_files: how many there are without it.
        places: where they lie.
        names: of the axes.
    """

    table: SizeTable
    all_files: int
    places: Places
    names: tuple[str, str]


def lay(
    letters: str, parts: Sequence[SizeTable], names: tuple[str, str], keep: Callable[[Sequence[str]], Flags] | None
) -> Laid:
    """Returns what a plot shows of tables, whose rows may be 100,000: for a thread.

    Args:
        letters: spatial axes of the tables.
        parts: the tables.
        names: of the axes across and up.
        keep: returns which names of files are shown, (names,) bool; None shows all.

    Raises:
        PadviewerError: what `keep` raises.
    """
    table = joined(letters, parts)
    kept = table
    if keep is not None:
        kept = table.subset(keep([item.name for item in table.items]))
    across, up = (quantity(kept, name) for name in names)
    return Laid(kept, len(table), places_of(across, up, np.arange(len(kept))), names)
