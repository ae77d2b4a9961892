"""Contamination over the feature map: its tint and its contour for what is on screen, and their legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from padviewer.contamination import contamination_of
from padviewer.gui.contamination.legend import ContaminationLegend
from padviewer.gui.contamination.marks import ContaminationMarks
from padviewer.gui.contamination.slice import slice_of
from padviewer.gui.theme import Theme
from padviewer.plan import Stage

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow


class ContaminationOverlay(QObject):
    """Follows plan and plane; it needs neither the file nor the engine.

    Args:
        window: whose feature map it lies over.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._session = window.session
        self._canvas = window.pane(Stage.FEATURE).canvas
        self._shown = False
        self.marks = ContaminationMarks()
        self._canvas.add_item(self.marks, 1)
        self.legend = ContaminationLegend(self._canvas)
        self._session.plan_changed.connect(self._on_session_plan_changed)
        self._session.cut_changed.connect(self._on_session_cut_changed)
        self._canvas.resized.connect(self.legend.fit)
        window.theme_changed.connect(self.set_theme)
        self.set_theme(window.theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self.marks.set_theme(theme)
        self.legend.set_theme(theme)

    def set_shown(self, shown: bool) -> None:
        """Lays it over the feature map, or takes it away."""
        self._shown = shown
        self._show()

    def _show(self) -> None:
        plan = self._session.plan
        found = contamination_of(plan) if plan and self._shown else None
        self.marks.set_slice(slice_of(plan, self._session.cut, found) if plan and found else None)
        self.legend.set_shown(found is not None)
        self._canvas.set_tinted(found is not None)

    def _on_session_plan_changed(self, _older: Any, _plan: Any) -> None:
        self._show()

    def _on_session_cut_changed(self, _cut: Any) -> None:
        self._show()
