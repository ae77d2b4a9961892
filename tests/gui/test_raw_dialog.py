"""Opening a file as raw elements: the fields are checked against the file as they are typed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import PATIENCE_MS, Open, settle, type_into
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QPushButton
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.gui.preferences import Preferences
from padviewer.gui.raw_dialog import RawDialog


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """7 bytes, 30 x 40 numbers of two bytes with the larger first, and 5 bytes."""
    path = tmp_path / "signal.bin"
    path.write_bytes(bytes(7) + np.arange(1200, dtype=">u2").tobytes() + bytes(5))
    return path


def ask(window: MainWindow) -> RawDialog:
    """Chooses the entry of the menu."""
    next(action for action in window.actions_.menus["File"].actions() if "ra&w" in action.text()).trigger()
    found = [dialog for dialog in window.findChildren(RawDialog) if dialog.isVisible()]
    assert len(found) == 1
    return found[0]


def says(qtbot: QtBot, dialog: RawDialog, text: str) -> None:
    def said() -> None:
        assert text in dialog.outcome

    qtbot.waitUntil(said, timeout=PATIENCE_MS)


def can_open(dialog: RawDialog) -> bool:
    buttons = dialog.findChild(QDialogButtonBox)
    return buttons.button(QDialogButtonBox.StandardButton.Open).isEnabled()


def test_a_refused_file_is_opened_with_a_layout(
    open_window: Open, qtbot: QtBot, photo: Path, raw: Path, preferences: Preferences
) -> None:
    window = open_window(photo)
    window.commands.open_items([(str(raw), None)])
    settle(qtbot, window)
    offer = next(button for button in window.message.findChildren(QPushButton) if button.text() == "Open as raw…")
    QTest.mouseClick(offer, Qt.MouseButton.LeftButton)
    dialog = next(dialog for dialog in window.findChildren(RawDialog) if dialog.isVisible())
    assert dialog.path.text() == str(raw)
    type_into(dialog.shape, "30x40")
    says(qtbot, dialog, "1200 of 2412 bytes")
    assert can_open(dialog)
    dialog.dtype.setFocus()
    QTest.keyClicks(dialog.dtype, "uint16")
    type_into(dialog.shape, "30x41")
    type_into(dialog.offset, "7")
    says(qtbot, dialog, "needs 2460 bytes, but the file has 2405 bytes from byte 7 on")
    assert not can_open(dialog)
    assert dialog.shape.property("wrong")
    QTest.keyClick(dialog.byte_order, Qt.Key.Key_Down)
    type_into(dialog.shape, "?x40")
    says(qtbot, dialog, "30 x 40 uint16, axes H W: 2400 of 2412 bytes")
    assert "7 before it and 5 after it are not read" in dialog.outcome
    assert not dialog.shape.property("wrong")
    QTest.keyClick(dialog.shape, Qt.Key.Key_Return)
    settle(qtbot, window)
    info = window.session.plan.info
    assert (info.path, info.member) == (str(raw), "raw:uint16be:?x40+7")
    assert (info.shape, info.dtype) == ((30, 40), "uint16")
    assert preferences.raw_layout == "raw:uint16be:?x40+7"
    again = ask(window)
    assert (again.path.text(), again.layout_text) == (str(raw), "raw:uint16be:?x40+7")
    again.reject()


def test_what_is_no_layout_is_told_at_once(open_window: Open, qtbot: QtBot, photo: Path) -> None:
    window = open_window(photo)
    dialog = ask(window)
    for shape, told in (("3x", "shape '3x'"), ("", "is no layout"), ("1x1x1x1x1x1", "1 to 5 sizes"), ("?x?", "'?x?'")):
        type_into(dialog.shape, shape or " ")
        assert told in dialog.outcome
        assert not can_open(dialog)
        assert dialog.shape.property("wrong")
    type_into(dialog.path, str(photo) + "-gone")
    type_into(dialog.shape, "?x3")
    says(qtbot, dialog, "no such file")
    dialog.reject()
    settle(qtbot, window)
    assert window.session.plan.info.path == str(photo)


def test_a_layout_that_was_edited_by_hand_is_passed_over(
    open_window: Open, photo: Path, preferences: Preferences
) -> None:
    preferences.raw_layout = "raw:nonsense"
    dialog = ask(open_window(photo))
    assert dialog.layout_text == "raw:uint8:?x512"
    dialog.reject()


def test_single_bytes_have_no_order(open_window: Open, photo: Path) -> None:
    dialog = ask(open_window(photo))
    dialog.dtype.setCurrentText("float32")
    assert dialog.byte_order.isEnabled()
    dialog.byte_order.setCurrentIndex(1)
    dialog.dtype.setCurrentText("int8")
    assert not dialog.byte_order.isEnabled()
    assert dialog.layout_text.startswith("raw:int8:")
    dialog.reject()
