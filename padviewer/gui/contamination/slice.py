"""The contamination of the plane of FEATURE that is on screen, for each pixel of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from padviewer.contamination import AxisContamination, Contamination
from padviewer.gui.rectangles import Rect, stage_rect
from padviewer.gui.screen import Cut, axes_on_screen, fixed_index, to_padded
from padviewer.plan import Plan, Stage

Shares = npt.NDArray[np.float64]

# Shares of a window from which on the tint is stronger. Below the first it is the weakest, and 0 has none.
STEPS = (0.25, 0.5, 0.75, 1.0)
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Line:
    """One axis on screen.

    Attributes:
        contamination: of its outputs; None for batch and filters, along which it does not change.
        size: elements of FEATURE.
    """

    contamination: AxisContamination | None
    size: int

    def data_shares(self, edges: Shares) -> Shares:
        """Returns the share of a window that is data, along this axis alone, for each pixel of a row or column of them.

        A pixel that is smaller than an output shows the output at its middle; a larger one the mean of all outputs
        that it covers, so that no border is too thin to be seen.

        Args:
            edges: of the pixels, evenly spaced, in outputs; one more than there are pixels.
        """
        if self.contamination is None or len(edges) < 2:
            return np.ones(max(0, len(edges) - 1))
        last = self.size - 1
        if edges[1] - edges[0] <= 1:
            middle = (edges[:-1] + edges[1:]) / 2
            first = np.clip(np.floor(middle), 0, last).astype(np.int64)
            return self.contamination.data_shares(first, first + 1)
        first = np.clip(np.floor(edges[:-1]), 0, last).astype(np.int64)
        stop = np.clip(np.ceil(edges[1:]), first + 1, self.size).astype(np.int64)
        return self.contamination.data_shares(first, stop)


@dataclass(frozen=True, eq=False)
class ContaminationSlice:
    """What is on screen.

    Attributes:
        rect: what FEATURE covers on screen.
        clean: the rectangle of the outputs that see data only, the 0 % contour; None where there are none.
        rows, columns: the axes on screen.
        hidden: the share of a window that is data along all axes that are not, at the index that is shown.
    """

    rect: Rect
    clean: Rect | None
    rows: Line
    columns: Line
    hidden: float

    def steps(self, rows: Shares, columns: Shares) -> npt.NDArray[np.uint8]:
        """Returns how strong the tint is: 0 without padding, 1 to 4 by `STEPS`, 5 where all of each window is padding.

        Args:
            rows, columns: data shares along the two axes, of shape (height,) and (width,).

        Returns:
            uint8 of shape (height, width).
        """
        data = self.hidden * np.multiply.outer(rows, columns)
        # A quarter that was rounded down is a quarter still.
        steps = np.digitize(1 - data + _ROUNDING, STEPS[:-1]).astype(np.uint8)
        steps += data < 1
        steps += data == 0
        return steps


def slice_of(plan: Plan, cut: Cut, found: Contamination) -> ContaminationSlice:
    """Returns the slice that a cut shows."""
    letters = axes_on_screen(plan, cut)
    each = {one.axis.letter: one for one in found.axes}
    feature = plan.require(Stage.FEATURE)
    rows, columns = (Line(each.get(letter), feature.extent(letter)) for letter in letters)
    hidden = 1.0
    for letter, one in each.items():
        if letter not in letters:
            at = np.array([fixed_index(plan, Stage.FEATURE, cut, letter)], np.int64)
            hidden *= float(one.data_shares(at, at + 1)[0])
    clean = _clean_rect(plan, letters, each) if hidden == 1 else None
    return ContaminationSlice(stage_rect(plan, Stage.FEATURE, cut), clean, rows, columns, hidden)


def _clean_rect(plan: Plan, letters: str, each: dict[str, AxisContamination]) -> Rect | None:
    covered = []
    for letter in letters:
        start, stop = each[letter].clean if letter in each else (0, plan.require(Stage.FEATURE).extent(letter))
        if stop <= start:
            return None
        scale, offset = to_padded(plan, Stage.FEATURE, letter)
        covered.append((scale * start + offset, scale * (stop - start)))
    (top, height), (left, width) = covered
    return left, top, width, height
