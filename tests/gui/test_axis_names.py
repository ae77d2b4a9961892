"""Names for axes, in a real window and its dialog."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from driving import Open, settle, type_into
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox
from pytestqt.qtbot import QtBot

from padviewer.gui.axis_names import AxisNamesDialog
from padviewer.gui.main_window import MainWindow
from padviewer.gui.table.panel import TablePanel
from padviewer.plan import Stage


def name_axes(window: MainWindow, **names: str) -> None:
    """Types names into the dialog of the View menu, and takes them."""

    def fill() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, AxisNamesDialog)
        for letter, name in names.items():
            type_into(dialog._fields[letter], name)
        QTest.keyClick(dialog, Qt.Key.Key_Return)

    QTimer.singleShot(50, fill)
    action = next(action for action in window.actions_.menus["View"].actions() if action.text() == "Axis &names…")
    action.trigger()


def test_axes_are_called_by_their_names_everywhere(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "volume.npy", np.arange(4 * 20 * 30, dtype=np.uint16).reshape(4, 20, 30))
    np.save(tmp_path / "picture.npy", np.zeros((20, 30), np.uint8))
    window = open_window(tmp_path / "volume.npy", axes="DHW", filters=2, kernel=(1,))
    window.instruments.show_panel("table")
    panel = window.instruments.panel("table")
    assert isinstance(panel, TablePanel)
    name_axes(window, D="slice", H="row")
    settle(qtbot, window)
    pane = window.pane(Stage.INPUT)
    assert pane.title_text == "slice 4  row 20  W 30"
    slider = pane.slider("D")
    assert slider.stop.accessibleName() == "slice shown"
    assert slider._name.text() == "slice"
    window.panes.probed.emit(3.5, 2.5)
    settle(qtbot, window)
    assert window.probe.text(Stage.INPUT)[0] == "slice 0  row 2  W 3"
    assert panel.info_text.startswith("row ↓ 20   W → 30")
    assert panel.model.data(panel.model.index(2, 3), Qt.ItemDataRole.ToolTipRole).startswith("row 2, W 3: ")
    pairs = [action.text() for action in window.actions_.axes.actions() if action.isCheckable()]
    assert pairs == ["row × W", "slice × row", "slice × W"]
    assert window.pane(Stage.FEATURE).slider("C")._name.text() == "filter"
    window.commands.open_paths([str(tmp_path / "picture.npy")])
    settle(qtbot, window)
    assert pane.title_text == "H 20  W 30", "other axes have names of their own"
    window.session.edit({"axes": None})
    window.commands.open_paths([str(tmp_path / "volume.npy")])
    settle(qtbot, window)
    window.session.edit({"axes": "DHW"})
    settle(qtbot, window)
    assert pane.title_text == "slice 4  row 20  W 30", "they are remembered"
    name_axes(window, D=" ", H=" ")
    settle(qtbot, window)
    assert pane.title_text == "D 4  H 20  W 30"
    assert slider is not pane.slider("D") or slider._name.text() == "depth"


def test_two_axes_cannot_have_one_name(qtbot: QtBot) -> None:
    dialog = AxisNamesDialog("DHW", {"D": "slice"})
    qtbot.addWidget(dialog)
    ok = dialog._buttons.button(QDialogButtonBox.StandardButton.Ok)
    type_into(dialog._fields["H"], " slice ")
    assert not ok.isEnabled()
    assert "two axes are called slice" in dialog._wrong.text()
    type_into(dialog._fields["H"], "row")
    assert ok.isEnabled()
    assert dialog.names == {"D": "slice", "H": "row"}
