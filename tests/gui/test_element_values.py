"""The grid and the values on elements, in a real window."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from PIL import Image
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage

STAGES = (Stage.INPUT, Stage.PADDED, Stage.FEATURE)


def look_at(qtbot: QtBot, window: MainWindow, left: float, top: float, columns: float) -> None:
    """Shows a number of columns of PADDED in each pane, from a place on."""
    canvas = window.pane(Stage.PADDED).canvas
    width, height = canvas.size_in_pixels
    canvas.set_view((left, top, columns, columns * height / width))
    canvas.moved_by_user.emit()
    settle(qtbot, window)


def texts(window: MainWindow, stage: Stage) -> dict[tuple[int, int], tuple[str, ...]]:
    return window.pane(stage).canvas.texts


def pixels_of(window: MainWindow, stage: Stage) -> QImage:
    return window.pane(stage).canvas.grab().toImage()


def test_the_values_of_a_photo_are_written_on_its_pixels(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, target=(600, 800), position="center", filters=1, kernel=(1,))
    for stage in STAGES:
        assert not window.pane(stage).canvas.has_grid
        assert texts(window, stage) == {}
    look_at(qtbot, window, 100, 80, 6)
    pixels = np.asarray(Image.open(photo))
    expected = {tuple(str(v) for v in pixels[row, column]) for row in range(21, 24) for column in range(21, 25)}
    for stage in (Stage.INPUT, Stage.PADDED):
        assert expected <= set(texts(window, stage).values())
        assert window.pane(stage).canvas.has_grid
    look_at(qtbot, window, 100, 80, 20)
    for stage in STAGES:
        assert window.pane(stage).canvas.has_grid, "elements of 14 pixels have a grid"
    assert texts(window, Stage.INPUT) == {}, "and no room for three lines"
    look_at(qtbot, window, 100, 80, 40)
    assert not window.pane(Stage.INPUT).canvas.has_grid
    before = pixels_of(window, Stage.INPUT)
    window.pane(Stage.INPUT).canvas._values.setVisible(False)
    assert pixels_of(window, Stage.INPUT) == before, "nothing is drawn over what is not close"


def test_an_output_covers_as_many_elements_as_the_stride(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "array.npy", np.ones((40, 40), np.uint8))
    window = open_window(tmp_path / "array.npy", filters=1, strides=(3,), kernel=(3,))
    look_at(qtbot, window, 0, 0, 12)
    cells = window.pane(Stage.FEATURE).canvas._visible_cells()
    padded = window.pane(Stage.PADDED).canvas._visible_cells()
    assert cells.width == pytest.approx(3 * padded.width, rel=0.02), "but for a pixel of the panes' widths"
    assert cells.columns == (0, 4)
    assert len(set(texts(window, Stage.FEATURE).values())) == 1, "all windows hold the same"


@pytest.mark.parametrize(
    ("array", "written"),
    [
        (np.array([[0.123456, -2.0], [np.nan, np.inf]], np.float32), [("0.1235",), ("−2",), ("NaN",), ("Inf",)]),
        (np.array([[1 + 2j, 0], [-1j, 3]], np.complex64), [("1", "+2i"), ("0", "+0i"), ("−0", "−1i"), ("3", "+0i")]),
        (np.array([[True, False], [False, True]]), [("1",), ("0",), ("0",), ("1",)]),
        (np.array([[2**63, 1], [2, 3]], np.uint64), [("9223372036854775808",), ("1",), ("2",), ("3",)]),
    ],
)
def test_values_of_any_kind_can_be_read(array, written: list, open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "array.npy", array)
    window = open_window(tmp_path / "array.npy", filters=1, kernel=(1,), axes="HW")
    look_at(qtbot, window, 0, 0, 2)
    found = texts(window, Stage.INPUT)
    assert [found[place] for place in ((0, 0), (0, 1), (1, 0), (1, 1))] == written


def test_a_number_that_does_not_fit_is_marked_as_left_out(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "array.npy", np.array([[-0.000012345, 0.5]], np.float32))
    window = open_window(tmp_path / "array.npy", filters=1, kernel=(1,))
    look_at(qtbot, window, 0, 0, 8)
    assert texts(window, Stage.INPUT) == {(0, 0): ("…",), (0, 1): ("0.5",)}
    look_at(qtbot, window, 0, 0, 2)
    assert texts(window, Stage.INPUT) == {(0, 0): ("−1.234e−5",), (0, 1): ("0.5",)}


def test_whole_numbers_are_written_all_or_none(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "array.npy", np.tile(np.array([[7, 70000]], np.int32), (20, 20)))
    window = open_window(tmp_path / "array.npy", filters=1, kernel=(1,))
    look_at(qtbot, window, 0, 0, 14)
    assert window.pane(Stage.INPUT).canvas.has_grid
    assert texts(window, Stage.INPUT) == {}
    look_at(qtbot, window, 0, 0, 6)
    assert {("7",), ("70000",)} == set(texts(window, Stage.INPUT).values())


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("shade", [0, 90, 128, 255])
def test_grid_and_text_stand_out_from_any_element(
    shade: int, theme: str, open_window: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    np.save(tmp_path / "array.npy", np.full((40, 40), shade, np.uint8))
    window = open_window(tmp_path / "array.npy", filters=1, kernel=(1,))
    window.commands.choose_theme(theme)
    look_at(qtbot, window, 4, 4, 6)
    canvas = window.pane(Stage.INPUT).canvas
    cells = canvas._visible_cells()
    image = pixels_of(window, Stage.INPUT)
    column, row = cells.columns[0] + 2, cells.rows[0] + 4
    x, y = round(cells.x(column)), round(cells.y(row))
    middle = range(round(cells.y(row) + 3), round(cells.y(row + 1) - 3))
    line = [QColor(image.pixel(x, at)).lightness() for at in middle]
    assert max(abs(value - shade) for value in line) >= 40
    inside = [
        QColor(image.pixel(at, below)).lightness()
        for at in range(x + 3, round(cells.x(column + 1)) - 2)
        for below in range(y + 3, round(cells.y(row + 1)) - 2)
    ]
    assert max(abs(value - shade) for value in inside) >= 100


def test_values_on_hatched_padding_have_no_hatch_through_them(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "array.npy", np.full((10, 10), 9, np.uint8))
    window = open_window(tmp_path / "array.npy", filters=1, kernel=(1,), target=(20, 20), position="end")
    look_at(qtbot, window, 1, 1, 5)
    canvas = window.pane(Stage.PADDED).canvas
    cells = canvas._visible_cells()
    image = pixels_of(window, Stage.PADDED)
    x, y = round(cells.x(3) + cells.width / 2), round(cells.y(4) + cells.height / 2)
    around = {QColor(image.pixel(x + dx, y + dy)).hslSaturation() for dx in (-3, 0, 3) for dy in range(-4, 5)}
    assert around == {0}, "digit and plate are gray, the hatch is not"


def test_the_picture_of_an_older_step_has_no_values(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "array.npy", np.arange(4_000_000, dtype=np.uint32).reshape(2000, 2000))
    window = open_window(tmp_path / "array.npy", filters=1, kernel=(1,))
    canvas = window.pane(Stage.INPUT).canvas
    canvas.set_view((10, 10, 3, 3))
    assert canvas.texts == {}, "the samples on screen stand for several elements each"
    settle(qtbot, window)
    row, column = divmod(int(next(iter(canvas.texts.values()))[0]), 2000)
    assert 0 <= row <= 20
    assert 0 <= column <= 20


def test_panning_over_values_is_smooth(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1, kernel=(1,))
    look_at(qtbot, window, 100, 80, 6)
    assert all(texts(window, stage) for stage in STAGES)
    durations = []
    for _ in range(30):
        began = time.thread_time()
        for stage in STAGES:
            window.pane(stage).canvas.viewport().repaint()
        durations.append(time.thread_time() - began)
    assert sorted(durations)[len(durations) // 2] < 0.033
