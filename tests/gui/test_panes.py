"""Panes and their sliders in a real window."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from padviewer.gui.labels import NoteLabel
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage

STAGES = (Stage.INPUT, Stage.PADDED, Stage.FEATURE)


def shown(window: MainWindow, stage: Stage) -> np.ndarray:
    pixels = window.pane(stage).canvas.pixels
    assert pixels is not None
    return pixels


def test_one_channel_of_a_picture_is_shown_and_then_its_colours_again(
    open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    array = np.random.default_rng(0).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    Image.fromarray(array).save(tmp_path / "small.png")
    window = open_window(tmp_path / "small.png", filters=1, target=(24, 30))
    slider = window.pane(Stage.INPUT).slider("C")
    assert slider is not None
    assert (slider.index, slider.number_text) == (-1, "colours")
    slider.stop.setFocus()
    QTest.keyClick(slider.stop, Qt.Key.Key_Right)
    QTest.keyClick(slider.stop, Qt.Key.Key_Right)
    settle(qtbot, window)
    assert slider.number_text == "2 of 3"
    for channel in range(3):
        assert np.array_equal(shown(window, Stage.INPUT)[..., channel], array[..., 1])
        assert np.array_equal(shown(window, Stage.PADDED)[:20, :, channel], array[..., 1])
    QTest.keyClick(slider.stop, Qt.Key.Key_Home)
    settle(qtbot, window)
    assert np.array_equal(shown(window, Stage.INPUT)[..., :3], array)
    assert slider.number_text == "colours"


def test_colours_return_when_the_axes_do(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    array = np.random.default_rng(0).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    np.save(tmp_path / "array.npy", array)
    window = open_window(tmp_path / "array.npy", filters=1, kernel=(1,))
    window.session.edit({"axes": "DHW"})
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).slider("C") is None
    window.session.edit({"axes": "HWC"})
    settle(qtbot, window)
    assert np.array_equal(shown(window, Stage.INPUT)[..., :3], array)


def test_sliders_stand_in_the_order_of_the_axes_and_tab_follows(
    open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    np.save(tmp_path / "array.npy", np.zeros((2, 3, 20, 30, 5), np.uint8))
    window = open_window(tmp_path / "array.npy", filters=4, kernel=(1,), axes="BDHWC")
    # The depth goes and comes back: history decides nothing.
    np.save(tmp_path / "picture.npy", np.zeros((2, 20, 30, 5), np.uint8))
    window.session.edit({"axes": None})
    window.commands.open_paths([str(tmp_path / "picture.npy")])
    settle(qtbot, window)
    assert list(window.pane(Stage.INPUT).sliders.sliders) == ["B", "C"]
    window.commands.open_paths([str(tmp_path / "array.npy")])
    settle(qtbot, window)
    for stage in STAGES:
        sliders = [window.pane(stage).slider(letter) for letter in "BDC"]
        tops = [slider.y() for slider in sliders if slider]
        assert len(tops) == 3
        assert tops == sorted(tops)
        sliders[0].stop.setFocus()
        for slider in sliders:
            assert QApplication.focusWidget() is slider.stop
            QTest.keyClick(slider.stop, Qt.Key.Key_Tab)


def test_a_slice_in_depth_padding_is_hatched_whole(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "volume.npy", np.full((4, 20, 30), 9, np.uint8))
    window = open_window(tmp_path / "volume.npy", axes="DHW", target=(8, 24, 30), filters=1, kernel=(1,))
    canvas = window.pane(Stage.PADDED).canvas
    assert canvas.marks == ((0, 0, 30, 24), (0, 0, 30, 20))
    depth = window.pane(Stage.PADDED).slider("D")
    assert depth is not None
    depth._slider.setValue(6)
    assert canvas.marks == ((0, 0, 30, 24), (0, 0, 0, 0))
    settle(qtbot, window)
    image = canvas.grab().toImage()
    place = canvas._box.mapViewToDevice(canvas._box.viewRect().center()).toPoint()
    around = {image.pixel(place.x() + dx, place.y() + dy) for dx in range(-12, 12) for dy in range(-12, 12)}
    assert len(around) > 1, "the middle is hatched"
    depth._slider.setValue(2)
    assert canvas.marks[1] == (0, 0, 30, 20)


def test_actual_size_of_a_signal_keeps_its_rows(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "signal.npy", np.random.default_rng(0).normal(size=(5000, 2)).astype(np.float32))
    window = open_window(tmp_path / "signal.npy", axes="TC", filters=3)
    rows = [window.pane(stage).canvas.view[1::2] for stage in STAGES]
    window.commands.actual_size()
    settle(qtbot, window)
    canvas = window.panes.active.canvas
    assert canvas.view[2] == pytest.approx(canvas.size_in_pixels[0])
    assert [window.pane(stage).canvas.view[1::2] for stage in STAGES] == [pytest.approx(row) for row in rows]


@pytest.mark.parametrize("settings", [{"target": (512, 256)}, {"target": (2, 2)}], ids=["fine", "with a message"])
def test_nothing_lies_over_another_in_the_smallest_window(settings, open_window: Open, photo: Path) -> None:
    window = open_window(photo, size=(720, 480), filters=2, overflow="crop", position="center", **settings)
    for stage in STAGES:
        pane = window.pane(stage)
        texts = pane.texts
        parts = [texts.shape, texts.detail, pane.canvas, pane.sliders, texts.honesty, texts.statistics]
        for upper, lower in pairwise(parts):
            assert upper.geometry().bottom() < lower.geometry().top() + 1, (stage, upper, lower)
        for button in pane.canvas.findChildren(QToolButton):
            assert max(button.width(), button.height()) <= 24
        for slider in pane.sliders.sliders.values():
            assert slider._number.width() >= slider._number.sizeHint().width()
    heights = {(window.pane(stage).canvas.y(), window.pane(stage).canvas.height()) for stage in STAGES}
    assert len(heights) == 1, "the pictures are level"


def test_a_note_takes_the_lines_that_there_is_room_for(qtbot: QtBot) -> None:
    note = NoteLabel()
    qtbot.addWidget(note)
    note.show()
    note.setText("some words that are told in place of a picture")
    line = note.fontMetrics().lineSpacing()
    note.resize(120, 10 * line)
    assert 2 * line < note.sizeHint().height() < 9 * line
    note.resize(120, 2 * line)
    assert len(note._wrapped(note._lines)) == 2
    note.resize(2000, 2 * line)
    assert note.sizeHint().height() == line
