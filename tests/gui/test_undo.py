"""Undoing in the window: by keys, in fields and outside of them, over files of other ranks, and what the menu says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from driving import Open, settle, type_into
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def undo(widget: QWidget) -> None:
    QTest.keyClick(widget, Qt.Key.Key_Z, CONTROL)


def redo(widget: QWidget) -> None:
    QTest.keyClick(widget, Qt.Key.Key_Z, CONTROL | SHIFT)


def pause(window: MainWindow) -> None:
    """Lets the time pass after which typing is another step."""
    window.session.history.seal()


def test_typing_in_a_field_is_undone_and_done_again_by_keys(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, target=(500, 700), filters=1)
    assert not window.actions_.undo.isEnabled()
    field = window.form.field("target H")
    type_into(field, "1024")
    assert window.actions_.undo.text() == "&Undo target H 500 → 1024"
    pause(window)
    type_into(window.form.field("kernel"), "5")
    undo(window.form.field("kernel"))
    assert (window.session.spec.kernel, window.session.spec.target) == ((3,), (1024, 700))
    assert window.form.field("kernel").text() == "3"
    assert window.status.message == "undone: kernel 3 → 5"
    undo(field)
    assert window.session.spec.target == (500, 700)
    assert field.text() == "500"
    assert window.pane(Stage.PADDED).title_text == "500 × 700 × 3"
    assert not window.actions_.undo.isEnabled()
    assert window.actions_.redo.text() == "Re&do target H 500 → 1024"
    redo(window)
    redo(window)
    assert (window.session.spec.kernel, window.session.spec.target) == ((5,), (1024, 700))
    settle(qtbot, window)
    assert window.pane(Stage.FEATURE).title_text == "1020 × 696 × 1"


def test_a_text_that_is_no_setting_yet_is_undone_by_its_field(open_window: Open, photo: Path) -> None:
    window = open_window(photo, filters=1)
    type_into(window.form.field("target H"), "500")
    pause(window)
    field = window.form.field("kernel")
    type_into(field, "5")
    pause(window)
    QTest.keyClicks(field, "x")
    assert field.property("wrong")
    undo(field)
    assert not field.property("wrong")
    assert field.text() == "5"
    assert (window.session.spec.target, window.session.spec.kernel) == ((500, None), (5,))
    undo(field)
    undo(field)
    assert (window.session.spec.target, window.session.spec.kernel) == ((), (3,))


def test_arrows_of_a_spin_box_and_choices_are_undone(open_window: Open, photo: Path) -> None:
    window = open_window(photo, filters=4)
    filters = window.form.field("filters")
    filters.setFocus()
    for _ in range(3):
        QTest.keyClick(filters, Qt.Key.Key_Up)
    mode = window.form.field("mode")
    mode.setFocus()
    QTest.keyClicks(mode, "reflect")
    assert window.actions_.undo.text() == "&Undo mode constant → reflect"
    undo(mode)
    assert window.session.spec.mode == "constant"
    undo(filters)
    assert window.session.spec.filters == 4, "holding a key down is one step"


def test_a_remedy_and_a_reset_are_one_step_each(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    window.session.edit({"target": (2, 2), "overflow": "crop"})
    settle(qtbot, window)
    remedy = window.message.remedies()[0]
    label = remedy.text()
    remedy.click()
    mended = window.session.spec
    assert window.actions_.undo.text() == f"&Undo {label}"
    window.commands.reset_settings()
    assert window.actions_.undo.text() == "&Undo reset of all settings"
    undo(window)
    assert window.session.spec == mended
    undo(window)
    assert window.session.spec.target == (2, 2)
    assert window.message.kind == "error"


def test_the_budget_is_undone(open_window: Open, photo: Path) -> None:
    window = open_window(photo, filters=1, budget=4 << 30)
    type_into(window.form.field("budget"), "2GiB")
    assert window.session.plan is not None
    assert window.session.plan.budget == 2 << 30
    undo(window.form.field("budget"))
    assert window.session.plan.budget == 4 << 30


def test_edits_of_another_number_of_axes_come_back_where_they_belong(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    np.save(tmp_path / "volume.npy", np.zeros((6, 20, 30), np.uint8))
    window = open_window(photo, filters=1, target=(500, 700))
    type_into(window.form.field("target H"), "512")
    window.commands.open_paths([str(tmp_path / "volume.npy")])
    settle(qtbot, window)
    type_into(window.form.field("target D"), "9")
    undo(window.form.field("target D"))
    assert window.session.spec.target == ()
    undo(window)
    assert window.session.spec.target == (), "the photo's target is not the volume's"
    assert window.status.message == "undone: target H 500 → 512 (of photo.png)"
    window.session.files.select(0)
    settle(qtbot, window)
    assert window.session.spec.target == (500, 700)
    redo(window)
    assert window.session.spec.target == (512, 700)


def test_axes_that_were_told_are_remembered_for_their_array(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "planes.npy", np.zeros((30, 40, 3), np.uint8))
    np.save(tmp_path / "pixels.npy", np.zeros((30, 50, 3), np.uint8))
    window = open_window(tmp_path / "planes.npy", tmp_path / "pixels.npy", filters=1)
    type_into(window.form.field("axes").lineEdit(), "CHW")
    assert window.pane(Stage.INPUT).title_text == "C 30  H 40  W 3"
    window.session.files.select(1)
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == "H 30  W 50  C 3"
    undo(window)
    assert window.pane(Stage.INPUT).title_text == "H 30  W 50  C 3"
    redo(window)
    window.session.files.select(0)
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == "C 30  H 40  W 3"


def test_reading_the_file_again_keeps_zoom_and_plane(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "volume.npy"
    np.save(path, np.zeros((6, 40, 50), np.uint8))
    window = open_window(path, filters=1)
    slider = window.pane(Stage.INPUT).slider("D")
    assert slider is not None
    slider._slider.setValue(4)
    window.commands.zoom_in()
    settle(qtbot, window)
    view, cut = window.pane(Stage.PADDED).canvas.view, window.session.cut
    np.save(path, np.full((6, 40, 50), 9, np.uint8))
    QTest.keyClick(window, Qt.Key.Key_F5)
    settle(qtbot, window)
    assert window.pane(Stage.PADDED).canvas.view == view
    assert window.session.cut == cut
    pixels = window.pane(Stage.INPUT).canvas.pixels
    assert pixels is not None
    assert (pixels[..., 0] == 9).all()
