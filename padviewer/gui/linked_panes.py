"""The three panes side by side, showing the same rectangle of what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QSplitter, QWidget

from padviewer.gui import rectangles, screen
from padviewer.gui.axis_names import Names
from padviewer.gui.axis_slider import AxisSlider
from padviewer.gui.linked_view import LinkedView
from padviewer.gui.pane import Pane
from padviewer.gui.pane_texts import Room
from padviewer.gui.player import Place, Player
from padviewer.gui.theme import Theme
from padviewer.plan import Plan, Stage

if TYPE_CHECKING:
    from padviewer.gui.selecting import Selecting
    from padviewer.gui.selection import Corner, Selection

STAGES = (Stage.INPUT, Stage.PADDED, Stage.FEATURE)
# Where a slider is looked for when none was used yet.
_PLAYED = (Stage.PADDED, Stage.INPUT, Stage.FEATURE)
# Below these widths of all three, their texts need more lines.
_NARROW, _TINY = 860, 600
# Below this height they have one line each, for the picture's sake.
_LOW = 260


class LinkedPanes(QSplitter):
    """Zooms and pans all panes together; fits again after a change of size until a person has zoomed."""

    probed = Signal(float, float)
    probe_ended = Signal()
    play_menu_wanted = Signal(QPoint)
    probe_stepped = Signal()  # the probe was moved by the keyboard, after `probed`
    clicked = Signal(object, float, float, bool)  # Stage, a place, and whether Ctrl was held; by Enter too
    pin_stepped = Signal(int, int)  # columns and rows that the pin set last is to move
    selection_changed = Signal(object, object)  # Stage and Region of the plane on screen, or None and None
    selection_told = Signal(str)  # where the selection is, while it is drawn too

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHandleWidth(8)
        self.setChildrenCollapsible(False)
        self.panes = {stage: Pane(stage) for stage in STAGES}
        self._plan: Plan | None = None
        self._cut = screen.Cut()
        self._view = LinkedView(self.panes, self)
        self._active = self.panes[Stage.PADDED]
        self.player = Player(self._slider_at, self._is_shown, self)
        self.player.changed.connect(self._show_playing)
        self._theme: Theme | None = None
        self._selecting: Selecting | None = None
        self._names: Names = {}
        self._place: Corner | None = None
        self._swept_from: Corner | None = None
        for position, pane in enumerate(self.panes.values()):
            # As wide as the others, whatever its texts are.
            pane.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            self.addWidget(pane)
            self.setStretchFactor(position, 1)
            pane.canvas.hovered.connect(lambda x, y, pane=pane: self._on_pane_hovered(pane, x, y))
            pane.canvas.left.connect(self._on_pane_left)
            pane.sliders.used.connect(lambda letter, stage=pane.stage: self.player.use((stage, letter)))
            pane.sliders.play_clicked.connect(lambda letter, stage=pane.stage: self.player.toggle((stage, letter)))
            pane.sliders.play_menu_wanted.connect(self.play_menu_wanted)
            pane.canvas.clicked.connect(lambda x, y, adds, pane=pane: self.clicked.emit(pane.stage, x, y, adds))
            pane.canvas.swept.connect(lambda a, b, ended, pane=pane: self._on_pane_swept(pane, a, b, ended))
            pane.canvas.stepped.connect(lambda dx, dy, held, pane=pane: self._on_pane_stepped(pane, dx, dy, held))
            pane.canvas.entered.connect(lambda adds, pane=pane: self._on_pane_entered(pane, adds))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = Room.TINY if self.width() < _TINY else Room.NARROW if self.width() < _NARROW else Room.WIDE
        for pane in self.panes.values():
            pane.set_room(room, self.height() < _LOW)

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme = theme
        for pane in self.panes.values():
            pane.set_theme(theme)
        if self._selecting is not None:
            self._selecting.set_theme(theme)

    def set_provenance_shown(self, shown: bool) -> None:
        """Whether padding and cropping are marked."""
        for pane in self.panes.values():
            pane.canvas.set_provenance_shown(shown)

    def set_names(self, names: Names) -> None:
        """Calls axes by the names that a person gave them."""
        self._names = names
        for pane in self.panes.values():
            pane.set_names(names)
        if self._selecting is not None:
            self._selecting.set_names(names)

    def set_plan(self, older: Plan | None, plan: Plan) -> None:
        """Shows the labels of a plan; the pictures follow."""
        self._plan = plan
        for pane in self.panes.values():
            pane.set_plan(plan)
        self._view.set_plan(older, plan)
        if self._selecting is not None:
            self._selecting.set_plan(older, plan)

    def set_cut(self, cut: screen.Cut) -> None:
        """Shows another plane; all of it where other axes are on screen than before."""
        self._cut = cut
        for pane in self.panes.values():
            pane.set_cut(cut)
        self._view.set_cut(cut)
        highest = max(pane.slots_height for pane in self.panes.values())
        for pane in self.panes.values():
            pane.set_slots_height(highest)
        self._show_playing()
        if self._selecting is not None:
            self._selecting.set_cut(cut)

    def fit(self) -> None:
        """Shows everything."""
        self._view.fit()

    @property
    def view(self) -> rectangles.Rect | None:
        """The rectangle that is shown; None where that is everything."""
        return self._view.rect

    def set_view(self, rect: rectangles.Rect) -> None:
        """Shows a rectangle; again after a change of size, until a person has zoomed."""
        self._view.keep(rect)

    def actual_size(self) -> None:
        """Shows one element as one pixel of the screen, around the middle."""
        self._view.show_actual_size(self._active)

    def zoom(self, factor: float) -> None:
        """Zooms all panes in, or out by a factor below 1."""
        self._active.canvas.zoom(factor)

    def play(self) -> None:
        """Plays or pauses the slider that was used last; the first that there is where none was."""
        if self.player.place is None or self._slider_at(self.player.place) is None:
            places = [(stage, letter) for stage in _PLAYED for letter in self.panes[stage].sliders.sliders]
            if places:
                self.player.use(places[0])
        self.player.toggle()

    @property
    def selection(self) -> Selection | None:
        """What is selected."""
        return None if self._selecting is None else self._selecting.selection

    def select(self, selection: Selection | None) -> None:
        """Selects something else, or nothing."""
        if selection is not None or self._selecting is not None:
            self._selector().select(selection)

    def point_at(self, stage: Stage, x: float, y: float) -> None:
        """Probes a place, as pointing at it does, and moves the view until it is seen."""
        self._place = (x, y)
        self._view.reveal(self.panes[stage], self._place)
        for pane in self.panes.values():
            pane.canvas.set_cross(self._place)
        self.probed.emit(x, y)

    def show_view(self, rect: rectangles.Rect) -> None:
        """Shows a rectangle in all panes."""
        self._view.show(rect)

    @property
    def active(self) -> Pane:
        """The pane that the pointer was in last."""
        return self._active

    def _slider_at(self, place: Place) -> AxisSlider | None:
        stage, letter = place
        slider = self.panes[stage].slider(letter)
        return slider if slider is not None and slider.isVisible() else None

    def _is_shown(self) -> bool:
        return not any(pane.is_waiting for pane in self.panes.values())

    def _show_playing(self) -> None:
        for stage, pane in self.panes.items():
            for letter, slider in pane.sliders.sliders.items():
                slider.set_playing(self.player.plays((stage, letter)))

    def _selector(self) -> Selecting:
        """Returns what keeps the selection, made when something is first selected."""
        if self._selecting is None:
            from padviewer.gui.selecting import Selecting  # noqa: PLC0415 - the window starts without it

            self._selecting = Selecting(self.panes, self)
            self._selecting.changed.connect(self.selection_changed)
            self._selecting.told.connect(self.selection_told)
            if self._theme is not None:
                self._selecting.set_theme(self._theme)
            self._selecting.set_names(self._names)
            if self._plan is not None:
                self._selecting.set_plan(None, self._plan)
                self._selecting.set_cut(self._cut)
        return self._selecting

    def _on_pane_hovered(self, hovered: Pane, x: float, y: float) -> None:
        self._active, self._place, self._swept_from = hovered, (x, y), None
        for pane in self.panes.values():
            pane.canvas.set_cross(None if pane is hovered else (x, y))
        self.probed.emit(x, y)

    def _on_pane_swept(self, pane: Pane, first: Corner, last: Corner, ended: bool) -> None:
        self._active, self._place = pane, last
        self._selector().enclose(pane.stage, first, last, ended)

    def _on_pane_stepped(self, stepped: Pane, across: int, down: int, held: Qt.KeyboardModifier) -> None:
        """Moves the probe by an element of the pane; with Ctrl the pin, with Shift a corner of the selection."""
        if held & Qt.KeyboardModifier.ControlModifier:
            self.pin_stepped.emit(across, down)
            return
        if self._plan is None or not self._plan.spatial or self._plan.stage(stepped.stage) is None:
            return
        left, top, width, height = stepped.canvas.view
        middle = (left + width / 2, top + height / 2)
        # The first step of a probe that was nowhere shows where it starts.
        start, steps = (self._place, (across, down)) if self._place else (middle, (0, 0))
        place = rectangles.stepped(self._plan, stepped.stage, self._cut, start, *steps)
        if held & Qt.KeyboardModifier.ShiftModifier:
            self._swept_from = self._swept_from or rectangles.stepped(self._plan, stepped.stage, self._cut, start, 0, 0)
            self._selector().enclose(stepped.stage, self._swept_from, place, True)
        else:
            self._swept_from = None
        self._active, self._place = stepped, place
        self._view.reveal(stepped, place)
        for pane in self.panes.values():
            pane.canvas.set_cross(place)
        self.probed.emit(*place)
        self.probe_stepped.emit()

    def _on_pane_entered(self, pane: Pane, adds: bool) -> None:
        if self._place is not None:
            self.clicked.emit(pane.stage, *self._place, adds)

    def _on_pane_left(self) -> None:
        for pane in self.panes.values():
            pane.canvas.set_cross(None)
        self.probe_ended.emit()
