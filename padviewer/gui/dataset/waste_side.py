"""The waste over the plot: lines of equal waste over dots, a curve over bars, worked out for what is seen."""

from __future__ import annotations

from functools import partial

from padviewer.gui.dataset.latest import Latest
from padviewer.gui.dataset.layout import Laid
from padviewer.gui.dataset.places import FILES
from padviewer.gui.dataset.plot import SizePlot
from padviewer.gui.dataset.target import DatasetTarget
from padviewer.gui.dataset.waste_plane import curve_in, lines_in

_KIND = "lines"


def has_waste(letters: str, names: tuple[str, str]) -> bool:
    """Whether targets lie on the axes of a plot, across and up, of files with these spatial axes."""
    return names[0] in letters and names[1] in (*letters, FILES) and names[0] != names[1]


class WasteSide:
    """Asks for the waste, and has it drawn.

    Args:
        plot: where it is drawn.
        target: whose multiple and rule for what overflows are taken.
        latest: the thread.
    """

    def __init__(self, plot: SizePlot, target: DatasetTarget, latest: Latest) -> None:
        self._plot, self._target, self._latest = plot, target, latest

    def show(self, laid: Laid | None) -> None:
        """Shows the waste over what is seen of a layout; None shows none."""
        if laid is None or not len(laid.table) or not has_waste(laid.table.letters, laid.names):
            self._latest.drop(_KIND)
            self._plot.set_lines(())
            self._plot.set_curve(None)
            return
        frame, choice = self._plot.frame, self._target.choice
        if laid.names[1] == FILES:
            curve = partial(curve_in, frame, laid.table, choice, laid.names[0])
            self._latest.ask(_KIND, curve, self._plot.set_curve)
        else:
            lines = partial(lines_in, frame, laid.table, choice, laid.names)
            self._latest.ask(_KIND, lines, self._plot.set_lines)
