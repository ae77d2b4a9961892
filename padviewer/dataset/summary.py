"""What the sizes of many items come to, as lines for people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from padviewer.axes import BATCH, CHANNELS
from padviewer.dataset.measured import Measured, by_axes

_QUANTILES = (
    (0.0, "min"),
    (0.05, "5 %"),
    (0.25, "25 %"),
    (0.5, "median"),
    (0.75, "75 %"),
    (0.95, "95 %"),
    (1.0, "max"),
)
# The most frequent of each thing are named.
_NAMED = 5
_INDENT = "  "


def summary_lines(measured: Sequence[Measured]) -> list[str]:
    """Returns a table for each kind of spatial axes: how the sizes are spread, and what else the items are."""
    lines: list[str] = []
    for letters, items in by_axes(measured).items():
        lines += [*([""] if lines else []), *_table_lines(letters, items)]
    return lines


def _table_lines(letters: str, items: Sequence[Measured]) -> list[str]:
    sizes = [tuple(item.shape[item.axes.index(letter)] for letter in letters) for item in items]
    lines = [f"{' '.join(letters)}: {counted(len(items), 'item')}", *_quantile_lines(letters, sizes)]
    facts: list[tuple[str, Iterable[str]]] = [
        ("sizes", map(_sizes, sizes)) if len(letters) > 1 else ("", ()),
        ("channels", (_extent(item, CHANNELS) for item in items)),
        ("batch", (_extent(item, BATCH) for item in items)),
        ("dtype", (item.dtype for item in items)),
        ("format", (item.format for item in items)),
        ("axes", (item.axes for item in items)),
    ]
    for name, values in facts:
        found = Counter(values)
        if found and not (name == "batch" and list(found) == ["none"]):
            lines.append(f"{_INDENT}{name:<8}  {_most_frequent(found, len(items))}")
    return lines


def quantile_rows(letters: str, sizes: Sequence[Sequence[int]]) -> list[list[str]]:
    """Returns how sizes are spread: a row for each axis, its letter first, below a head.

    Args:
        letters: of the axes.
        sizes: of the items, one number for each axis.
    """
    # Sizes that occur, never means of two.
    last = [max(0, math.ceil(len(sizes) * share) - 1) for share, _name in _QUANTILES]
    columns = map(sorted, zip(*sizes, strict=True))
    rows = [[letter, *(f"{column[at]:,}" for at in last)] for letter, column in zip(letters, columns, strict=True)]
    return [["", *(name for _share, name in _QUANTILES)], *rows]


def _quantile_lines(letters: str, sizes: Sequence[Sequence[int]]) -> list[str]:
    rows = quantile_rows(letters, sizes)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][1:]
    return [
        f"{_INDENT}{head:<8}  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        for head, *cells in rows
    ]


def _most_frequent(found: Counter[str], total: int) -> str:
    named = found.most_common(_NAMED)
    if len(found) == 1:
        return f"{named[0][0]}"
    words = [f"{name} ({count:,}, {100 * count / total:.0f} %)" for name, count in named]
    rest = len(found) - len(named)
    return ", ".join([*words, *([f"{rest:,} more"] if rest else [])])


def _sizes(row: Sequence[int]) -> str:
    return " x ".join(map(str, row))


def _extent(item: Measured, letter: str) -> str:
    return str(item.shape[item.axes.index(letter)]) if letter in item.axes else "none"


def counted(count: int, noun: str) -> str:
    """Returns a number of things: `1 item`, `10,000 items`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
