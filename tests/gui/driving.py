"""What tests that drive a window share."""

from __future__ import annotations

import weakref
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
from padviewer.workers.start import start_engine

Open = Callable[..., MainWindow]
# Nothing waits so long but what will never come: a busy machine takes ten times as long as an idle one.
PATIENCE_MS = 180_000


class SharedEngine:
    """The engine that the windows of a session share: TensorFlow takes seconds to start.

    A test that needs one to itself takes it, and may end it; all share what is started instead.
    """

    def __init__(self) -> None:
        self.worker = start_engine()

    @property
    def pid(self) -> int:
        return self.worker.pid

    @property
    def alive(self) -> bool:
        return self.worker.alive

    def submit(self, request: Any, on_progress: Any = None) -> Future[Any]:
        return self._running().submit(request, on_progress)

    def lent(self, backend: str = "tensorflow") -> LentWorker | ProcessWorker:
        """Returns what a window has for its engine, which ends with it where it has another backend."""
        return LentWorker(self) if backend == "tensorflow" else start_engine(backend)

    def taken(self, backend: str = "tensorflow") -> TakenWorker | ProcessWorker:
        """Returns the engine for a window that may end it, started again where one has ended."""
        return TakenWorker(self._running()) if backend == "tensorflow" else start_engine(backend)

    def kill(self) -> None:
        self.worker.kill()

    def _running(self) -> ProcessWorker:
        if not self.worker.alive:
            self.worker.kill()
            self.worker = start_engine()
        return self.worker


class LentWorker:
    """An engine that the windows of a session share: closing a window leaves it running."""

    def __init__(self, worker: ProcessWorker | SharedEngine) -> None:
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


class TakenWorker:
    """The shared engine as the own one of a window, which hears of its death and ends it, until it is `kept`."""

    def __init__(self, worker: ProcessWorker) -> None:
        self._worker = worker
        self._kept = False
        self.ended: Future[WorkerDied] = Future()
        # Not by a cycle, which would hold the lines of one that has ended until somebody collects it.
        tell = weakref.WeakMethod(self._tell)
        worker.ended.add_done_callback(lambda died: hears(died) if (hears := tell()) else None)

    @property
    def pid(self) -> int:
        return self._worker.pid

    @property
    def alive(self) -> bool:
        return self._worker.alive

    def submit(self, request: Any, on_progress: Any = None) -> Future[Any]:
        return self._worker.submit(request, on_progress)

    def kill(self) -> None:
        if not self._kept:
            self._worker.kill()

    def keep(self) -> None:
        """Leaves the process running for others, when the window is closed, and knows nothing of the window more."""
        self._kept = True
        self.ended = Future()

    def _tell(self, died: Future[WorkerDied]) -> None:
        self.ended.set_result(died.result())


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
