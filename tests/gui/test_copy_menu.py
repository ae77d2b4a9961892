"""Copying code: what is pasted makes what is on screen."""

from __future__ import annotations

import shlex

import numpy as np
import pytest
from driving import Open, settle
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from padviewer.cli import build_parser
from padviewer.options import spec_of
from padviewer.plan import Stage
from padviewer.spec import PipelineSpec


@pytest.fixture
def volume(tmp_path):
    path = tmp_path / "volume.npy"
    np.save(path, np.random.default_rng(0).normal(size=(4, 9, 11)).astype("float32"))
    return path


def pasted() -> str:
    return QApplication.clipboard().text()


def copy(window, dialect: str) -> str:
    QApplication.clipboard().clear()
    window.actions_.copy_as.dialects[dialect].trigger()
    return pasted()


def test_pasted_numpy_code_makes_the_tensor_on_screen(open_window: Open, volume):
    window = open_window(volume, axes="DHW", target=(6, 16, 7), overflow="crop", mode="reflect", position="center")
    x = np.load(volume)
    for dialect in ("numpy", "numpy any"):
        names = {"x": x}
        exec(copy(window, dialect), names)
        assert names["y"].shape == window.session.plan.padded.shape
        np.testing.assert_array_equal(names["y"], np.pad(x[:, :, 2:9], ((1, 1), (3, 4), (0, 0)), "reflect"))
    assert window.status.message == "copied: np.pad for any size"


def test_the_menu_says_the_size_that_amounts_are_for(open_window: Open, volume, photo, qtbot: QtBot):
    window = open_window(volume, axes="DHW")
    action = window.actions_.copy_as.dialects["tf"]
    assert action.text() == "tf.pad for 4 × 9 × 11"
    window.commands.open_paths([str(photo)])
    settle(qtbot, window)
    assert action.text() == "tf.pad for 480 × 640"


def test_every_dialect_can_be_copied(open_window: Open, photo):
    window = open_window(photo, target=(512, 800))
    found = {dialect: copy(window, dialect) for dialect in window.actions_.copy_as.dialects}
    assert all(found.values())
    assert len(set(found.values())) == len(found)
    assert PipelineSpec.from_json(found["json"]) == window.session.spec
    words = shlex.split(found["command"])
    assert words[2] == str(photo)
    assert spec_of(build_parser("export").parse_args(words[2:])) == window.session.spec


def test_what_cannot_be_said_is_not_offered(open_window: Open, photo, qtbot: QtBot):
    window = open_window(photo, target=(512, 800), position="random")
    dialects = window.actions_.copy_as.dialects
    assert not dialects["numpy any"].isEnabled()
    assert "drawn anew" in dialects["numpy any"].toolTip()
    assert dialects["numpy"].isEnabled()
    assert dialects["keras"].isEnabled()
    window.session.edit({"target": (8, 8), "overflow": "error"})
    settle(qtbot, window)
    assert not dialects["keras"].isEnabled()
    assert dialects["json"].isEnabled()


def test_it_is_reached_by_the_keyboard(open_window: Open, photo):
    window = open_window(photo, target=(512, 800))
    menu = window.actions_.copy_as
    assert menu.menuAction() in window.actions_.menus["Edit"].actions()
    menu.popup(window.mapToGlobal(window.rect().center()))
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert "MultiDimDynamicPadding((512, 800))" in pasted()


def test_a_pane_offers_it_too(open_window: Open, photo, qtbot: QtBot):
    window = open_window(photo, target=(512, 800))
    pane = window.pane(Stage.PADDED)
    seen: list[str] = []

    def look() -> None:
        popup = QApplication.activePopupWidget()
        if popup is None:
            QTimer.singleShot(20, look)
        else:
            seen.extend(action.text() for action in popup.actions())
            popup.close()

    QTimer.singleShot(20, look)
    middle = pane.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, middle, pane.mapToGlobal(middle))
    QApplication.sendEvent(pane, event)
    assert "Copy a&s" in seen
