"""Any two axes on screen, in a real window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage

STAGES = (Stage.INPUT, Stage.PADDED, Stage.FEATURE)


@pytest.fixture
def volume(tmp_path: Path) -> tuple[Path, np.ndarray]:
    array = np.random.default_rng(0).integers(1, 255, (6, 20, 30)).astype(np.uint8)
    np.save(tmp_path / "volume.npy", array)
    return tmp_path / "volume.npy", array


def pairs(window: MainWindow) -> dict[str, QAction]:
    """The pairs that the menu offers."""
    return {action.text(): action for action in window.actions_.axes.actions() if action.isCheckable()}


def choose(qtbot: QtBot, window: MainWindow, text: str) -> None:
    pairs(window)[text].trigger()
    settle(qtbot, window)


def all_of(count: int) -> tuple[float, float]:
    """Start and extent of a view that shows all elements, with a margin for the rulers."""
    return -0.05 * count, 1.1 * count


def shown(window: MainWindow, stage: Stage) -> np.ndarray:
    pixels = window.pane(stage).canvas.pixels
    assert pixels is not None
    return pixels


def test_a_volume_is_shown_by_any_pair_of_axes(open_window: Open, volume, qtbot: QtBot) -> None:
    path, array = volume
    window = open_window(path, axes="DHW", target=(10, 24, 30), position="center", filters=2, kernel=(1,))
    padded = np.pad(array, ((2, 2), (2, 2), (0, 0)))
    assert list(pairs(window)) == ["H × W", "D × H", "D × W"]
    assert pairs(window)["H × W"].isChecked()
    choose(qtbot, window, "D × W")
    assert list(window.pane(Stage.PADDED).sliders.sliders) == ["H"]
    assert np.array_equal(shown(window, Stage.INPUT)[..., 0], array[:, 9])
    assert np.array_equal(shown(window, Stage.PADDED)[..., 0], padded[:, 11])
    assert shown(window, Stage.FEATURE).shape[:2] == (10, 30)
    assert window.pane(Stage.PADDED).canvas.marks == ((0, 0, 30, 10), (0, 2, 30, 6))
    assert window.pane(Stage.INPUT).honesty_text.replace("\u202f", " ").startswith("all\u00a0of\u00a06 × 30")
    height = window.pane(Stage.INPUT).slider("H")
    assert height is not None
    height.stop.setFocus()
    QTest.keyClick(height.stop, Qt.Key.Key_Right)
    settle(qtbot, window)
    assert np.array_equal(shown(window, Stage.INPUT)[..., 0], array[:, 10])
    choose(qtbot, window, "D × H")
    assert list(window.pane(Stage.PADDED).sliders.sliders) == ["W"]
    assert np.array_equal(shown(window, Stage.PADDED)[..., 0], padded[:, :, 14])
    choose(qtbot, window, "D × W")
    assert np.array_equal(shown(window, Stage.INPUT)[..., 0], array[:, 10]), "the row that was chosen is kept"


def test_a_hidden_axis_in_padding_is_told_and_hatched(open_window: Open, volume, qtbot: QtBot) -> None:
    path, _array = volume
    window = open_window(path, axes="DHW", target=(10, 24, 30), position="center", filters=2, kernel=(1,))
    choose(qtbot, window, "D × W")
    height = window.pane(Stage.PADDED).slider("H")
    assert height is not None
    height._slider.setValue(0)
    settle(qtbot, window)
    assert "this slice is padding" in window.pane(Stage.INPUT).note_text
    assert window.pane(Stage.PADDED).canvas.marks == ((0, 0, 30, 10), (0, 0, 0, 0))
    assert (shown(window, Stage.PADDED)[..., :3] == 0).all()


def test_the_probe_tells_the_element_of_the_plane_on_screen(open_window: Open, volume, qtbot: QtBot) -> None:
    path, array = volume
    window = open_window(path, axes="DHW", target=(10, 24, 30), position="center", filters=1, kernel=(1,))
    choose(qtbot, window, "D × W")
    window.panes.probed.emit(7.5, 3.5)
    qtbot.waitUntil(lambda: "…" not in window.probe.text(Stage.PADDED)[1])
    assert window.probe.text(Stage.PADDED) == ("D 3  H 11  W 7", str(array[1, 9, 7]))
    assert window.probe.text(Stage.INPUT)[0] == "D 1  H 9  W 7"
    window.panes.probed.emit(7.5, 0.5)
    qtbot.waitUntil(lambda: "…" not in window.probe.text(Stage.PADDED)[1])
    assert window.probe.text(Stage.PADDED) == ("D 0  H 11  W 7", "0   padding")
    assert window.probe.text(Stage.INPUT)[0] == "outside"


def test_an_edit_keeps_the_slice_and_the_axes(open_window: Open, volume, qtbot: QtBot) -> None:
    path, array = volume
    window = open_window(path, axes="DHW", filters=1, kernel=(1,))
    choose(qtbot, window, "D × W")
    window.pane(Stage.INPUT).slider("H")._slider.setValue(4)
    window.session.edit({"target": (6, 40, 30), "position": "end"})
    settle(qtbot, window)
    assert window.pane(Stage.PADDED).slider("H").index == 24
    assert np.array_equal(shown(window, Stage.INPUT)[..., 0], array[:, 4])
    assert pairs(window)["D × W"].isChecked()


def test_x_goes_through_the_pairs(open_window: Open, volume, qtbot: QtBot) -> None:
    window = open_window(volume[0], axes="DHW", filters=1, kernel=(1,))
    with qtbot.waitActive(window):
        window.activateWindow()
    seen = []
    for _ in range(4):
        seen.append([text for text, action in pairs(window).items() if action.isChecked()])
        QTest.keyClick(window, Qt.Key.Key_X)
        settle(qtbot, window)
    assert seen == [["H × W"], ["D × H"], ["D × W"], ["H × W"]]


def test_another_array_is_shown_by_its_usual_axes(
    open_window: Open, volume, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(volume[0], axes="DHW", filters=1, kernel=(1,))
    choose(qtbot, window, "D × W")
    np.save(tmp_path / "plain.npy", np.arange(200, dtype=np.uint8).reshape(10, 20))
    window.commands.open_paths([str(tmp_path / "plain.npy")])
    settle(qtbot, window)
    assert shown(window, Stage.INPUT).shape[:2] == (10, 20)
    assert list(pairs(window)) == ["H × W"]
    assert not window.actions_.axes.menuAction().isEnabled()
    left, top, width, height = window.pane(Stage.INPUT).canvas.view
    assert left <= 0
    assert left + width >= 20
    assert top <= 0
    assert top + height >= 10


def test_channels_on_screen_are_no_colours_and_fill_each_pane(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    array = np.random.default_rng(0).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    np.save(tmp_path / "colours.npy", array)
    window = open_window(tmp_path / "colours.npy", axes="HWC", filters=5, kernel=(1,))
    choose(qtbot, window, "H × C")
    assert np.array_equal(shown(window, Stage.INPUT)[..., 0], array[:, 14])
    assert shown(window, Stage.FEATURE).shape[:2] == (20, 5)
    assert [list(window.pane(stage).sliders.sliders) for stage in STAGES] == [["W"]] * 3
    for stage, count in zip(STAGES, (3, 3, 5), strict=True):
        assert window.pane(stage).canvas.view[::2] == pytest.approx(all_of(count))
    window.commands.zoom_in()
    settle(qtbot, window)
    views = [window.pane(stage).canvas.view for stage in STAGES]
    for view, count in zip(views, (3, 3, 5), strict=True):
        assert view[::2] == pytest.approx(all_of(count)), "zooming leaves all channels on screen"
        assert view[1::2] == pytest.approx(views[0][1::2])
    choose(qtbot, window, "H × W")
    assert np.array_equal(shown(window, Stage.INPUT)[..., :3], array)


def test_the_items_of_a_batch_stand_as_rows(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    array = np.random.default_rng(0).integers(0, 255, (7, 20, 30, 2)).astype(np.uint8)
    np.save(tmp_path / "batch.npy", array)
    window = open_window(tmp_path / "batch.npy", axes="BHWC", target=(20, 40), filters=3, kernel=(1,))
    choose(qtbot, window, "B × W")
    assert list(window.pane(Stage.INPUT).sliders.sliders) == ["H", "C"]
    assert np.array_equal(shown(window, Stage.INPUT)[..., 0], array[:, 9, :, 0])
    assert window.pane(Stage.PADDED).canvas.marks == ((0, 0, 40, 7), (0, 0, 30, 7))
    window.commands.actual_size()
    settle(qtbot, window)
    for stage in STAGES:
        assert window.pane(stage).canvas.view[1::2] == pytest.approx(all_of(7))


def test_a_batch_of_signals_is_shown_by_any_pair(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    array = np.random.default_rng(0).integers(0, 255, (4, 50, 3)).astype(np.uint8)
    np.save(tmp_path / "signals.npy", array)
    window = open_window(tmp_path / "signals.npy", axes="BTC", target=(60,), position="end", filters=2, kernel=(1,))
    assert list(pairs(window)) == ["C × T", "B × C", "B × T"]
    choose(qtbot, window, "B × C")
    assert np.array_equal(shown(window, Stage.PADDED)[..., 0], array[:, 24])
    assert window.pane(Stage.PADDED).slider("T").index == 34
