"""What is dropped on the window, or pasted: an outcome for each item, and the window never waits for a disk."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote_from_bytes

import numpy as np
import pytest
from driving import Open, settle
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage
from padviewer.workers.jobs import READER


def drop(target: QWidget, mime: QMimeData) -> bool:
    """Drops something as the desktop does; a drop that no accepted enter came before is never delivered."""
    actions, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), actions, mime, buttons, keys)
    QApplication.sendEvent(target, enter)
    if not enter.isAccepted():
        return False
    QApplication.sendEvent(target, QDropEvent(QPointF(5, 5), actions, mime, buttons, keys))
    return True


def uris(*lines: bytes) -> QMimeData:
    """What a file manager drops."""
    mime = QMimeData()
    mime.setData("text/uri-list", b"\r\n".join(lines) + b"\r\n")
    return mime


def address(path: Path | bytes) -> bytes:
    return b"file://" + quote_from_bytes(os.fsencode(path)).encode()


def files(*paths: Path | bytes) -> QMimeData:
    return uris(*map(address, paths))


def reader_of(window: MainWindow) -> int:
    worker = window.session.clients[READER]._worker
    assert worker is not None
    return worker.pid


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that does nothing, as one that waits for a dead disk."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


class Stalls:
    """The longest that the window's thread worked without looking at its events, in seconds of its own time."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._before = time.thread_time()
        self._timer = QTimer(interval=0)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        now = time.thread_time()
        self.longest = max(self.longest, now - self._before)
        self._before = time.thread_time()

    def end(self) -> float:
        self._timer.stop()
        return self.longest


def test_a_mixed_drop_has_an_outcome_for_each_item(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    names = [b"good.npy", b"\xff\xfe.npy", b"two\nlines.npy", b"-o.npy", "\u202eypn.npy".encode(), "🖼 %41.npy".encode()]
    for size, name in enumerate(names, 2):
        with open(os.fsencode(folder) + b"/" + name, "wb") as file:  # noqa: PTH123 - any bytes
            np.save(file, np.zeros((size, 9), np.uint8))
    (folder / "bad.png").write_bytes(photo.read_bytes()[:500])
    (folder / "empty.npy").touch()
    os.mkfifo(folder / "pipe.npy")
    (folder / "nothing here").mkdir()
    inside = folder / "inside" / "deeper"
    inside.mkdir(parents=True)
    np.save(inside / "a.npy", np.zeros((30, 9), np.uint8))
    good = [address(os.fsencode(folder) + b"/" + name) for name in names]
    window = open_window(photo, filters=1, kernel=(1,))
    mime = uris(
        address(folder / "missing.npy"),
        *good,
        good[0],
        *(address(folder / name) for name in ("bad.png", "empty.npy", "pipe.npy", "nothing here", "inside")),
        address(folder / ("x" * 100_000)),
        b"file:///nul%00.npy",
        b"file://other.example/a.npy",
        b"relative.npy",
        b"https://example.org/a.png",
        b"data:image/png;base64,AAAA",
    )
    assert drop(window, mime)
    settle(qtbot, window)
    entries = {entry.item[0]: outcome for entry, outcome in zip(*outcomes(window), strict=True)}
    for size, name in enumerate(names, 2):
        assert entries[os.fsdecode(os.fsencode(folder) + b"/" + name)] == f"{size} × 9   uint8"
    expected = {
        "missing.npy": "no such file",
        "bad.png": "copy or save it again",
        "empty.npy": "the file is empty",
        "pipe.npy": "a named pipe",
        "nothing here": "holds no image or array",
        "inside/deeper/a.npy": "30 × 9   uint8",
        "x" * 100_000: "longer than the system allows",
    }
    for name, outcome in expected.items():
        assert outcome in entries[str(folder / name)], name
    assert "no file can have this name" in entries["/nul\0.npy"]
    elsewhere = [outcome for outcome in entries.values() if "not a file of this machine" in outcome]
    assert len(elsewhere) == 4
    assert len(entries) == 1 + len(names) + len(expected) + 1 + 4, "each is listed once"
    assert window.pane(Stage.INPUT).title_text == "H 2  W 9", "the first that can be opened"
    for row in range(len(entries)):
        texts = [window.files._model.data(window.files._model.index(row), role) for role in (0, 3, 11)]
        assert all(len(text) < 1200 and "\0" not in text and "\u202e" not in text for text in texts)


def outcomes(window: MainWindow) -> tuple[list, list[str]]:
    return window.session.files.entries, window.files.outcomes()


def test_many_files_and_a_reader_that_hangs_do_not_hold_the_window_up(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(photo, filters=1, kernel=(1,))
    np.save(tmp_path / "first.npy", np.zeros((3, 4), np.uint8))
    mime = files(tmp_path / "first.npy", *(tmp_path / f"{number:05}.npy" for number in range(10_000)))
    stalls = Stalls()
    with stopped(reader_of(window)):
        assert drop(window, mime)
        qtbot.wait(300)
        assert len(window.session.files.entries) == 10_002
        assert window.files.outcomes()[1:3] == ["not opened yet"] * 2
    qtbot.waitUntil(lambda: window.pane(Stage.INPUT).title_text == "H 3  W 4", timeout=20_000)
    qtbot.waitUntil(lambda: window.files.outcomes()[200] != "not opened yet", timeout=20_000)
    assert stalls.end() < 0.3
    assert "no such file" in window.files.outcomes()[200]


def test_a_folder_of_many_files_is_listed_bit_by_bit(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    np.save(folder / "00000.npy", np.zeros((3, 4), np.uint8))
    count = 8_000
    for number in range(1, count):
        os.close(os.open(folder / f"{number:05}.npy", os.O_CREAT))
    (folder / "notes.txt").touch()
    window = open_window(photo, filters=1, kernel=(1,))
    said: list[str] = []
    window.session.files.told.connect(said.append)
    stalls = Stalls()
    with stopped(reader_of(window)):
        assert drop(window, files(folder))
        qtbot.wait(100)
        assert len(window.session.files.entries) == 2
    qtbot.waitUntil(lambda: len(window.session.files.entries) == count + 1, timeout=30_000)
    qtbot.waitUntil(lambda: window.pane(Stage.INPUT).title_text == "H 3  W 4", timeout=20_000)
    assert stalls.end() < 0.4
    assert said == [f"many: {count} listed; 1 other file of no format that is read"]


def test_a_folder_that_is_taken_off_the_list_is_listed_no_further(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "folder").mkdir()
    np.save(tmp_path / "folder" / "a.npy", np.zeros((3, 4), np.uint8))
    window = open_window(photo, filters=1, kernel=(1,))
    with stopped(reader_of(window)):
        assert drop(window, files(tmp_path / "folder"))
        window.session.files.close(1)
    settle(qtbot, window)
    assert [entry.item[0] for entry in window.session.files.entries] == [str(photo)]
    assert window.pane(Stage.INPUT).title_text == "H 480  W 640  C 3"


def test_what_gave_way_to_another_file_is_looked_at_all_the_same(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    paths = [tmp_path / f"{number}.npy" for number in range(4)]
    for number, path in enumerate(paths):
        np.save(path, np.zeros((number + 1, 7), np.uint8))
    window = open_window(photo, filters=1, kernel=(1,))
    with stopped(reader_of(window)):
        window.session.files.select(0)  # is asked of the reader
        assert drop(window, files(paths[0], paths[1]))  # waits
        assert drop(window, files(paths[2], paths[3]))  # takes its place
        qtbot.wait(50)
    settle(qtbot, window)
    qtbot.waitUntil(lambda: "not opened yet" not in window.files.outcomes(), timeout=10_000)
    assert window.files.outcomes()[1:] == [f"{number} × 7   uint8" for number in (1, 2, 3, 4)]
    assert window.pane(Stage.INPUT).title_text == "H 3  W 7"


def test_an_opening_that_is_ended_with_its_reader_says_so(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 4), np.uint8))
    window = open_window(photo, filters=1, kernel=(1,))
    os.kill(reader_of(window), signal.SIGSTOP)
    assert drop(window, files(tmp_path / "a.npy"))
    window.commands.restart_workers()
    settle(qtbot, window)
    assert "taken back" in window.files.outcomes()[1]
    window.session.files.select(1)
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == "H 3  W 4"


def test_text_that_is_a_path_and_a_picture_without_a_file_open(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 4), np.uint8))
    window = open_window(photo, filters=1, kernel=(1,))
    text = QMimeData()
    text.setText(f"{tmp_path / 'a.npy'}\n")
    dropped(window, text, qtbot)
    assert window.pane(Stage.INPUT).title_text == "H 3  W 4"
    picture = uris(b"https://example.org/a.png")
    picture.setImageData(QImage(5, 6, QImage.Format.Format_Grayscale8))
    dropped(window, picture, qtbot)
    assert window.pane(Stage.INPUT).title_text == "H 6  W 5"
    nothing = QMimeData()
    nothing.setText("just some words")
    dropped(window, nothing, qtbot)
    assert "what was dropped holds a text that is no path" in window.message.message
    assert window.pane(Stage.INPUT).title_text == "H 6  W 5"


def dropped(window: MainWindow, mime: QMimeData, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.clipboard.ready, timeout=10_000):
        assert drop(window, mime)
    settle(qtbot, window)


@pytest.mark.parametrize(
    "content", [lambda mime: None, lambda mime: mime.setData("application/x-thing", b"x")], ids=["nothing", "strange"]
)
def test_what_names_no_file_is_not_taken(content: Callable[[QMimeData], None], open_window: Open, photo: Path) -> None:
    mime = QMimeData()
    content(mime)
    assert not drop(open_window(photo, filters=1), mime)


def test_names_that_are_no_text_are_pasted(open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    name = os.fsencode(tmp_path) + b"/\xfe\xff.npy"
    with open(name, "wb") as file:  # noqa: PTH123
        np.save(file, np.zeros((3, 4), np.uint8))
    window = open_window(photo, filters=1, kernel=(1,))
    QApplication.clipboard().setMimeData(uris(address(name), b"https://example.org/b.png"))
    with qtbot.waitSignal(window.clipboard.ready, timeout=10_000):
        window.commands.paste()
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == "H 3  W 4"
    assert [entry.is_file for entry in window.session.files.entries] == [True, False, True]
