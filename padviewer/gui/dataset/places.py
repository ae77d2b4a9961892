"""Where the files of a data set lie on two axes: files of one size share a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from padviewer.axes import CHANNELS
from padviewer.dataset.table import SizeTable

Rows = npt.NDArray[np.int64]

FILES, BYTES, CHANNEL_AXIS = "files", "bytes", "channels"
_NAMES = {"H": "height", "W": "width", "D": "depth", "T": "length", CHANNEL_AXIS: "channels", BYTES: "file bytes"}


@dataclass(frozen=True)
class Places:
    """Places that files have on two axes.

    Attributes:
        x, y: (places,) int64, the values.
        counts: (places,) int64, how many files each has.
        rows: (files,) int64, the rows of the table, those of one place together.
        starts: (places + 1,) int64, where in `rows` those of each place begin.
        place_of: (files,) int64, the place of each of the rows that were asked for.
        asked: (files,) int64, these rows, in order.
    """

    x: Rows
    y: Rows
    counts: Rows
    rows: Rows
    starts: Rows
    place_of: Rows
    asked: Rows

    def __len__(self) -> int:
        return len(self.counts)

    def rows_at(self, place: int) -> Rows:
        """Returns the rows of the files at a place."""
        return self.rows[self.starts[place] : self.starts[place + 1]]

    def rows_of(self, chosen: npt.NDArray[np.bool_]) -> Rows:
        """Returns the rows of the files at all places that a mask chooses, in order."""
        rows: Rows = self.asked[chosen[self.place_of]]
        return rows

    def counted(self, marked: npt.NDArray[np.bool_]) -> Rows:
        """Returns how many of the files at each place are marked; the mask has one for each row of the table."""
        counts = np.bincount(self.place_of[marked[self.asked]], minlength=len(self))
        return counts.astype(np.int64, copy=False)


def places_of(x: Rows, y: Rows, rows: Rows) -> Places:
    """Returns the places of some rows.

    Args:
        x, y: (items,) int64 values of all rows, not negative.
        rows: the rows that are shown.
    """
    across, up = x[rows], y[rows]
    order = np.lexsort((up, across))
    if not len(rows):
        nothing = np.zeros(0, np.int64)
        return Places(nothing, nothing, nothing, nothing, np.zeros(1, np.int64), nothing, rows)
    sorted_x, sorted_y = across[order], up[order]
    begins = np.concatenate([[True], (np.diff(sorted_x) != 0) | (np.diff(sorted_y) != 0)])
    firsts = np.flatnonzero(begins)
    starts = np.append(firsts, len(rows)).astype(np.int64)
    place_of = np.empty(len(rows), np.int64)
    place_of[order] = np.cumsum(begins) - 1
    return Places(sorted_x[firsts], sorted_y[firsts], np.diff(starts), rows[order], starts, place_of, rows)


def quantity(table: SizeTable, name: str) -> Rows:
    """Returns what an axis shows of each item, int64: a size, the channels, or the bytes of its file; 0 for files."""
    if name in table.letters:
        return table.sizes[:, table.letters.index(name)]
    if name == CHANNEL_AXIS:
        return np.array([_channels(item.axes, item.shape) for item in table.items], np.int64)
    if name == BYTES:
        return np.array([item.file_bytes for item in table.items], np.int64)
    return np.zeros(len(table), np.int64)


def axis_names(letters: str) -> list[str]:
    """Returns what can be shown along an axis of a plot: sizes first, as people read them, across before up."""
    return [*sorted(letters, key="WHDT".index), CHANNEL_AXIS, BYTES]


def axis_title(name: str) -> str:
    """Returns what stands beside an axis: `width W`, `channels`."""
    word = _NAMES.get(name, name)
    return f"{word} {name}" if len(name) == 1 else word


def joined(letters: str, parts: Sequence[SizeTable]) -> SizeTable:
    """Returns the table of all items of several tables of these axes."""
    if len(parts) == 1:
        return parts[0]
    sizes = np.concatenate([part.sizes for part in parts]) if parts else np.zeros((0, len(letters)), np.int64)
    weights = np.concatenate([part.weights for part in parts]) if parts else np.zeros(0, np.int64)
    return SizeTable(letters, sizes, weights, tuple(item for part in parts for item in part.items))


def _channels(axes: str, shape: tuple[int, ...]) -> int:
    return shape[axes.index(CHANNELS)] if CHANNELS in axes else 1
