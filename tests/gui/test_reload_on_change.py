"""Files that change while they are shown: in place, replaced, deleted and made anew, written slowly."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from padviewer.gui.file_change import REST_S, ChangeDetector, State
from padviewer.gui.main_window import MainWindow
from padviewer.gui.watch import FileWatch
from padviewer.plan import Stage

states = st.one_of(st.none(), st.tuples(st.integers(0, 3), st.integers(0, 3)))
looks = st.lists(st.tuples(st.floats(0.01, 1.0), states), max_size=30)


@given(states, looks)
def test_a_change_is_told_once_when_the_file_has_rested(read: State, path: list[tuple[float, State]]) -> None:
    detector, now, known = ChangeDetector(read), 0.0, read
    history: list[tuple[float, State]] = []
    for pause, state in path:
        now += pause
        history.append((now, state))
        since = now
        for when, earlier in reversed(history):
            if earlier != state:
                break
            since = when
        expected = state is not None and state != known and now - since >= REST_S
        assert detector.look(now, state) == expected
        if expected:
            known = state
            history = []


def shown(window: MainWindow) -> int:
    pixels = window.pane(Stage.INPUT).canvas.pixels
    assert pixels is not None
    return int(pixels[..., 0].max())


def write(path: Path, value: int, shape: tuple[int, ...] = (20, 30)) -> None:
    np.save(path, np.full(shape, value, np.uint8))


def replace(path: Path, value: int) -> None:
    write(path.with_suffix(".new.npy"), value)
    path.with_suffix(".new.npy").replace(path)


def make_anew(path: Path, value: int) -> None:
    path.unlink()
    time.sleep(1.5)
    write(path, value)


def write_slowly(path: Path, value: int) -> None:
    write(path.with_suffix(".whole"), value, (400, 300))
    whole = path.with_suffix(".whole.npy").read_bytes()
    with path.open("wb") as file:
        for start in range(0, len(whole), len(whole) // 8):
            file.write(whole[start : start + len(whole) // 8])
            file.flush()
            time.sleep(0.1)


@pytest.mark.parametrize("change", [write, replace, make_anew, write_slowly])
def test_a_file_that_changed_is_read_again_by_itself_where_that_is_on(
    change: Callable[[Path, int], None], open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "array.npy"
    write(path, 7)
    window = open_window(path, filters=1, target=(40, 40))
    window.actions_.watch.trigger()
    assert window.preferences.watches
    window.commands.zoom_in()
    settle(qtbot, window)
    view = window.panes.view
    threading.Thread(target=change, args=(path, 200)).start()
    qtbot.waitUntil(lambda: window.pane(Stage.INPUT).canvas.has_pixels and shown(window) == 200, timeout=15_000)
    settle(qtbot, window)
    assert window.panes.view == view, "the view stays"
    assert window.session.spec.target == (40, 40)
    assert window.message.kind in ("", "error") if change is write_slowly else window.message.kind == ""
    assert window.status.message == "array.npy has changed and was read again"


def test_a_file_that_changed_is_said_and_offered(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "array.npy"
    write(path, 7)
    window = open_window(path, filters=1)
    write(path, 200)
    os.utime(path, ns=(1, 1))
    qtbot.waitUntil(lambda: window.message.message == "array.npy has changed.", timeout=10_000)
    assert window.message.kind == "note"
    assert shown(window) == 7
    (button,) = window.message.remedies()
    assert button.text() == "Reload (F5)"
    button.click()
    settle(qtbot, window)
    assert shown(window) == 200
    assert window.message.kind == ""
    write(path, 90)
    os.utime(path, ns=(2, 2))
    qtbot.waitUntil(lambda: window.message.kind == "note", timeout=10_000)
    QTest.keyClick(window, Qt.Key.Key_F5)
    settle(qtbot, window)
    assert shown(window) == 90
    assert window.message.kind == ""


def test_a_file_that_is_gone_or_not_shown_any_more_is_not_asked_about(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "array.npy"
    write(path, 7)
    window = open_window(path, photo, filters=1)
    path.unlink()
    qtbot.wait(1800)
    assert window.message.kind == ""
    assert shown(window) == 7
    window.session.files.select(1)
    settle(qtbot, window)
    write(path, 9)
    qtbot.wait(1800)
    assert window.message.kind == ""


def test_a_disk_that_hangs_holds_neither_the_window_nor_its_end(qtbot: QtBot) -> None:
    release, asked = threading.Event(), threading.Event()

    def hang(_path: str) -> State:
        asked.set()
        release.wait(120)
        return 5, 5

    watch = FileWatch(hang)
    seen: list[str] = []
    watch.changed.connect(seen.append)
    start = time.monotonic()
    watch.watch("/far/away", (1, 1))
    assert time.monotonic() - start < 10
    assert asked.wait(60)
    start = time.monotonic()
    watch.close()
    assert time.monotonic() - start < 10
    release.set()
    qtbot.wait(500)
    assert seen == []
