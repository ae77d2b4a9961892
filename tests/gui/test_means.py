"""Pictures seen from afar: samples at once, means of blocks soon after, and the line that says which."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle, type_into
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage
from padviewer.workers.messages import Tile

STAGES = (Stage.INPUT, Stage.PADDED)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.npy"
    np.save(path, np.random.default_rng(3).integers(0, 255, (3000, 4000, 3), "uint8"))
    return path


def averaging(qtbot: QtBot, window: MainWindow) -> dict[Stage, list[Tile]]:
    """Switches means on; collects the tiles from now on."""
    found: dict[Stage, list[Tile]] = {stage: [] for stage in STAGES}
    window.session.tile_ready.connect(lambda tile: found.get(tile.stage, []).append(tile))
    QTest.keyClick(window, Qt.Key.Key_M)
    assert window.actions_.average.isChecked()
    qtbot.waitUntil(lambda: all(tiles and tiles[-1].averaged for tiles in found.values()), timeout=20_000)
    settle(qtbot, window)
    return found


def honesty(window: MainWindow, stage: Stage) -> str:
    return window.pane(stage).honesty_text.replace("\u00a0", " ").replace("\u202f", " ")


def block_means(array, region):
    rows, columns = region[:2]
    spans = [
        range(span.start, min(span.stop, n), span.step) for span, n in zip((rows, columns), array.shape, strict=False)
    ]
    wide = array.astype("float64")
    return np.stack(
        [
            np.stack([wide[y : y + rows.step, x : x + columns.step].mean(axis=(0, 1)) for x in spans[1]])
            for y in spans[0]
        ]
    )


@pytest.mark.parametrize("settings", [{}, {"mode": "reflect"}])
def test_samples_first_then_means(qtbot: QtBot, open_window: Open, large: Path, settings) -> None:
    window = open_window(large, target=(3300, 4100), position="center", filters=1, fill_value=200, **settings)
    array = np.load(large)
    padded = np.pad(
        array,
        ((150, 150), (50, 50), (0, 0)),
        settings.get("mode", "constant"),
        **({} if settings else {"constant_values": 200}),
    )
    assert all(honesty(window, stage).startswith("every 8th of ") for stage in STAGES)
    found = averaging(qtbot, window)
    for stage, whole in zip(STAGES, (array, padded), strict=True):
        first, last = found[stage][0], found[stage][-1]
        step = last.region[0].step
        assert step > 1
        assert (first.averaged, last.averaged, first.region) == (False, True, last.region)
        np.testing.assert_array_equal(first.data, whole[::step, ::step])
        assert np.abs(last.data.astype("float64") - block_means(whole, last.region)).max() <= 1.01
        assert honesty(window, stage).startswith(f"means over {step} × {step} of ")


def test_a_zoom_to_single_elements_shows_them(qtbot: QtBot, open_window: Open, large: Path) -> None:
    window = open_window(large, filters=1)
    averaging(qtbot, window)
    window.commands.actual_size()
    settle(qtbot, window)
    assert all(honesty(window, stage).startswith("all of ") for stage in STAGES)


def test_switching_off_goes_back_to_samples(qtbot: QtBot, open_window: Open, large: Path) -> None:
    window = open_window(large, filters=1)
    averaging(qtbot, window)
    QTest.keyClick(window, Qt.Key.Key_M)
    settle(qtbot, window)
    assert not window.preferences.averages
    assert all(honesty(window, stage).startswith("every ") for stage in STAGES)


def test_labels_are_never_averaged(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    np.save(tmp_path / "labels.npy", np.arange(3000 * 3000, dtype="int32").reshape(3000, 3000) % 7)
    window = open_window(tmp_path / "labels.npy", filters=1)
    QTest.keyClick(window, Qt.Key.Key_M)
    settle(qtbot, window)
    assert all(honesty(window, stage).startswith("every ") for stage in STAGES)


def test_an_edit_while_means_are_made(qtbot: QtBot, open_window: Open, large: Path) -> None:
    window = open_window(large, filters=1)
    found = averaging(qtbot, window)
    for size in ("3200", "3400", "3600"):
        type_into(window.form.field("target H"), size)
    qtbot.waitUntil(lambda: found[Stage.PADDED][-1].averaged, timeout=20_000)
    settle(qtbot, window)
    assert window.pane(Stage.PADDED).title_text == "3600 × 4000 × 3"
    assert honesty(window, Stage.PADDED).startswith("means over ")


def test_a_file_that_is_deleted_is_told_once_and_stays_readable(qtbot: QtBot, open_window: Open, large: Path) -> None:
    window = open_window(large, filters=1)
    told = []
    window.session.failed.connect(told.append)
    large.unlink()
    for _ in range(3):
        window.commands.zoom_in()
        settle(qtbot, window)
    assert ["deleted or moved since it was opened" in error.message for error in told] == [True]
    assert "deleted or moved" in window.message.message
    assert window.pane(Stage.INPUT).canvas.has_pixels


def test_the_budget_can_be_set(qtbot: QtBot, open_window: Open, large: Path) -> None:
    window = open_window(large, filters=1, budget=4 << 30)
    assert window.session.plan.is_whole
    assert "computed whole" in window.form.cost_text
    type_into(window.form.field("budget"), "200M")
    settle(qtbot, window)
    assert not window.session.plan.is_whole
    assert "computed for the view" in window.form.cost_text
    assert "computed for this view" in honesty(window, Stage.FEATURE)
    type_into(window.form.field("budget"), "nonsense")
    assert window.session.plan.budget == 200 << 20
    assert "such as 800M or 4GiB" in window.form.field("budget").toolTip()


def test_an_edit_reads_only_what_it_changes(qtbot: QtBot, open_window: Open, large: Path) -> None:
    window = open_window(large, filters=1)
    found = averaging(qtbot, window)
    asked = []
    reader = window.session._clients["reader"]
    submit = reader.submit
    reader.submit = lambda key, *rest: (asked.append(key), submit(key, *rest))[1]
    before = found[Stage.INPUT][-1]
    type_into(window.form.field("fill_value"), "9")
    settle(qtbot, window)
    assert found[Stage.INPUT][-1] is before
    assert "tile padded" in asked
    assert "tile input" not in asked
