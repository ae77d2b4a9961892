"""The difference: the settings in force against a reference, in pictures and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from padviewer.errors import Cancelled, PadviewerError, PlanError
from padviewer.gui.difference.choices import DifferenceChoices
from padviewer.gui.difference.figures import Figures, figures_of
from padviewer.gui.difference.head import DifferenceHead
from padviewer.gui.difference.pair import Pair
from padviewer.gui.difference.sides import DifferenceSides
from padviewer.gui.difference.text import figures_text
from padviewer.gui.difference.view import DifferenceView
from padviewer.gui.difference.work import Compared, DifferenceWork
from padviewer.gui.feature import FeatureState
from padviewer.gui.labels import LinesLabel, NoteLabel
from padviewer.gui.pane import Pane
from padviewer.gui.screen import axes_on_screen
from padviewer.gui.theme import Theme
from padviewer.plan import Stage
from padviewer.workers.frameworks import NAMES

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

# Elements of PADDED around the largest difference.
_CLOSE = 24.0
_NOTHING = (
    "Choose on the left what to compare with, or hold the settings in force as the reference (Ctrl+R) and change "
    "them then."
)


class DifferencePanel(QFrame):
    """Compares the plane on screen with that of the reference while it is open.

    Args:
        window: whose session, panes and reference it follows.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAccessibleName("Difference")
        self._window, self._session = window, window.session
        self._reference = window.instruments.reference
        self._work = DifferenceWork(self._session.clients, self._on_work_view, self._on_work_figures, self._on_failed)
        self._sides = DifferenceSides(self._session.clients, self._on_side_drawn, self._on_failed)
        self._pair: Pair | None = None
        self._figures, self._whole = Figures(), False
        self._compared: Compared | None = None
        self._shown: tuple[object, ...] = ()
        # After an edit the panes come first.
        self._waits = self._session.feature.state.working
        self.view = DifferenceView()
        self._build()
        self._connect()
        self.view.set_theme(window.theme)

    @property
    def figures(self) -> Figures:
        """How both sides differ, as far as it is known."""
        return self._figures

    @property
    def is_whole(self) -> bool:
        """Whether the figures are of the whole plane."""
        return self._whole

    @property
    def text(self) -> str:
        """What is said of the difference."""
        return self._text.text()

    @property
    def note(self) -> str:
        """What is said in place of it."""
        return "" if self._note.isHidden() else self._note.text()

    @property
    def choices(self) -> DifferenceChoices:
        """What can be compared with."""
        return self._choices

    # ---- parts

    def _build(self) -> None:
        self.head = DifferenceHead(self._window.instruments.reference_actions)
        self._choices = DifferenceChoices()
        self._note = NoteLabel("muted")
        self._text = LinesLabel("", 3)
        self.go = QPushButton("Go to the largest")
        self.go.setToolTip("Shows the place where both sides differ most")
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._text, 1)
        foot.addWidget(self.go)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self._note)
        right.addWidget(self.view, 1)
        right.addLayout(foot)
        body = QHBoxLayout()
        body.setSpacing(8)
        body.addWidget(self._choices)
        body.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self.head)
        layout.addLayout(body, 1)

    def _connect(self) -> None:
        session, panes = self._session, self._window.panes
        session.plan_changed.connect(self._on_session_plan_changed)
        session.cut_changed.connect(lambda _cut: self._turn())
        session.feature_changed.connect(self._on_session_feature_changed)
        session.devices_changed.connect(lambda _devices: self._show_choices())
        self._reference.changed.connect(self._turn)
        self._window.theme_changed.connect(self._on_window_theme_changed)
        for pane in panes.panes.values():
            pane.look_changed.connect(self._draw)
        for stage in (Stage.PADDED, Stage.FEATURE):
            self._window.pane(stage).canvas.view_changed.connect(self._on_panes_moved)
        self.view.resized.connect(self._on_panes_moved)
        self.head.stage_chosen.connect(self._turn)
        self.head.layout_chosen.connect(self._show_layout)
        self._choices.chosen.connect(self._reference.compare_with)
        self._choices.cleared.connect(self._reference.clear)
        self.view.moved.connect(panes.show_view)
        self.view.region_wanted.connect(self._ask)
        self.view.hovered.connect(self._on_view_hovered)
        self.view.left.connect(self._on_view_left)
        self.go.clicked.connect(self.go_to_largest)

    # ---- what is shown

    @property
    def _pane(self) -> Pane:
        """The pane that shows the stage that is compared."""
        return self._window.pane(self.head.stage)

    def _turn(self) -> None:
        """Takes up the plane on screen and the reference."""
        if not self.isVisible():
            return
        self._show_choices()
        self._pair, self._compared = None, None
        self._figures, self._whole = Figures(), False
        self._work.compare(None)
        self._sides.show(None, None)
        plan, other = self._session.plan, self._reference.plan
        name = self._reference.name
        self.head.set_reference(name)
        if plan is None or other is None:
            self._show_note(_NOTHING)
            return
        self.view.set_name(name)
        try:
            self._pair = Pair.of(plan, other, self._pane.stage, self._session.cut)
        except PlanError as error:
            self._show_unmatched(error)
            return
        # The older pictures stay until the next have come, unless their place means something else now.
        shown = (plan.info, axes_on_screen(plan, self._session.cut), self._pair.stage)
        self._show_note(_starting(self._pair), clear=shown != self._shown)
        self._shown = shown
        self._text.setText("comparing…")
        self.view.set_pair(plan, self._session.cut)
        self._follow()
        self._show_layout()
        self._start()

    def _start(self) -> None:
        """Begins as soon as the panes have what they show."""
        pair = self._pair
        if pair is not None and (pair.stage is Stage.PADDED or not self._waits):
            self._work.compare(pair)
            self._ask()

    def _show_unmatched(self, error: PlanError) -> None:
        """Says why there is no difference; what either side has is shown side by side."""
        plan, other, stage = self._session.plan, self._reference.plan, self._pane.stage
        self._show_note(f"No difference can be made: {error.message}.")
        shown = plan is not None and other is not None and self._sides.show((plan, other), (stage, self._session.cut))
        self._show_layout()
        if plan is not None and shown:
            self.view.set_pair(plan, self._session.cut)
            self._follow()
            self._ask()

    def _show_note(self, text: str, clear: bool = True) -> None:
        self._note.setText(text)
        self._note.setVisible(bool(text))
        self._text.setText("")
        self.go.setEnabled(False)
        for widget in (self.go, self._text):
            widget.setVisible(self._pair is not None)
        if clear:
            self.view.clear()

    def _show_choices(self) -> None:
        devices = self._session.devices
        names = devices.names if devices else ()
        self._choices.set_spec(self._session.spec, self._reference.differences, names)

    def _show_layout(self) -> None:
        alone = self.head.is_alone and self._pair is not None
        self.view.set_sides_shown(not alone, self._pair is not None or not self._sides.shows)

    def _ask(self) -> None:
        if not self.isVisible():
            return
        if self._pair is not None:
            self._work.show(self._pair.visible(*self.view.view))
        else:
            self._sides.ask(*self.view.view)

    def _draw(self) -> None:
        compared = self._compared
        if compared is None or compared.pair is not self._pair:
            return
        self.view.show_compared(compared, self._pane.look, self._pane.levels, self._figures.largest)

    def _show_figures(self) -> None:
        if self._pair is not None:
            self._text.setText(figures_text(self._pair, self._figures, self._whole))
            self.go.setEnabled(self._figures.place is not None)

    def go_to_largest(self) -> None:
        """Shows the place where both sides differ most, at the zoom that there is, or closer."""
        pair, place = self._pair, self._figures.place
        if pair is None or place is None:
            return
        x, y = pair.place_of(place)
        _left, _top, width, height = self.view.view[0]
        width, height = (min(size, _CLOSE) for size in (width, height))
        self._window.panes.show_view((x - width / 2, y - height / 2, width, height))
        self._on_view_hovered(x, y)

    # ---- slots

    def _on_work_view(self, compared: Compared) -> None:
        if self._note.isVisible():
            self._note.setVisible(False)
        self._compared = compared
        if not compared.pair.is_affordable:
            self._figures = figures_of(compared.pair, compared.numbers, compared.here, compared.there)
            self._whole = self._figures.compared == compared.pair.size
            self._show_figures()
        self._draw()

    def _on_work_figures(self, figures: Figures, whole: bool) -> None:
        self._figures, self._whole = figures, whole
        self._show_figures()
        if whole:
            self._draw()

    def _on_side_drawn(self) -> None:
        self._sides.draw(self.view, self._pane.look, self._pane.levels)

    def _on_failed(self, error: PadviewerError) -> None:
        if not isinstance(error, Cancelled):
            self._show_note(error.message)

    def _on_session_plan_changed(self) -> None:
        self._waits = True
        self._turn()

    def _on_session_feature_changed(self, state: FeatureState) -> None:
        self._waits = state.working
        if not state.working and self._compared is None:
            self._start()

    def _on_panes_moved(self) -> None:
        if self.isVisible():
            self._follow()

    def _follow(self) -> None:
        plan, pane = self._session.plan, self._pane
        if plan is not None and plan.stage(pane.stage) is not None:
            self.view.follow(plan, self._session.cut, pane.stage, pane.canvas.view)

    def _on_view_hovered(self, x: float, y: float) -> None:
        for pane in self._window.panes.panes.values():
            pane.canvas.set_cross((x, y))
        self.view.set_cross((x, y))
        self._session.probe(x, y)

    def _on_view_left(self) -> None:
        for pane in self._window.panes.panes.values():
            pane.canvas.set_cross(None)
        self.view.set_cross(None)
        self._session.end_probe()

    def _on_window_theme_changed(self, theme: Theme) -> None:
        self.view.set_theme(theme)

    # ---- Qt's events

    def sizeHint(self) -> QSize:
        """Qt asks how large it wants to be: the panes need the room more."""
        return QSize(900, 280)

    def showEvent(self, event: QShowEvent) -> None:
        """Takes up what is on screen now."""
        super().showEvent(event)
        self._turn()

    def hideEvent(self, event: QHideEvent) -> None:
        """Asks for nothing while nobody looks."""
        super().hideEvent(event)
        self._work.compare(None)


def _starting(pair: Pair) -> str:
    """Returns what it costs to ask another backend."""
    backend = pair.other.spec.backend
    if pair.stage is not Stage.FEATURE or backend == pair.plan.spec.backend:
        return ""
    return f"starting {NAMES[backend]}: a process of its own takes some seconds and hundreds of megabytes…"
