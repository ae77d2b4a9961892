"""Holding Shift shows the reference in the panes: real keys and buttons on the real window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle, type_into
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from padviewer.gui.difference.reference_view import ReferenceView
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage


@pytest.fixture
def board(tmp_path: Path) -> Path:
    path = tmp_path / "board.npy"
    np.save(path, np.random.default_rng(0).integers(1, 255, (60, 80, 3), "uint8"))
    return path


def held(qtbot: QtBot, window: MainWindow, field: str, text: str) -> ReferenceView:
    """Holds the settings as the reference, then edits one."""
    QTest.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    type_into(window.form.field(field), text)
    settle(qtbot, window)
    return window.instruments.reference_actions._view


def press(window: MainWindow, qtbot: QtBot):
    canvas = window.pane(Stage.FEATURE).canvas
    canvas.setFocus()
    QTest.keyPress(canvas, Qt.Key.Key_Shift, Qt.KeyboardModifier.ShiftModifier)
    settle(qtbot, window)
    return canvas


def test_shift_shows_the_reference_and_its_release_what_is_in_force(
    qtbot: QtBot, open_window: Open, board: Path
) -> None:
    window = open_window(board, target=(100, 100), position="center", filters=2)
    view = held(qtbot, window, "fill_value", "200")
    padded, feature = (view._pictures[stage] for stage in (Stage.PADDED, Stage.FEATURE))
    pane = window.pane(Stage.PADDED)
    titles = pane.title_text, pane.detail_text, pane.honesty_text
    canvas = press(window, qtbot)
    assert pane.texts.badge.text().strip() == "reference: fill 0"
    assert pane.texts.badge.isVisible()
    expected = np.pad(np.load(board), ((20, 20), (10, 10), (0, 0)))
    np.testing.assert_array_equal(padded.pixels[..., :3], expected)
    assert feature.pixels is not None
    QTest.keyRelease(canvas, Qt.Key.Key_Shift)
    assert padded.pixels is None
    assert not pane.texts.badge.isVisible()
    assert (pane.title_text, pane.detail_text, pane.honesty_text) == titles
    assert "ms" in window.pane(Stage.FEATURE).detail_text


def test_the_content_stays_where_it_is(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, target=(100, 100), position="start", filters=2)
    window.instruments.reference.compare_with("position", "end")
    settle(qtbot, window)
    view = window.instruments.reference_actions._view
    assert window.pane(Stage.PADDED).canvas.marks[1] == (0.0, 0.0, 80.0, 60.0)
    canvas = press(window, qtbot)
    assert window.pane(Stage.PADDED).canvas.marks[1] == (0.0, 0.0, 0.0, 0.0), "they are of what is in force"
    picture = view._pictures[Stage.PADDED]
    place = picture._marks.pos()
    outer, content = picture._marks.rects
    assert (content[0] + place.x(), content[1] + place.y(), *content[2:]) == (0.0, 0.0, 80.0, 60.0)
    assert (outer[0] + place.x(), outer[1] + place.y(), *outer[2:]) == (-20.0, -40.0, 100.0, 100.0)
    covered = picture._image.mapRectToParent(picture._image.boundingRect())
    assert (covered.left(), covered.top(), covered.width(), covered.height()) == (-20.0, -40.0, 100.0, 100.0)
    QTest.keyRelease(canvas, Qt.Key.Key_Shift)
    assert window.pane(Stage.PADDED).canvas.marks[1] == (0.0, 0.0, 80.0, 60.0)


def test_without_a_reference_shift_does_nothing(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, filters=2)
    press(window, qtbot)
    assert window.instruments.reference_actions._view is None
    assert not window.pane(Stage.PADDED).texts.badge.isVisible()


@pytest.mark.parametrize("modifier", [Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier])
def test_shift_with_other_keys_is_a_shortcut(qtbot: QtBot, open_window: Open, board: Path, modifier) -> None:
    window = open_window(board, filters=2)
    view = held(qtbot, window, "fill_value", "3")
    canvas = window.pane(Stage.PADDED).canvas
    canvas.setFocus()
    QTest.keyPress(canvas, Qt.Key.Key_Shift, modifier | Qt.KeyboardModifier.ShiftModifier)
    assert not view.shown


def test_a_drag_with_shift_is_not_the_reference(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, filters=2)
    view = held(qtbot, window, "fill_value", "3")
    canvas = press(window, qtbot)
    assert view.shown
    shift = Qt.KeyboardModifier.ShiftModifier
    viewport = window.pane(Stage.PADDED).canvas.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, shift, QPoint(30, 30))
    assert not view.shown
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, shift, QPoint(50, 50))
    QTest.keyRelease(canvas, Qt.Key.Key_Shift)
    assert not view.shown


def test_arrows_with_shift_select_on_what_is_in_force(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, filters=2)
    view = held(qtbot, window, "fill_value", "3")
    canvas = press(window, qtbot)
    assert view.shown
    QTest.keyPress(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert not view.shown
    QTest.keyRelease(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert not view.shown


def test_a_pointer_over_a_picture_is_enough(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, filters=2)
    view = held(qtbot, window, "fill_value", "3")
    window.form.field("mode").setFocus()
    canvas = window.pane(Stage.INPUT).canvas
    QCursor.setPos(canvas.mapToGlobal(canvas.rect().center()))
    QTest.keyPress(window, Qt.Key.Key_Shift, Qt.KeyboardModifier.ShiftModifier)
    assert view.shown
    QTest.keyRelease(window, Qt.Key.Key_Shift)
    assert not view.shown


def test_typing_capitals_shows_no_reference(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, filters=2)
    view = held(qtbot, window, "fill_value", "3")
    field = window.form.field("fill_value")
    # The pointer may rest where another test has left it.
    QCursor.setPos(field.mapToGlobal(QPoint(5, 5)))
    field.setFocus()
    QTest.keyPress(field, Qt.Key.Key_Shift, Qt.KeyboardModifier.ShiftModifier)
    assert not view.shown


def test_another_input_gets_the_reference_anew(qtbot: QtBot, open_window: Open, board: Path, tmp_path: Path) -> None:
    window = open_window(board, axes="HWC", target=(100, 100), filters=2)
    held(qtbot, window, "fill_value", "3")
    np.save(tmp_path / "other.npy", np.zeros((30, 40), "float32"))
    window.commands.open_paths([str(tmp_path / "other.npy")])
    settle(qtbot, window)
    reference = window.instruments.reference
    assert reference.plan.info.path.endswith("other.npy")
    assert reference.plan.problem is None
    assert reference.plan.padded.shape == (100, 100)
