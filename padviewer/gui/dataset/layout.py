"""Which files a plot shows and where: the part that a filter leaves, and its places on two axes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from padviewer.dataset.table import SizeTable
from padviewer.errors import SettingsError
from padviewer.gui.dataset.places import Places, joined, places_of, quantity


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


def lay(letters: str, parts: Sequence[SizeTable], names: tuple[str, str], wanted: re.Pattern[str] | None) -> Laid:
    """Returns what a plot shows of tables, whose rows may be 100,000: for a thread.

    Args:
        letters: spatial axes of the tables.
        parts: the tables.
        names: of the axes across and up.
        wanted: of the names of files that are shown; None shows all.
    """
    table = joined(letters, parts)
    kept = table
    if wanted is not None:
        kept = table.subset(np.array([wanted.search(item.name) is not None for item in table.items], bool))
    across, up = (quantity(kept, name) for name in names)
    return Laid(kept, len(table), places_of(across, up, np.arange(len(kept))), names)


def parse_filter(text: str) -> re.Pattern[str] | None:
    """Returns what a filter finds: a text, or between slashes a regular expression; capitals are as small letters.

    Raises:
        SettingsError: it is no regular expression.
    """
    if not text.strip():
        return None
    if len(text) > 1 and text.startswith("/") and text.endswith("/"):
        try:
            return re.compile(text[1:-1], re.IGNORECASE)
        except (re.error, RecursionError, OverflowError) as error:
            raise SettingsError(f"filter {text}: expected a regular expression between slashes; {error}") from error
    return re.compile(re.escape(text.strip()), re.IGNORECASE)
