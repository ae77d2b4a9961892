"""The multiply-accumulate card in a real window: its sum is the pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from pointing import click, hover
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from padviewer.gui.card.card import Card
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage


@pytest.fixture
def small(tmp_path: Path) -> Path:
    array = np.random.default_rng(0).integers(1, 255, (12, 14, 3)).astype(np.uint8)
    np.save(tmp_path / "small.npy", array)
    return tmp_path / "small.npy"


def opened(qtbot: QtBot, window: MainWindow) -> Card:
    with qtbot.waitActive(window):
        window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_K)
    settle(qtbot, window)
    card = window.instruments.panel("card")
    assert isinstance(card, Card)
    return card


def pixel(window: MainWindow, row: int, column: int) -> np.float32:
    """The element that the pane of the feature map shows."""
    tile = window.pane(Stage.FEATURE).picture.tile
    assert tile is not None
    first, second = tile.region[:2]
    return tile.data[row - first.start, column - second.start, 0]


def numbers(card: Card) -> dict[str, float]:
    return {step.name: float(step.number.replace("−", "-")) for step in card.steps}


@pytest.mark.parametrize("activation", ["linear", "relu", "softmax", "tanh"])
@pytest.mark.parametrize("budget", [4 << 30, 9_000], ids=["held whole", "for the view"])
def test_the_sum_is_the_pixel(activation: str, budget: int, open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(
        small, target=(16, 18), position="center", filters=4, conv_padding="same", activation=activation, budget=budget
    )
    assert window.session.plan.is_whole == (budget > 1 << 20)
    card = opened(qtbot, window)
    for row, column in ((2, 3), (8, 9), (0, 0)):
        click(qtbot, window, Stage.FEATURE, row, column)
        shown = pixel(window, row, column)
        found = numbers(card)
        assert np.float32(found["shown"]) == shown
        assert found["shown"] == pytest.approx(found.get(activation, found["float32 sum"]), rel=1e-4, abs=1e-6)
        assert found["float32 sum"] == pytest.approx(found["sum of 27 products"], rel=1e-5, abs=1e-3)
        note = card.steps[-1].note
        assert note == "equal" or "by the rounding of" in note
        assert f"H {row} W {column} filter 0" in card.title_text
        assert "pinned" in card.title_text


def test_terms_that_are_padding_are_counted_and_struck_through(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, target=(16, 18), position="center", filters=1, conv_padding="same")
    card = opened(qtbot, window)
    click(qtbot, window, Stage.FEATURE, 1, 5)
    assert card.share_text == "18 of 27 terms are padding"
    click(qtbot, window, Stage.FEATURE, 0, 5)
    assert card.share_text == "18 of 27 terms are padding, 9 of 27 terms are zeros of the convolution"
    assert "(0 × " in card.body_text
    assert "channel 2" in card.body_text
    click(qtbot, window, Stage.FEATURE, 8, 8)
    assert card.share_text == "no term of 27 is padding"


def test_without_a_pin_it_follows_the_pointer(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=1)
    card = opened(qtbot, window)
    assert "Point at a picture" in card.body_text
    hover(qtbot, window, Stage.FEATURE, 3, 4)
    assert "H 3 W 4 filter 0" in card.title_text
    assert "under the pointer" in card.title_text
    click(qtbot, window, Stage.FEATURE, 5, 5)
    hover(qtbot, window, Stage.FEATURE, 7, 7)
    assert "H 5 W 5" in card.title_text
    QTest.keyClick(window, Qt.Key.Key_Escape)
    settle(qtbot, window)
    assert "H 7 W 7" in card.title_text


def test_an_edit_explains_the_output_anew(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=1)
    card = opened(qtbot, window)
    click(qtbot, window, Stage.FEATURE, 5, 5)
    before = numbers(card)
    window.session.edit({"seed": 3})
    settle(qtbot, window)
    assert numbers(card) != before
    assert np.float32(numbers(card)["shown"]) == pixel(window, 5, 5)
    window.session.edit({"kernel": (20,), "conv_padding": "valid"})
    settle(qtbot, window)
    assert "kernel spans" in card.body_text
    assert card.steps == []


def test_groups_and_separable_kernels(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "many.npy", np.random.default_rng(0).normal(size=(12, 14, 4)).astype(np.float32))
    window = open_window(tmp_path / "many.npy", axes="HWC", filters=4, groups=2, activation="linear")
    card = opened(qtbot, window)
    window.pane(Stage.FEATURE).slider("C")._slider.setValue(3)
    settle(qtbot, window)
    click(qtbot, window, Stage.FEATURE, 5, 5)
    assert "sum of 18 products" in numbers(card)
    assert "channel 2" in card.body_text
    assert "channel 1" not in card.body_text
    window.session.edit({"groups": 1, "conv": "separable"})
    settle(qtbot, window)
    found = numbers(card)
    assert found["shown"] == pytest.approx(found["sum of 36 products"], rel=1e-4, abs=1e-4)
    assert np.float32(found["shown"]) == pixel(window, 5, 5)


def test_a_large_window_is_a_table_with_the_largest_first(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=1, kernel=(11,), activation="linear")
    card = opened(qtbot, window)
    click(qtbot, window, Stage.FEATURE, 1, 1)
    assert card.is_table
    model = card._table.model()
    assert model.rowCount() == 363
    column = [model.headerData(i, Qt.Orientation.Horizontal) for i in range(model.columnCount())].index("product")
    products = [abs(float(model.index(row, column).data().replace("−", "-"))) for row in range(model.rowCount())]
    assert products == sorted(products, reverse=True)


def test_it_is_copied_for_a_spreadsheet(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=1, activation="linear")
    card = opened(qtbot, window)
    click(qtbot, window, Stage.FEATURE, 4, 4)
    card._copy.click()
    lines = QApplication.clipboard().text().splitlines()
    total = sum(float(line.split("\t")[-1]) for line in lines[1:28])
    assert np.float32(total) == pytest.approx(pixel(window, 4, 4), rel=1e-6)
    assert any(line.startswith("shown\t") for line in lines)


def test_nothing_is_asked_while_it_is_closed(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=1)
    card = opened(qtbot, window)
    click(qtbot, window, Stage.FEATURE, 4, 4)
    QTest.keyClick(window, Qt.Key.Key_K)
    assert not card.isVisible()
    before = card.title_text
    click(qtbot, window, Stage.FEATURE, 6, 6)
    assert card.title_text == before
    QTest.keyClick(window, Qt.Key.Key_K)
    settle(qtbot, window)
    assert "H 6 W 6" in card.title_text


@pytest.mark.parametrize(
    ("array", "axes"),
    [
        (np.arange(50, dtype=np.int16), "T"),
        (np.full((8, 9), np.nan, np.float32), "HW"),
        (np.ones((1, 1), bool), "HW"),
        (np.random.default_rng(0).normal(size=(2, 5, 6, 7, 2)), "BDHWC"),
        (np.ones((6, 6), np.complex64), "HW"),
    ],
    ids=["signal", "all NaN", "one", "five axes", "complex"],
)
def test_arrays_of_any_kind(array, axes: str, open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "array.npy", array)
    window = open_window(tmp_path / "array.npy", axes=axes, filters=2, kernel=(1,), size=(720, 480))
    card = opened(qtbot, window)
    window.panes.clicked.emit(Stage.FEATURE, 0.5, 0.5, False)
    settle(qtbot, window)
    if array.dtype.kind == "c":
        assert "real numbers" in card.body_text
    else:
        assert card.steps[-1].name == "shown"
        assert card.steps[-1].note.startswith("equal")
