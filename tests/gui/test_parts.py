"""Parts of the window by themselves: the list of files, what dialogs ask, the menus."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from padviewer.gui.actions import Actions
from padviewer.gui.export_dialog import export_title
from padviewer.gui.file_panel import FilePanel
from padviewer.gui.files import FileEntry
from padviewer.plan import Stage


def test_delete_asks_to_close_the_marked_file(qtbot: QtBot) -> None:
    panel = FilePanel()
    qtbot.addWidget(panel)
    closed: list[int] = []
    panel.file_closed.connect(closed.append)
    with qtbot.waitActive(panel):
        panel.show()
        panel.activateWindow()
    panel._list.setFocus()
    QTest.keyClick(panel._list, Qt.Key.Key_Delete)
    assert closed == [], "nothing is marked"
    panel.set_files([FileEntry(("a.png", None)), FileEntry(("b.png", None))], 1)
    QTest.keyClick(panel._list, Qt.Key.Key_Delete)
    assert closed == [1]


@pytest.mark.parametrize(
    ("stage", "what"), [(Stage.PADDED, "padded tensor"), (Stage.FEATURE, "feature map"), (Stage.MASK, "pixel mask")]
)
def test_an_export_is_asked_for_by_what_it_is(stage: Stage, what: str) -> None:
    assert export_title("/data/sample.png", stage) == f"Export the {what} of sample.png"


def test_a_theme_that_is_not_known_is_that_of_the_desktop(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    actions = Actions(window, MagicMock())
    actions.set_theme("solarized")
    assert actions.themes["system"].isChecked()
