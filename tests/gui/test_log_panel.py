"""The log in the window: what is listed, filtered, copied, saved and cleared, by keyboard; in both themes."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from driving import Open, settle
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from padviewer.gui.log.details import DetailsDialog
from padviewer.gui.log.panel import LogPanel
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage

CONTROL = Qt.KeyboardModifier.ControlModifier


def open_log(window: MainWindow, qtbot: QtBot) -> LogPanel:
    """Opens the panel by its key."""
    QTest.keyClick(window, Qt.Key.Key_L)
    panel = window.instruments.panel("log")
    assert isinstance(panel, LogPanel)
    qtbot.waitUntil(panel.isVisible)
    return panel


def press(panel: LogPanel, text: str) -> None:
    next(button for button in panel.findChildren(QPushButton) if button.text() == text).click()


def test_what_happens_is_listed_with_its_outcome(open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    (tmp_path / "damaged.png").write_bytes(photo.read_bytes()[:300])
    panel = open_log(window, qtbot)
    window.commands.open_paths([str(tmp_path / "damaged.png")])
    settle(qtbot, window)
    with qtbot.waitSignal(window.session.export_ended, timeout=60_000):
        window.commands.export(Stage.PADDED, str(tmp_path / "out.npy"))
    qtbot.waitUntil(lambda: any("exported" in text for text in panel.texts), timeout=10_000)
    log = "\n".join(panel.texts)
    assert "started padviewer" in log
    assert "opened photo.png in " in log
    assert "480 × 640 × 3, HWC, uint8, PNG" in log
    assert "not opened, after " in log
    assert "damaged.png" in log
    assert f"exporting padded to {tmp_path}/out.npy" in log
    assert f"exported {tmp_path}/out.npy in " in log
    assert "is ready on CPU:0" in log
    sources = {line.source for line in window.log.since(0)}
    assert {"window", "reader", "engine"} <= sources
    panel.level.setCurrentText("Warnings and errors")
    # Where the machine is busy, requests that took long are told as well.
    (text,) = [text for text in panel.texts if " took " not in text]
    assert "damaged.png" in text


def test_lines_come_live_stay_in_sight_and_are_filtered_by_words(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    panel = open_log(window, qtbot)
    log = logging.getLogger("padviewer.reader")
    for number in range(60):
        log.info("line %d", number)
    qtbot.waitUntil(lambda: panel.texts[-1] == "line 59", timeout=10_000)
    bar = panel.table.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0, "the newest is in sight"
    bar.setValue(0)
    log.info("one more")
    qtbot.waitUntil(lambda: panel.texts[-1] == "one more", timeout=10_000)
    assert bar.value() == 0, "who reads further up is left alone"
    panel.line.setFocus()
    QTest.keyClicks(panel.line, "READER line 5")
    assert panel.texts == [f"line {number}" for number in range(60) if "5" in str(number)]
    log.info("line 5 again")
    log.info("line 6 again")
    qtbot.waitUntil(lambda: panel.texts[-1] == "line 5 again", timeout=10_000)
    press(panel, "Clear")
    panel.line.clear()
    assert panel.texts == []
    log.info("afresh")
    qtbot.waitUntil(lambda: panel.texts == ["afresh"], timeout=10_000)


def test_it_is_used_by_keyboard_alone(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    panel = open_log(window, qtbot)
    log = logging.getLogger("padviewer.engine")
    log.warning("first")
    log.error("second", extra={"details": "Traceback of the second"})
    qtbot.waitUntil(lambda: panel.texts[-1] == "second", timeout=10_000)
    panel.line.setFocus()
    QTest.keyClick(panel.line, Qt.Key.Key_Tab)
    for _ in range(6):
        if QApplication.focusWidget() is panel.table:
            break
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is panel.table
    QTest.keyClick(panel.table, Qt.Key.Key_End, CONTROL)
    QTest.keyClick(panel.table, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(panel.table, Qt.Key.Key_C, CONTROL)
    first, second, details = QApplication.clipboard().text().splitlines()
    assert first.endswith("  warning  engine    first")
    assert second.endswith("  error    engine    second")
    assert details == "    Traceback of the second"
    QTest.keyClick(panel.table, Qt.Key.Key_End, CONTROL)
    QTest.keyClick(panel.table, Qt.Key.Key_Return)
    (dialog,) = window.findChildren(DetailsDialog)
    assert dialog.text == "Traceback of the second"
    dialog.close()
    index = panel.table.currentIndex()
    spoken = index.siblingAtColumn(3).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("error, engine, ")
    assert index.siblingAtColumn(1).data() == "!! error", "not by colour alone"


def test_what_is_shown_is_saved(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(photo, filters=1)
    panel = open_log(window, qtbot)
    panel.line.setText("opened")
    path = tmp_path / "saved"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_given, **_options: (str(path), "Log (*.log)"))
    with qtbot.waitSignal(panel.saved, timeout=10_000):
        press(panel, "Save as…")
    (line,) = path.with_suffix(".log").read_text("utf-8").splitlines()
    assert "opened photo.png" in line
    assert "saved the log" in window.status.message
    with qtbot.waitSignal(panel.saved, timeout=10_000):
        panel.save(str(tmp_path / "nowhere" / "log.log"))
    assert "could not be saved" in window.status.message


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_is_bounded_and_readable_in_each_theme(open_window: Open, photo: Path, qtbot: QtBot, theme: str) -> None:
    window = open_window(photo, filters=1, size=(720, 480))
    window.commands.choose_theme(theme)
    panel = open_log(window, qtbot)
    for number in range(12_000):
        record = logging.getLogger("padviewer").makeRecord("padviewer", 30, "", 0, "line %d", (number,), None)
        record.created += number
        window.log.handle(record)
        if number == 11_000:
            qtbot.wait(250)
    qtbot.waitUntil(lambda: panel.texts[-1].startswith("line 11999"), timeout=10_000)
    assert len(panel.texts) == window.log.limit == 5000
    assert panel.texts[0].startswith("line 7000")
    colour = panel.table.model().index(0, 1).data(Qt.ItemDataRole.ForegroundRole)
    background = panel.table.palette().base().color() if theme == "light" else panel.table.palette().window().color()
    assert abs(colour.lightness() - background.lightness()) > 60


def test_files_further_down_the_list_have_a_line_where_they_cannot_be_read(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "other.png").write_bytes(photo.read_bytes())
    (tmp_path / "damaged.png").write_bytes(photo.read_bytes()[:300])
    window = open_window(photo, tmp_path / "other.png", tmp_path / "damaged.png", filters=1)
    texts = [line.text for line in window.log.since(0) if line.source in ("reader", "scout")]
    opened = [text for text in texts if text.startswith("opened ")]
    assert len(opened) == 1
    assert "photo.png" in opened[0]
    refused = [text for text in texts if text.startswith("not opened, ")]
    assert len(refused) == 1
    assert "damaged.png" in refused[0]
