"""Switches the brush on and off, and makes it when something is first pointed at or pinned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padviewer.plan import Stage

if TYPE_CHECKING:
    from padviewer.gui.brush.brush import Brush
    from padviewer.gui.main_window import MainWindow


class BrushSwitch:
    """Connects panes and menu with the brush; nothing of it is imported before it is needed.

    Args:
        window: its session, panes and menus are there already.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._brush: Brush | None = None
        actions, menu = window.actions_, window.actions_.menus["View"]
        self.toggle = actions.add_toggle(menu, "Receptive-field &brush", self._set_on, "B", before=actions.average)
        tip = "Mark what the output under the pointer reads, and which outputs an element reaches"
        self.toggle.setToolTip(tip)
        self.toggle.setStatusTip(tip)
        self.toggle.setChecked(window.preferences.brushes)
        actions.add(menu, "Clear pi&ns and selection", self._clear, "Esc", before=actions.average)
        panes = window.panes
        panes.probed.connect(self._on_panes_probed)
        panes.probe_ended.connect(self._on_panes_probe_ended)
        panes.clicked.connect(self._on_panes_clicked)
        panes.pin_stepped.connect(self._on_panes_pin_stepped)

    @property
    def brush(self) -> Brush:
        """The brush, made now if it was not there yet."""
        if self._brush is None:
            from padviewer.gui.brush.brush import Brush  # noqa: PLC0415 - the window starts without it

            self._brush = Brush(self._window)
            self._brush.set_shown(self.toggle.isChecked())
        return self._brush

    @property
    def is_made(self) -> bool:
        """Whether anything was pointed at or pinned yet."""
        return self._brush is not None

    def _set_on(self, on: bool) -> None:
        self._window.preferences.brushes = on
        if self._brush is not None:
            self._brush.set_shown(on)

    def _clear(self) -> None:
        if self._brush is not None:
            self._brush.unpin()
        self._window.panes.select(None)

    def _on_panes_probed(self, x: float, y: float) -> None:
        if self._brush is not None or self.toggle.isChecked():
            self.brush.point(self._window.panes.active.stage, x, y)

    def _on_panes_probe_ended(self) -> None:
        if self._brush is not None:
            self._brush.leave()

    def _on_panes_clicked(self, stage: Stage, x: float, y: float, adds: bool) -> None:
        self.brush.pin(stage, x, y, adds)

    def _on_panes_pin_stepped(self, across: int, down: int) -> None:
        if self._brush is not None:
            self._brush.step_pin(across, down)
