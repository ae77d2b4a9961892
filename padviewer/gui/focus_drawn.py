"""A widget that draws itself, and looks otherwise while keys go to it."""

from __future__ import annotations

from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QWidget


class FocusDrawn(QWidget):
    """Is painted anew where the keyboard comes or goes."""

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows that keys go here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shows that they do not."""
        super().focusOutEvent(event)
        self.update()
