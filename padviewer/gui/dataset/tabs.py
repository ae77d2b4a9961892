"""The tabs beside the plot: the target, the buckets, the export and what was refused."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from padviewer.gui.words import grouped

_TARGET, _BUCKETS, _EXPORT, _REFUSED = range(4)


class DatasetTabs(QTabWidget):
    """Shows one of them at a time, and what goes on in others.

    Args:
        target, buckets, export, refused: the widgets.
    """

    buckets_shown = Signal(bool)  # whether these are in front

    def __init__(self, target: QWidget, buckets: QWidget, export: QWidget, refused: QWidget) -> None:
        super().__init__()
        for widget, title in ((target, "Target"), (buckets, "Buckets"), (export, "Export"), (refused, "Refused")):
            self.addTab(widget, title)
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.tabBar().setAccessibleName("Target, buckets, export and refused files")
        self.setMinimumWidth(264)
        self.currentChanged.connect(lambda tab: self.buckets_shown.emit(tab == _BUCKETS))

    def set_refused(self, count: int) -> None:
        """Says how many files were refused."""
        self.setTabText(_REFUSED, f"Refused {grouped(count)}" if count else "Refused")

    def set_exporting(self, busy: bool) -> None:
        """Says whether an export is running."""
        self.setTabText(_EXPORT, "Export …" if busy else "Export")
