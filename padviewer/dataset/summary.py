"""What the sizes of many items come to, as lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from padviewer.axes import BATCH, CHANNELS
from padviewer.dataset.measured import Measured
from padviewer.dataset.table import SizeTable, tables_of

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
    for table in tables_of(measured).values():
        lines += [*([""] if lines else []), *_table_lines(table)]
    return lines


def _table_lines(table: SizeTable) -> list[str]:
    letters = " ".join(table.letters)
    lines = [f"{letters}: {counted(len(table), 'item')}", *_quantile_lines(table)]
    items = table.items
    facts: list[tuple[str, Iterable[str]]] = [
        ("sizes", (_sizes(row) for row in table.sizes.tolist())) if len(table.letters) > 1 else ("", ()),
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


def _quantile_lines(table: SizeTable) -> list[str]:
    shares = [share for share, _name in _QUANTILES]
    # Sizes that occur, never means of two.
    rows = [np.quantile(column, shares, method="inverted_cdf").astype(int).tolist() for column in table.sizes.T]
    cells = [[name for _share, name in _QUANTILES], *([f"{size:,}" for size in row] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(_QUANTILES))]
    heads = ["", *table.letters]
    return [
        f"{_INDENT}{head:<8}  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        for head, row in zip(heads, cells, strict=True)
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
