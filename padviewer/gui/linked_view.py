"""The rectangle that all panes show: it fits what there is until a person has zoomed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from padviewer.gui import rectangles, screen
from padviewer.gui.pane import Pane
from padviewer.plan import Plan, Stage

if TYPE_CHECKING:
    from padviewer.gui.selection import Corner

# Rulers find room in it.
_FIT_MARGIN = 0.05


class LinkedView(QObject):
    """Zooms and pans all panes together; fits again after a change of size until a person has zoomed.

    Args:
        panes: one for each stage.
        parent: owns it.
    """

    def __init__(self, panes: Mapping[Stage, Pane], parent: QObject) -> None:
        super().__init__(parent)
        self._panes = panes
        self._plan: Plan | None = None
        self._cut = screen.Cut()
        self._fitted = True
        self._wanted: rectangles.Rect | None = None
        self._linking = False
        self._refit = QTimer(self, singleShot=True, interval=0)
        self._refit.timeout.connect(self._on_refit_timeout)
        for pane in panes.values():
            pane.canvas.moved_by_user.connect(lambda pane=pane: self._on_pane_moved(pane))
            pane.canvas.resized.connect(self._on_pane_resized)

    def set_plan(self, older: Plan | None, plan: Plan) -> None:
        """Takes another plan; all of it is shown where other axes are on screen than before."""
        self._plan = plan
        if older is None or screen.axes_on_screen(older, self._cut) != screen.axes_on_screen(plan, self._cut):
            self._fitted = True
        if self._fitted:
            self.fit()

    def set_cut(self, cut: screen.Cut) -> None:
        """Takes another plane; all of it is shown where other axes are on screen than before."""
        plan, older = self._plan, self._cut
        self._cut = cut
        if plan is not None and screen.axes_on_screen(plan, older) != screen.axes_on_screen(plan, cut):
            self.fit()

    @property
    def rect(self) -> rectangles.Rect | None:
        """The rectangle that is shown; None where that is everything."""
        return None if self._fitted else self._wanted or self._panes[Stage.PADDED].canvas.view

    def fit(self) -> None:
        """Shows everything."""
        self._fitted, self._wanted = True, None
        self._fit_now()
        self._refit.start()

    def keep(self, rect: rectangles.Rect) -> None:
        """Shows a rectangle; again after a change of size, until a person has zoomed."""
        self._fitted, self._wanted = False, rect
        self._show(rect)
        self._refit.start()

    def show(self, rect: rectangles.Rect) -> None:
        """Shows a rectangle as it is now."""
        self._fitted = False
        self._show(rect)

    def show_actual_size(self, pane: Pane) -> None:
        """Shows one element as one pixel of the screen, around the middle of a pane."""
        left, top, width, height = pane.canvas.view
        columns, rows = pane.canvas.size_in_pixels
        pane.canvas.set_view((left + (width - columns) / 2, top + (height - rows) / 2, columns, rows))
        self._show(pane.canvas.view)
        self._fitted, self._wanted = False, None

    def reveal(self, pane: Pane, place: Corner) -> None:
        """Moves until a place is well inside of a pane."""
        left, top, width, height = pane.canvas.view
        moved = rectangles.revealed(left, width, place[0]), rectangles.revealed(top, height, place[1])
        if moved != (left, top):
            self.show((*moved, width, height))

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
        for stage, pane in self._panes.items():
            if plan.stage(stage) is not None:
                own = rectangles.stage_rect(plan, stage, self._cut)
                left, width = _with_margin(own[0], own[2]) if columns else (left, width)
                top, height = _with_margin(own[1], own[3]) if rows else (top, height)
            if pane is not but:
                pane.canvas.set_view((left, top, width, height))

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


def _with_margin(start: float, extent: float) -> tuple[float, float]:
    return start - _FIT_MARGIN * extent, extent * (1 + 2 * _FIT_MARGIN)
