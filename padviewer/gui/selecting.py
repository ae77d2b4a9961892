"""Keeps what a person has selected, marks it in every pane, and tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from padviewer.gui.axis_names import Names
from padviewer.gui.brush.pins import Anchors
from padviewer.gui.pane import Pane
from padviewer.gui.rectangles import region_rect
from padviewer.gui.screen import Cut, axes_on_screen
from padviewer.gui.selection import Corner, Selection, counterpart, enclosed, followed, region_of, selection_text
from padviewer.gui.selection_item import SelectionItem
from padviewer.gui.theme import Theme
from padviewer.plan import Plan, Stage

if TYPE_CHECKING:
    from padviewer.geometry import Region

# Over the picture and its hatch; under the brush.
_DEPTH = 2.25


class Selecting(QObject):
    """Marks a selection through the transforms between stages.

    Args:
        panes: what it is drawn on.
        parent: that it goes with.
    """

    changed = Signal(object, object)  # Stage and Region of the plane on screen; None and None where nothing is selected
    told = Signal(str)  # where it is and its size

    def __init__(self, panes: dict[Stage, Pane], parent: QObject) -> None:
        super().__init__(parent)
        self._panes = panes
        self._items = {stage: SelectionItem() for stage in panes}
        self._plan: Plan | None = None
        self._cut = Cut()
        self._anchors = Anchors(None)
        self._names: Names = {}
        self._announced: tuple[Stage, Region] | None = None
        self.selection: Selection | None = None
        for stage, pane in panes.items():
            pane.canvas.add_item(self._items[stage], _DEPTH)
            pane.canvas.view_changed.connect(lambda stage=stage: self._show_in(stage))

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        for item in self._items.values():
            item.set_theme(theme)

    def set_names(self, names: Names) -> None:
        """Calls axes by the names that a person gave them."""
        self._names = names
        self._show(announce=False)

    def set_plan(self, older: Plan | None, plan: Plan) -> None:
        """Stays over the same content after an edit, as far as that is there."""
        self._plan = plan
        if older is None:
            self._anchors.forget()
        if self.selection is not None and plan.stage(self.selection.stage) is not None:
            self.selection = followed(plan, self._anchors.of(self.selection.stage), self.selection)
        self._anchors.advance(plan)
        if self.selection is not None:
            # The plane on screen is that of the older plan still; it is told next.
            self._show(announce=False)

    def set_cut(self, cut: Cut) -> None:
        """Goes with the plane on screen, as long as the axes are the same."""
        plan, older, self._cut = self._plan, self._cut, cut
        if plan is None:
            return
        if self.selection is not None and axes_on_screen(plan, older) != axes_on_screen(plan, cut):
            self.selection = None
        self._show()

    def enclose(self, stage: Stage, first: Corner, last: Corner, ended: bool) -> None:
        """Selects what a rectangle on screen encloses; it is announced when that has ended."""
        if self._plan is not None and self._plan.spatial:
            self.selection = enclosed(self._plan, stage, self._cut, first, last)
            self._show(announce=ended)

    def select(self, selection: Selection | None) -> None:
        """Selects something else, or nothing."""
        if selection != self.selection:
            self.selection = selection
            self._show()

    def _show(self, announce: bool = True) -> None:
        for stage in self._items:
            self._show_in(stage)
        self.told.emit("" if self.selection is None else selection_text(self.selection, self._names))
        if announce:
            self._announce()

    def _announce(self) -> None:
        plan, chosen = self._plan, self.selection
        region = region_of(plan, self._cut, chosen) if plan is not None and chosen is not None else None
        announced = None if region is None or chosen is None else (chosen.stage, region)
        if announced != self._announced:
            self._announced = announced
            self.changed.emit(*(announced or (None, None)))

    def _show_in(self, stage: Stage) -> None:
        plan, chosen, item, canvas = self._plan, self.selection, self._items[stage], self._panes[stage].canvas
        if plan is None or (chosen is None and item.rect is None):
            return
        region = None if chosen is None else counterpart(plan, self._cut, chosen, stage)
        rect = None if region is None else region_rect(plan, stage, self._cut, region)
        item.set_rect(rect, chosen is not None and chosen.stage is stage, canvas.pixel)
