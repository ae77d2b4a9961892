"""Lines of equal waste over the plane of targets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from padviewer.dataset.choice import Choice
from padviewer.dataset.table import Sizes, SizeTable
from padviewer.dataset.waste import waste_grid
from padviewer.gui.dataset.contours import segments
from padviewer.gui.dataset.frame import Frame, Numbers, Scale
from padviewer.spec import MAX_SIZE

LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
# Targets on each axis for which the waste is worked out.
_GRID = 72


class WasteLine(NamedTuple):
    """A line of equal waste.

    Attributes:
        level: the padding share, 0 to 1.
        ends: (pieces, 2, 2) float64: both ends of each piece, as (across, up) in the units of the scales.
    """

    level: float
    ends: Numbers


def waste_lines(waste: Numbers, across: Sizes, up: Sizes, scales: tuple[Scale, Scale]) -> tuple[WasteLine, ...]:
    """Returns the lines of equal waste.

    Args:
        waste: (len(up), len(across)) padding shares of targets.
        across, up: the sizes of these targets, ascending.
        scales: of both axes.
    """
    at_x, at_y = scales[0].place(across), scales[1].place(up)
    found = []
    for level in LEVELS:
        pieces = segments(waste, level)
        if len(pieces):
            rows, columns = pieces[..., 0], pieces[..., 1]
            x = np.interp(columns, np.arange(len(at_x)), at_x)
            y = np.interp(rows, np.arange(len(at_y)), at_y)
            found.append(WasteLine(level, np.stack([x, y], axis=-1)))
    return tuple(found)


def lines_in(frame: Frame, table: SizeTable, choice: Choice, names: tuple[str, str]) -> tuple[WasteLine, ...]:
    """Returns the lines of equal waste in a frame: for a thread.

    Args:
        frame: what is seen of the plane.
        table: of the files.
        choice: the multiples, the rule for what overflows, and the target on an axis that the plane does not have.
        names: of the spatial axes across and up.
    """
    across, up = (table.letters.index(name) for name in names)
    steps = choice.divisors(len(table.letters))
    box = frame.box
    columns = _tried(frame.across, box.left, box.right, steps[across])
    rows = _tried(frame.up, box.bottom, box.top, steps[up])
    found = waste_grid(table, choice, (up, across), (rows, columns))
    return waste_lines(found.waste, columns, rows, (frame.across, frame.up))


def _tried(scale: Scale, low: float, high: float, step: int) -> Sizes:
    """Returns targets between two places of a scale, on their multiples, ascending."""
    values = np.array([scale.value(place) for place in np.linspace(low, high, _GRID)])
    multiples = np.ceil(np.clip(values, 1, MAX_SIZE) / step).astype(np.int64) * step
    return np.unique(multiples)
