"""What goes on after something ended: workers, exports, files that changed, numbers that are out of date."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from PIL import Image
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from padviewer.gui.options import window_options
from padviewer.gui.preferences import Preferences
from padviewer.plan import Stage
from padviewer.spec import PipelineSpec


def test_a_fill_of_nan_settles(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "floats.npy", np.ones((20, 30), np.float32))
    window = open_window(tmp_path / "floats.npy", target=(40, 40), fill_value=float("nan"), filters=1)
    assert window.pane(Stage.FEATURE).canvas.has_pixels
    assert window.session.feature.state.ready
    QTest.qWait(300)
    assert window.settled, "it is computed once"


def test_the_probe_follows_what_changes_under_a_resting_pointer(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(photo, filters=3, activation="linear")
    window.panes.probed.emit(100.5, 50.5)
    settle(qtbot, window)
    values = [window.probe.text(Stage.FEATURE)[1]]
    filters = window.pane(Stage.FEATURE).slider("C")
    assert filters is not None
    filters._slider.setValue(2)
    settle(qtbot, window)
    values.append(window.probe.text(Stage.FEATURE)[1])
    window.session.edit({"seed": 9})
    settle(qtbot, window)
    values.append(window.probe.text(Stage.FEATURE)[1])
    assert len(set(values)) == 3
    np.save(tmp_path / "other.npy", np.full((480, 640), 7, np.uint8))
    window.commands.open_paths([str(tmp_path / "other.npy")])
    settle(qtbot, window)
    assert window.probe.text(Stage.INPUT) == ("H 50  W 100", "7")


def test_an_export_of_the_feature_map_is_cancelled_while_the_engine_computes(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(photo, own_engine=True, filters=1)
    engine = window.session._engine.client._worker
    os.kill(engine.pid, signal.SIGSTOP)
    try:
        window.commands.export(Stage.FEATURE, str(tmp_path / "feature.npy"))
        qtbot.wait(500)
        with qtbot.waitSignal(window.session.export_ended, timeout=10_000):
            window.session.cancel_export()
    finally:
        os.kill(engine.pid, signal.SIGCONT)
    settle(qtbot, window)
    assert "cancelled" in window.status.message
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["photo.png"]


def test_what_a_killed_reader_was_reading_is_asked_for_again(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    reader = window.session._clients["reader"]._worker
    os.kill(reader.pid, signal.SIGSTOP)
    window.session.edit({"target": (600, 700)})
    qtbot.wait(100)
    os.kill(reader.pid, signal.SIGKILL)
    settle(qtbot, window)
    assert window.pane(Stage.PADDED).canvas.has_pixels
    assert shown_shape(window.pane(Stage.PADDED).honesty_text) == "600 × 700"
    assert window.pane(Stage.FEATURE).canvas.has_pixels
    assert window.message.kind == "", "the message of the death goes when its worker has answered"


def shown_shape(honesty: str) -> str:
    return honesty.replace("\u00a0", " ").replace("\u202f", " ").split(" of ")[1].split("  ")[0]


def test_a_file_rewritten_in_place_is_told_and_reloaded(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "array.npy"
    np.save(path, np.full((20, 30), 7, np.uint8))
    window = open_window(path, filters=1)
    np.save(path, np.full((20, 30), 200, np.uint8))
    os.utime(path, ns=(1, 1))
    window.session.edit({"target": (40, 40)})
    settle(qtbot, window)
    assert "has changed since it was opened; reload it (F5)" in window.message.message
    window.commands.reload()
    settle(qtbot, window)
    pixels = window.pane(Stage.INPUT).canvas.pixels
    assert pixels is not None
    assert (pixels[..., 0] == 200).all()
    assert window.pane(Stage.FEATURE).canvas.has_pixels


def test_axes_that_were_said_of_one_array_are_not_taken_for_the_next(
    open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    np.save(tmp_path / "planes.npy", np.zeros((30, 40, 3), np.uint8))
    np.save(tmp_path / "pixels.npy", np.zeros((30, 50, 3), np.uint8))
    window = open_window(tmp_path / "planes.npy", axes="CHW", filters=1)
    assert window.pane(Stage.INPUT).title_text == "C 30  H 40  W 3"
    window.commands.open_paths([str(tmp_path / "pixels.npy")])
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == "H 30  W 50  C 3"


def test_the_demonstration_is_not_kept_for_files_that_a_person_opens(photo: Path) -> None:
    shown = window_options((), PipelineSpec(), 1 << 30)
    assert shown.welcome
    assert shown.spec.target
    assert window_options((), PipelineSpec(target=(9, 9)), 1 << 30).spec.target == (9, 9)
    assert window_options(((str(photo), None),), PipelineSpec(), 1 << 30).spec == PipelineSpec()


def test_closing_asks_while_an_export_runs(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(photo, target=(30_000, 30_000), fill_value=9, filters=1)
    window.commands.export(Stage.PADDED, str(tmp_path / "large.npy"))
    qtbot.wait(200)
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda *_arguments: answers.pop(0))
    assert not window.close()
    assert window.isVisible()
    assert window.session.exporting
    assert window.close()
    assert answers == []
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["photo.png"]


def test_preferences_that_nobody_could_have_written_do_not_stop_the_program(tmp_path: Path) -> None:
    path = tmp_path / "padviewer.ini"
    path.write_text("[General]\ntheme=foo\nrecent=7\n")
    assert Preferences(str(path)).theme == "system"
    path.write_bytes(bytes(range(256)) * 4)
    assert "starts afresh" in Preferences(str(path)).complaint
    assert (tmp_path / "padviewer.ini.damaged").stat().st_size == 1024


def test_a_picture_of_one_file_never_stands_under_the_name_of_another(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    Image.new("RGB", (10, 12), (1, 2, 3)).save(tmp_path / "small.png")
    window = open_window(photo, tmp_path / "small.png", filters=1)
    for index in (1, 0, 1, 0, 1):
        window.session.files.select(index)
    settle(qtbot, window)
    assert window.windowTitle() == "small.png — padviewer"
    assert window.pane(Stage.INPUT).title_text == "H 12  W 10  C 3"
    pixels = window.pane(Stage.INPUT).canvas.pixels
    assert pixels is not None
    assert (pixels[..., :3] == (1, 2, 3)).all()


@pytest.mark.parametrize("change", ["shrink", "replace", "overwrite"])
def test_a_file_that_changes_while_it_is_open_is_told_and_reloaded(
    open_window: Open, tmp_path: Path, qtbot: QtBot, change: str
) -> None:
    path, other = tmp_path / "a.npy", tmp_path / "b.npy"
    np.save(path, np.zeros((2000, 3000), "uint8"))
    window = open_window(path, filters=1)
    if change == "shrink":
        os.truncate(path, 5000)
    elif change == "replace":
        np.save(other, np.full((50, 60), 7, "uint8"))
        other.replace(path)
    else:
        np.save(path, np.full((70, 80), 7, "uint8"))
    window.commands.zoom_in()
    settle(qtbot, window)
    assert "reload it (F5)" in window.message.message
    assert window.pane(Stage.INPUT).canvas.has_pixels, "what was read stays"
    window.commands.reload()
    settle(qtbot, window)
    if change == "shrink":
        assert "cut short" in window.message.message
        np.save(path, np.full((50, 60), 7, "uint8"))
        window.commands.reload()
        settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == ("H 70  W 80" if change == "overwrite" else "H 50  W 60")
    assert window.message.kind == ""
