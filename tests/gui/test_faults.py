"""Workers that are killed, stopped, aborted and crash, at every stage: the window goes on, and every number is right.

`PADVIEWER_FAULT_ROUNDS` says how often.
"""

from __future__ import annotations

import gc
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from driving import LentWorker, settle
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from struck import make_struck_engine, make_struck_reader, order

from padviewer.gui.app import make_window
from padviewer.gui.main_window import MainWindow
from padviewer.gui.options import WindowOptions
from padviewer.gui.preferences import Preferences
from padviewer.plan import Stage
from padviewer.spec import PipelineSpec
from padviewer.workers.client import MAX_RESTARTS
from padviewer.workers.jobs import ENGINES, READER
from padviewer.workers.limits import ENGINE_LIMITS, READER_LIMITS
from padviewer.workers.process import ProcessWorker

ROUNDS = int(os.environ.get("PADVIEWER_FAULT_ROUNDS", "2"))
SIGNALS = (signal.SIGKILL, signal.SIGSTOP, signal.SIGABRT, signal.SIGSEGV)
ENGINE = ENGINES["tensorflow"]
# One that hangs, and one that is stopped, are found out after so long.
SILENCE_S, STOPPED_S = 6.0, 5.0
ROWS, COLUMNS = 60, 80


class Struck:
    """A window whose workers are struck on order."""

    def __init__(self, window: MainWindow, orders: Path, photo: Path, qtbot: QtBot) -> None:
        self.window, self.orders, self.photo, self._qtbot = window, orders, photo, qtbot
        self.pixels = np.asarray(Image.open(photo))
        self.told: list[str] = []
        self.times: list[float] = []
        window.session.worker_died.connect(lambda error, _runs: self.told.append(error.message))
        window.session.worker_replaced.connect(self.told.append)

    def pid(self, name: str) -> int:
        worker = self.window.session.clients[name]._worker
        assert worker is not None
        return worker.pid

    def settle(self) -> None:
        settle(self._qtbot, self.window)

    def await_death(self) -> str:
        self._qtbot.waitUntil(lambda: bool(self.told), timeout=60_000)
        died = time.monotonic()
        self.settle()
        self.times.append(time.monotonic() - died)
        return self.told.pop(0)

    def strike(self, request: str, number: signal.Signals, where: str = "") -> None:
        order(self.orders, request, number, where)

    def export(self, target: Path) -> None:
        with self._qtbot.waitSignal(self.window.session.export_ended, timeout=60_000):
            self.window.commands.export(Stage.PADDED, str(target))
        self.settle()

    def tell(self) -> None:
        """Prints the figures, for `pytest -s`."""
        median, longest = np.round([np.median(self.times), max(self.times)], 2)
        print(f"from death to all good answers: median {median} s, longest {longest} s, {len(self.times)} times")  # noqa: T201

    def check(self, rows: int) -> None:
        """Asks for what was never asked for, and compares it with numpy."""
        columns = COLUMNS + 16
        self.window.session.edit({"target": (rows, columns)})
        self.settle()
        padded = np.pad(self.pixels, ((0, rows - ROWS), (0, columns - COLUMNS)))
        shown = self.window.pane(Stage.PADDED).canvas.pixels
        assert shown is not None
        np.testing.assert_array_equal(shown[..., 0], padded)
        assert self.window.session.feature.state.ready
        self.window.panes.probed.emit(columns / 2 + 0.5, rows / 2 + 0.5)
        self.settle()
        place, text = self.window.probe.text(Stage.FEATURE)
        row, column = indices(place)
        window = padded[row : row + 3, column : column + 3].astype(np.float64)
        assert float(text.replace("−", "-")) == pytest.approx(window.mean(), rel=1e-5), place


def indices(place: str) -> tuple[int, int]:
    """Returns row and column of what a probe says, such as `H 50  W 100`."""
    words = place.split()
    return int(words[words.index("H") + 1]), int(words[words.index("W") + 1])


@pytest.fixture
def struck(qtbot: QtBot, preferences: Preferences, tmp_path: Path) -> Iterator[Callable[..., Struck]]:
    """Opens a window on a small photo, on workers of its own."""
    windows: list[MainWindow] = []

    def silence(_request: object) -> float:
        return SILENCE_S

    def opened(engine: ProcessWorker | None = None) -> Struck:
        orders = tmp_path / "orders"
        photo = tmp_path / "photo.png"
        numbers = np.random.default_rng(0).integers(0, 256, (ROWS, COLUMNS), np.uint8)
        Image.fromarray(numbers).save(photo)
        readers = partial(
            ProcessWorker, "reader", partial(make_struck_reader, str(orders)), replace(READER_LIMITS, silence=silence)
        )

        def engines(backend: str) -> ProcessWorker | LentWorker:
            if engine is not None:
                return LentWorker(engine)
            made = partial(make_struck_engine, str(orders), backend)
            return ProcessWorker("engine", made, replace(ENGINE_LIMITS, silence=silence))

        spec = PipelineSpec(filters=1, weights="box", kernel=(3, 3), activation="linear", conv_padding="valid")
        options = WindowOptions(((str(photo), None),), spec, 1 << 30)
        window = make_window(options, preferences, None, None, (readers, engines))
        windows.append(window)
        window.resize(1400, 900)
        window.show()
        qtbot.waitExposed(window)
        settle(qtbot, window)
        return Struck(window, orders, photo, qtbot)

    children = {child.pid for child in psutil.Process().children(recursive=True)}
    yield opened
    pids = [process.pid for process in psutil.Process().children(recursive=True) if process.pid not in children]
    for window in windows:
        window.close()
        window.deleteLater()
    gc.collect()
    qtbot.wait(50)
    left = [process for process in psutil.Process().children(recursive=True) if process.pid in pids]
    assert [process.cmdline() for process in left if "resource_tracker" not in " ".join(process.cmdline())] == []
    assert [name for name in os.listdir("/dev/shm") if name.startswith(f"padviewer-{os.getpid()}-")] == []  # noqa: PTH208


def strike_idle(struck: Struck, name: str, number: signal.Signals) -> None:
    pid = struck.pid(name)
    os.kill(pid, number)
    if number == signal.SIGSTOP:
        # Nobody can tell, until something is asked of it.
        struck.window.session.edit({"target": (ROWS + 1, COLUMNS + 1)})
    message = struck.await_death()
    assert ("was stopped for 5 s" if number == signal.SIGSTOP else number.name) in message
    assert struck.pid(name) != pid
    if number != signal.SIGSTOP:
        assert "it had nothing to do, and another was started" in message
        assert struck.window.message.kind == "", "no fuss is made of it"


def strike_load(struck: Struck, number: signal.Signals) -> None:
    other = struck.photo.with_name("other.npy")
    np.save(other, np.zeros((4, 5), np.uint8))
    struck.strike("OpenRequest", number)
    struck.window.commands.open_paths([str(other)])
    struck.await_death()
    assert "other.npy: the reader process" in struck.window.message.message
    assert struck.window.windowTitle() == "photo.png — padviewer", "what was shown stays"
    struck.window.session.files.close(1)
    other.unlink()


def strike_padding(struck: Struck, number: signal.Signals) -> None:
    struck.strike("TileRequest", number, "padded")
    struck.window.session.edit({"target": (ROWS + 5, COLUMNS + 5)})
    assert "settings and pictures stay" in struck.await_death()
    assert struck.window.message.kind == "", "the message goes when the new worker has answered"


def strike_export(struck: Struck, number: signal.Signals) -> None:
    target = struck.photo.with_name("out.npy")
    struck.window.session.edit({"target": (2048, 9000)})
    struck.settle()
    padded = np.pad(struck.pixels, ((0, 2048 - ROWS), (0, 9000 - COLUMNS)))
    struck.strike("ContinueExport", number)
    struck.export(target)
    assert ("was stopped for 5 s" if number == signal.SIGSTOP else number.name) in struck.told.pop(0)
    assert struck.window.status.message == "export failed"
    assert "the reader process" in struck.window.message.message
    struck.window.message.clear()
    assert [path.name for path in target.parent.iterdir() if path.is_file()] == ["photo.png"], "no torn file"
    struck.export(target)
    np.testing.assert_array_equal(np.load(target), padded)
    target.unlink()


def strike_convolution(struck: Struck, number: signal.Signals) -> None:
    struck.strike("ComputeRequest", number)
    struck.window.session.edit({"target": (ROWS + 7, COLUMNS + 7)})
    assert "settings and pictures stay" in struck.await_death()
    assert struck.window.session.feature.state.ready


def test_a_reader_that_is_struck_at_any_stage_is_replaced(
    struck: Callable[..., Struck], shared_engine: ProcessWorker
) -> None:
    case = struck(shared_engine)
    rows = ROWS + 10
    strikes = (partial(strike_idle, name=READER), strike_load, strike_padding, strike_export)
    for number in range(ROUNDS):
        for place, strike in enumerate(strikes):
            strike(case, number=SIGNALS[(number + place) % len(SIGNALS)])
            rows += 1
            case.check(rows)
    case.tell()


def test_an_engine_that_is_struck_at_any_stage_is_replaced(struck: Callable[..., Struck]) -> None:
    case = struck()
    strikes = (strike_convolution, partial(strike_idle, name=ENGINE))
    # It takes seconds to start.
    for number in range(max(1, ROUNDS // 2)):
        strikes[number % 2](case, number=SIGNALS[number // 2 % len(SIGNALS)])
        case.check(ROWS + 10 + number)
    case.tell()


def test_the_sixth_death_in_a_row_is_asked_about(
    struck: Callable[..., Struck], shared_engine: ProcessWorker, qtbot: QtBot
) -> None:
    case = struck(shared_engine)
    for _ in range(MAX_RESTARTS):
        strike_idle(case, READER, signal.SIGKILL)
    os.kill(case.pid(READER), signal.SIGKILL)
    case.await_death()
    button = case.window.message.remedies()[0]
    assert button.text() == "Restart workers"
    assert "6 times in a row" in case.window.message.message
    assert case.window.pane(Stage.INPUT).canvas.has_pixels, "the last pictures stay"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    case.settle()
    assert case.window.message.kind == ""
    case.check(ROWS + 3)
    assert case.told == []


def test_files_that_end_the_reader_or_hang_do_not_stop_the_others(
    struck: Callable[..., Struck], shared_engine: ProcessWorker, qtbot: QtBot
) -> None:
    case = struck(shared_engine)
    folder = case.photo.parent
    for number in range(40):
        np.save(folder / f"{number:02}.npy", np.full((3, 4), number, np.uint8))
    case.strike("OpenRequest", signal.SIGSTOP, "10.npy")
    case.window.commands.open_paths([str(folder / f"{number:02}.npy") for number in range(40)])
    qtbot.waitUntil(lambda: not case.orders.exists(), timeout=20_000)
    began = time.monotonic()
    case.window.session.edit({"target": (50, 50)})
    qtbot.waitUntil(lambda: case.window.session.clients[READER].idle, timeout=20_000)
    assert time.monotonic() - began < STOPPED_S - 1, "what is on screen does not wait for it"
    case.settle()
    entries = {Path(entry.item[0]).name: entry for entry in case.window.session.files.entries}
    assert entries.pop("photo.png").info is not None
    error = entries.pop("10.npy").error
    assert error is not None
    assert error.message.startswith(f"{folder / '10.npy'}: the reader process was stopped for 5 s")
    assert [entry.info.shape for entry in entries.values() if entry.info] == [(3, 4)] * 39
    assert case.window.message.kind == ""


def test_what_hangs_gives_way_to_what_is_chosen_meanwhile(
    struck: Callable[..., Struck], shared_engine: ProcessWorker, qtbot: QtBot
) -> None:
    case = struck(shared_engine)
    for name in ("hangs.npy", "other.npy"):
        np.save(case.photo.with_name(name), np.full((3, 4), 7, np.uint8))
    case.strike("OpenRequest", signal.SIGSTOP, "hangs.npy")
    case.window.commands.open_paths([str(case.photo.with_name("hangs.npy"))])
    qtbot.wait(3_200)
    case.window.commands.open_paths([str(case.photo.with_name("other.npy"))])
    qtbot.waitUntil(lambda: case.window.windowTitle() == "other.npy — padviewer", timeout=20_000)
    case.settle()
    assert case.told == [], "it was ended before its time was over"
    assert [entry.info is not None for entry in case.window.session.files.entries] == [True] * 3, "it hung but once"


def test_many_deadly_files_before_a_good_one(struck: Callable[..., Struck], shared_engine: ProcessWorker) -> None:
    """Each is another file: however many end the reader, the next is tried."""
    case = struck(shared_engine)
    names = [f"deadly{number}.npy" for number in range(MAX_RESTARTS + 2)]
    for name in names:
        np.save(case.photo.with_name(name), np.zeros(3))
    order(case.orders, "OpenRequest", signal.SIGSEGV, "/deadly")
    case.orders.with_suffix(".kept").touch()
    case.window.commands.open_paths([str(case.photo.with_name(name)) for name in [*names, "photo.png"]])
    case.settle()
    assert case.window.windowTitle() == "photo.png — padviewer"
    errors = [entry.error for entry in case.window.session.files.entries if entry.error]
    assert len(errors) == len(names)
    assert all("SIGSEGV" in error.message for error in errors)
    assert "Segmentation fault" in errors[0].details
    case.check(ROWS + 1)
