"""Drives the plot of a data set: START FILES FRAMES LIMIT; prints the delays of its frames."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from benchmarks.frames import Frames
from benchmarks.gestures import tour
from padviewer.gui.app import make_application
from padviewer.gui.dataset.crosshair import Crosshair
from padviewer.gui.dataset.places import places_of
from padviewer.gui.dataset.plot import SizePlot
from padviewer.gui.dataset.plot_canvas import Shown
from padviewer.gui.theme import DARK, apply_theme

NOTCHES = 8
TARGET, STEP = 512, 32


class PlotView:
    """The plot, as it is watched: what it paints is exact always."""

    def __init__(self, plot: SizePlot) -> None:
        self._plot = plot

    @property
    def viewport(self) -> QWidget:
        """The widget that is painted."""
        return self._plot

    def state(self) -> Any:
        """Returns what part is shown."""
        return self._plot.frame.box

    def arrivals(self) -> int:
        """Returns how many times it got others to show."""
        return 0

    def is_exact(self) -> bool:
        """Whether all is painted."""
        return True


def main(files: int, count: int, limit: float) -> None:
    """Drives the plot and prints what was seen."""
    app = make_application()
    apply_theme(app, DARK)
    random = np.random.default_rng(0)
    height = random.lognormal(6.5, 0.6, files).astype(np.int64) + 1
    width = (height * random.lognormal(0.2, 0.3, files)).astype(np.int64) + 1
    places = places_of(width, height, np.arange(files))
    plot = SizePlot()
    plot.resize(1100, 760)
    plot.set_shown(Shown(places, ("W", "H")))
    plot.set_target(Crosshair(TARGET, TARGET, (STEP, STEP)))
    plot.set_over((width > TARGET) | (height > TARGET))
    plot.show()
    found: dict[str, Any] = {}

    def ended(seen: dict[str, Any]) -> None:
        found.update(seen)
        app.quit()

    plot.setProperty("frames", Frames([PlotView(plot)], plot, tour(NOTCHES), count, limit, ended))
    app.exec()
    print(json.dumps({**found, "places": len(places)}))


if __name__ == "__main__":
    main(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
