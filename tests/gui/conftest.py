"""The real window on real worker processes. TensorFlow starts once; each window gets a reader of its own."""

from __future__ import annotations

import gc
import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from driving import LentWorker, Open, settle
from holdings import held, left
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from padviewer.gui.app import make_window
from padviewer.gui.main_window import MainWindow
from padviewer.gui.options import WindowOptions
from padviewer.gui.preferences import Preferences
from padviewer.spec import PipelineSpec
from padviewer.workers.messages import DevicesRequest
from padviewer.workers.process import ProcessWorker
from padviewer.workers.start import start_engine, start_reader

_engines: list[ProcessWorker] = []


@pytest.fixture(autouse=True)
def nothing_left(qapp: QApplication) -> Iterator[None]:
    """Checks that a test leaves nothing behind, whatever it uses."""
    qapp.processEvents()  # Qt opens what it needs for that
    engines, before = len(_engines), held()
    yield
    if len(_engines) == engines:  # the engine that all share comes with the first test that needs it, and stays
        assert left(before) == {}


@pytest.fixture(scope="session", autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """Takes from the clipboard, in the end, what Qt would let go of when there is no Python any more, and crash."""
    yield
    QApplication.clipboard().clear()


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[ProcessWorker]:
    worker = start_engine()
    _engines.append(worker)
    worker.submit(DevicesRequest()).result(120)
    yield worker
    worker.kill()


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    kept = Preferences(str(tmp_path / "settings" / "padviewer.ini"))
    kept.set_read("welcome")
    kept.theme = "dark"
    # Most tests compare what is shown with elements of a file; means have tests of their own.
    kept.averages = False
    return kept


@pytest.fixture
def open_window(qtbot: QtBot, preferences: Preferences, shared_engine: ProcessWorker) -> Iterator[Open]:
    """Opens the window on files, with settings; checks in the end that nothing of it is left."""
    windows: list[MainWindow] = []
    before = {process.pid for process in multiprocessing.active_children()}

    def open_files(*paths: Path | str, own_engine: bool = False, size: tuple[int, int] = (1400, 900), **settings: Any):
        budget = settings.pop("budget", 4 << 30)
        items = tuple((str(path), None) for path in paths)
        engine = start_engine() if own_engine else LentWorker(shared_engine)
        start = (start_reader, start_engine if own_engine else lambda _backend: LentWorker(shared_engine))
        options = WindowOptions(items, PipelineSpec(**settings), budget)
        window = make_window(options, preferences, engine, None, start)
        windows.append(window)
        window.resize(*size)
        window.show()
        qtbot.waitExposed(window)
        settle(qtbot, window)
        return window

    yield open_files
    for window in windows:
        window.close()
        window.deleteLater()
    windows.clear()
    gc.collect()
    qtbot.wait(50)
    assert [type(widget).__name__ for widget in QApplication.topLevelWidgets() if widget.isVisible()] == []
    assert [t.name for t in threading.enumerate() if t.name == "padviewer reader"] == []
    assert [p.pid for p in multiprocessing.active_children() if p.pid not in before] == []
