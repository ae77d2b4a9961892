"""The three panes side by side, showing the same rectangle of what they share."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QSplitter, QWidget

from padviewer.gui import rectangles, screen
from padviewer.gui.axis_slider import AxisSlider
from padviewer.gui.pane import Pane
from padviewer.gui.pane_texts import Room
from padviewer.gui.player import Place, Player
from padviewer.gui.theme import Theme
from padviewer.plan import Plan, Stage

STAGES = (Stage.INPUT, Stage.PADDED, Stage.FEATURE)
# Where a slider is looked for when none was used yet.
_PLAYED = (Stage.PADDED, Stage.INPUT, Stage.FEATURE)
_FIT_MARGIN = 0.04
# Below these widths of all three, their texts need more lines.
_NARROW, _TINY = 860, 600


class LinkedPanes(QSplitter):
    """Zooms and pans all panes together; fits again after a change of size until a person has zoomed."""

    probed = Signal(float, float)
    probe_ended = Signal()
    play_menu_wanted = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHandleWidth(8)
        self.setChildrenCollapsible(False)
        self.panes = {stage: Pane(stage) for stage in STAGES}
        self._plan: Plan | None = None
        self._cut = screen.Cut()
        self._fitted = True
        self._wanted: rectangles.Rect | None = None
        self._linking = False
        self._active = self.panes[Stage.PADDED]
        self.player = Player(self._slider_at, self._is_shown, self)
        self.player.changed.connect(self._show_playing)
        self._refit = QTimer(self, singleShot=True, interval=0)
        self._refit.timeout.connect(self._on_refit_timeout)
        for position, pane in enumerate(self.panes.values()):
            # As wide as the others, whatever its texts are.
            pane.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            self.addWidget(pane)
            self.setStretchFactor(position, 1)
            pane.canvas.moved_by_user.connect(lambda pane=pane: self._on_pane_moved(pane))
            pane.canvas.resized.connect(self._on_pane_resized)
            pane.canvas.hovered.connect(lambda x, y, pane=pane: self._on_pane_hovered(pane, x, y))
            pane.canvas.left.connect(self._on_pane_left)
            pane.sliders.used.connect(lambda letter, stage=pane.stage: self.player.use((stage, letter)))
            pane.sliders.play_clicked.connect(lambda letter, stage=pane.stage: self.player.toggle((stage, letter)))
            pane.sliders.play_menu_wanted.connect(self.play_menu_wanted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for pane in self.panes.values():
            pane.set_room(Room.TINY if self.width() < _TINY else Room.NARROW if self.width() < _NARROW else Room.WIDE)

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        for pane in self.panes.values():
            pane.set_theme(theme)

    def set_plan(self, older: Plan | None, plan: Plan) -> None:
        """Shows the labels of a plan; the pictures follow."""
        self._plan = plan
        for pane in self.panes.values():
            pane.set_plan(plan)
        if older is None or screen.axes_on_screen(older, self._cut) != screen.axes_on_screen(plan, self._cut):
            self._fitted = True
        if self._fitted:
            self.fit()

    def set_cut(self, cut: screen.Cut) -> None:
        """Shows another plane; all of it where other axes are on screen than before."""
        plan, older = self._plan, self._cut
        self._cut = cut
        for pane in self.panes.values():
            pane.set_cut(cut)
        if plan is not None and screen.axes_on_screen(plan, older) != screen.axes_on_screen(plan, cut):
            self.fit()
        highest = max(pane.slots_height for pane in self.panes.values())
        for pane in self.panes.values():
            pane.set_slots_height(highest)
        self._show_playing()

    def fit(self) -> None:
        """Shows everything."""
        self._fitted, self._wanted = True, None
        self._fit_now()
        self._refit.start()

    @property
    def view(self) -> rectangles.Rect | None:
        """The rectangle that is shown; None where that is everything."""
        return None if self._fitted else self._wanted or self.panes[Stage.PADDED].canvas.view

    def set_view(self, rect: rectangles.Rect) -> None:
        """Shows a rectangle; again after a change of size, until a person has zoomed."""
        self._fitted, self._wanted = False, rect
        self._show(rect)
        self._refit.start()

    def actual_size(self) -> None:
        """Shows one element as one pixel of the screen, around the middle."""
        pane = self._active
        left, top, width, height = pane.canvas.view
        columns, rows = pane.canvas.size_in_pixels
        pane.canvas.set_view((left + (width - columns) / 2, top + (height - rows) / 2, columns, rows))
        self._show(pane.canvas.view)
        self._fitted, self._wanted = False, None

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
    def active(self) -> Pane:
        """The pane that the pointer was in last."""
        return self._active

    def _fit_now(self) -> None:
        if self._plan is None:
            return
        left, top, width, height = rectangles.all_rect(self._plan, self._cut)
        margin = _FIT_MARGIN * max(width, height)
        self._show((left - margin, top - margin, width + 2 * margin, height + 2 * margin))

    def _show(self, rect: rectangles.Rect, but: Pane | None = None) -> None:
        """Shows a rectangle in all panes; all of batch or channels, of which each pane has its own."""
        plan = self._plan
        if plan is None:
            return
        rows, columns = (screen.fills(letter) for letter in screen.axes_on_screen(plan, self._cut))
        left, top, width, height = rect
        for stage, pane in self.panes.items():
            if plan.stage(stage) is not None:
                own = rectangles.stage_rect(plan, stage, self._cut)
                left, width = (own[0], own[2]) if columns else (left, width)
                top, height = (own[1], own[3]) if rows else (top, height)
            if pane is not but:
                pane.canvas.set_view((left, top, width, height))

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

    def _on_refit_timeout(self) -> None:
        """The layout has given the panes their sizes by now."""
        if self._fitted:
            self._fit_now()
        elif self._wanted is not None:
            self._show(self._wanted)

    def _on_pane_resized(self) -> None:
        if self._fitted or self._wanted is not None:
            self._refit.start()

    def _on_pane_moved(self, moved: Pane) -> None:
        if self._linking or self._plan is None:
            return
        self._fitted, self._wanted, self._linking = False, None, True
        self._show(moved.canvas.view, but=moved)
        self._linking = False

    def _on_pane_hovered(self, hovered: Pane, x: float, y: float) -> None:
        self._active = hovered
        for pane in self.panes.values():
            pane.canvas.set_cross(None if pane is hovered else (x, y))
        self.probed.emit(x, y)

    def _on_pane_left(self) -> None:
        for pane in self.panes.values():
            pane.canvas.set_cross(None)
        self.probe_ended.emit()
