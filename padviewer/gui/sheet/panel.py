"""The sheet: all filters of the feature map side by side, and which of them are dead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QModelIndex, QSize
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from padviewer.axes import CHANNELS
from padviewer.errors import Cancelled, MissingFeature, PadviewerError, WorkerDied
from padviewer.gui import rectangles, screen
from padviewer.gui.choice import Choice
from padviewer.gui.feature import FeatureState
from padviewer.gui.labels import ElidedLabel
from padviewer.gui.rendering import Levels, levels_of
from padviewer.gui.sheet.list import ORDERS, SheetList
from padviewer.gui.sheet.page import MOST_FILTERS, SheetPage
from padviewer.gui.sheet.tiles import SheetTiles
from padviewer.gui.sheet.view import SheetView
from padviewer.gui.sheet.work import SheetWork
from padviewer.gui.theme import Theme
from padviewer.gui.words import joined
from padviewer.plan import FEATURE_DTYPE, Stage
from padviewer.workers.filter_figures import FilterFigures
from padviewer.workers.statistics import Statistics

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

_DIRECTIONS = ("Ascending", "Descending")
_LEVELS = ("Common levels", "Levels of each")


class SheetPanel(QFrame):
    """Shows the filters of the plane on screen while it is open; a filter that is chosen comes on screen.

    Args:
        window: whose session and feature pane it follows.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAccessibleName("Filters")
        self._session = window.session
        self._pane = window.pane(Stage.FEATURE)
        self._work = SheetWork(self._session.clients, self._on_work_changed, self._on_work_failed)
        self._error: PadviewerError | None = None
        self._sorted_for: tuple[object, ...] = ()
        # Between a new plan and what the engine has of it, there is nothing to ask for.
        self._waits = False
        self._filters = SheetList()
        self.view = SheetView(self._filters)
        self._tiles = SheetTiles(self._filters, self.view)
        self.view.setItemDelegate(self._tiles)
        self._build()
        self._session.plan_changed.connect(self._on_session_plan_changed)
        self._session.cut_changed.connect(lambda _cut: self._turn())
        self._session.feature_changed.connect(self._on_session_feature_changed)
        self._pane.look_changed.connect(self._show_look)
        window.theme_changed.connect(self._on_window_theme_changed)
        self._tiles.set_theme(window.theme)

    @property
    def count_text(self) -> str:
        """What is said of all filters."""
        return self._count.text()

    @property
    def filters(self) -> SheetList:
        """What is listed."""
        return self._filters

    @property
    def tiles(self) -> SheetTiles:
        """How it is drawn."""
        return self._tiles

    # ---- parts

    def _build(self) -> None:
        self._order = Choice("Order of the filters", ORDERS.values())
        self._direction = Choice("Direction of the order", _DIRECTIONS)
        for combo in (self._order, self._direction):
            combo.currentIndexChanged.connect(self._on_order_chosen)
        self._levels = Choice("Levels of the thumbnails", _LEVELS)
        self._levels.currentIndexChanged.connect(self._show_look)
        self._count = ElidedLabel("muted")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(QLabel("Sort by"))
        for widget in (self._order, self._direction, self._levels):
            head.addWidget(widget)
        head.addWidget(self._count, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        self.view.clicked.connect(self._on_view_chosen)
        self.view.activated.connect(self._on_view_chosen)
        self.view.rows_moved.connect(self._fill)

    # ---- what is shown

    def _turn(self) -> None:
        """Takes up the plane on screen; one that differs in its filter alone is the same sheet."""
        session = self._session
        if not self.isVisible() or session.plan is None:
            return
        cut, page = session.cut, self._filters.page
        if page is None or page.plan is not session.plan or replace(page.cut, filter=cut.filter) != cut:
            self._error, self._sorted_for = None, ()
            page = SheetPage.of(session.plan, cut)
            self._tiles.forget()
            self._filters.set_page(page)
            self._show_look()
        self._show_current(cut.filter)
        self._show_count()
        self._fill()

    def _show_current(self, filter_number: int) -> None:
        self._tiles.set_current(filter_number)
        row = self._filters.row_of(filter_number)
        if row is not None:
            index = self._filters.index(row)
            self.view.setCurrentIndex(index)
            self.view.scrollTo(index)
        self.view.viewport().update()

    def _fill(self) -> None:
        """Asks for what is not there yet, as soon as FEATURE has something to show."""
        page = self._filters.page
        if not self.isVisible() or page is None:
            self._work.fill(None)
            return
        page.set_visible([self._filters.filter_at(row) for row in self.view.rows])
        may_ask = self._session.feature.state.ready and not self._waits and self._error is None
        self._work.fill(page if may_ask else None)

    def _show_look(self) -> None:
        page = self._filters.page
        if page is None:
            return
        look = self._pane.look
        common: Levels | None = None
        if self._levels.currentIndex() == 0:
            rule = "custom" if look.rule == "custom" else "data"
            common = levels_of(replace(look, rule=rule), np.empty(0, FEATURE_DTYPE), _extremes(page.figures))
        self._tiles.set_look(look, common, self._aspect(page))
        self.view.viewport().update()

    def _aspect(self, page: SheetPage) -> float | None:
        """Returns the width of a plane for each unit of its height; None where the axes have no common unit."""
        if any(screen.fills(letter) for letter in screen.axes_on_screen(page.plan, page.cut)):
            return None
        _left, _top, width, height = rectangles.stage_rect(page.plan, Stage.FEATURE, page.cut)
        return width / height

    def _show_count(self) -> None:
        page, plan = self._filters.page, self._session.plan
        if plan is None or page is None:
            problem = plan.problem if plan is not None else None
            self._count.setText(problem.message if problem else "there is nothing on screen")
            return
        if self._error is not None:
            self._count.setText(self._error.message)
            return
        self._count.setText(joined(self._counted(page)))

    def _counted(self, page: SheetPage) -> list[str]:
        total = page.plan.require(Stage.FEATURE).extent(CHANNELS)
        dead = int(page.figures.dead.sum())
        parts = [
            f"{dead} of {page.count} dead" + (": all outputs of the plane are 0" if dead and page.is_exact else "")
        ]
        if not page.is_looked_through:
            parts = [f"{page.looked} of {page.count} looked at", *parts]
        if not page.is_exact:
            parts[-1] += f", by {page.outputs} samples of each"
        if len(page.letters) < 2:
            parts.append("filters are on screen already: this is what each of them is like")
        if total > MOST_FILTERS:
            parts.append(f"the first {page.count} of {total}")
        return parts

    def _sort(self) -> None:
        """Puts the filters in order; while figures are on their way, they stay where they are."""
        page = self._filters.page
        if page is None:
            return
        order = list(ORDERS)[self._order.currentIndex()]
        wanted = (order, self._direction.currentIndex() == 1, page.is_looked_through, page.is_exact)
        if wanted != self._sorted_for and (order == "number" or page.is_looked_through):
            self._sorted_for = wanted
            self._filters.sort_by(order, wanted[1])
            self._show_current(self._session.cut.filter)

    # ---- slots

    def _on_order_chosen(self) -> None:
        self._sort()
        self._fill()

    def _on_view_chosen(self, index: QModelIndex) -> None:
        self._session.set_cut(replace(self._session.cut, filter=self._filters.filter_at(index.row())))

    def _on_work_changed(self) -> None:
        page = self._filters.page
        if page is None:
            return
        self._sort()
        self._show_look()
        self._show_count()
        page.set_visible([self._filters.filter_at(row) for row in self.view.rows])

    def _on_work_failed(self, error: PadviewerError) -> None:
        if isinstance(error, MissingFeature):
            # Another map took its place; it is computed again, and told by the session.
            self._session.feature.recover()
        elif not isinstance(error, Cancelled | WorkerDied):  # of a death the session tells, and starts again
            self._error = error
            self._show_count()

    def _on_session_plan_changed(self) -> None:
        self._waits = True
        self._turn()

    def _on_session_feature_changed(self, state: FeatureState) -> None:
        self._waits = not state.ready
        if state.ready:
            self._turn()

    def _on_window_theme_changed(self, theme: Theme) -> None:
        self._tiles.set_theme(theme)
        self.view.viewport().update()

    # ---- Qt's events

    def sizeHint(self) -> QSize:
        """Qt asks how large it wants to be: two rows high, since the panes need the room more."""
        return QSize(900, 280)

    def showEvent(self, event: QShowEvent) -> None:
        """Takes up what is on screen now."""
        super().showEvent(event)
        self._turn()

    def hideEvent(self, event: QHideEvent) -> None:
        """Asks for nothing while nobody looks."""
        super().hideEvent(event)
        self._work.fill(None)


def _extremes(figures: FilterFigures) -> Statistics:
    """Returns the statistics of all filters together, as far as they are known."""
    low, high = np.nanmin(figures.minimum, initial=np.inf), np.nanmax(figures.maximum, initial=-np.inf)
    known = bool(low <= high)
    return Statistics(float(low) if known else None, float(high) if known else None, 0, 0, 1)
