"""Help, Doctor: the rows of `padviewer doctor`, asked of a process, and what becomes of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from driving import Open
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from padviewer.cli import main
from padviewer.gui.doctor_dialog import DoctorDialog


def test_it_tells_what_the_command_tells_and_what_this_window_knows(
    open_window: Open, photo: Path, qtbot: QtBot, capfd: pytest.CaptureFixture[str]
) -> None:
    window = open_window(photo, filters=1)
    next(action for action in window.actions_.menus["Help"].actions() if action.text() == "&Doctor…").trigger()
    (dialog,) = window.findChildren(DoctorDialog)
    assert not dialog.isModal()
    qtbot.waitUntil(lambda: not dialog.runs, timeout=60_000)
    rows = dict(dialog.rows)
    assert main(["doctor", "--json", "--no-devices"]) in (0, 1)
    told = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [what.removeprefix("! ") for what in rows] == [*(found["what"] for found in told), "devices", "this window"]
    assert rows["numpy"] == next(found["finding"] for found in told if found["what"] == "numpy")
    assert rows["devices"].startswith("CPU:0")
    assert rows["this window"].startswith("offscreen")
    next(button for button in dialog.findChildren(QPushButton) if button.text() == "Copy").click()
    assert len(QApplication.clipboard().text().splitlines()) == len(rows)
    dialog.close()


def test_closing_it_ends_the_process_that_is_asked(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    dialog = DoctorDialog(window, [sys.executable, "-c", "import time; time.sleep(60)"])
    dialog.show()
    qtbot.waitUntil(lambda: dialog.runs, timeout=10_000)
    dialog.reject()
    qtbot.waitUntil(lambda: not window.findChildren(DoctorDialog), timeout=10_000)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (["/nowhere/python"], "could not be asked"),
        ([sys.executable, "-c", "raise SystemExit('no module named padviewer')"], "no module named padviewer"),
    ],
)
def test_a_doctor_that_cannot_be_asked_is_said(
    open_window: Open, photo: Path, qtbot: QtBot, program: list[str], said: str
) -> None:
    window = open_window(photo, filters=1)
    dialog = DoctorDialog(window, program)
    dialog.show()
    qtbot.waitUntil(lambda: said in dialog._state.text(), timeout=20_000)
    dialog.close()
