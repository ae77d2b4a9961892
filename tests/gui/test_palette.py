"""The command palette and the sheet of shortcuts, by keys; and the rules that all actions keep."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.gui.palette.action_list import action_entries
from padviewer.gui.palette.fuzzy import fit
from padviewer.gui.palette.gestures import GESTURES
from padviewer.gui.palette.palette import CommandPalette
from padviewer.gui.palette.shortcut_sheet import ShortcutSheet
from padviewer.plan import Stage

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
words = st.text("abc ›", max_size=12)


@given(st.text("abc", min_size=1, max_size=5), words)
def test_a_text_fits_where_the_letters_stand_in_order(query: str, text: str) -> None:
    letters = iter(text)
    assert (fit(query, text) is not None) == all(letter in letters for letter in query)


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("fit", "view › fit", "view › filters"),
        ("dark", "view › theme › dark", "files › dorian kark.png"),
        ("th da", "view › theme › dark", "set strides"),
        ("os", "open sample", "close"),
        ("zoom", "view › zoom in", "view › average when zoomed out"),
        ("stt", "set target", "minimise the list"),
    ],
)
def test_what_is_meant_stands_before_what_fits_too(query: str, better: str, worse: str) -> None:
    first, second = fit(query, better), fit(query, worse)
    assert first is not None
    assert second is None or first > second


def palette_of(window: MainWindow, qtbot: QtBot) -> CommandPalette:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_P, CONTROL | SHIFT)
    (palette,) = [found for found in window.findChildren(CommandPalette) if found.isVisible()]
    qtbot.waitUntil(palette.line.hasFocus)
    return palette


def test_a_command_is_found_by_letters_and_done_by_enter(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    palette = palette_of(window, qtbot)
    QTest.keyClicks(palette.line, "light")
    assert palette.texts[0] == "View › Theme › Light"
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert window.theme.name == "light"
    assert not palette.isVisible()
    again = palette_of(window, qtbot)
    assert again.texts[0] == "View › Theme › Light", "what was used last stands first"
    QTest.keyClicks(again.line, "theme")
    QTest.keyClick(again.line, Qt.Key.Key_Down)
    QTest.keyClick(again.line, Qt.Key.Key_Up)
    QTest.keyClick(again.line, Qt.Key.Key_Up)
    assert again.current is not None
    assert again.current.text == again.texts[-1], "up from the first leads to the last"
    QTest.keyClick(again.line, Qt.Key.Key_Escape)
    assert not again.isVisible()


def test_every_action_of_the_menus_is_there_with_its_keys(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    palette = palette_of(window, qtbot)
    offered = {entry.text: entry for entry in palette._entries}
    for entry in action_entries(window.menuBar()):
        if entry.action in (window.actions_.palette, window.actions_.play.play):
            continue  # Space is a button's while it has the keyboard
        assert offered[entry.path].keys == entry.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        assert offered[entry.path].usable == entry.enabled
    flags = [offered[text].usable for text in palette.texts]
    assert flags == sorted(flags, reverse=True), "what cannot be done now stands last"
    assert offered["Edit › Undo"].note == "not now"
    palette.close()


def test_a_setting_is_typed_with_its_value(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    for line, first in (
        ("target 512x700", "Set target 512x700"),
        ("kernel 5", "Set kernel 5"),
        ("mode refl", "Set mode reflect"),
    ):
        palette = palette_of(window, qtbot)
        QTest.keyClicks(palette.line, line)
        assert palette.texts[0] == first
        QTest.keyClick(palette.line, Qt.Key.Key_Return)
    settle(qtbot, window)
    spec = window.session.spec
    assert (spec.target, spec.kernel, spec.mode) == ((512, 700), (5,), "reflect")
    assert window.pane(Stage.FEATURE).title_text == "508 × 696 × 1"
    assert window.actions_.undo.text() == "&Undo mode constant → reflect"


def test_a_value_that_cannot_be_is_said_while_it_is_typed(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    palette = palette_of(window, qtbot)
    QTest.keyClicks(palette.line, "kernel 5x")
    assert "expected a whole number" in palette.texts[0]
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert window.session.spec.kernel == (3,)
    QTest.keyClicks(palette.line, "3")
    assert palette.texts[0] == "Set kernel 5x3"
    palette.line.setText("posi")
    assert palette.current is not None
    assert palette.current.completes == "position "
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.line.text() == "position "
    assert palette.texts[:4] == ["Set position start", "Set position center", "Set position end", "Set position random"]
    palette.close()


def test_files_and_members_are_found_by_name(open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    np.savez(tmp_path / "two.npz", first=np.zeros((4, 5), np.uint8), second=np.ones((6, 7, 3), np.uint8))
    window = open_window(tmp_path / "two.npz", photo, filters=1)
    palette = palette_of(window, qtbot)
    QTest.keyClicks(palette.line, "second")
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == "H 6  W 7  C 3"
    palette = palette_of(window, qtbot)
    QTest.keyClicks(palette.line, "files phot")
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    settle(qtbot, window)
    assert window.windowTitle() == "photo.png — padviewer"


def test_the_sheet_lists_every_shortcut_and_finds_it(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    QTest.keyClick(window, Qt.Key.Key_Question)
    (sheet,) = window.findChildren(ShortcutSheet)
    qtbot.waitExposed(sheet)
    rows = sheet.rows()
    for entry in action_entries(window.menuBar()):
        keys = [shortcut.toString(QKeySequence.SequenceFormat.NativeText) for shortcut in entry.action.shortcuts()]
        if keys:
            (shown,) = {row[2] for row in rows if row[0] == entry.menus[0] and row[1].endswith(entry.text)}
            assert shown == ", ".join(keys)
    assert set(GESTURES) <= set(rows)
    QTest.keyClicks(sheet.line, "ctrl+z")
    assert {row[1] for row in sheet.rows()} == {"Undo"}
    QTest.keyClick(sheet.line, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def shortcuts_of(window: MainWindow) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in action_entries(window.menuBar()):
        for shortcut in entry.action.shortcuts():
            found.setdefault(shortcut.toString(), []).append(entry.path)
    return found


def test_no_two_actions_have_the_same_shortcut_and_each_has_a_text(open_window: Open, photo: Path) -> None:
    window = open_window(photo, filters=1)
    assert {keys: paths for keys, paths in shortcuts_of(window).items() if len(paths) > 1} == {}
    assert len(shortcuts_of(window)) > 20
    paths = [entry.path for entry in action_entries(window.menuBar())]
    assert len(set(paths)) == len(paths)
    assert all(entry.text.strip() for entry in action_entries(window.menuBar()))


def test_no_letter_does_anything_but_write_in_a_field(open_window: Open, photo: Path) -> None:
    window = open_window(photo, filters=1)
    fired: list[str] = []
    letters = []
    for entry in action_entries(window.menuBar()):
        plain = [keys.toString() for keys in entry.action.shortcuts() if len(keys.toString()) == 1]
        letters += [letter for letter in plain if entry.enabled]
        entry.action.triggered.connect(lambda _checked=False, path=entry.path: fired.append(path))
    assert len(letters) >= 4
    for name in ("target H", "fill_value", "filters", "mode", "axes", "budget"):
        field: QWidget = window.form.field(name)
        field.setFocus()
        for letter in letters:
            QTest.keyClicks(field, letter)
    assert fired == []
    assert isinstance(window.form.field("fill_value"), QLineEdit)
    assert isinstance(window.form.field("mode"), QComboBox)
