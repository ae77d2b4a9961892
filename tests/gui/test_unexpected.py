"""Exceptions that nobody foresaw, raised in the real window: told once, counted, with details for whoever asks."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl, qInstallMessageHandler, qWarning
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from padviewer.gui.guarding import guarded
from padviewer.gui.log.details import DetailsDialog
from padviewer.gui.log.hooks import Hooks
from padviewer.gui.log.run import FILE_BYTES, FILES, take_log
from padviewer.gui.main_window import MainWindow
from padviewer.gui.preferences import Preferences
from padviewer.plan import Stage
from padviewer.workers.messages import DevicesRequest

Watched = Callable[..., MainWindow]


@pytest.fixture
def watched(open_window: Open) -> Iterator[Watched]:
    """Opens the window with the program's hooks, which take the place of those of the tests."""
    hooks: list[Hooks] = []

    def open_it(*paths: Path, **settings: object) -> MainWindow:
        window = open_window(*paths, **settings)
        hooks.append(Hooks(window.errors))
        hooks[-1].install()
        return window

    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield open_it
    for hook in hooks:
        hook.remove()
    # What stood there before was for the time of the test alone.
    qInstallMessageHandler(None)
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
    assert logging.getLogger("padviewer").propagate


def fail() -> None:
    raise ZeroDivisionError("a defect")


def details_of(window: MainWindow) -> DetailsDialog:
    buttons = [button for button in window.message.remedies() if button.text() == "Details"]
    assert len(buttons) == 1
    QTest.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    (dialog,) = window.findChildren(DetailsDialog)
    return dialog


def told(window: MainWindow, text: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: text in window.message.message, timeout=10_000)


def test_an_action_that_raises_is_told_with_details_to_copy(
    watched: Watched, photo: Path, qtbot: QtBot, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(photo.parent))
    window = watched(photo, target=(600, 700), filters=1)
    action = QAction("Fail", window)
    action.setShortcut("Ctrl+J")
    action.triggered.connect(fail)
    window.addAction(action)
    QTest.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    told(window, "unexpected ZeroDivisionError: a defect", qtbot)
    assert window.message.kind == "error"
    assert "Traceback" not in window.message.message
    assert QApplication.activeModalWidget() is None
    dialog = details_of(window)
    assert not dialog.isModal()
    text = dialog.text
    assert 'raise ZeroDivisionError("a defect")' in text
    assert text.startswith("unexpected ZeroDivisionError: a defect\n")
    for known in ("padviewer ", "Python ", "PySide6-Essentials", "Qt 6", "offscreen", "480 × 640 × 3, HWC, uint8, PNG"):
        assert known in text, text
    settings = json.loads(text[text.index("\n{") :])
    assert settings["target"] == [600, 700]
    assert str(photo.parent) not in text
    assert photo.name not in text
    next(button for button in dialog.findChildren(QPushButton) if button.text() == "Copy").click()
    assert QApplication.clipboard().text() == text
    dialog.close()
    assert capfd.readouterr() == ("", ""), "nothing goes to the terminal"
    window.session.edit({"target": (620, 720)})
    settle(qtbot, window)
    assert window.pane(Stage.PADDED).title_text == "620 × 720 × 3", "the window goes on"


def test_details_hold_no_content_of_a_file(watched: Watched, photo: Path, qtbot: QtBot) -> None:
    window = watched(photo, filters=1)
    elements = np.arange(30_000).reshape(100, 300)

    def fail_with_content() -> None:
        raise ValueError(f"no array like {elements.tolist()}")

    QTimer.singleShot(0, fail_with_content)
    told(window, "unexpected ValueError: no array like", qtbot)
    assert len(window.message.message) < 300
    text = details_of(window).text
    assert "fail_with_content" in text
    assert "15000" not in text
    assert max(map(len, text.splitlines())) < 600, "a message is cut, here and in the traceback"


def test_what_raises_again_and_again_is_one_message_with_a_count(
    watched: Watched, photo: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = watched(photo, filters=1)
    alerts: list[str] = []
    show = window.message._show
    monkeypatch.setattr(window.message, "_show", lambda *given: (alerts.append(given[2]), show(*given)))
    timer = QTimer(window, interval=0)
    timer.timeout.connect(fail)
    timer.start()
    told(window, "times)", qtbot)
    details = window.message.remedies()
    qtbot.wait(400)
    assert window.message.remedies() == details, "the button under the pointer stays the one that it was"
    assert len(alerts) == 1
    QTest.mouseClick(window.message.findChild(QToolButton), Qt.MouseButton.LeftButton)
    qtbot.wait(600)
    assert window.message.kind == "", "what was dismissed is not told again"
    timer.stop()
    (count,) = window.errors.counts().values()
    qtbot.waitUntil(lambda: window.log.since(0)[-1].text.endswith(f"{count:,} in all"), timeout=10_000)
    lines = [line for line in window.log.since(0) if "a defect" in line.text]
    assert len([line for line in lines if line.details]) == 1, "one traceback"


def test_a_thread_a_destructor_and_an_answer_that_raise_are_told(watched: Watched, photo: Path, qtbot: QtBot) -> None:
    window = watched(photo, filters=1)
    thread = threading.Thread(target=fail, name="a thread of ours")
    thread.start()
    thread.join()
    told(window, "ZeroDivisionError: a defect (in a thread of ours)", qtbot)

    class Failing:
        def __del__(self) -> None:
            raise OSError("in a destructor")

    Failing()
    told(window, "OSError: in a destructor", qtbot)
    future: Future[int] = Future()
    future.add_done_callback(lambda _done: int("no number"))
    future.set_result(1)
    told(window, "unexpected ValueError: invalid literal", qtbot)
    assert len(window.errors.counts()) == 3


def test_a_worker_that_raises_is_told_with_its_traceback(
    watched: Watched, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = watched(photo, filters=1)
    # What no part of the program asks of the reader.
    answer = window.session.clients["reader"].submit("devices", DevicesRequest())
    answer.add_done_callback(lambda done: window.session.failed.emit(done.exception()))
    told(window, "unexpected", qtbot)
    assert "Traceback (most recent call last)" in details_of(window).text
    qtbot.waitUntil(lambda: any("reader" in line.source and line.details for line in window.log.since(0)))


class Drawn(QWidget):
    """Paints what cannot be painted."""

    painted = 0

    @guarded
    def paintEvent(self, event: object) -> None:  # noqa: N802 - of Qt
        painter = QPainter(self)
        Drawn.painted += 1
        painter.drawLine("here", "there")  # type: ignore[call-overload]


def test_a_paint_event_that_raises_at_each_frame_leaves_the_window_usable(
    watched: Watched, photo: Path, qtbot: QtBot
) -> None:
    window = watched(photo, filters=1)
    drawn = Drawn(window)
    drawn.setGeometry(0, 0, 200, 200)
    drawn.show()
    timer = QTimer(window, interval=16)
    timer.timeout.connect(drawn.update)
    timer.start()
    told(window, "times)", qtbot)
    assert Drawn.painted > 10
    window.session.edit({"target": (640, 700)})
    settle(qtbot, window)
    assert window.pane(Stage.PADDED).title_text == "640 × 700 × 3"
    timer.stop()
    drawn.deleteLater()
    assert not [line for line in window.log.since(0) if line.source == "qt"], "Qt has nothing to say of painters"


def test_a_drop_that_raises_loses_nothing(watched: Watched, photo: Path, qtbot: QtBot) -> None:
    window = watched(photo, target=(500, 700), filters=1)

    def fail_in_c(_urls: object) -> None:
        memoryview(3)  # type: ignore[arg-type]

    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(photo))])
    keys = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    window.session.files.refuse = fail_in_c  # type: ignore[method-assign]
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(5, 5), *keys))
    QApplication.sendEvent(window, QDropEvent(QPointF(5, 5), *keys))
    told(window, "unexpected TypeError", qtbot)
    assert window.session.spec.target == (500, 700)


def test_what_fails_while_the_window_closes_loses_no_setting(
    watched: Watched, photo: Path, preferences: Preferences, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = watched(photo, filters=1)
    monkeypatch.setattr(window.reloading, "close", fail)
    monkeypatch.setattr(window, "saveGeometry", fail)
    assert window.close()
    assert all(not client.runs for client in window.session.clients.values())
    assert preferences.has_read("welcome")
    window.reloading._watch.close()


def test_what_qt_says_goes_to_the_log(
    watched: Watched, photo: Path, qtbot: QtBot, capfd: pytest.CaptureFixture[str]
) -> None:
    window = watched(photo, filters=1)
    qWarning("a warning of Qt")
    (line,) = [line for line in window.log.since(0) if line.source == "qt"]
    assert (line.text, line.level) == ("a warning of Qt", logging.WARNING)
    assert capfd.readouterr() == ("", "")


def test_a_flood_of_errors_stays_within_bounds_and_the_window_answers(
    watched: Watched, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = watched(photo, filters=1)
    run = take_log(tmp_path / "logs")
    run.begin(catches_faults=False)
    beats: list[float] = []
    beat = QTimer(window, interval=16, timerType=Qt.TimerType.PreciseTimer)
    beat.timeout.connect(lambda: beats.append(time.perf_counter()))
    beat.start()
    raised = 0

    def flood() -> None:
        nonlocal raised
        for _ in range(50):
            try:
                fail()
            except ZeroDivisionError as error:
                window.errors.report(error)
                raised += 1
            logging.getLogger("padviewer.reader").warning("line %d of a flood: %s", raised, "x" * 200)
        if raised >= 100_000:
            flooding.stop()

    flooding = QTimer(window, interval=0)
    flooding.timeout.connect(flood)
    flooding.start()
    qtbot.waitUntil(lambda: not flooding.isActive(), timeout=60_000)
    beat.stop()
    window.errors.flush()
    run.end()
    files = [path for path in run.folder.iterdir() if path.name.startswith("padviewer.log")]
    assert len(files) <= FILES
    assert all(path.stat().st_size <= FILE_BYTES for path in files)
    assert window.errors.counts() == {"unexpected ZeroDivisionError: a defect": 100_000}
    assert len(window.log.since(0)) <= window.log.limit
    longest = max(np.diff(beats))
    assert np.median(np.diff(beats)) < 0.05, "frames go on"
    assert longest < 1.0, f"no pause is felt ({longest:.3f} s), however busy the machine is"
    told(window, "100,000 times", qtbot)
    assert not [dialog for dialog in QApplication.topLevelWidgets() if isinstance(dialog, QDialog)]


def test_lines_of_a_log_are_one_line_each(open_window: Open, photo: Path) -> None:
    window = open_window(photo, filters=1)
    logging.getLogger("padviewer").warning("two\nlines, a bell \a and no text \udcff")
    assert window.log.since(0)[-1].text == r"two\nlines, a bell \x07 and no text \udcff"
