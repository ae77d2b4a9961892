"""What the reader did to the numbers is said where the numbers are shown, however much it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from padviewer.gui.input_details import InputDetails
from padviewer.gui.labels import FittingLabel
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage


@pytest.fixture
def palette_file(tmp_path: Path) -> Path:
    """A picture of few colours, turned: both are undone by the reader."""
    image = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8) % 4).convert("P")
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    return tmp_path / "turned.png"


def detail_of(window: MainWindow) -> FittingLabel:
    label = window.pane(Stage.INPUT).texts.detail
    assert isinstance(label, FittingLabel)
    return label


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("size", [(1400, 900), (720, 480)])
def test_notes_of_a_real_file_are_readable_at_any_size(
    size: tuple[int, int], open_window: Open, palette_file: Path, qtbot: QtBot
) -> None:
    window = open_window(palette_file, filters=1, kernel=(1,), size=size)
    plan = window.session.plan
    assert plan is not None
    assert len(plan.info.notes) == 2
    label = detail_of(window)
    shown = plain(label.shown_text)
    assert all(note in shown for note in plan.info.notes) or "note" in shown, "what does not fit is counted"
    assert all(note in label.toolTip() for note in plan.info.notes)
    window.files.setVisible(True)
    tip = window.files._model.data(window.files._model.index(0), Qt.ItemDataRole.ToolTipRole)
    assert all(note in tip for note in plan.info.notes)
    QTest.mouseClick(label, Qt.MouseButton.LeftButton)
    (dialog,) = window.findChildren(InputDetails)
    assert all(f". {note}" in dialog.text for note in plan.info.notes)
    assert str(palette_file) in dialog.text
    assert "H 8  W 6  C 3" in dialog.text
    copy = next(button for button in dialog.findChild(QDialogButtonBox).buttons() if "Copy" in button.text())
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == dialog.text
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    QTest.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert any(found.isVisible() for found in window.findChildren(InputDetails))


def test_many_long_notes_are_counted_and_all_of_them_shown_when_asked(
    open_window: Open, palette_file: Path, qtbot: QtBot
) -> None:
    window = open_window(palette_file, filters=1, kernel=(1,))
    plan = window.session.plan
    assert plan is not None
    notes = tuple(f"note {number} on what was done to this file, at some length\u202e" for number in range(40))
    many = replace(plan, info=replace(plan.info, notes=notes))
    window.pane(Stage.INPUT).texts.show_plan(many)
    label = detail_of(window)
    for width in (900, 300, 160, 90):
        label.resize(width, label.height())
        words = plain(label.shown_text)
        assert "notes" in words
        shown = words.count(" on what was done")
        assert f"{40 - shown}{' more' if shown else ''} notes" in words
        assert "\u202e" not in words
    assert "and 28 more" in label.toolTip()
    window.session.plan = many
    window.commands.show_input_details()
    dialog = window.findChildren(InputDetails)[-1]
    assert "40. note 39" in dialog.text
    dialog.reject()
    window.session.plan = plan
    settle(qtbot, window)


def test_where_nothing_was_done_it_says_so(open_window: Open, photo: Path) -> None:
    window = open_window(photo, filters=1, kernel=(1,))
    assert plain(detail_of(window).shown_text) == "uint8  ·  PNG"
    window.commands.show_input_details()
    (dialog,) = window.findChildren(InputDetails)
    assert "nothing: they are those of the file" in dialog.text
    dialog.reject()
