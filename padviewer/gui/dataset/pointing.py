"""What a person points at and chooses on the plot: told below it, and opened in the main window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

from padviewer.dataset.table import SizeTable
from padviewer.gui.dataset.head import PlotFoot
from padviewer.gui.dataset.places import Rows
from padviewer.gui.dataset.plot import SizePlot
from padviewer.gui.dataset.text import files_text, named, size_text

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

# Enough to name the first ones; a dot may stand for 100,000.
_AT_ONCE = 8


class Pointing(QObject):
    """Follows the plot.

    Args:
        window: where files are opened.
        plot: that is followed.
        foot: where it is told.
    """

    def __init__(self, window: MainWindow, plot: SizePlot, foot: PlotFoot, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window, self._plot, self._foot = window, plot, foot
        self._table: SizeTable | None = None
        self._chosen: Rows = np.zeros(0, np.int64)
        plot.pointed.connect(self._on_plot_pointed)
        plot.chosen.connect(self._on_plot_chosen)
        plot.opened.connect(self._on_plot_opened)
        foot.open_wanted.connect(self._on_foot_open_wanted)

    def set_table(self, table: SizeTable | None) -> None:
        """Takes other files: nothing is pointed at or chosen any more."""
        self._table = table
        self._on_plot_chosen(np.zeros(0, np.int64))
        self._foot.set_pointed("")

    def _on_plot_pointed(self, rows: Rows) -> None:
        if self._table is None or not len(rows):
            self._foot.set_pointed("")
            return
        items = [self._table.items[row] for row in rows[:_AT_ONCE]]
        sizes = size_text(tuple(self._table.sizes[rows[0]].tolist()))
        text = f"{sizes}  ·  {files_text(len(rows))}: {', '.join(named(items, len(rows)))}"
        self._foot.set_pointed(text)
        self._announce(text)

    def _on_plot_chosen(self, rows: Rows) -> None:
        self._chosen = rows
        self._foot.set_chosen(len(rows))
        if len(rows):
            self._announce(self._foot.chosen_text)

    def _announce(self, text: str) -> None:
        """Has screen readers read what the keyboard came to."""
        if self._plot.hasFocus():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._plot, text))

    def _on_plot_opened(self, row: int) -> None:
        if self._table is not None:
            self._window.commands.open_items([self._table.items[row].item])

    def _on_foot_open_wanted(self) -> None:
        if self._table is not None:
            self._window.commands.open_items([self._table.items[row].item for row in self._chosen])
