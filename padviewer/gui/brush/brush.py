"""The receptive-field brush: what the element under the pointer, and pinned ones, are tied to in each pane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from padviewer.gui.brush import pins
from padviewer.gui.brush.cells import cells_of, element_at
from padviewer.gui.brush.item import BrushItem, Mark
from padviewer.gui.brush.stretches import Element
from padviewer.gui.brush.text import place_text, tie_text
from padviewer.gui.pane import Pane
from padviewer.gui.screen import Cut, axes_on_screen, place_at
from padviewer.gui.theme import Theme
from padviewer.plan import Plan, Stage

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

# Over the picture, its hatch and the values; under the cross-hair.
_DEPTH = 2.5


class Brush(QObject):
    """Marks elements in all panes and says what they are tied to.

    Args:
        window: whose panes are drawn on, and whose session tells the plan.
    """

    output_changed = Signal()  # another output is pinned or pointed at

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._plan = window.session.plan
        self._items = {pane: BrushItem() for pane in window.panes.panes.values()}
        self._pointed: Element | None = None
        self._under: Element | None = None
        self._shows_pointed = True
        self._names = window.axis_names.of(window.session.plan)
        self._anchors = pins.Anchors(window.session.plan)
        self.pins: tuple[Element, ...] = ()
        for pane, item in self._items.items():
            pane.canvas.add_item(item, _DEPTH)
            pane.canvas.view_changed.connect(lambda pane=pane: self._show_in(pane))
        window.session.plan_changed.connect(self._on_session_plan_changed)
        window.session.cut_changed.connect(self._on_session_cut_changed)
        window.axis_names.changed.connect(self._on_axis_names_changed)
        window.theme_changed.connect(self._on_window_theme_changed)
        self._on_window_theme_changed(window.theme)

    @property
    def output(self) -> Element | None:
        """The output that was pinned last, or the one under the pointer where none is."""
        pinned = [pin for pin in self.pins if pin.stage is Stage.FEATURE]
        return pinned[-1] if pinned else self._under

    @property
    def is_output_pinned(self) -> bool:
        """Whether that output is a pinned one."""
        return any(pin.stage is Stage.FEATURE for pin in self.pins)

    def set_shown(self, shown: bool) -> None:
        """Whether what the pointer is at is marked; pins always are."""
        self._shows_pointed = shown
        if not shown and self._pointed is not None:
            self._pointed = None
            self._show()

    def point(self, stage: Stage, x: float, y: float) -> None:
        """The pointer, or an arrow key, is at a place of a pane."""
        plan, cut = self._session.plan, self._session.cut
        if plan is None or not plan.spatial:
            return
        self._set_under(_output_at(plan, cut, x, y))
        pointed = element_at(plan, stage, cut, x, y) if self._shows_pointed else None
        if pointed != self._pointed:
            self._pointed = pointed
            self._show()

    def leave(self) -> None:
        """The pointer has left the panes; the output that it was at last stays that of the card."""
        if self._pointed is not None:
            self._pointed = None
            self._show()

    def pin(self, stage: Stage, x: float, y: float, adds: bool) -> None:
        """Pins what is at a place of a pane, in place of other pins or in addition to them."""
        plan = self._session.plan
        element = element_at(plan, stage, self._session.cut, x, y) if plan is not None and plan.spatial else None
        if element is not None:
            self._set_pins(pins.toggled(self.pins, element, adds))

    def step_pin(self, across: int, down: int) -> None:
        """Moves the pin that was set last by some elements on the screen."""
        plan = self._session.plan
        if not self.pins or plan is None or plan.stage(self.pins[-1].stage) is None:
            return
        moved = self.pins[-1]
        for letter, steps in zip(axes_on_screen(plan, self._session.cut), (down, across), strict=True):
            moved = pins.stepped(plan, moved, letter, steps)
        self._set_pins((*self.pins[:-1], moved))

    def unpin(self) -> None:
        """Takes all pins away."""
        if self.pins:
            self._set_pins(())

    @property
    def text(self) -> str:
        """What is said of the element under the pointer, or of the pin that was set last."""
        plan = self._session.plan
        told = self._pointed or (self.pins[-1] if self.pins else None)
        if plan is None or told is None:
            return ""
        text = tie_text(plan, told, self._names)
        return text if told is self._pointed else f"pinned {place_text(told, self._names)}: {text}"

    def _set_pins(self, found: tuple[Element, ...]) -> None:
        if found != self.pins:
            self.pins = found
            self._show()
            self.output_changed.emit()

    def _set_under(self, output: Element | None) -> None:
        if output is not None and output != self._under:
            self._under = output
            if not self.is_output_pinned:
                self.output_changed.emit()

    def _show(self) -> None:
        for pane in self._items:
            self._show_in(pane)
        self._window.probe.set_ties(self.text, self._pins_text())

    def _show_in(self, pane: Pane) -> None:
        item, plan = self._items[pane], self._session.plan
        if plan is not self._plan:
            return  # the panes have the newer plan already, and elements of it are not known yet
        wanted = [*self.pins, *([self._pointed] if self._pointed else [])]
        if plan is None or not plan.spatial or not (wanted or item.marks):
            return
        view, pixels = pane.canvas.view, pane.canvas.size_in_pixels
        marks = []
        for number, element in enumerate(wanted, start=1):
            cells = cells_of(plan, self._session.cut, element, pane.stage, view, pixels)
            if cells is not None:
                pinned = number <= len(self.pins)
                numbered = pinned and len(self.pins) > 1 and element.stage is pane.stage
                marks.append(Mark(cells, pinned, str(number) if numbered else ""))
        item.set_marks(marks, pane.canvas.pixel)

    def _pins_text(self) -> str:
        count = len(self.pins)
        return f"{count} pin{'' if count == 1 else 's'}, Esc unpins" if count else ""

    def _followed(self, pin: Element, plan: Plan) -> Element | None:
        """Returns where a pin is after an edit; while its stage is not there, it waits."""
        waits = plan.stage(pin.stage) is None
        return pin if waits else pins.followed(pin, self._anchors.of(pin.stage), plan)

    # ---- slots

    def _on_session_plan_changed(self, older: Plan | None, plan: Plan) -> None:
        """Pins stay at the content that they were at; those that are nowhere any more are told."""
        self._plan = plan
        self._pointed, self._under = None, None
        self._names = self._window.axis_names.of(plan)
        if older is None:
            self._anchors.forget()
        found = [self._followed(pin, plan) for pin in self.pins]
        self._anchors.advance(plan)
        kept = _distinct(found)
        lost = len(self.pins) - len([pin for pin in found if pin is not None])
        if lost:
            what = place_text(next(p for p, new in zip(self.pins, found, strict=True) if new is None), self._names)
            text = f"unpinned {what}: it is not there any more" if lost == 1 else f"{lost} pins are not there any more"
            self._window.status.say(text)
        self.pins = kept
        self._show()
        self.output_changed.emit()

    def _on_session_cut_changed(self, _cut: Cut) -> None:
        self._show()

    def _on_axis_names_changed(self) -> None:
        self._names = self._window.axis_names.of(self._session.plan)
        self._show()

    def _on_window_theme_changed(self, theme: Theme) -> None:
        for item in self._items.values():
            item.set_theme(theme)


def _distinct(found: list[Element | None]) -> tuple[Element, ...]:
    kept: list[Element] = []
    for pin in found:
        if pin is not None and pin not in kept:
            kept.append(pin)
    return tuple(kept)


def _output_at(plan: Plan, cut: Cut, x: float, y: float) -> Element | None:
    found = place_at(plan, Stage.FEATURE, cut, x, y)
    return None if found is None else Element(Stage.FEATURE, found[0])
