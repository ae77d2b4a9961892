"""The program is killed while it exports: the next start removes what is of no use, and offers to continue the rest."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import PATIENCE_MS, Open, settle
from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from padviewer.errors import shortened
from padviewer.export import Portions, continues, notes
from padviewer.gui.exports import EXPORTER
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage
from padviewer.workers import export_job as exports
from padviewer.workers.export_job import export_job

PROGRAM = """
import os, signal, sys, json
from functools import partial
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
import padviewer.workers.export_job as exports
from padviewer.export import Portions
from padviewer.export.array_writer import kept_share
from padviewer.gui.launch import launch
from padviewer.gui.options import window_options
from padviewer.plan import Stage
from padviewer.spec import PipelineSpec
from padviewer.workers.export_job import export_job

END, TARGET, KEPT, *PATHS = sys.argv[1:]
PORTIONS = Portions(tile=1 << 16, noted=1 << 18, kept=int(KEPT))
PADDED = PipelineSpec(target=(4000, 4000), position="end", fill_value=7)


def begin(window):
    if window.session.plan is None or window.session.exporting or not window.settled:
        return
    def kill(done, total):
        # A busy disk has it later than it is written: what counts is what could be continued, which is told in percent.
        if done > total // 3 if int(KEPT) else (kept_share(TARGET) or 0) > 0.02:
            os.killpg(0, signal.SIGKILL)

    window.session.export_progressed.connect(kill)
    window.commands.export(Stage.PADDED, TARGET)


def answer(label):
    box = QApplication.activeModalWidget()
    if isinstance(box, QMessageBox):
        print(json.dumps(box.text()))
        next(button for button in box.buttons() if button.text() == label).click()


def look(window):
    if not window.settled or window.session.plan is None:
        return
    buttons = {button.text(): button for button in window.message.remedies()}
    if not window.property("asked"):
        if "Unfinished export…" in buttons:
            window.setProperty("asked", True)
            window.session.export_ended.connect(lambda *_: window.setProperty("ended", True))
            QTimer.singleShot(200, window, lambda: answer(END))
            buttons["Unfinished export…"].click()
    elif window.property("ended"):
        print(json.dumps([window.message.message, list(buttons), window.status.message]), flush=True)
        window.close()


def watch(window):
    timer = QTimer(window, interval=300)
    timer.timeout.connect(lambda: (begin if END == "kill" else look)(window))
    timer.start()


if __name__ == "__main__":
    exports.export_job = partial(export_job, portions=PORTIONS)
    items = tuple((path, None) for path in PATHS)
    sys.exit(launch(window_options(items, PADDED if items else PipelineSpec(), 1 << 32), on_start=watch))
"""
Run = Callable[..., tuple[int, list[Any]]]
KEPT, NOT_KEPT = 0, 1 << 40


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the program in a process group of its own; returns its exit code and what it printed."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))

    def run_it(end: str, target: Path, kept: int, *paths: Path) -> tuple[int, list[Any]]:
        command = [sys.executable, str(script), end, str(target), str(kept), *map(str, paths)]
        done = subprocess.run(
            command, env=os.environ, capture_output=True, text=True, timeout=300, check=False, start_new_session=True
        )
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    return run_it


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_the_next_start_removes_what_is_of_no_use_and_continues_the_rest(run: Run, photo: Path, tmp_path: Path) -> None:
    folder, other = tmp_path / "elsewhere", tmp_path / "another place"
    folder.mkdir()
    other.mkdir()
    assert run("kill", folder / "out\n<b>.npy", NOT_KEPT, photo)[0] == -9
    assert len(hidden(folder)) == 1, "there is something to remove"
    assert len(notes()) == 1

    target = other / "out.npy"
    assert run("kill", target, KEPT, photo)[0] == -9
    assert list(folder.iterdir()) == []
    assert len(hidden(other)) == 1
    assert [note.target for note in notes()] == [str(target)]

    code, [question, [_message, _buttons, status]] = run("Continue", target, KEPT)
    assert code == 0
    share = re.fullmatch(
        re.escape(f"The export of {photo} (padded) to {target} was interrupted; ")
        + r"(\d+) % of it is on the disk\. Continue it\?",
        question,
    )
    assert share is not None
    assert int(share[1]) > 0
    assert status == f"wrote {target}"
    assert list(other.iterdir()) == [target]
    assert notes() == []
    expected = np.pad(np.asarray(Image.open(photo)), ((3520, 0), (3360, 0), (0, 0)), constant_values=7)
    np.testing.assert_array_equal(np.load(target), expected)


@pytest.fixture
def interrupted(
    open_window: Open, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> tuple[MainWindow, Path]:
    """A window whose process that exports was killed, so that a part of the export is left."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    portions = Portions(tile=1 << 16, noted=1 << 18, kept=0)
    monkeypatch.setattr(exports, "export_job", partial(export_job, portions=portions))
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    window = open_window(photo, target=(4000, 4000))

    killed: list[int] = []

    def kill(_done: int, _total: int) -> None:
        # As soon as there is something to continue: on a busy machine little time is left then. Once: what it told
        # before it died may come later.
        worker = window.session.clients[EXPORTER]._worker
        if not killed and worker is not None and continues(str(folder / "out.npy")):
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)

    window.session.export_progressed.connect(kill)
    with qtbot.waitSignal(window.session.export_ended, timeout=PATIENCE_MS):
        window.commands.export(Stage.PADDED, str(folder / "out.npy"))
    window.session.export_progressed.disconnect(kill)
    window.message.clear()
    assert len(hidden(folder)) == 1
    return window, folder


@pytest.mark.parametrize(("answer", "stays"), [("Later", True), ("Remove it", False)])
def test_it_is_offered_again_or_removed(
    interrupted: tuple[MainWindow, Path], qtbot: QtBot, answer: str, stays: bool
) -> None:
    window, folder = interrupted
    window.message.show_note("", "Something else.")
    window.commands.look_for_unfinished()
    qtbot.waitUntil(lambda: bool(window.message.remedies()), timeout=PATIENCE_MS)
    target = shortened(str(folder / "out.npy"), 60)
    expected = f"Something else. The export to {target} was interrupted, and can be continued."
    assert window.message.message == expected

    def choose() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        next(button for button in box.buttons() if button.text() == answer).click()

    QTimer.singleShot(100, choose)
    window.message.remedies()[0].click()
    settle(qtbot, window)
    assert len(hidden(folder)) == len(notes()) == int(stays)


def test_what_another_window_is_writing_is_not_offered(interrupted: tuple[MainWindow, Path], qtbot: QtBot) -> None:
    window, folder = interrupted
    part = os.open(folder / hidden(folder)[0], os.O_RDONLY)
    fcntl.flock(part, fcntl.LOCK_EX)
    window.commands.look_for_unfinished()
    settle(qtbot, window)
    assert not window.message.kind
    assert len(hidden(folder)) == len(notes()) == 1
    os.close(part)
