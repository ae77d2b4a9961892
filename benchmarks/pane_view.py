"""A pane of the real window, as `frames.Frames` watches it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from padviewer.geometry import Region
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage
from padviewer.workers.messages import Tile


class PaneView(QObject):
    """Compares the region that a pane asked for last with the one that it got last."""

    def __init__(self, window: MainWindow, stage: Stage) -> None:
        super().__init__(window)
        self._pane = window.pane(stage)
        self._wanted: Region | None = None
        self._got: Region | None = None
        self._arrivals = 0
        # Connected behind the window's own slots, so the tile is drawn by then.
        self._pane.region_wanted.connect(self._on_pane_region_wanted)
        window.session.tile_ready.connect(self._on_session_tile_ready)

    @property
    def viewport(self) -> QWidget:
        """The widget that is painted and gets the events."""
        viewport: QWidget = self._pane.canvas.viewport()
        return viewport

    def state(self) -> Any:
        """Returns the rectangle that is shown."""
        return self._pane.canvas.view

    def arrivals(self) -> int:
        """Returns how many tiles have come."""
        return self._arrivals

    def is_exact(self) -> bool:
        """Whether the tile that was asked for last is the one that came last, and none is about to be asked for."""
        return self._wanted == self._got and not self._pane.is_asking

    def _on_pane_region_wanted(self, _stage: Stage, region: Region) -> None:
        self._wanted = region

    def _on_session_tile_ready(self, tile: Tile) -> None:
        if tile.stage == self._pane.stage:
            self._got = tile.region
            self._arrivals += 1
