"""Arrays that a Python sends to the real window: how they are shown, replaced, closed, exported and given back."""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import Open, settle
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from padviewer.gui.arrivals import Arrivals
from padviewer.gui.main_window import MainWindow
from padviewer.gui.preferences import Preferences
from padviewer.handed import handed_path
from padviewer.live.arrays import as_array
from padviewer.live.handle import Handle
from padviewer.live.link import Link
from padviewer.live.parcel import pack
from padviewer.live.process import Process
from padviewer.live.settings import checked_settings
from padviewer.live.window import Window
from padviewer.plan import Stage

PATIENCE_MS = 60_000
PIXELS = np.random.default_rng(5).integers(0, 255, (30, 40, 3), "uint8")


class Python:
    """A Python that shows arrays in a window of this process; what waits for the window does so in a thread."""

    def __init__(self, open_window: Open, qtbot: QtBot) -> None:
        self._open, self._qtbot = open_window, qtbot
        self._threads = ThreadPoolExecutor(1)
        ours, self.theirs = Link.pair()
        self.line = ours
        self.sender = Window(lambda: Process(ours, lambda: "", lambda: None))
        self.window: MainWindow
        self.arrivals: Arrivals | None = None

    def show(
        self, x: Any, name: str = "x", target_shape: Any = None, axes: str | None = None, **settings: Any
    ) -> Handle:
        given = as_array(x)
        changes = checked_settings(target_shape, settings, axes or "HW"[: given.array.ndim])
        handle = Handle(lambda: self.sender, name, changes, axes)
        handle.put(pack(given, axes), changes, front=True)
        if self.arrivals is None:
            first = self.theirs.receive()
            assert first is not None
            path = handed_path(os.getpid(), first.descriptor or 0, name)
            target = {"target": target_shape} if target_shape else {}
            self.window = self._open(path, **{"filters": 1, **settings, **target})
            self.arrivals = Arrivals(self.theirs, self.window, first, path)
        return handle

    def wait(self, call: Callable[[], Any]) -> Any:
        """Lets the window go on until a call in a thread returns."""
        future: Future[Any] = self._threads.submit(call)
        self._qtbot.waitUntil(future.done, timeout=PATIENCE_MS)
        return future.result()

    def info(self, handle: Handle) -> dict[str, Any]:
        found = self.wait(handle.info)
        settle(self._qtbot, self.window)
        return found

    def exported(self, folder: Path, stage: Stage = Stage.PADDED) -> np.ndarray:
        path = folder / "exported.npy"
        with self._qtbot.waitSignal(self.window.session.export_ended, timeout=PATIENCE_MS):
            self.window.commands.export(stage, str(path))
        return np.load(path)

    def end(self) -> None:
        self.line.close()
        self.theirs.close()
        self._threads.shutdown()


def held() -> int:
    """How many arrays without a name this process has open."""
    gc.collect()
    links = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]  # noqa: PTH208
    return sum("memfd:padviewer" in os.readlink(link) for link in links if os.path.islink(link))  # noqa: PTH114, PTH115


@pytest.fixture
def python(open_window: Open, qtbot: QtBot) -> Iterator[Python]:
    before = held()
    made = Python(open_window, qtbot)
    yield made
    if made.arrivals is not None:
        made.arrivals.end()
        for descriptor in made.arrivals._held.values():
            os.close(descriptor)
    made.end()
    assert held() == before


def names(window: MainWindow) -> list[str]:
    model = window.files._model
    return [model.data(model.index(row)) for row in range(model.rowCount())]


def test_an_array_is_shown_as_a_file_is(python: Python, tmp_path: Path, preferences: Preferences, qtbot: QtBot) -> None:
    handle = python.show(PIXELS, "noise", target_shape=(50, 60), position="center", mode="edge")
    found = python.info(handle)
    assert (found["name"], found["shape"], found["dtype"], found["axes"]) == ("noise", (30, 40, 3), "uint8", "HWC")
    assert (found["padded"], found["feature"], found["problem"]) == ((50, 60, 3), (48, 58, 1), None)
    assert (found["on_screen"], found["notes"], found["settings"]["position"]) == (True, [], "center")
    window = python.window
    assert names(window) == ["noise (from Python)"]
    assert window.files.outcomes() == ["30 × 40 × 3   uint8"]
    assert window.windowTitle() == "noise (from Python) — padviewer"
    ledger = [label.text() for label in window.pane(Stage.INPUT).findChildren(QLabel)]
    assert any(text.replace("\u00a0", " ").startswith("uint8  ·  array") for text in ledger), ledger
    expected = np.pad(PIXELS, ((10, 10), (10, 10), (0, 0)), mode="edge")
    np.testing.assert_array_equal(python.exported(tmp_path), expected)
    assert python.exported(tmp_path, Stage.FEATURE).shape == (48, 58, 1)
    assert preferences.recent == []
    assert window.session.save().items == ()
    assert python.arrivals is not None
    # While nothing happens, it looks at nothing.
    qtbot.waitUntil(lambda: not python.arrivals._timer.isActive(), timeout=PATIENCE_MS)


def test_an_update_keeps_view_and_settings(python: Python, tmp_path: Path, qtbot: QtBot) -> None:
    handle = python.show(PIXELS, target_shape=(50, 60))
    python.info(handle)
    window = python.window
    window.commands.zoom_in()
    window.session.edit({"position": "end"})
    settle(qtbot, window)
    view = window.panes.active.canvas.view
    assert handle.update(PIXELS[::-1])
    python.info(handle)
    assert window.panes.active.canvas.view == view
    np.testing.assert_array_equal(python.exported(tmp_path), np.pad(PIXELS[::-1], ((20, 0), (20, 0), (0, 0))))
    assert names(window) == ["x (from Python)"]
    assert held() == 1


def test_shape_and_dtype_may_change(python: Python, tmp_path: Path) -> None:
    handle = python.show(PIXELS, target_shape=(50, 60))
    python.info(handle)
    other = np.linspace(-1, 1, 35 * 20).reshape(35, 20).astype(">f4")
    handle.update(other)
    found = python.info(handle)
    assert (found["shape"], found["dtype"], found["axes"], found["padded"]) == ((35, 20), "float32", "HW", (50, 60))
    np.testing.assert_array_equal(python.exported(tmp_path), np.pad(other, ((0, 15), (0, 40))))


def test_settings_that_no_longer_fit_are_told(python: Python) -> None:
    handle = python.show(PIXELS, target_shape=(50, 60), fill_value=(1, 2, 3))
    python.info(handle)
    handle.update(PIXELS[..., 0])
    assert "no channel axis" in python.info(handle)["problem"]
    assert "no channel axis" in python.window.message.message
    handle.update(PIXELS)
    assert python.info(handle)["problem"] is None
    assert python.window.message.message == ""


def test_axes_that_were_told_stay_while_they_fit(python: Python) -> None:
    handle = python.show(np.zeros((5, 6, 7)), axes="CHW")
    assert python.info(handle)["axes"] == "CHW"
    handle.update(np.zeros((2, 8, 9)))
    assert python.info(handle)["axes"] == "CHW"
    handle.update(np.zeros((8, 9)))
    assert python.info(handle)["axes"] == "HW"
    handle.update(np.zeros((8, 9, 10)), axes="DHW")
    assert python.info(handle)["axes"] == "DHW"


def test_a_flood_of_updates_leaves_the_newest_and_no_heap(python: Python, tmp_path: Path, qtbot: QtBot) -> None:
    handle = python.show(np.zeros((30, 40), "int32"))
    python.info(handle)
    errors: list[str] = []
    python.window.session.failed.connect(lambda error: errors.append(error.message))
    most = 0

    def flood() -> None:
        nonlocal most
        for number in range(1, 601):
            assert handle.update(np.full((30, 40), number, "int32"))
            if number % 50 == 0:
                most = max(most, held())

    python.wait(flood)
    python.info(handle)
    assert most <= 5
    assert errors == []
    np.testing.assert_array_equal(python.exported(tmp_path), np.full((30, 40), 600))
    qtbot.waitUntil(lambda: held() == 1, timeout=PATIENCE_MS)


def test_several_arrays_are_lines_of_the_list(python: Python, qtbot: QtBot) -> None:
    first, second = python.show(PIXELS, "a"), python.show(PIXELS[:20], "b", target_shape=(64, 64))
    assert python.info(second)["on_screen"]
    assert python.info(first)["on_screen"] is False
    assert python.info(first)["padded"] == (64, 64, 3), "settings are the window's"
    first.update(PIXELS[:10])
    assert python.info(first)["shape"] == (10, 40, 3)
    assert python.info(second)["on_screen"], "an update brings nothing to the front"
    assert names(python.window) == ["a (from Python)", "b (from Python)"]
    again = python.show(PIXELS[:5], "a")
    assert python.info(again)["on_screen"]
    assert python.info(first)["shape"] == (5, 40, 3), "the same array"
    assert names(python.window) == ["a (from Python)", "b (from Python)"]


def test_settings_of_another_rank_come_with_their_array(python: Python) -> None:
    pixels = python.show(PIXELS, "a", target_shape=(50, 60))
    python.info(pixels)
    volume = python.show(np.zeros((8, 9, 10)), "b", target_shape=(16, 16, 16), axes="DHW")
    assert python.info(volume)["padded"] == (16, 16, 16)
    assert python.info(pixels)["padded"] == (50, 60, 3), "as it would be on screen"
    python.window.session.files.select(0)
    settle(python._qtbot, python.window)
    assert python.info(pixels)["padded"] == (50, 60, 3)
    assert python.info(volume)["padded"] == (16, 16, 16)
    assert python.info(volume)["settings"]["target"] == [16, 16, 16]


def test_what_was_edited_before_an_update_can_be_undone(python: Python, qtbot: QtBot) -> None:
    handle = python.show(PIXELS)
    python.info(handle)
    python.window.session.edit({"axes": "WHC"})
    handle.update(PIXELS + 1)
    assert python.info(handle)["axes"] == "WHC"
    QTest.keyClick(python.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, python.window)
    assert python.info(handle)["axes"] == "HWC"


def test_closing_here_is_heard_there(python: Python, qtbot: QtBot) -> None:
    handle, other = python.show(PIXELS, "a"), python.show(PIXELS, "b")
    python.info(other)
    window = python.window
    window.files._list.setFocus()
    QTest.keyClick(window.files._list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: other.closed, timeout=PATIENCE_MS)
    assert python.wait(lambda: other.wait(10))
    assert other.update(PIXELS) is False
    assert not handle.closed
    window.files.file_chosen.emit(0)
    settle(qtbot, window)
    qtbot.waitUntil(lambda: held() == 1, timeout=PATIENCE_MS)


def test_closing_there_takes_it_off_the_list_and_the_last_one_closes_the_window(python: Python, qtbot: QtBot) -> None:
    handle, other = python.show(PIXELS, "a"), python.show(PIXELS, "b")
    python.info(other)
    other.close()
    assert other.closed
    qtbot.waitUntil(lambda: names(python.window) == ["a (from Python)"], timeout=PATIENCE_MS)
    settle(qtbot, python.window)
    assert python.info(handle)["on_screen"], "the next one is shown"
    other.close()
    handle.close()
    qtbot.waitUntil(lambda: not python.window.isVisible(), timeout=PATIENCE_MS)


def test_a_window_with_files_of_the_person_stays(python: Python, photo: Path, qtbot: QtBot) -> None:
    handle = python.show(PIXELS, "a")
    python.info(handle)
    python.window.commands.open_paths([str(photo)])
    settle(qtbot, python.window)
    handle.close()
    qtbot.waitUntil(lambda: names(python.window) == ["photo.png"], timeout=PATIENCE_MS)
    assert python.window.isVisible()


def test_reloading_says_where_it_comes_from(python: Python, qtbot: QtBot) -> None:
    python.info(python.show(PIXELS, "noise"))
    QTest.keyClick(python.window, Qt.Key.Key_F5)
    assert "noise (from Python)" in python.window.status.message
    assert "update()" in python.window.status.message


def test_an_export_is_offered_a_name_of_its_own(
    python: Python, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    python.info(python.show(PIXELS, "layer 1/weights"))
    asked = []

    def answer(_parent: Any, title: str, suggested: str, *_: Any, **_options: Any) -> tuple[str, str]:
        asked.append((title, suggested))
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    python.window.actions_.export[Stage.PADDED].trigger()
    title = "Export the padded tensor of layer 1/weights (from Python)"
    assert asked == [(title, str(tmp_path / "layer_1_weights_padded.npy"))]


def test_a_reader_that_is_killed_finds_the_array_again(python: Python, tmp_path: Path, qtbot: QtBot) -> None:
    handle = python.show(PIXELS)
    python.info(handle)
    window = python.window
    os.kill(window.session._clients["reader"]._worker.pid, signal.SIGKILL)
    window.commands.zoom_in()
    settle(qtbot, window)
    np.testing.assert_array_equal(python.exported(tmp_path), PIXELS)


def test_what_was_shown_stays_when_python_ends(python: Python, tmp_path: Path, qtbot: QtBot) -> None:
    python.info(python.show(PIXELS))
    python.line._end.shutdown(socket.SHUT_RDWR)
    qtbot.waitUntil(lambda: "has ended" in python.window.status.message, timeout=PATIENCE_MS)
    python.window.session.edit({"mode": "edge", "target": (33, 44)})
    settle(qtbot, python.window)
    np.testing.assert_array_equal(python.exported(tmp_path), np.pad(PIXELS, ((0, 3), (0, 4), (0, 0)), mode="edge"))


NO_MESSAGES = (
    b"\x80\x04]", b"{", b"[1]", b'"x"', b"{}", b'{"kind": 3}', b'{"kind": "array"}', b'{"kind": "close"}',
    b'{"kind": "array", "entry": 0, "front": true, "name": "y"}', b'{"kind": "info", "entry": "0"}',
    b'{"kind": "close", "entry": 99}', b'{"kind": "unheard of", "entry": 0}', b"[" * 60_000,
)  # fmt: skip


def test_messages_of_another_form_change_nothing(python: Python, tmp_path: Path) -> None:
    handle = python.show(PIXELS)
    python.info(handle)
    for number, data in enumerate(NO_MESSAGES, 1):
        python.line._end.send(data)
        handle.update(PIXELS + number)
        python.info(handle)
        assert names(python.window) == ["x (from Python)"], data[:80]
        shown = python.window.pane(Stage.INPUT).canvas.pixels
        assert shown is not None
        np.testing.assert_array_equal(shown[..., :3], PIXELS + number, str(data[:80]))
    np.testing.assert_array_equal(python.exported(tmp_path), PIXELS + len(NO_MESSAGES))


def test_what_is_no_array_is_told_in_the_list(python: Python, tmp_path: Path, qtbot: QtBot) -> None:
    handle = python.show(PIXELS)
    python.info(handle)
    message = {"kind": "array", "entry": 7, "name": "junk", "front": True, "settings": {"mode": "mirror"}}
    for content in (b"junk" * 9, b""):
        path = tmp_path / f"junk {len(content)}"
        path.write_bytes(content)
        with path.open("rb") as file:
            socket.send_fds(python.line._end, [json.dumps(message).encode()], [file.fileno()])
        message["entry"] = 8
    qtbot.waitUntil(lambda: len(names(python.window)) == 3, timeout=PATIENCE_MS)
    settle(qtbot, python.window)
    outcomes = python.window.files.outcomes()
    assert "does not begin as .npy data does" in outcomes[1]
    assert "what came is no array" in outcomes[2]
    assert python.info(handle)["shape"] == (30, 40, 3)


def test_closing_what_is_on_screen_does_not_take_back_what_is_being_opened(python: Python, qtbot: QtBot) -> None:
    first = python.show(PIXELS, "first")
    python.info(first)
    python.info(python.show(PIXELS, "second"))
    python.window.session.files.select(0)
    settle(qtbot, python.window)
    # The window hears of both before it has opened anything.
    third = python.show(PIXELS[:7], "third")
    first.close()
    found = python.wait(lambda: third.info(timeout=20))
    assert (found["shape"], found["on_screen"]) == ((7, 40, 3), True)


def test_descriptors_that_come_in_heaps_are_closed(python: Python, tmp_path: Path, qtbot: QtBot) -> None:
    handle = python.show(PIXELS)
    python.info(handle)
    (tmp_path / "x").write_bytes(b"x")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with (tmp_path / "x").open("rb") as file:
        numbers = [file.fileno()] * 20
        for kind in (b'{"kind": "array", "entry": 1, "front": true}', b'{"kind": "info"}', b"[]"):
            socket.send_fds(python.line._end, [kind], numbers)
            socket.send_fds(python.line._end, [b'{"kind": "info"}'], numbers[:1])
    python.info(handle)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    assert names(python.window) == ["x (from Python)"]
