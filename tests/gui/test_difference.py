"""The difference in the real window: pictures and figures of two settings, against both feature maps made whole."""

from __future__ import annotations

import importlib.util
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle, type_into
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from padviewer.geometry import Span
from padviewer.gui.difference.panel import DifferencePanel
from padviewer.gui.difference.view import BETWEEN, HERE, THERE
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage
from padviewer.workers.messages import ComputeRequest, ProbeRequest
from padviewer.workers.shared import OwnedArray


@pytest.fixture
def board(tmp_path: Path) -> Path:
    path = tmp_path / "board.npy"
    np.save(path, np.random.default_rng(0).integers(1, 255, (120, 150, 3), "uint8"))
    return path


def difference(qtbot: QtBot, window: MainWindow) -> DifferencePanel:
    QTest.keyClick(window, Qt.Key.Key_D)
    settle(qtbot, window)
    panel = window.instruments.panel("difference")
    assert isinstance(panel, DifferencePanel)
    return panel


def choose(qtbot: QtBot, panel: DifferencePanel, name: str, value: str) -> None:
    """Chooses what to compare with by the keyboard."""
    combo = panel.choices.combo(name)
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Home)
    while combo.currentData() != value:
        before = combo.currentIndex()
        QTest.keyClick(combo, Qt.Key.Key_Down)
        assert combo.currentIndex() > before
    settle(qtbot, panel._window)


def text(panel: DifferencePanel) -> str:
    return panel.text.replace("\u00a0", " ").replace("\u202f", "")


def whole(plan, array, engine) -> np.ndarray:
    """The whole feature map of a plan, by the engine's other way."""
    source = OwnedArray(array.shape, array.dtype.name)
    try:
        with source.array.open() as memory:
            memory[...] = array
            del memory
        engine.submit(ComputeRequest(plan, source.array)).result(60)
        region = tuple(Span(0, size) for size in plan.feature.shape)
        values = engine.submit(ProbeRequest(plan, {Stage.FEATURE: region})).result(60)[Stage.FEATURE]
        return values.reshape(plan.feature.shape)
    finally:
        source.release()


def test_one_choice_shows_what_a_mode_changes(qtbot: QtBot, open_window: Open, board: Path, shared_engine) -> None:
    window = open_window(board, target=(160, 200), position="center", filters=4, activation="linear")
    panel = difference(qtbot, window)
    assert "Choose on the left what to compare with" in panel.note
    choose(qtbot, panel, "mode", "reflect")
    here, there = (
        whole(plan, np.load(board), shared_engine)[..., 0]
        for plan in (window.session.plan, window.instruments.reference.plan)
    )
    apart = np.abs(here.astype("float64") - there)
    figures = panel.figures
    assert panel.is_whole
    assert panel.note == ""
    assert (figures.compared, figures.differing) == (apart.size, (here != there).sum())
    assert figures.largest == pytest.approx(apart.max(), rel=1e-6)
    assert figures.mean == pytest.approx(apart.mean(), rel=1e-6)
    assert apart[figures.place["H"], figures.place["W"]] == pytest.approx(apart.max(), rel=1e-6)
    assert figures.reach == (1, 1)
    assert "as far as 1 output (1 element) from its border" in text(panel)
    assert f"of all {apart.size} outputs differ" in text(panel)
    canvases = panel.view.canvases
    assert all(canvases[name].has_pixels for name in (HERE, THERE, BETWEEN))
    pixels = canvases[BETWEEN].pixels
    down, across = pixels.shape[0] / 158, pixels.shape[1] / 198
    inside = pixels[round(30 * down) : round(130 * down), round(35 * across) : round(165 * across)]
    assert (inside == inside[0, 0]).all(), "nothing differs over the content"
    assert (pixels != inside[0, 0]).any()


def test_the_same_settings_are_identical(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, target=(160, 200), filters=2)
    panel = difference(qtbot, window)
    QTest.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, window)
    assert text(panel).startswith(f"identical: all {158 * 198} outputs are equal to the last bit")
    assert not panel.go.isEnabled()
    type_into(window.form.field("fill_value"), "200")
    settle(qtbot, window)
    assert panel.figures.differing > 0
    assert panel.head.name == "against fill 0"
    type_into(window.form.field("fill_value"), "0")
    settle(qtbot, window)
    assert text(panel).startswith("identical")


def test_positions_are_compared_by_their_content(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, target=(160, 200), position="start", filters=2)
    panel = difference(qtbot, window)
    choose(qtbot, panel, "position", "end")
    # Windows inside of what both have hold the same: content, and zeros around it.
    assert text(panel).startswith(f"identical: the {118 * 148} outputs that both have are equal to the last bit")
    type_into(window.form.field("strides"), "3")
    settle(qtbot, window)
    assert "windows are shifted by 40 against each other" in panel.note
    assert "No difference can be made" in panel.note
    canvases = panel.view.canvases
    assert [canvases[name].isVisible() for name in (HERE, THERE, BETWEEN)] == [True, True, False]
    assert canvases[HERE].has_pixels
    assert canvases[THERE].has_pixels
    type_into(window.form.field("strides"), "2")
    settle(qtbot, window)
    assert panel.note == ""
    assert canvases[BETWEEN].isVisible()
    assert text(panel).startswith("identical")


def test_padded_is_compared_too(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, target=(160, 200), filters=2)
    panel = difference(qtbot, window)
    panel.head.stages.setFocus()
    QTest.keyClick(panel.head.stages, Qt.Key.Key_Down)
    choose(qtbot, panel, "mode", "edge")
    array = np.load(board)
    width = ((0, 40), (0, 50), (0, 0))
    apart = np.abs(np.pad(array, width).astype(int) - np.pad(array, width, "edge"))
    assert panel.figures.differing == (apart > 0).sum()
    assert panel.figures.largest == apart.max()
    assert "over the content none differs" in text(panel)


def test_zoom_and_pan_are_linked_both_ways(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, target=(160, 200), filters=2, size=(1400, 1000))
    panel = difference(qtbot, window)
    choose(qtbot, panel, "mode", "wrap")
    window.panes.show_view((20.0, 30.0, 40.0, 40.0))
    settle(qtbot, window)

    def middle(canvas) -> tuple[float, float]:
        left, top, width, height = canvas.view
        return round(left + width / 2, 3), round(top + height / 2, 3)

    assert {middle(canvas) for canvas in panel.view.canvases.values()} == {(40.0, 50.0)}
    panel.view.canvases[THERE].zoom(20)
    settle(qtbot, window)
    assert middle(window.pane(Stage.INPUT).canvas) == (40.0, 50.0)
    assert panel.view.canvases[BETWEEN].view[2] == pytest.approx(panel.view.canvases[THERE].view[2])
    assert panel.view.canvases[BETWEEN].has_grid
    panel.go.click()
    settle(qtbot, window)
    place = panel.figures.place
    assert middle(window.pane(Stage.PADDED).canvas) == (place["W"] + 1.5, place["H"] + 1.5)


def test_what_is_not_whole_is_compared_in_slices(qtbot: QtBot, open_window: Open, photo: Path) -> None:
    window = open_window(photo, target=(800, 900), filters=40, budget=8 << 20)
    assert not window.session.plan.is_whole
    panel = difference(qtbot, window)
    choose(qtbot, panel, "conv_padding", "same")
    assert panel.is_whole
    # `same` reads zeros beyond the end of the target, as there are before it: padding alone differs in none.
    assert panel.figures.compared == 798 * 898
    assert "that both have" in text(panel)
    sliced = panel.figures
    type_into(window.form.field("budget"), "4G")
    settle(qtbot, window)
    assert window.session.plan.is_whole
    assert panel.figures == sliced


def test_the_panes_keep_the_map_that_the_engine_holds(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, target=(160, 200), filters=2)
    states = []
    window.session.feature_changed.connect(lambda state: states.append(state.working))
    panel = difference(qtbot, window)
    choose(qtbot, panel, "mode", "symmetric")
    window.commands.zoom_in()
    settle(qtbot, window)
    assert panel.is_whole
    assert states == [], "nothing was computed anew"


def test_an_edit_while_it_compares_drops_what_was_asked(qtbot: QtBot, open_window: Open, photo: Path) -> None:
    window = open_window(photo, target=(1200, 1400), filters=2)
    panel = difference(qtbot, window)
    choose(qtbot, panel, "mode", "reflect")
    for size in ("1300", "700", "640"):
        type_into(window.form.field("target H"), size)
    settle(qtbot, window)
    assert panel.is_whole
    assert panel.figures.compared == 638 * 1398


def test_swap_and_clear(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, target=(160, 200), filters=2)
    panel = difference(qtbot, window)
    assert not panel.head.swap.isEnabled()
    choose(qtbot, panel, "mode", "wrap")
    panel.head.swap.click()
    settle(qtbot, window)
    assert window.session.spec.mode == "wrap"
    assert panel.head.name == "against mode constant"
    assert panel.choices.combo("mode").currentData() == "constant"
    panel.head.clear.click()
    settle(qtbot, window)
    assert window.instruments.reference.plan is None
    assert "Choose on the left" in panel.note


def test_a_reference_that_cannot_be_made_is_told(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, filters=2)
    panel = difference(qtbot, window)
    choose(qtbot, panel, "conv_padding", "causal")
    assert "causal convolution padding is for one spatial axis" in panel.note
    assert window.pane(Stage.FEATURE).canvas.has_pixels


def test_an_engine_that_dies_is_asked_again(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, target=(160, 200), filters=2, own_engine=True)
    panel = difference(qtbot, window)
    os.kill(window.session.clients["tensorflow engine"]._worker.pid, signal.SIGKILL)
    choose(qtbot, panel, "mode", "reflect")
    settle(qtbot, window)
    assert panel.is_whole
    assert panel.figures.reach == (1, 1)


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((200,), "T"), ((3, 90), "CT"), ((9, 30, 40), "DHW"), ((1, 1), "HW"), ((2, 8, 9, 3), "BHWC")],
)
def test_any_array_is_compared(qtbot: QtBot, open_window: Open, tmp_path: Path, shape, axes) -> None:
    np.save(tmp_path / "array.npy", np.random.default_rng(4).normal(size=shape).astype("float32"))
    window = open_window(tmp_path / "array.npy", axes=axes, filters=3, kernel=(1,), multiple_of=(7,))
    panel = difference(qtbot, window)
    choose(qtbot, panel, "mode", "edge")
    assert panel.is_whole
    assert panel.figures.compared > 0
    assert panel.view.canvases[BETWEEN].has_pixels
    QTest.keyClick(window.panes, Qt.Key.Key_X)
    settle(qtbot, window)
    assert panel.is_whole


def test_all_nan_is_equal_to_itself(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    np.save(tmp_path / "nan.npy", np.full((20, 30), np.nan, "float32"))
    window = open_window(tmp_path / "nan.npy", filters=3, target=(40, 40))
    panel = difference(qtbot, window)
    choose(qtbot, panel, "mode", "edge")
    assert panel.figures.odd > 0
    assert "NaN or infinite on one side" in text(panel)


def test_backends_that_are_not_installed_are_not_offered(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, filters=1)
    panel = difference(qtbot, window)
    combo = panel.choices.combo("backend")
    offered = {combo.itemData(row) for row in range(combo.count())} - {None}
    assert offered == {name for name in ("jax", "torch") if importlib.util.find_spec(name)}
    assert combo.isVisible() == bool(offered)


def test_of_a_vast_plane_only_what_is_seen_is_compared(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    path = tmp_path / "vast.npy"
    array = np.lib.format.open_memmap(path, "w+", "uint8", (30_000, 30_000))
    array[-40:, -40:] = 9
    del array
    window = open_window(path, target=(30_100, 30_100), filters=1, activation="linear")
    panel = difference(qtbot, window)
    choose(qtbot, panel, "mode", "edge")
    size = 30_098**2
    assert not panel.is_whole
    assert 0 < panel.figures.compared < 1 << 20
    assert f"{panel.figures.compared} of {size} outputs" in text(panel)
    window.panes.show_view((29_950.0, 29_950.0, 100.0, 100.0))
    settle(qtbot, window)
    assert f"of {size} outputs differ" in text(panel)
    assert panel.figures.reach[1] == 1
