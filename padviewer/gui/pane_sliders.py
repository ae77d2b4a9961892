"""The sliders of a pane: one for each axis that is not on screen."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from padviewer.axes import CHANNELS
from padviewer.gui import screen
from padviewer.gui.axis_names import USUAL, Names
from padviewer.gui.axis_slider import TOGETHER, AxisSlider
from padviewer.gui.screen import Cut
from padviewer.plan import Plan, Stage


class PaneSliders(QWidget):
    """Shows the indices of a stage's axes, and reports those that a person chose.

    Args:
        stage: whose axes they are.
    """

    index_edited = Signal(str, object)
    used = Signal(str)
    play_clicked = Signal(str)
    play_menu_wanted = Signal(QPoint)

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage = stage
        self._plan: Plan | None = None
        self._cut = Cut()
        self._names: Names = {}
        self._is_short = False
        self.sliders: dict[str, AxisSlider] = {}
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(4)
        self._rows.addStretch(1)

    def set_cut(self, plan: Plan | None, cut: Cut) -> None:
        """Gives each axis that is not on screen a slider; those that are there already stay, with their focus."""
        self._plan, self._cut = plan, cut
        wanted = self._hidden_axes()
        for letter in [letter for letter in self.sliders if letter not in wanted or self._is_other(letter)]:
            slider = self.sliders.pop(letter)
            self._rows.removeWidget(slider)
            slider.hide()
            slider.deleteLater()
        for row, (letter, (index, size)) in enumerate(wanted.items()):
            if letter not in self.sliders:
                self._rows.insertWidget(row, self._make_slider(letter))
            self.sliders[letter].set_index(index, size)
        self.sliders = {letter: self.sliders[letter] for letter in wanted}
        self._align()

    def set_names(self, names: Names) -> None:
        """Calls axes by the names that a person gave them; a letter without one has its usual name."""
        self._names = names
        for letter, slider in self.sliders.items():
            slider.set_name(self._name(letter))
        self._align()

    def set_short(self, short: bool) -> None:
        """Says numbers in few letters, where there is little room."""
        self._is_short = short
        for slider in self.sliders.values():
            slider.set_short(short)
        self._align()

    @property
    def rows_height(self) -> int:
        """The height that the sliders want."""
        # The layout counts no slider that is not shown yet.
        each = [slider.sizeHint().height() for slider in self.sliders.values()]
        return sum(each) + self._rows.spacing() * max(0, len(each) - 1)

    def _align(self) -> None:
        """Lets sliders begin at one place, but where names have to give way to them."""
        widest = max((slider.name_width for slider in self.sliders.values()), default=0)
        for slider in self.sliders.values():
            slider.set_name_width(0 if self._is_short else widest)

    def _make_slider(self, letter: str) -> AxisSlider:
        together = "colours" if letter == CHANNELS and self._stage is not Stage.FEATURE and self._has_colours() else ""
        slider = AxisSlider(letter, self._name(letter), together)
        slider.set_short(self._is_short)
        slider.index_edited.connect(self.index_edited)
        slider.used.connect(self.used)
        slider.play_clicked.connect(self.play_clicked)
        slider.play_menu_wanted.connect(self.play_menu_wanted)
        self.sliders[letter] = slider
        return slider

    def _name(self, letter: str) -> str:
        if letter == CHANNELS and self._stage is Stage.FEATURE:
            return "filter"
        return self._names.get(letter) or USUAL[letter]

    def _has_colours(self) -> bool:
        return self._plan is not None and screen.has_colours(self._plan, self._cut)

    def _hidden_axes(self) -> dict[str, tuple[int | None, int]]:
        plan = self._plan
        planned = plan.stage(self._stage) if plan else None
        if plan is None or planned is None:
            return {}
        found = {
            letter: (screen.fixed_index(plan, self._stage, self._cut, letter), planned.extent(letter))
            for letter in screen.hidden_axes(plan, self._stage, self._cut)
            if planned.extent(letter) > 1
        }
        if CHANNELS in found and self._stage is not Stage.FEATURE and screen.shows_colours(plan, self._cut):
            found[CHANNELS] = (TOGETHER, planned.extent(CHANNELS))
        return found

    def _is_other(self, letter: str) -> bool:
        """Whether the channels could be shown as colours before and cannot now, or the other way round."""
        is_colours = letter == CHANNELS and self._stage is not Stage.FEATURE
        return is_colours and self.sliders[letter].can_be_together != self._has_colours()
