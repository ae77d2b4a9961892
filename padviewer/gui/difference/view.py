"""The pictures of a difference: both sides and what is between them, showing the same rectangle as the panes."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from padviewer.gui import rectangles, screen
from padviewer.gui.canvas import Canvas
from padviewer.gui.difference.figures import signed
from padviewer.gui.difference.work import Compared
from padviewer.gui.labels import ElidedLabel
from padviewer.gui.rectangles import Rect
from padviewer.gui.rendering import DIVERGING, Levels, Look, choose_map, lookup_table, paint
from padviewer.gui.screen import Cut
from padviewer.gui.theme import Theme
from padviewer.plan import Plan, Stage
from padviewer.workers.messages import Array

HERE, THERE, BETWEEN = "here", "there", "between"
_NAMES = {HERE: "A: in force", THERE: "B: reference", BETWEEN: "A − B"}


class DifferenceView(QWidget):
    """Three canvases that zoom and pan together, and report where a person moved them to."""

    moved = Signal(object)  # Rect
    region_wanted = Signal()
    hovered = Signal(float, float)
    left = Signal()
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvases = {name: Canvas() for name in _NAMES}
        self._captions = {name: ElidedLabel("muted") for name in _NAMES}
        self._columns = {name: QWidget() for name in _NAMES}
        self._following = False
        self._ask = QTimer(self, singleShot=True, interval=0)
        self._ask.timeout.connect(self.region_wanted)
        # When the layout has given all of them their sizes.
        self._resize = QTimer(self, singleShot=True, interval=0)
        self._resize.timeout.connect(self.resized)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for name, canvas in self.canvases.items():
            # Keys go from element to element in the panes.
            canvas.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            canvas.setAccessibleName(f"{_NAMES[name]} picture")
            column = QVBoxLayout(self._columns[name])
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(2)
            column.addWidget(self._captions[name])
            column.addWidget(canvas, 1)
            layout.addWidget(self._columns[name], 1)
            canvas.moved_by_user.connect(lambda canvas=canvas: self._on_canvas_moved(canvas))
            canvas.hovered.connect(self.hovered)
            canvas.left.connect(self.left)
            canvas.view_changed.connect(self._ask.start)
            canvas.resized.connect(self._resize.start)
        self.set_name("")

    @property
    def is_asking(self) -> bool:
        """Whether a region is about to be asked for."""
        return self._ask.isActive()

    @property
    def view(self) -> tuple[Rect, tuple[int, int]]:
        """The rectangle that is shown, and the pixels that it has."""
        # One of those that are shown: the others have no size.
        shown = [canvas for name, canvas in self.canvases.items() if not self._columns[name].isHidden()]
        return shown[-1].view, shown[-1].size_in_pixels

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        for canvas in self.canvases.values():
            canvas.set_theme(theme)

    def set_sides_shown(self, sides: bool, between: bool = True) -> None:
        """Shows both sides, the difference, or all three."""
        for name in _NAMES:
            self._columns[name].setVisible(between if name == BETWEEN else sides)

    def set_name(self, name: str) -> None:
        """Says what the reference is."""
        self._captions[HERE].setText(_NAMES[HERE])
        self._captions[THERE].setText(f"B: {name}" if name else _NAMES[THERE])
        self._captions[BETWEEN].setText(_NAMES[BETWEEN])

    def set_pair(self, plan: Plan, cut: Cut) -> None:
        """Fits the canvases to the plane on screen; the pictures follow."""
        filled = [screen.fills(letter) for letter in screen.axes_on_screen(plan, cut)]
        everything = rectangles.all_rect(plan, cut)
        for canvas in self.canvases.values():
            canvas.set_filled(filled[0], filled[1])
            canvas.set_limits(everything, filled[0], filled[1])

    def set_view(self, rect: Rect) -> None:
        """Shows a rectangle."""
        if self._following:
            return
        self._following = True
        for canvas in self.canvases.values():
            canvas.set_view(rect)
        self._following = False

    def follow(self, plan: Plan, cut: Cut, stage: Stage, view: Rect) -> None:
        """Shows what a pane shows, without the room around it that a pane of another form has.

        Args:
            plan, cut, stage: what is on screen.
            view: the rectangle that the pane of the stage shows.
        """
        left, top, width, height = rectangles.all_rect(plan, cut)
        own = rectangles.stage_rect(plan, stage, cut)
        rows, columns = (screen.fills(letter) for letter in screen.axes_on_screen(plan, cut))
        left, width = (own[0], own[2]) if columns else (left, width)
        top, height = (own[1], own[3]) if rows else (top, height)
        self.set_view(_within(view, (left, top, width, height)))

    def set_cross(self, place: tuple[float, float] | None) -> None:
        """Draws a cross-hair in each picture; None draws none."""
        for canvas in self.canvases.values():
            canvas.set_cross(place)

    def show_compared(self, compared: Compared, look: Look, levels: Levels, reach: float) -> None:
        """Draws both sides as the pane does, and the difference with one colour for each sign.

        Args:
            compared: what is drawn.
            look, levels: of the pane that shows the stage.
            reach: the largest difference that is known; it, or a larger one in the picture, has the strongest colour.
        """
        pair, rect = compared.pair, compared.pair.rect(compared.numbers)
        exact = all(span.step == 1 for span in compared.numbers.values())
        for side, data in ((HERE, compared.here), (THERE, compared.there)):
            self.draw_side(side, pair.plane(data), rect, look, levels, pair.stage, exact)
        between = _one_colour(pair.plane(signed(compared.here, compared.there)))
        reach = max(reach, float(np.abs(between).max(initial=0, where=np.isfinite(between))))
        scale = f"   −{reach:.4g} … {reach:.4g}" if reach else "   0 everywhere"
        self._captions[BETWEEN].setText(_NAMES[BETWEEN] + scale)
        pixels = paint(between, lookup_table(DIVERGING), (-reach or -1.0, reach or 1.0))
        self.canvases[BETWEEN].set_pixels(pixels, rect, between if exact else None)

    def draw_side(
        self, name: str, plane: Array, rect: Rect, look: Look, levels: Levels, stage: Stage, exact: bool
    ) -> None:
        """Draws one side as a pane does.

        Args:
            name: `HERE` or `THERE`.
            plane: (rows, columns), or (rows, columns, colours).
            rect: what it covers on screen.
            look, levels: of the pane that shows the stage.
            stage: PADDED or FEATURE.
            exact: whether each element is there, so that values can be written on them.
        """
        map_name, levels = choose_map(look, stage is Stage.FEATURE, levels, plane.dtype.kind == "c")
        pixels = paint(plane, lookup_table(map_name), levels, look.part)
        self.canvases[name].set_pixels(pixels, rect, plane if exact else None)

    def clear(self) -> None:
        """Shows nothing."""
        for canvas in self.canvases.values():
            canvas.clear_pixels()

    def _on_canvas_moved(self, moved: Canvas) -> None:
        if self._following:
            return
        self._following = True
        for canvas in self.canvases.values():
            if canvas is not moved:
                canvas.set_view(moved.view)
        self.moved.emit(moved.view)
        self._following = False


def _within(view: Rect, everything: Rect) -> Rect:
    """Returns the part of a view where there is something; all of it where that is nowhere."""
    left, top = max(view[0], everything[0]), max(view[1], everything[1])
    right = min(view[0] + view[2], everything[0] + everything[2])
    bottom = min(view[1] + view[3], everything[1] + everything[3])
    return (left, top, right - left, bottom - top) if right > left and bottom > top else view


def _one_colour(plane: Array) -> Array:
    """Returns the largest difference of the channels where they are shown as colours."""
    if plane.ndim < 3:
        return plane
    at = np.abs(np.nan_to_num(plane)).argmax(axis=-1)
    return np.take_along_axis(plane, at[..., np.newaxis], -1)[..., 0]
