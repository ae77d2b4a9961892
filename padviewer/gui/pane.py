"""One pane: its texts, the picture, and sliders for the axes that are not shown."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QFrame, QMenu, QVBoxLayout, QWidget

from padviewer.gui import ledger, rectangles, screen
from padviewer.gui.axis_names import Names
from padviewer.gui.axis_slider import AxisSlider
from padviewer.gui.canvas import Canvas
from padviewer.gui.feature import FeatureState
from padviewer.gui.look_menu import LookMenu
from padviewer.gui.pane_overlay import PaneOverlay
from padviewer.gui.pane_picture import PanePicture
from padviewer.gui.pane_sliders import PaneSliders
from padviewer.gui.pane_texts import PaneTexts, Room
from padviewer.gui.plane_count import Counted
from padviewer.gui.provenance import provenance_of
from padviewer.gui.rendering import Levels, Look, Pixels, rule_in_force
from padviewer.gui.statistics_text import exact_text, statistics_text
from padviewer.gui.theme import Theme
from padviewer.plan import Plan, Stage
from padviewer.workers.messages import Computed, Tile


class Pane(QFrame):
    """Shows one stage of a plan. It reports what a person does and decides nothing."""

    region_wanted = Signal(object, object)  # Stage, Region
    cut_edited = Signal(object)  # Cut
    cancel_wanted = Signal()
    picture_copied = Signal()
    look_changed = Signal()
    drawn = Signal()
    details_wanted = Signal()  # what there is no room for

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAccessibleName(ledger.TITLES[stage])
        self.stage = stage
        self._plan: Plan | None = None
        self._cut = screen.Cut()
        self._drawn_of: tuple[Plan | None, screen.Cut] | None = None
        self._axes = ""
        self._theme: Theme | None = None
        self._computed: Computed | None = None
        self.canvas = Canvas()
        self.canvas.setAccessibleName(f"{ledger.TITLES[stage]} picture")
        self.picture = PanePicture(stage, self.canvas)
        self._waits = False
        self._is_ready = stage is not Stage.FEATURE
        self._offered: list[QMenu] = []
        self._build()
        self._overlay = PaneOverlay(self.canvas, self._menu, ledger.TITLES[stage])
        self._overlay.cancel_wanted.connect(self.cancel_wanted)
        self._ask = QTimer(self, singleShot=True, interval=0)
        self._ask.timeout.connect(self._on_ask_timeout)
        self.canvas.view_changed.connect(self._ask.start)
        self.canvas.resized.connect(self._overlay.fit)

    # ---- what is shown

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme = theme
        self.canvas.set_theme(theme)

    def set_names(self, names: Names) -> None:
        """Calls axes by the names that a person gave them."""
        self.texts.set_names(names)
        self.sliders.set_names(names)
        if self._plan is not None:
            self.texts.show_plan(self._plan, self._computed)

    def set_plan(self, plan: Plan) -> None:
        """Shows the labels of a plan at once; the picture follows, and the older one stays until then."""
        self._plan, self._computed = plan, None
        self.texts.show_plan(plan)
        self._menu.set_complex((plan.stage(self.stage) or plan.input).dtype.startswith("complex"))
        self._show_axes()
        if plan.stage(self.stage) is None:
            self._clear("")
        else:
            self.picture.tile = None
            if self.stage is not Stage.FEATURE:
                self.refresh()
        self._show_marks()

    def set_cut(self, cut: screen.Cut) -> None:
        """Shows another plane."""
        self._cut = cut
        self._show_axes()
        self._show_marks()
        self._show_sliders()
        self.refresh()

    def set_tile(self, tile: Tile) -> None:
        """Draws a region of the stage."""
        self.picture.tile, self._waits = tile, False
        self._drawn_of = (self._plan, self._cut)
        self._draw()

    def set_refused(self, reason: str) -> None:
        """Says that what is on screen cannot be read: a picture of another plane would lie under its labels."""
        self._waits = False
        if self._drawn_of != (self._plan, self._cut):
            self._clear(reason)

    def element(self, index: dict[str, int]) -> float | None:
        """Returns an element that the pane shows, by its index on each axis; None where it shows no such sample."""
        return None if self._plan is None else self.picture.element(self._plan, index)

    def show_texts(self, badge: str, plan: Plan | None) -> None:
        """Shows a badge, and the ledger of the plan that it is about; without one, that of the pane's own plan."""
        self.texts.set_badge(badge)
        if plan is not None:
            self.texts.show_plan(plan)
        elif self._plan is not None:
            self.texts.show_plan(self._plan, self._computed)

    def set_state(self, state: FeatureState) -> None:
        """Says how far the engine is."""
        self._computed, self._is_ready = state.computed, state.ready
        if state.computed and self._plan is not None:
            self.texts.show_plan(self._plan, state.computed)
        self._overlay.set_working(state.working)
        if state.error is not None:
            self._clear(state.error.message)
        elif state.working:
            self.canvas.set_faded(True)
        else:
            self._overlay.set_note("")
            self.refresh()

    def set_starting(self, backend: str | None) -> None:
        """Says which backend is still starting; None where none is."""
        self._overlay.set_working_text(f"starting {backend}…" if backend else "computing…")

    def refresh(self) -> None:
        """Asks for what the pane shows."""
        self._ask.start()

    @property
    def slots_height(self) -> int:
        """The height that the sliders want."""
        return self.sliders.rows_height

    def set_slots_height(self, height: int) -> None:
        """Gives the sliders the height that those of the other panes need, so that the pictures are level."""
        self.sliders.setFixedHeight(height)

    def set_room(self, room: Room, low: bool) -> None:
        """Gives the texts the lines that they need at a width, and fewer where the pane is low."""
        self.texts.set_room(room, low)
        self.sliders.set_short(room is Room.TINY)
        margin = 8 if room is Room.TINY else 12
        self._layout.setContentsMargins(margin, 8, margin, 8)

    def set_statistics(self, counted: Counted | None, selected: bool = False, counting: bool = False) -> None:
        """Tells what was counted of the plane, or of a selection, or that it is being counted."""
        planned = self._plan.stage(self.stage) if self._plan else None
        if counted is None or planned is None:
            self.texts.show_statistics("counting…" if counting else "", "")
        else:
            self.texts.show_statistics(statistics_text(counted, planned.dtype, selected), exact_text(counted))

    @property
    def look(self) -> Look:
        """How numbers become colours."""
        return self.picture.look

    @property
    def levels(self) -> Levels:
        """The numbers that the first and the last colour stand for."""
        return self.picture.levels

    def set_look(self, look: Look) -> None:
        """Draws by another look."""
        self.picture.look = look
        self._draw()

    def edit_look(self, look: Look) -> None:
        """Draws by a look that a person chose, and tells of it."""
        self.set_look(look)
        self.look_changed.emit()

    @property
    def colours(self) -> Pixels:
        """The 256 RGBA colours that the numbers between the levels have."""
        return self.picture.colours

    @property
    def title_text(self) -> str:
        """The shape line, as a person reads it."""
        return self.texts.shape.text()

    @property
    def share_text(self) -> str:
        """How much is padding, or how many outputs touch it."""
        return self.texts.share.text()

    @property
    def detail_text(self) -> str:
        """The line under the shape."""
        return self.texts.detail.text()

    @property
    def honesty_text(self) -> str:
        """The line under the picture."""
        return self.texts.honesty.text()

    @property
    def statistics_text(self) -> str:
        """The line of statistics."""
        return self.texts.statistics.text()

    @property
    def note_text(self) -> str:
        """What is said in place of a picture."""
        return self._overlay.note

    @property
    def is_asking(self) -> bool:
        """Whether a region is about to be asked for."""
        return self._ask.isActive()

    @property
    def is_waiting(self) -> bool:
        """Whether what is shown is not yet what was asked for; nothing can be asked for before there is a map."""
        return self._is_ready and (self._waits or self.is_asking)

    def slider(self, letter: str) -> AxisSlider | None:
        """Returns the slider of an axis that is not on screen."""
        return self.sliders.sliders.get(letter)

    # ---- parts

    def _build(self) -> None:
        self.texts = PaneTexts(self.stage)
        self.texts.detail.pressed.connect(self.details_wanted)
        self._menu = LookMenu("Colours", self)
        self._menu.look_edited.connect(self._on_menu_look_edited)
        self.sliders = PaneSliders(self.stage)
        self.sliders.index_edited.connect(self._on_slider_index_edited)
        layout = QVBoxLayout(self)
        layout.setSpacing(4)
        self.texts.add_over(layout)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.sliders)
        self.texts.add_under(layout)
        self._layout = layout
        self.set_room(Room.WIDE, low=False)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers what can be done with this pane."""
        menu = QMenu(self)
        menu.addAction("Copy picture", self.copy_picture)
        for offered in (*self._offered, self._menu):
            menu.addMenu(offered)
        menu.exec(event.globalPos())

    def offer(self, menu: QMenu) -> None:
        """Adds a menu to what is offered."""
        self._offered.append(menu)

    def copy_picture(self) -> None:
        """Puts what the pane shows on the clipboard."""
        QApplication.clipboard().setPixmap(self.canvas.grab())
        self.picture_copied.emit()

    def _show_axes(self) -> None:
        """Drops the picture where other axes are on screen: its place means something else now."""
        plan = self._plan
        if plan is None:
            return
        axes = screen.axes_on_screen(plan, self._cut)
        if axes != self._axes:
            self._axes = axes
            self.picture.clear()
        filled = (screen.fills(axes[0]), screen.fills(axes[1]))
        self.canvas.set_filled(*filled)
        self.canvas.set_limits(rectangles.all_rect(plan, self._cut), *filled)

    def _show_marks(self) -> None:
        self.canvas.set_provenance(provenance_of(self._plan, self.stage, self._cut) if self._plan else None)

    def _show_sliders(self) -> None:
        self.sliders.set_cut(self._plan, self._cut)
        stops = [self._overlay.last_stop, *(slider.stop for slider in self.sliders.sliders.values())]
        for before, after in pairwise(stops):
            self.setTabOrder(before, after)

    def _clear(self, note: str) -> None:
        self._waits = False
        self.picture.clear()
        self.texts.honesty.setText("")
        self._overlay.set_note(note)

    def _draw(self) -> None:
        plan, tile = self._plan, self.picture.tile
        if plan is None or tile is None:
            return
        self.picture.draw(plan, self._cut, tile)
        self._overlay.set_note("")
        self._menu.set_look(self.look, self.levels)
        rule = rule_in_force(self.look, tile.data.dtype)
        text = ledger.honesty_text(plan, self._axes, tile, self.levels, rule, self.look.part)
        self.texts.honesty.setText(text)
        self.drawn.emit()

    # ---- slots

    def _on_ask_timeout(self) -> None:
        plan = self._plan
        if plan is None or plan.stage(self.stage) is None or not self.isVisible():
            return
        plane = screen.plane_region(plan, self.stage, self._cut)
        if plane is None:
            empty = 0 in plan.require(self.stage).shape
            self._clear(
                "empty: an axis has no elements" if empty else "this slice is padding: the input has nothing here"
            )
            return
        view, pixels = self.canvas.view, self.canvas.size_in_pixels
        region = rectangles.visible_region(plan, self.stage, self._cut, plane, view, pixels)
        self._waits = True
        self.region_wanted.emit(self.stage, region)

    def _on_slider_index_edited(self, letter: str, index: int) -> None:
        if self._plan is not None:
            self.cut_edited.emit(screen.with_index(self._plan, self.stage, self._cut, letter, index))

    def _on_menu_look_edited(self, look: Look) -> None:
        self.edit_look(look)
