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
_CURVE = 300


class WasteLine(NamedTuple):
    """A line of equal waste.

    Attributes:
        level: the padding share, 0 to 1.
        ends: (pieces, 2, 2) float64: both ends of each piece, as (across, up) in the units of the scales.
    """

    level: float
    ends: Numbers


class WasteCurve(NamedTuple):
    """The waste over the targets along one axis.

    Attributes:
        at: (targets,) float64, ascending, in the units of the scale.
        waste: (targets,) float64, padding shares, 0 to 1.
    """

    at: Numbers
    waste: Numbers


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
    waste = waste_grid(table, choice, (up, across), (rows, columns)).waste
    # What is smaller than the least multiple is rounded up to it: lines go on to the scales.
    waste, columns = _from_start(waste.T, columns)
    waste, rows = _from_start(waste.T, rows)
    return waste_lines(waste, columns, rows, (frame.across, frame.up))


def curve_in(frame: Frame, table: SizeTable, choice: Choice, name: str) -> WasteCurve:
    """Returns the waste over the targets along one axis that a frame shows: for a thread.

    Args:
        frame: what is seen.
        table: of the files.
        choice: the multiples, the rule for what overflows, and the target on other axes.
        name: of the spatial axis across.
    """
    axis = table.letters.index(name)
    tried = _tried(frame.across, frame.box.left, frame.box.right, choice.divisors(len(table.letters))[axis], _CURVE)
    waste, targets = _from_start(waste_grid(table, choice, (axis,), (tried,)).waste, tried)
    return WasteCurve(frame.across.place(targets), waste)


def _from_start(waste: Numbers, targets: Sizes) -> tuple[Numbers, Sizes]:
    """Returns the waste of targets from 1 on; those below the first one waste as much as that."""
    return np.concatenate([waste[:1], waste]), np.concatenate([np.ones(1, np.int64), targets])


def _tried(scale: Scale, low: float, high: float, step: int, count: int = _GRID) -> Sizes:
    """Returns targets between two places of a scale, on their multiples, ascending."""
    values = np.array([scale.value(place) for place in np.linspace(low, high, count)])
    multiples = np.ceil(np.clip(values, 1, MAX_SIZE) / step).astype(np.int64) * step
    return np.unique(multiples)
