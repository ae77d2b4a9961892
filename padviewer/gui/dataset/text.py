"""Numbers and names of a data set, as they are written."""

from __future__ import annotations

from padviewer.dataset.measured import Measured
from padviewer.errors import shortened
from padviewer.gui.words import grouped
from padviewer.handed import shown_name
from padviewer.spec import Target

_NAMED = 6


def files_text(count: int) -> str:
    """Returns `1 file` or `1 234 files`."""
    return f"{grouped(count)} file{'' if count == 1 else 's'}"


def size_text(sizes: Target) -> str:
    """Returns `480 × 640`; an axis that no target is set for is `any`."""
    return " × ".join("any" if size is None else str(size) for size in sizes)


def item_name(item: Measured) -> str:
    """Returns the name of an item without its folders."""
    name = shown_name(item.path) + (f"::{item.member}" if item.member else "")
    return shortened(name, 60)


def named(items: list[Measured], count: int) -> list[str]:
    """Returns lines that name the first of some items, and how many more there are.

    Args:
        items: the first of them, or all.
        count: how many there are in all.
    """
    lines = [item_name(item) for item in items[:_NAMED]]
    return [*lines, f"and {grouped(count - len(lines))} more"] if count > len(lines) else lines
