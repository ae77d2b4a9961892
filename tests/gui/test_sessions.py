"""Sessions in the window: as they were left, also after a kill; gone files, damaged files, by menu and by drop."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import PATIENCE_MS, LentWorker, settle, type_into
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from padviewer.gui.app import make_window
from padviewer.gui.files import FileEntry
from padviewer.gui.history import Step
from padviewer.gui.main_window import MainWindow
from padviewer.gui.options import WindowOptions, window_options
from padviewer.gui.preferences import Preferences
from padviewer.gui.rendering import Look
from padviewer.gui.screen import Cut
from padviewer.gui.sessions.saved_session import SavedSession
from padviewer.gui.sessions.start import with_session
from padviewer.plan import Stage
from padviewer.spec import PipelineSpec
from padviewer.workers.process import ProcessWorker
from padviewer.workers.start import start_reader

Start = Callable[..., MainWindow]
BUDGET = 4 << 30


@pytest.fixture
def start(qtbot: QtBot, preferences: Preferences, shared_engine: ProcessWorker, tmp_path: Path) -> Iterator[Start]:
    """Starts the program as the command line does, with a place for sessions."""
    windows: list[MainWindow] = []

    def start_with(*paths: Path, spec: PipelineSpec | None = None) -> MainWindow:
        asked = window_options(tuple((str(path), None) for path in paths), spec or PipelineSpec(), BUDGET)
        options: WindowOptions = with_session(asked, tmp_path / "state")
        starters = (start_reader, lambda _backend: LentWorker(shared_engine))
        window = make_window(options, preferences, LentWorker(shared_engine), None, starters)
        windows.append(window)
        window.show()
        qtbot.waitExposed(window)
        settle(qtbot, window)
        return window

    yield start_with
    for window in windows:
        window.close()
        window.deleteLater()
    qtbot.wait(20)


def kept(window: MainWindow, qtbot: QtBot) -> SavedSession:
    """What is kept of a window when it has looked whether something changed."""
    window.keeper.keep()
    slot = window.keeper.slot
    assert slot is not None
    assert window.keeper._writer.wait(10)
    return SavedSession.from_json(slot.read())


def kill(window: MainWindow) -> None:
    """Leaves a window's session as a process that is killed does."""
    slot = window.keeper.slot
    assert slot is not None
    window.keeper._look.stop()
    window.keeper._survived.stop()
    window.keeper._slot = None
    slot.leave()
    window.close()


def test_a_session_reopens_as_it_was_left(start: Start, tmp_path: Path, qtbot: QtBot) -> None:
    volume = np.random.default_rng(0).integers(0, 255, (6, 40, 50)).astype(np.uint8)
    np.save(tmp_path / "volume.npy", volume)
    np.savez(tmp_path / "two.npz", first=np.zeros((4, 5), np.uint8), second=np.ones((6, 7, 3), np.uint8))
    window = start(tmp_path / "volume.npy", tmp_path / "two.npz")
    type_into(window.form.field("target D"), "9")
    window.commands.choose_axes("DW")
    window.pane(Stage.PADDED).set_look(Look("magma", "percentile"))
    type_into(window.form.field("budget"), "3GiB")
    window.actions_.average.trigger()
    window.session.files.open([(str(tmp_path / "two.npz"), "second")])
    settle(qtbot, window)
    type_into(window.form.field("target H"), "20")
    window.session.files.select(0)
    settle(qtbot, window)
    window.commands.choose_axes("DW")
    window.commands.zoom_in()
    settle(qtbot, window)
    before = window.keeper.state()
    assert window.close()

    again = start()
    assert again.message.kind == ""
    after = again.keeper.state()
    assert after == replace(before, geometry=after.geometry, layout=after.layout)
    assert again.pane(Stage.INPUT).title_text == "D 6  H 40  W 50"
    assert again.session.spec.target == (9, None, None)
    assert again.session.plan is not None
    assert again.session.plan.budget == 3 << 30
    assert before.view is not None
    left, _top, width, _height = again.pane(Stage.PADDED).canvas.view
    assert (left, width) == pytest.approx((before.view[0], before.view[2])), "as far as this screen is as large"
    assert again.pane(Stage.PADDED).look == Look("magma", "percentile")
    assert again.files.outcomes() == ["6 × 40 × 50   uint8", "4 × 5   uint8", "6 × 7 × 3   uint8"]
    again.commands.undo()
    again.commands.undo()
    again.session.files.select(2)
    settle(qtbot, again)
    assert again.session.spec.target == (), "what the other number of axes had was undone where it was kept"
    again.commands.redo()
    again.commands.redo()
    assert again.session.spec.target == (20, None)


def test_after_a_kill_the_session_is_there_and_said(start: Start, photo: Path, qtbot: QtBot) -> None:
    window = start(photo)
    type_into(window.form.field("target H"), "600")
    kept(window, qtbot)
    kill(window)
    again = start()
    assert again.session.spec.target == (600, None)
    assert "ended unexpectedly last time" in again.message.message
    (afresh,) = again.message.remedies()
    assert afresh.text() == "Start afresh"
    afresh.click()
    settle(qtbot, again)
    assert again.windowTitle() == "sample.png — padviewer"
    assert again.session.spec.target == (640, 800)
    assert again.message.kind == ""
    titles = [title for title, _folder in again.commands.sessions.earlier()]
    assert titles == ["photo.png"], "what was left stays among the earlier ones"


def test_a_session_that_ends_the_program_twice_is_offered(start: Start, photo: Path, qtbot: QtBot) -> None:
    kept(first := start(photo), qtbot)
    kill(first)
    kill(start())
    window = start()
    assert window.session.plan is None
    assert "ended unexpectedly 2 times with the last session (photo.png)" in window.message.message
    qtbot.wait(1200)
    window.close()
    still = start()
    assert still.session.plan is None, "nothing was decided"
    still.message.remedies()[0].click()
    settle(qtbot, still)
    assert still.windowTitle() == "photo.png — padviewer"
    still.close()
    assert start().message.kind == "", "it ended properly"


def test_files_that_are_gone_are_told_and_the_others_open(
    start: Start, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    other = tmp_path / "other.png"
    Image.new("RGB", (30, 20)).save(other)
    window = start(photo, other)
    type_into(window.form.field("target W"), "700")
    window.close()
    photo.unlink()
    again = start()
    assert again.windowTitle() == "other.png — padviewer"
    assert again.session.spec.target == (None, 700)
    first, second = again.files.outcomes()
    assert "no such file" in first
    assert second == "20 × 30 × 3   uint8"


def test_where_all_files_are_gone_it_is_told_and_another_can_be_opened(
    start: Start, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    start(photo).close()
    photo.rename(tmp_path / "moved.png")
    again = start()
    assert "no such file" in again.message.message
    again.commands.open_paths([str(tmp_path / "moved.png")])
    settle(qtbot, again)
    assert again.windowTitle() == "moved.png — padviewer"
    assert kept(again, qtbot).shown == (str(tmp_path / "moved.png"), None)


def test_a_session_is_saved_to_a_file_and_opened_by_a_drop(
    start: Start, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = start(photo)
    type_into(window.form.field("target H"), "600")
    path = tmp_path / "mine.padviewer"
    with qtbot.waitSignal(window.keeper.saved_as, timeout=PATIENCE_MS):
        window.keeper.save_as(str(path))
    window.commands.sessions.new_session()
    settle(qtbot, window)
    assert window.windowTitle() == "sample.png — padviewer"
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    keys = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(5, 5), *keys))
    QApplication.sendEvent(window, QDropEvent(QPointF(5, 5), *keys))
    qtbot.waitUntil(lambda: window.windowTitle() == "photo.png — padviewer", timeout=PATIENCE_MS)
    settle(qtbot, window)
    assert window.session.spec.target == (600, None)
    assert window.files.outcomes() == ["480 × 640 × 3   uint8"]
    earlier = window.commands.sessions.earlier()
    assert sorted(title for title, _folder in earlier) == ["photo.png", "sample.png"]
    sample = next(folder for title, folder in earlier if title == "sample.png")
    window.commands.sessions.open_earlier(sample)
    settle(qtbot, window)
    assert window.windowTitle() == "sample.png — padviewer"
    assert window.keeper.slot is not None
    assert window.keeper.slot.folder == sample


@pytest.mark.parametrize("content", [b"", b"{", b'{"format": "padviewer session", "version": 9}', b"\xff" * 99])
def test_a_file_that_is_no_session_is_told_and_what_is_open_stays(
    content: bytes, start: Start, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "bad.padviewer"
    path.write_bytes(content)
    window = start(photo)
    window.commands.open_paths([str(path)])
    qtbot.waitUntil(lambda: window.message.kind == "error", timeout=PATIENCE_MS)
    assert "bad.padviewer" in window.message.message
    assert window.windowTitle() == "photo.png — padviewer"
    window.commands.open_paths([str(path), str(photo)])
    assert "open it by itself" in window.message.message


def test_a_session_is_named_on_the_command_line(start: Start, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    spec = PipelineSpec(target=(500, 700), filters=1)
    path = tmp_path / "mine.padviewer"
    path.write_text(SavedSession(items=((str(photo), None),), shown=(str(photo), None), spec=spec).to_json())
    window = start(path)
    qtbot.waitUntil(lambda: window.windowTitle() == "photo.png — padviewer", timeout=PATIENCE_MS)
    settle(qtbot, window)
    assert window.pane(Stage.PADDED).title_text == "500 × 700 × 3"
    assert kept(window, qtbot).spec == spec


@pytest.mark.parametrize(
    "odd",
    [
        {"view": (-1e15, -1e15, 1e15, 1e15)},
        {"view": (5.0, 5.0, 1e-300, 1e-300)},
        {"cut": Cut(batch=99, depth=99, channel=99, filter=99, height=1 << 62, axes="BT")},
        {"layout": "////", "geometry": "AAAA"},
        {"items": (("\0", None), ("", ""), ("photo.png" * 999, "x"))},
        {"toggles": {"View › Nothing": True, "Quit": True}},
        {"done": (Step({"target": (5,)}, {"target": (9, 9, 9)}, "T", ("/gone", None)),)},
    ],
    ids=["far", "near", "cut", "layout", "items", "toggles", "step"],
)
def test_an_odd_session_opens_as_far_as_it_can(
    odd: dict[str, Any], start: Start, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    shown = (str(photo), None)
    saved = replace(SavedSession(items=(shown,), shown=shown, spec=PipelineSpec(filters=1)), **odd)
    if "items" in odd:
        saved = replace(saved, items=(*odd["items"], shown), shown=odd["items"][0])
    path = tmp_path / "odd.padviewer"
    path.write_text(saved.to_json())
    window = start(path)
    qtbot.waitUntil(lambda: window.windowTitle() == "photo.png — padviewer", timeout=PATIENCE_MS)
    settle(qtbot, window)
    window.commands.undo()
    window.commands.fit()
    settle(qtbot, window)
    assert window.pane(Stage.FEATURE).canvas.has_pixels
    SavedSession.from_json(kept(window, qtbot).to_json())


def test_a_fifo_named_as_a_session_holds_nothing_up(start: Start, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    os.mkfifo(tmp_path / "pipe.padviewer")
    window = start(photo)
    window.commands.open_paths([str(tmp_path / "pipe.padviewer")])
    qtbot.waitUntil(lambda: "pipe" in window.message.message, timeout=PATIENCE_MS)


def test_only_what_changed_is_written(start: Start, photo: Path, qtbot: QtBot) -> None:
    window = start(photo)
    kept(window, qtbot)
    slot = window.keeper.slot
    assert slot is not None
    first = slot.file.stat().st_mtime_ns
    for _ in range(3):
        kept(window, qtbot)
    assert slot.file.stat().st_mtime_ns == first
    assert slot.file.stat().st_size < 100_000
    window.commands.zoom_in()
    assert kept(window, qtbot).view is not None
    assert slot.file.stat().st_mtime_ns > first


def test_a_session_that_cannot_be_written_is_said_and_the_window_goes_on(
    start: Start, photo: Path, qtbot: QtBot
) -> None:
    window = start(photo)
    kept(window, qtbot)
    slot = window.keeper.slot
    assert slot is not None
    (slot.folder / "session.json.part").mkdir()
    window.commands.zoom_in()
    window.keeper.keep()
    qtbot.waitUntil(lambda: "could not be saved" in window.status.message, timeout=PATIENCE_MS)
    view = window.keeper.state().view
    (slot.folder / "session.json.part").rmdir()
    qtbot.waitUntil(lambda: SavedSession.from_json(slot.read()).view == view, timeout=PATIENCE_MS)


def test_a_session_whose_folder_is_removed_is_kept_in_a_new_one(start: Start, photo: Path, qtbot: QtBot) -> None:
    window = start(photo)
    kept(window, qtbot)
    slot = window.keeper.slot
    assert slot is not None
    shutil.rmtree(slot.folder.parent)
    window.commands.zoom_in()
    assert kept(window, qtbot).view == window.keeper.state().view


def test_the_program_killed_in_use_comes_back_as_it_was(photo: Path, tmp_path: Path) -> None:
    """The program as a process, by its own start: killed by the system, and started again without files."""
    code = (
        "import os, sys\n"
        "os.environ['QT_QPA_PLATFORM'] = 'offscreen'\n"
        "from PySide6.QtCore import QTimer\n"
        "from padviewer.gui.launch import launch\n"
        "from padviewer.gui.options import window_options\n"
        "from padviewer.spec import PipelineSpec\n"
        "def watch(window):\n"
        "    seen = []\n"
        "    def look():\n"
        "        if window.session.plan is not None and not seen:\n"
        "            seen.append(window.session.spec.target)\n"
        "            if len(sys.argv) > 1:\n"
        "                window.session.edit({'target': (700, 900)})\n"
        "            print(window.windowTitle(), window.session.spec.target, flush=True)\n"
        "    timer = QTimer(window, interval=20)\n"
        "    timer.timeout.connect(look)\n"
        "    timer.start()\n"
        "if __name__ == '__main__':\n"
        "    items = tuple((path, None) for path in sys.argv[1:])\n"
        "    launch(window_options(items, PipelineSpec(), 1 << 32), on_start=watch)\n"
    )
    script = tmp_path / "window.py"
    script.write_text(code)
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    environment.pop("XDG_STATE_HOME", None)
    file = tmp_path / ".local" / "state" / "padviewer" / "sessions" / "0" / "session.json"
    lines = []
    for arguments in ([str(photo)], []):
        process = subprocess.Popen(
            [sys.executable, str(script), *arguments], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        lines.append(process.stdout.readline().strip())
        end = time.monotonic() + 20
        while "900" not in (file.read_text() if file.exists() else "") and time.monotonic() < end:
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert lines == ["photo.png — padviewer (700, 900)"] * 2


def test_panels_come_back_with_the_one_that_was_seen(start: Start, photo: Path, qtbot: QtBot) -> None:
    window = start(photo)
    for name in ("table", "histogram"):
        window.instruments.show_panel(name)
        settle(qtbot, window)
    window.instruments.show_panel("table")
    window.instruments.brushing.toggle.setChecked(False)
    settle(qtbot, window)
    window.close()
    again = start()
    qtbot.wait(50)
    settle(qtbot, again)
    shown = {name for name, toggle in again.instruments.toggles.items() if toggle.isChecked()}
    assert shown == {"table", "histogram"}
    table, histogram = again.instruments.panel("table"), again.instruments.panel("histogram")
    assert table is not None
    assert histogram is not None
    assert (table.isEnabled(), histogram.isEnabled()) == (True, False), "the tab that was in front is"


def test_ten_thousand_files_are_kept_without_holding_the_window_up(start: Start, photo: Path, qtbot: QtBot) -> None:
    window = start(photo)
    others = [FileEntry((f"/data/scan_{number:05}.png", None)) for number in range(10_000)]
    window.session.files.entries.extend(others)
    assert len(kept(window, qtbot).items) == 10_001
    usual = min(timed(window.keeper.keep) for _ in range(5))
    window.session.files.entries[1:] = []
    few = min(timed(window.keeper.keep) for _ in range(5))
    assert usual - few < 0.02, "a look at all of them is far from a frame"


def timed(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin
