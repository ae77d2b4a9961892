"""The real window on real worker processes. TensorFlow starts once; each window gets a reader of its own."""

from __future__ import annotations

import gc
import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from driving import Open, SharedEngine, TakenWorker, settle
from holdings import held, left
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from padviewer.gui.app import make_window
from padviewer.gui.main_window import MainWindow
from padviewer.gui.options import WindowOptions
from padviewer.gui.preferences import Preferences
from padviewer.spec import PipelineSpec
from padviewer.workers.messages import DevicesRequest
from padviewer.workers.process import Worker
from padviewer.workers.start import start_reader

_engines: list[SharedEngine] = []


@pytest.fixture(autouse=True)
def nothing_left(qapp: QApplication) -> Iterator[None]:
    """Checks that a test leaves nothing behind, whatever it uses."""
    qapp.processEvents()  # Qt opens what it needs for that
    engines, before = len(_engines), held()
    yield
    if len(_engines) == engines:  # the engine that all share comes with the first test that needs it, and stays
        # or is another, where the test has ended it.
        others = {f"process {engine.pid}": 1 for engine in _engines}
        assert left(before | others) == {}
    assert QApplication.mouseButtons() == Qt.MouseButton.NoButton, "a mouse button was pressed and not let go of"


@pytest.fixture(scope="session", autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """Takes from the clipboard, in the end, what Qt would let go of when there is no Python any more, and crash."""
    yield
    QApplication.clipboard().clear()


@pytest.fixture(scope="module", autouse=True)
def quick_collections() -> None:
    """Leaves to the collector what tests make: it looks at all of the libraries again after each window otherwise."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[SharedEngine]:
    engine = SharedEngine()
    _engines.append(engine)
    engine.submit(DevicesRequest()).result(120)
    yield engine
    engine.kill()


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    kept = Preferences(str(tmp_path / "settings" / "padviewer.ini"))
    kept.set_read("welcome")
    kept.theme = "dark"
    # Most tests compare what is shown with elements of a file; means have tests of their own.
    kept.averages = False
    return kept


@pytest.fixture
def open_window(qtbot: QtBot, preferences: Preferences, shared_engine: SharedEngine) -> Iterator[Open]:
    """Opens the window on files, with settings; checks in the end that nothing of it is left."""
    windows: list[MainWindow] = []
    taken: list[TakenWorker] = []
    before = {process.pid for process in multiprocessing.active_children()}

    def open_files(*paths: Path | str, own_engine: bool = False, size: tuple[int, int] = (1400, 900), **settings: Any):
        budget = settings.pop("budget", 4 << 30)
        items = tuple((str(path), None) for path in paths)

        def engine_of(backend: str) -> Worker:
            engine = (shared_engine.taken if own_engine else shared_engine.lent)(backend)
            if isinstance(engine, TakenWorker):
                taken.append(engine)
            return engine

        options = WindowOptions(items, PipelineSpec(**settings), budget)
        window = make_window(options, preferences, engine_of("tensorflow"), None, (start_reader, engine_of))
        windows.append(window)
        window.resize(*size)
        window.show()
        qtbot.waitExposed(window)
        settle(qtbot, window)
        return window

    yield open_files
    for engine in taken:
        engine.keep()
    for window in windows:
        window.close()
        window.deleteLater()
    windows.clear()
    taken.clear()
    gc.collect()
    qtbot.wait(50)
    assert [type(widget).__name__ for widget in QApplication.topLevelWidgets() if widget.isVisible()] == []
    assert [t.name for t in threading.enumerate() if t.name == "padviewer reader"] == []
    assert [p.pid for p in multiprocessing.active_children() if p.pid not in before | {shared_engine.pid}] == []
