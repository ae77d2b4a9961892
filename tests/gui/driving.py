"""What tests that drive a window share."""

from __future__ import annotations

from collections.abc import Callable

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
