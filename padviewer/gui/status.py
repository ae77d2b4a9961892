"""The line at the bottom: what the engine is, what was done, and how far an export has come."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QStatusBar

from padviewer.errors import Cancelled, PadviewerError, shortened

_SAY_MS = 8000


class Status(QObject):
    """Fills a status bar."""

    cancel_wanted = Signal()

    def __init__(self, bar: QStatusBar) -> None:
        super().__init__(bar)
        self._bar = bar
        self._engine = QLabel()
        self._progress = QProgressBar()
        self._progress.setFixedWidth(160)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName("Export")
        self._cancel = QPushButton("Cancel")
        self._cancel.clicked.connect(self.cancel_wanted)
        bar.setSizeGripEnabled(False)
        for widget in (self._progress, self._cancel, self._engine):
            bar.addPermanentWidget(widget)
        self._show_progress(False)

    def set_engine(self, text: str) -> None:
        """Tells which framework runs, or that it is starting."""
        self._engine.setText(text)

    def say(self, text: str) -> None:
        """Says something for a while."""
        self._bar.showMessage(text, _SAY_MS)

    def show_export(self, path: str) -> None:
        """Says that an export has begun."""
        self._bar.showMessage(f"exporting {shortened(path, 80)}")
        self._progress.setRange(0, 0)
        self._show_progress(True)

    def show_resumed(self, done: int, total: int) -> None:
        """Says that the export goes on where an earlier one was interrupted."""
        self._bar.showMessage(f"{self.message}: continues at {100 * done / max(1, total):.0f} %")
        self.set_progress(done, total)

    def set_progress(self, done: int, total: int) -> None:
        """Shows how far it has come, in bytes."""
        # The bar counts in 32 bits.
        self._progress.setRange(0, 1000)
        self._progress.setValue(1000 * done // max(1, total))

    def end_export(self, path: str, error: PadviewerError | None) -> None:
        """Says what became of it."""
        self._show_progress(False)
        if error is None:
            self.say(f"wrote {shortened(path, 120)}")
        else:
            # What was cancelled tells whether it can be continued.
            self.say(f"export {error.message}" if isinstance(error, Cancelled) else "export failed")

    @property
    def message(self) -> str:
        """What is said now."""
        return self._bar.currentMessage()

    @property
    def is_exporting(self) -> bool:
        """Whether an export is shown as running."""
        return self._progress.isVisible()

    def _show_progress(self, shown: bool) -> None:
        self._progress.setVisible(shown)
        self._cancel.setVisible(shown)
