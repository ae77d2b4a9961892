"""What tests that drive a window share."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from padviewer.errors import WorkerDied
from padviewer.gui.main_window import MainWindow
from padviewer.workers.process import ProcessWorker

Open = Callable[..., MainWindow]
PATIENCE_MS = 60_000


class LentWorker:
    """An engine that the windows of a session share: closing a window leaves it running."""

    def __init__(self, worker: ProcessWorker) -> None:
        self._worker = worker

    @property
    def pid(self) -> int:
        return self._worker.pid

    @property
    def alive(self) -> bool:
        return self._worker.alive

    @property
    def ended(self) -> Future[WorkerDied]:
        return Future()

    def submit(self, request: Any, on_progress: Any = None) -> Future[Any]:
        return self._worker.submit(request, on_progress)

    def kill(self) -> None:
        pass


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
