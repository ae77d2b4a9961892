"""The histogram panel in a real window, against numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle, type_into
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from padviewer.gui.histogram.panel import HistogramPanel
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage


def open_panel(qtbot: QtBot, window: MainWindow, stage: Stage = Stage.INPUT) -> HistogramPanel:
    with qtbot.waitActive(window):
        window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_H)
    panel = window.instruments.panel("histogram")
    assert isinstance(panel, HistogramPanel)
    panel.choice.setCurrentIndex(list(window.panes.panes).index(stage))
    settle(qtbot, window)
    return panel


def press(panel: HistogramPanel, text: str) -> None:
    next(button for button in panel.findChildren(QPushButton) if button.text() == text).click()


def test_bars_count_each_integer_of_the_plane_and_follow_it(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    array = np.random.default_rng(0).integers(3, 9, (4, 20, 30)).astype(np.int16)
    np.save(tmp_path / "volume.npy", array)
    window = open_window(tmp_path / "volume.npy", axes="DHW", target=(4, 24, 30), filters=1, kernel=(1,))
    panel = open_panel(qtbot, window)
    assert panel.plot._counts.tolist() == np.bincount(array[0].ravel())[3:].tolist()
    window.pane(Stage.INPUT).slider("D")._slider.setValue(2)
    settle(qtbot, window)
    assert panel.plot._counts.tolist() == np.bincount(array[2].ravel())[3:].tolist()
    panel.choice.setCurrentIndex(1)
    settle(qtbot, window)
    padded = np.pad(array[2], ((0, 4), (0, 0)))
    assert panel.plot._counts.tolist() == np.bincount(padded.ravel()).tolist()
    assert "padding counts too" in panel.info_text.replace("\u00a0", " ")
    panel.choice.setFocus()
    QTest.keyClick(panel.choice, Qt.Key.Key_I)
    assert panel.stage is Stage.INPUT, "letters choose a stage while it has the keyboard"
    panel.choice.setCurrentIndex(1)
    settle(qtbot, window)
    assert "9 bins from 0 to 8; most elements, " in panel.plot.accessibleDescription()
    panel.choice.setCurrentIndex(2)
    settle(qtbot, window)
    shown = window.pane(Stage.FEATURE).picture.tile.data
    assert panel.plot._counts.sum() == shown.size
    edges = panel.plot._edges
    np.testing.assert_array_equal(panel.plot._counts, np.histogram(shown.astype(np.float64), edges)[0])


def test_a_large_plane_is_counted_whole_in_the_end(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    array = np.random.default_rng(0).normal(size=(1500, 1400)).astype(np.float32)
    array[5, 5], array[6, 6:8] = np.nan, -np.inf
    np.save(tmp_path / "large.npy", array)
    window = open_window(tmp_path / "large.npy", filters=1)
    panel = open_panel(qtbot, window)
    finite = array[np.isfinite(array)].astype(np.float64)
    np.testing.assert_array_equal(panel.plot._counts, np.histogram(finite, panel.plot._edges)[0])
    text = panel.info_text.replace("\u00a0", " ")
    assert text.startswith("NaN 1  Inf 2")
    assert "looked at" not in text


def test_lines_fields_and_percentiles_set_the_levels_of_the_pane(
    open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    array = np.arange(1000, dtype=np.float32).reshape(25, 40)
    np.save(tmp_path / "ramp.npy", array)
    window = open_window(tmp_path / "ramp.npy", filters=1)
    panel, pane = open_panel(qtbot, window), window.pane(Stage.INPUT)
    press(panel, "1 %")
    assert pane.levels == pytest.approx((9.99, 989.01))
    assert pane.canvas.pixels[0, 0, 0] == 0
    press(panel, "Range")
    assert pane.levels == (0, 999)
    x = round(panel.plot.x_of(999.0))
    QTest.mousePress(panel.plot, Qt.MouseButton.LeftButton, pos=QPoint(x - 2, 30))
    QTest.mouseMove(panel.plot, QPoint(round(panel.plot.x_of(500.0)), 30))
    QTest.mouseRelease(panel.plot, Qt.MouseButton.LeftButton)
    assert pane.levels == (0, pytest.approx(500, abs=3))
    assert pane.canvas.pixels[13, 0, 0] == 255
    held = pane.levels[1]
    QTest.keyClick(panel.plot, Qt.Key.Key_Right)
    assert held < pane.levels[1] < held + 5
    QTest.keyClick(panel.plot, Qt.Key.Key_Up)
    QTest.keyClick(panel.plot, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert 0 < pane.levels[0] < 40
    type_into(panel._low, "100")
    QTest.keyClick(panel._low, Qt.Key.Key_Return)
    assert pane.levels[0] == 100
    type_into(panel._low, "nonsense")
    QTest.keyClick(panel._low, Qt.Key.Key_Return)
    assert (pane.levels[0], panel._low.text()) == (100, "100")
    press(panel, "Auto")
    assert pane.look.rule == "auto"
    pane.edit_look(type(pane.look)(rule="custom", custom=(-5.0, 5.0)))
    assert panel._low.text() == "-5", "what the menu sets is followed"


@pytest.mark.parametrize(
    ("array", "bins"),
    [
        (np.full((4, 4), np.nan, np.float32), 0),
        (np.array([[7]], np.uint8), 1),
        (np.array([[-(2**63), 2**63 - 1]]), 2),
        (np.array([[True, False]]), 2),
        (np.array([[-1.7e308, 1.7e308]]), 2),
        (np.array([[1 + 1j, 3 - 2j]], np.complex64), 2),
    ],
    ids=["all NaN", "1x1", "ends of int64", "booleans", "ends of float64", "complex"],
)
def test_any_kind_of_number_is_counted_and_drawn(
    array: np.ndarray, bins: int, open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    np.save(tmp_path / "array.npy", array)
    window = open_window(tmp_path / "array.npy", axes="HW", filters=1, kernel=(1,))
    panel = open_panel(qtbot, window)
    assert int((panel.plot._counts > 0).sum()) == bins
    assert panel.plot._counts.sum() == np.isfinite(array).sum()
    panel.plot.grab()
    assert np.isfinite([panel.plot.x_of(level) for level in window.pane(Stage.INPUT).levels]).all()


def test_nothing_is_counted_for_a_panel_that_is_closed(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    panel = open_panel(qtbot, window, Stage.PADDED)
    assert panel.plot._counts.sum() == 640 * 480 * 3
    QTest.keyClick(window, Qt.Key.Key_H)
    assert not panel.isVisible()
    window.session.edit({"target": (500, 700)})
    settle(qtbot, window)
    assert panel.plot._counts.sum() == 640 * 480 * 3
    QTest.keyClick(window, Qt.Key.Key_H)
    settle(qtbot, window)
    assert panel.plot._counts.sum() == 500 * 700 * 3
    assert "all channels together" in panel.info_text.replace("\u00a0", " ")


def test_a_selection_is_counted_instead_of_the_plane(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    panel = open_panel(qtbot, window)
    canvas = window.pane(Stage.INPUT).canvas
    canvas.swept.emit((10.0, 20.0), (14.0, 29.0), True)
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).statistics_text.startswith("selection")
    found = window.statistics.found(Stage.INPUT)
    assert panel.plot._counts.sum() == found.answer.count < 500
    window.panes.select(None)
    settle(qtbot, window)
    assert panel.plot._counts.sum() == 640 * 480 * 3
