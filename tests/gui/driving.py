"""What tests that drive a window share."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow

Open = Callable[..., MainWindow]
PATIENCE_MS = 60_000


def settle(qtbot: QtBot, window: MainWindow) -> None:
    """Waits until everything that was asked for is on screen."""

    def settled() -> None:
        assert window.settled
        assert not window.session.feature.state.working

    qtbot.wait(20)
    qtbot.waitUntil(settled, timeout=PATIENCE_MS)
    qtbot.wait(20)
    qtbot.waitUntil(settled, timeout=PATIENCE_MS)


def type_into(field: QWidget, text: str) -> None:
    """Types over what stands in a field."""
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, text)
