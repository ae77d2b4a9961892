"""The picture of a pane: a region of a stage, drawn on a canvas in colours."""

from __future__ import annotations

from padviewer.gui import rectangles, screen
from padviewer.gui.canvas import Canvas
from padviewer.gui.rendering import Levels, Look, Pixels, choose_map, levels_of, lookup_table, paint
from padviewer.plan import Plan, Stage
from padviewer.workers.messages import Tile


class PanePicture:
    """Holds what is drawn, and how its numbers become colours.

    Args:
        stage: what is shown.
        canvas: draws it.

    Attributes:
        tile: the region; None where there is none.
        look: how numbers become colours.
        levels: the numbers that the first and the last colour stand for.
        colours: the 256 RGBA colours of the numbers between them.
    """

    def __init__(self, stage: Stage, canvas: Canvas) -> None:
        self._stage = stage
        self._canvas = canvas
        self.tile: Tile | None = None
        self.look = Look()
        self.levels: Levels = (0.0, 1.0)
        self.colours: Pixels = lookup_table("gray")

    def clear(self) -> None:
        """Takes the picture away."""
        self.tile = None
        self._canvas.clear_pixels()

    def draw(self, plan: Plan, cut: screen.Cut, tile: Tile) -> None:
        """Draws a region of the plane on screen."""
        plane = screen.plane_of(plan, cut, tile)
        levels = levels_of(self.look, tile.data, tile.statistics)
        is_complex = tile.data.dtype.kind == "c"
        name, self.levels = choose_map(self.look, self._stage is Stage.FEATURE, levels, is_complex)
        self.colours = lookup_table(name)
        self._canvas.set_pixels(
            paint(plane, self.colours, self.levels, self.look.part),
            rectangles.region_rect(plan, self._stage, cut, tile.region),
            plane if tile.coarse == 1 and all(span.step == 1 for span in tile.region) else None,
        )

    def element(self, plan: Plan, index: dict[str, int]) -> float | None:
        """Returns an element that is drawn, by its index on each axis; None where there is no such sample."""
        if self.tile is None or self.tile.averaged or self.tile.coarse > 1:
            return None
        place = []
        for letter, span in zip(plan.require(self._stage).axes, self.tile.region, strict=True):
            if index[letter] not in range(*span):
                return None
            place.append((index[letter] - span.start) // span.step)
        return float(self.tile.data[tuple(place)])
