"""Parts of complex numbers in a real window, against numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.gui.pane import Pane
from padviewer.gui.rendering import CYCLIC, lookup_table
from padviewer.plan import Stage


@pytest.fixture
def field(tmp_path: Path) -> tuple[Path, np.ndarray]:
    rng = np.random.default_rng(0)
    array = (rng.normal(size=(12, 16)) + 1j * rng.normal(size=(12, 16))).astype(np.complex64)
    np.save(tmp_path / "field.npy", array)
    return tmp_path / "field.npy", array


def choose(pane: Pane, text: str) -> None:
    next(action for action in pane._menu.actions() if action.text() == text).trigger()


def honesty(window: MainWindow, stage: Stage) -> str:
    return window.pane(stage).honesty_text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("text", "name", "of"),
    [("Magnitude", "magnitude", np.abs), ("Real part", "real", np.real), ("Imaginary part", "imaginary", np.imag)],
)
def test_colours_levels_and_statistics_are_of_the_part(
    text: str, name: str, of, open_window: Open, field, qtbot: QtBot
) -> None:
    path, array = field
    window = open_window(path, axes="HW", target=(14, 16), filters=1)
    pane = window.pane(Stage.INPUT)
    choose(pane, text)
    choose(pane, "gray")
    settle(qtbot, window)
    low, high = of(array).min(), of(array).max()
    assert pane.levels == (pytest.approx(float(low)), pytest.approx(float(high)))
    expected = np.clip((of(array).astype(np.float64) - low) / (high - low) * 255 + 0.5, 0, 255).astype(np.uint8)
    assert np.abs(pane.canvas.pixels[..., 0].astype(int) - expected).max() <= 1
    assert honesty(window, Stage.INPUT).endswith(name)
    found = window.statistics.found(Stage.INPUT).answer
    assert found.mean == pytest.approx(float(of(array).mean(dtype=np.float64)))
    assert honesty(window, Stage.PADDED).endswith("magnitude"), "each pane has its own"


def test_phases_are_cyclic_between_minus_pi_and_pi(open_window: Open, field, qtbot: QtBot) -> None:
    path, array = field
    window = open_window(path, axes="HW", filters=1)
    pane = window.pane(Stage.INPUT)
    choose(pane, "Phase")
    settle(qtbot, window)
    assert pane.levels == (-np.pi, np.pi)
    table = lookup_table(CYCLIC)
    assert np.abs(table[0].astype(int) - table[-1]).max() <= 12, "the ends are one colour"
    steps = np.clip((np.angle(array).astype(np.float64) + np.pi) / (2 * np.pi) * 255 + 0.5, 0, 255).astype(int)
    near = np.abs(pane.canvas.pixels[..., :3].astype(int) - table[steps][..., :3]).max()
    assert near <= np.abs(np.diff(table[:, :3].astype(int), axis=0)).max()
    window.panes.probed.emit(3.5, 2.5)
    settle(qtbot, window)
    assert window.probe.text(Stage.INPUT)[1] == str(array[2, 3]), "the probe tells the element itself"
    choose(pane, "Real part")
    settle(qtbot, window)
    assert pane.levels[1] == -pane.levels[0], "both signs diverge from zero"


def test_real_numbers_have_no_parts(open_window: Open, photo: Path) -> None:
    window = open_window(photo, filters=1)
    shown = [action.text() for action in window.pane(Stage.INPUT)._menu.actions() if action.isVisible()]
    assert "Phase" not in shown
    assert "viridis" in shown
