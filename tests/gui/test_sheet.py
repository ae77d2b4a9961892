"""The sheet of filters in the real window: thumbnails, figures, order, dead filters, and what a click shows."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle, type_into
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from padviewer.geometry import Span
from padviewer.gui.main_window import MainWindow
from padviewer.gui.sheet.panel import SheetPanel
from padviewer.plan import Stage
from padviewer.workers.messages import ProbeRequest

SMALL = 8 << 20


@pytest.fixture
def board(tmp_path: Path) -> Path:
    path = tmp_path / "board.npy"
    np.save(path, np.random.default_rng(0).integers(0, 255, (200, 300, 3), "uint8"))
    return path


def sheet(qtbot: QtBot, window: MainWindow) -> SheetPanel:
    """Opens the panel by its key and waits until it knows everything."""
    QTest.keyClick(window, Qt.Key.Key_G)
    settle(qtbot, window)
    panel = window.instruments.panel("filters")
    assert isinstance(panel, SheetPanel)
    return panel


def whole_map(window: MainWindow, engine) -> np.ndarray:
    """The whole feature map that the engine holds."""
    plan = window.session.plan
    region = tuple(Span(0, size) for size in plan.feature.shape)
    values = engine.submit(ProbeRequest(plan, {Stage.FEATURE: region})).result(60)[Stage.FEATURE]
    return values.reshape(plan.feature.shape).astype("float64")


def order(panel: SheetPanel) -> list[int]:
    return [panel.filters.filter_at(row) for row in range(panel.filters.rowCount())]


def choose(panel: SheetPanel, name: str, text: str) -> None:
    combo = next(c for c in panel.findChildren(type(panel._order)) if c.accessibleName() == name)
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Home)
    while not combo.currentText().startswith(text):
        QTest.keyClick(combo, Qt.Key.Key_Down)


def click(panel: SheetPanel, row: int) -> None:
    place = panel.view.visualRect(panel.filters.index(row)).center()
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))


def test_figures_and_order_are_those_of_the_whole_plane(
    qtbot: QtBot, open_window: Open, board: Path, shared_engine
) -> None:
    window = open_window(board, target=(260, 320), filters=40)
    panel = sheet(qtbot, window)
    feature = whole_map(window, shared_engine)
    page = panel.filters.page
    assert page.is_exact
    flat = feature.reshape(-1, 40)
    np.testing.assert_allclose(page.figures.mean, flat.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(page.figures.maximum, flat.max(axis=0))
    np.testing.assert_allclose(page.figures.deviation, flat.std(axis=0), rtol=1e-6, atol=1e-9)
    for number in (0, 33):
        thumbnail = page.thumbnail(number)
        step = [-(-size // 64) for size in feature.shape[:2]]
        np.testing.assert_array_equal(thumbnail, feature[:: step[0], :: step[1], number].astype("float32"))
    assert order(panel) == list(range(40))
    choose(panel, "Order of the filters", "Max")
    choose(panel, "Direction of the order", "Desc")
    assert order(panel) == np.argsort(-flat.max(axis=0), kind="stable").tolist()
    choose(panel, "Order of the filters", "Mean")
    choose(panel, "Direction of the order", "Asc")
    assert order(panel) == np.argsort(flat.mean(axis=0), kind="stable").tolist()


def test_dead_filters_are_counted_and_told(qtbot: QtBot, open_window: Open, photo: Path, shared_engine) -> None:
    window = open_window(photo, filters=32)
    panel = sheet(qtbot, window)
    dead = np.flatnonzero((whole_map(window, shared_engine) == 0).all(axis=(0, 1)))
    assert 0 < len(dead) < 32
    assert panel.count_text.replace("\u00a0", " ").startswith(f"{len(dead)} of 32 dead: all outputs")
    told = [panel.filters.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(32)]
    assert [row for row, text in enumerate(told) if "dead: all outputs are 0" in text] == dead.tolist()


def test_a_click_shows_a_filter_and_the_sheet_follows_the_slider(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, filters=12)
    panel = sheet(qtbot, window)
    click(panel, 5)
    settle(qtbot, window)
    assert window.session.cut.filter == 5
    assert window.pane(Stage.FEATURE).slider("C").index == 5
    slider = window.pane(Stage.FEATURE).slider("C").stop
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert panel.view.currentIndex().row() == 6
    panel.view.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right):
        QTest.keyClick(panel.view, key)
    assert window.session.cut.filter == 6, "arrows move, Enter shows"
    QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert window.session.cut.filter == 8


def test_a_view_that_is_not_whole_says_samples(qtbot: QtBot, open_window: Open, photo: Path) -> None:
    window = open_window(photo, filters=70, budget=SMALL, target=(500, 700))
    panel = sheet(qtbot, window)
    whole = open_window(photo, filters=70, target=(500, 700))
    exact = sheet(qtbot, whole)
    assert (window.session.plan.is_whole, whole.session.plan.is_whole) == (False, True)
    page = panel.filters.page
    assert page.is_looked_through
    assert not page.is_exact
    text = panel.count_text.replace("\u00a0", " ")
    assert f"by {page.outputs} samples of each" in text
    for number in (0, 40, 69):
        np.testing.assert_allclose(page.thumbnail(number), exact.filters.page.thumbnail(number), rtol=1e-4, atol=1e-3)
    dead = [row for row in range(70) if page.figures.dead[row]]
    assert dead
    told = panel.filters.index(dead[0]).data(Qt.ItemDataRole.AccessibleTextRole)
    assert f"0 in each of {page.outputs} samples" in told


def test_thousands_of_filters_are_asked_for_by_what_is_on_screen_first(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    np.save(tmp_path / "small.npy", np.random.default_rng(1).normal(size=(40, 50)).astype("float32"))
    window = open_window(tmp_path / "small.npy", filters=4096, budget=SMALL)
    asked: list[int] = []
    engine = window.session.clients["tensorflow engine"]
    submit = engine.submit

    def note(key, request, *rest):
        if key == "sheet":
            asked.append(request.region[-1].start)
        return submit(key, request, *rest)

    engine.submit = note
    panel = sheet(qtbot, window)
    page = panel.filters.page
    assert sorted(asked) == list(range(0, 4096, 32))
    panel.view.scrollToBottom()
    asked.clear()
    settle(qtbot, window)
    assert page.thumbnail(4095) is not None
    choose(panel, "Order of the filters", "Max")
    settle(qtbot, window)
    seen = [panel.filters.filter_at(row) for row in panel.view.rows]
    assert seen
    assert all(page.thumbnail(number) is not None for number in seen)
    assert sum(chunk.nbytes for chunk in page._thumbnails.values()) <= 33 << 20


def test_an_edit_makes_another_sheet_and_stale_answers_are_dropped(
    qtbot: QtBot, open_window: Open, board: Path, shared_engine
) -> None:
    window = open_window(board, filters=8)
    panel = sheet(qtbot, window)
    for count in ("9", "17", "5"):
        type_into(window.form.field("filters"), count)
    settle(qtbot, window)
    assert panel.filters.rowCount() == 5
    feature = whole_map(window, shared_engine).reshape(-1, 5)
    np.testing.assert_allclose(panel.filters.page.figures.mean, feature.mean(axis=0), rtol=1e-9)


@pytest.mark.parametrize(
    ("shape", "axes", "curves"),
    [
        ((200,), "T", True),
        ((3, 90), "CT", True),
        ((9, 30, 40), "DHW", False),
        ((1, 1), "HW", True),
        ((2, 8, 9, 3), "BHWC", False),
    ],
)
def test_any_array_has_a_sheet(qtbot: QtBot, open_window: Open, tmp_path: Path, shape, axes, curves) -> None:
    np.save(tmp_path / "array.npy", np.random.default_rng(4).normal(size=shape).astype("float32"))
    window = open_window(tmp_path / "array.npy", axes=axes, filters=3, conv_padding="same")
    panel = sheet(qtbot, window)
    page = panel.filters.page
    assert page.is_exact
    assert page.has_curves == curves
    assert page.thumbnail(2).ndim == 2
    assert ("filters are on screen already" in panel.count_text.replace("\u00a0", " ")) == ("T" in axes)
    assert not panel.grab().isNull()
    if axes == "DHW":
        first = page.figures.mean.copy()
        slider = window.pane(Stage.FEATURE).slider("D").stop
        slider.setFocus()
        QTest.keyClick(slider, Qt.Key.Key_Right)
        settle(qtbot, window)
        assert (panel.filters.page.figures.mean != first).any()


def test_nan_and_what_cannot_be_made_are_told(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    np.save(tmp_path / "nan.npy", np.full((20, 30), np.nan, "float32"))
    window = open_window(tmp_path / "nan.npy", filters=3)
    panel = sheet(qtbot, window)
    assert "504 outputs are NaN or infinite" in panel.filters.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert not panel.grab().isNull()
    type_into(window.form.field("kernel"), "50")
    settle(qtbot, window)
    assert panel.filters.rowCount() == 0
    assert "fewer than the 50 that the kernel spans" in panel.count_text


def test_a_closed_sheet_asks_for_nothing(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, filters=8)
    panel = sheet(qtbot, window)
    QTest.keyClick(window, Qt.Key.Key_G)
    assert not panel.isVisible()
    type_into(window.form.field("filters"), "9")
    settle(qtbot, window)
    assert panel.filters.rowCount() == 8
    QTest.keyClick(window.panes, Qt.Key.Key_G)
    settle(qtbot, window)
    assert panel.filters.rowCount() == 9


def test_an_edit_is_computed_once_with_the_sheet_open(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, filters=8)
    sheet(qtbot, window)
    engine = window.session.clients["tensorflow engine"]
    asked: list[str] = []
    submit = engine.submit
    engine.submit = lambda key, *rest: (asked.append(key), submit(key, *rest))[1]
    type_into(window.form.field("target H"), "230")
    settle(qtbot, window)
    assert asked.count("compute") == 3, "one for each letter that was typed"
    assert asked.index("sheet") > asked.index("compute")


def test_levels_are_common_or_of_each(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, filters=6, activation="linear")
    panel = sheet(qtbot, window)
    page, tiles = panel.filters.page, panel.tiles
    common = [tiles._levels(page.thumbnail(number)) for number in range(6)]
    figures = page.figures
    assert set(common) == {(figures.minimum.min(), figures.maximum.max())}
    choose(panel, "Levels of the thumbnails", "Levels of each")
    own = [tiles._levels(page.thumbnail(number)) for number in range(6)]
    assert own == [(page.thumbnail(n).min(), page.thumbnail(n).max()) for n in range(6)]
    before = tiles._picture(2, page.thumbnail(2)).copy()
    window.pane(Stage.FEATURE)._on_menu_look_edited(replace(window.pane(Stage.FEATURE).look, colour_map="gray"))
    assert tiles._picture(2, page.thumbnail(2)) != before, "the colours are those of the pane"


def test_an_engine_that_dies_leaves_the_sheet_to_the_next(qtbot: QtBot, open_window: Open, photo: Path) -> None:
    window = open_window(photo, filters=8, own_engine=True)
    panel = sheet(qtbot, window)
    os.kill(window.session.clients["tensorflow engine"]._worker.pid, signal.SIGKILL)
    type_into(window.form.field("filters"), "9")
    settle(qtbot, window)
    assert panel.filters.rowCount() == 9
    assert panel.filters.page.is_exact


def test_grouped_and_separable_kernels(qtbot: QtBot, open_window: Open, tmp_path: Path, shared_engine) -> None:
    np.save(tmp_path / "wide.npy", np.random.default_rng(7).normal(size=(30, 40, 40)).astype("float32"))
    settings = {"axes": "HWC", "conv": "depthwise", "depth_multiplier": 2}
    window = open_window(tmp_path / "wide.npy", budget=500_000, **settings)
    panel = sheet(qtbot, window)
    page = panel.filters.page
    assert not window.session.plan.is_whole
    assert page.count == 80
    pieces = [page.thumbnail(number).copy() for number in range(80)]
    type_into(window.form.field("budget"), "1G")
    settle(qtbot, window)
    feature = whole_map(window, shared_engine)
    for number, piece in enumerate(pieces):
        np.testing.assert_allclose(piece, feature[..., number], rtol=1e-4, atol=1e-5)
