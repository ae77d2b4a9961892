"""Bars of how many files have a size: one for each size where there is room, else one for some pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from padviewer.gui.dataset.frame import Frame, Numbers
from padviewer.gui.dataset.places import Places, Rows

# Pixels of a bar that counts what falls into it.
_WIDE = 4.0


class Bars(NamedTuple):
    """Bars, by pixels across.

    Attributes:
        left, width: (bars,) float64 pixels.
        files: (bars,) int64.
        over: (bars,) int64, how many of these overflow.
    """

    left: Numbers
    width: Numbers
    files: Rows
    over: Rows

    @property
    def most(self) -> int:
        """The most files of a bar."""
        return int(self.files.max(initial=0))


def bars_of(places: Places, over: Rows, places_x: Numbers, frame: Frame) -> Bars:
    """Returns the bars that a frame shows.

    Args:
        places: of the files.
        over: (places,) files that overflow.
        places_x: (places,) where the scale puts them.
        frame: what is shown.
    """
    across = frame.per_unit[0]
    x = frame.x + (places_x - frame.box.left) * across
    inside = (x >= frame.x - across) & (x <= frame.x + frame.width + across)
    if not frame.across.log and across >= _WIDE:
        shown = np.flatnonzero(inside)
        width = max(2.0, min(across - 1, 40.0))
        return Bars(x[shown] - width / 2, np.full(len(shown), width), places.counts[shown], over[shown])
    numbers = np.floor((x - frame.x) / _WIDE).astype(np.int64)
    count = int(frame.width // _WIDE) + 1
    inside &= (numbers >= 0) & (numbers < count)
    files = np.bincount(numbers[inside], places.counts[inside], minlength=count).astype(np.int64)
    beyond = np.bincount(numbers[inside], over[inside], minlength=count).astype(np.int64)
    shown = np.flatnonzero(files)
    left: Numbers = frame.x + shown.astype(np.float64) * _WIDE
    return Bars(left, np.full(len(shown), _WIDE - 1), files[shown], beyond[shown])


def height_of(files: Rows | int, most: int, log: bool) -> Numbers:
    """Returns heights of bars as a share of the highest."""
    counts = np.asarray(files, np.float64)
    heights: Numbers = np.log1p(counts) / np.log1p(max(1, most)) if log else counts / max(1, most)
    return heights
