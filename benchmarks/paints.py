"""Tells when a view has been painted. Loads QtCore alone, because the windows that it watches are timed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt


class Paints(QObject):
    """Calls back after each painting of a viewport that counts.

    Args:
        viewport: the widget that is painted.
        counts: whether a painting that is about to begin shows what is waited for.
        on_painted: called when the window's painting has ended and was handed to the display.
    """

    def __init__(self, viewport: Any, counts: Callable[[], bool], on_painted: Callable[[], None]) -> None:
        super().__init__(viewport)
        self._counts = counts
        self._on_painted = on_painted
        viewport.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Sees the event before it is handled, so it asks to be called right behind."""
        if event.type() == QEvent.Type.Paint and self._counts():
            QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), Qt.EventPriority.HighEventPriority.value)
        return False

    def customEvent(self, _event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follows the painting."""
        self._on_painted()
