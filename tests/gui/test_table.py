"""The table panel in a real window, against the elements of the file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle, type_into
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.gui.table import copying as table_copy
from padviewer.gui.table.model import WINDOW
from padviewer.gui.table.panel import TablePanel
from padviewer.plan import Stage


def open_panel(qtbot: QtBot, window: MainWindow, stage: Stage = Stage.INPUT) -> TablePanel:
    with qtbot.waitActive(window):
        window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_T)
    panel = window.instruments.panel("table")
    assert isinstance(panel, TablePanel)
    show(qtbot, window, panel, stage)
    return panel


def show(qtbot: QtBot, window: MainWindow, panel: TablePanel, stage: Stage) -> None:
    panel.choice.setCurrentIndex(list(window.panes.panes).index(stage))
    settle(qtbot, window)


def text(panel: TablePanel, row: int, column: int) -> str:
    model = panel.model
    return model.data(model.index(row - model.first[0], column - model.first[1]))


def cells(qtbot: QtBot, window: MainWindow, panel: TablePanel, rows: int, columns: int) -> list[list[str]]:
    for row in range(rows):
        for column in range(columns):
            text(panel, row, column)
    settle(qtbot, window)
    return [[text(panel, row, column) for column in range(columns)] for row in range(rows)]


def select(panel: TablePanel, top: int, left: int, bottom: int, right: int) -> None:
    model = panel.model
    block = QItemSelection(model.index(top, left), model.index(bottom, right))
    panel.view.selectionModel().select(block, QItemSelectionModel.SelectionFlag.ClearAndSelect)


def copied(qtbot: QtBot, window: MainWindow) -> str:
    qtbot.waitUntil(lambda: "copied as TSV" in window.status.message, timeout=20_000)
    return QApplication.clipboard().text()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool", "complex64"])
def test_cells_read_back_as_the_elements(dtype: str, open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    rng = np.random.default_rng(0)
    imaginary = 1j * rng.normal(size=(5, 7)) if dtype == "complex64" else 0
    array = (rng.normal(size=(5, 7)) * 1e5 + imaginary).astype(dtype)
    if dtype == "int64":
        array[0, :2] = [-(2**63), 2**63 - 1]
    np.save(tmp_path / "array.npy", array)
    window = open_window(tmp_path / "array.npy", axes="HW", filters=1, kernel=(1,))
    panel = open_panel(qtbot, window)
    found = cells(qtbot, window, panel, 5, 7)
    assert found == [[str(value) for value in row] for row in array]


def test_the_table_is_of_the_slice_on_screen_and_follows_it(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    array = np.arange(4 * 20 * 30, dtype=np.int32).reshape(4, 20, 30)
    np.save(tmp_path / "volume.npy", array)
    window = open_window(
        tmp_path / "volume.npy", axes="DHW", target=(4, 22, 33), position="end", filters=1, kernel=(1,)
    )
    panel = open_panel(qtbot, window, Stage.PADDED)
    padded = np.pad(array, ((0, 0), (2, 0), (3, 0)))
    assert cells(qtbot, window, panel, 22, 33) == [[str(v) for v in row] for row in padded[0]]
    assert "hatched: padding" in panel.info_text
    model = panel.model
    hatched = [
        [model.data(model.index(r, c), Qt.ItemDataRole.BackgroundRole) is not None for c in range(6)] for r in range(4)
    ]
    assert hatched == [[r < 2 or c < 3 for c in range(6)] for r in range(4)]
    assert model.data(model.index(1, 5), Qt.ItemDataRole.ToolTipRole) == "H 1, W 5: 0, padding"
    window.pane(Stage.PADDED).slider("D")._slider.setValue(3)
    settle(qtbot, window)
    assert text(panel, 2, 3) in ("…", str(padded[3, 2, 3]))
    assert cells(qtbot, window, panel, 4, 5)[2][3] == str(padded[3, 2, 3])
    window.commands.choose_axes("DW")
    settle(qtbot, window)
    assert (model.rowCount(), model.columnCount()) == (4, 33)
    show(qtbot, window, panel, Stage.FEATURE)
    tile = window.pane(Stage.FEATURE).picture.tile.data
    found = cells(qtbot, window, panel, 4, 33)
    assert found == [[str(v) for v in row] for row in tile.reshape(4, 33)]


def test_colours_show_the_channel_that_is_chosen(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    panel = open_panel(qtbot, window)
    assert panel.channel.isVisible()
    assert cells(qtbot, window, panel, 2, 3) == [["0", "0", "0"], ["0", "0", "0"]]
    panel.channel.setCurrentIndex(2)
    settle(qtbot, window)
    assert cells(qtbot, window, panel, 2, 3) == [["0", "1", "2"], ["1", "0", "3"]]
    panel.choice.setCurrentIndex(2)
    settle(qtbot, window)
    assert not panel.channel.isVisible()


def test_the_current_cell_is_what_is_probed_and_a_chosen_cell_is_probed_and_pinned(
    open_window: Open, photo: Path, qtbot: QtBot
) -> None:
    window = open_window(photo, target=(500, 700), position="center", filters=1)
    panel = open_panel(qtbot, window, Stage.PADDED)
    window.panes.probed.emit(301.5, 207.5)
    settle(qtbot, window)
    current = panel.view.currentIndex()
    assert panel.model.cell_at(current) == (207, 301)
    assert panel.view.viewport().rect().contains(panel.view.visualRect(current))
    assert not panel.view.selectionModel().hasSelection()
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_Down)
    settle(qtbot, window)
    assert window.probe.text(Stage.PADDED)[0] == "H 208  W 301"
    pinned = []
    window.panes.clicked.connect(lambda *what: pinned.append(what))
    QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert pinned == [(Stage.PADDED, 301.5, 208.5, False)]
    window.panes.set_view((0, 0, 20, 20))
    QTest.keyClick(panel.view, Qt.Key.Key_Down)
    left, top, width, height = window.pane(Stage.PADDED).canvas.view
    assert left <= 301 <= left + width
    assert top <= 209 <= top + height


def test_the_selection_is_copied_as_tsv(open_window: Open, tmp_path: Path, qtbot: QtBot, monkeypatch) -> None:
    array = np.random.default_rng(0).normal(size=(300, 200)).astype(np.float32)
    array[2, 3] = np.nan
    np.save(tmp_path / "array.npy", array)
    window = open_window(tmp_path / "array.npy", filters=1)
    panel = open_panel(qtbot, window)
    select(panel, 1, 2, 260, 101)
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    back = np.loadtxt(io.StringIO(copied(qtbot, window)), delimiter="\t", dtype=np.float32)
    np.testing.assert_array_equal(back, array[1:261, 2:102])
    monkeypatch.setattr(table_copy, "PIECE", 7)
    select(panel, 0, 0, 2, 19)
    panel.copy_selection()
    settle(qtbot, window)
    back = np.loadtxt(io.StringIO(copied(qtbot, window)), delimiter="\t", dtype=np.float32)
    np.testing.assert_array_equal(back, array[:3, :20])
    window.panes.set_view((10, 20, 30, 30))
    settle(qtbot, window)
    panel.copy_view()
    settle(qtbot, window)
    back = np.loadtxt(io.StringIO(copied(qtbot, window)), delimiter="\t", dtype=np.float32)
    view = window.pane(Stage.INPUT).canvas.view
    rows, columns = panel.model.plane.visible(view)
    assert columns.start <= view[0] < columns.start + 1
    np.testing.assert_array_equal(back, array[rows.start : rows.stop, columns.start : columns.stop])


def test_more_than_the_clipboard_should_hold_is_refused_with_numbers(
    open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    np.save(tmp_path / "array.npy", np.zeros((2000, 3000), np.uint8))
    window = open_window(tmp_path / "array.npy", filters=1)
    panel = open_panel(qtbot, window)
    QApplication.clipboard().setText("before")
    panel.view.selectAll()
    panel.copy_selection()
    assert window.status.message == "2000 × 3000 = 6000000 elements; at most 1000000 can be copied as text"
    assert QApplication.clipboard().text() == "before"


def test_an_axis_of_any_length_is_shown_by_parts(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    size = 3_000_000_000
    array = np.lib.format.open_memmap(tmp_path / "long.npy", "w+", "uint8", (size, 1))
    array[1_234_567_890, 0] = 77
    array.flush()
    del array
    window = open_window(tmp_path / "long.npy", axes="TC", filters=1, kernel=(1,), budget=1 << 28)
    panel = open_panel(qtbot, window)
    assert panel.model.columnCount() == WINDOW
    assert panel._first[1].isVisible()
    assert not panel._first[0].isVisible()
    window.panes.probed.emit(1_234_567_890.5, 0.5)
    settle(qtbot, window)
    assert panel.model.cell_at(panel.view.currentIndex()) == (0, 1_234_567_890)
    text(panel, 0, 1_234_567_890)
    settle(qtbot, window)
    assert text(panel, 0, 1_234_567_890) == "77"
    assert len(panel.model._blocks) < 40, "only what is looked at is read"
    type_into(panel._first[1], "2999999999")
    assert panel.model.cell_at(panel.model.index(0, WINDOW - 1)) == (0, size - 1)


def test_a_map_that_is_computed_for_the_view_has_the_cells_of_the_whole(
    open_window: Open, photo: Path, qtbot: QtBot
) -> None:
    whole = open_window(photo, filters=2, seed=3)
    view = open_window(photo, filters=2, seed=3, budget=8 << 20)
    assert not view.session.plan.is_whole
    found = []
    for window in (whole, view):
        panel = open_panel(qtbot, window, Stage.FEATURE)
        found.append(np.array(cells(qtbot, window, panel, 5, 20), np.float32))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5, atol=1e-5)


def test_a_slice_in_padding_has_no_table(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "volume.npy", np.ones((3, 4, 5), np.uint8))
    window = open_window(tmp_path / "volume.npy", axes="DHW", target=(5, 4, 5), filters=1, kernel=(1,))
    panel = open_panel(qtbot, window)
    window.pane(Stage.PADDED).slider("D")._slider.setValue(4)
    settle(qtbot, window)
    assert panel.model.rowCount() == 0
    assert panel.info_text == "nothing to show here"
    panel.copy_view()
    panel.view.grab()


def test_all_of_a_large_table_is_selected_without_looking_at_its_cells(
    open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    np.save(tmp_path / "large.npy", np.zeros((3000, 2000), np.uint8))
    window = open_window(tmp_path / "large.npy", filters=1)
    panel = open_panel(qtbot, window)
    asked = []
    count = panel.model.rowCount
    panel.model.rowCount = lambda *parent: (asked.append(1), count(*parent))[1]
    panel.view.selectAll()
    panel.view.grab()
    assert len(asked) < 3000
    looked = []
    data = panel.model.data
    panel.model.data = lambda *what: (looked.append(what), data(*what))[1]
    panel.view.setFocus()
    QTest.keyClicks(panel.view, "75")
    assert len(looked) < 3000, "a digit searches no column"
    heading = panel.view.horizontalHeader()
    QTest.mouseClick(heading.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(heading.sectionPosition(2) + 9, 5))
    (block,) = panel.view.selectionModel().selection()
    assert (block.left(), block.right(), block.top(), block.bottom()) == (2, 2, 0, 2999)
