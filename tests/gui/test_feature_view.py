"""FEATURE of arrays whose whole feature map does not fit the budget: the real window, reader and engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage
from padviewer.workers.messages import Tile

SMALL = 8 << 20


@pytest.fixture
def board(tmp_path: Path) -> Path:
    path = tmp_path / "board.npy"
    np.save(path, np.random.default_rng(0).integers(0, 255, (700, 900, 3), "uint8"))
    return path


def tiles_of(window: MainWindow) -> list[Tile]:
    """Collects the tiles of FEATURE from now on."""
    found: list[Tile] = []
    window.session.tile_ready.connect(lambda tile: found.append(tile) if tile.stage is Stage.FEATURE else None)
    return found


def shown(qtbot: QtBot, window: MainWindow, view: tuple[float, float, float, float]) -> Tile:
    tiles = tiles_of(window)
    for pane in window.panes.panes.values():
        pane.canvas.set_view(view)
    qtbot.waitUntil(lambda: bool(tiles), timeout=20_000)
    settle(qtbot, window)
    return tiles[-1]


@pytest.mark.parametrize(
    "settings", [{}, {"mode": "reflect", "strides": (2, 3)}, {"conv_padding": "same", "dilation": (3,)}]
)
def test_what_is_seen_is_the_crop_of_the_whole(qtbot: QtBot, open_window: Open, board: Path, settings) -> None:
    settings = {"target": (900, 1000), "position": "center", "filters": 5, "activation": "linear", **settings}
    small = open_window(board, budget=SMALL, **settings)
    large = open_window(board, **settings)
    assert (small.session.plan.is_whole, large.session.plan.is_whole) == (False, True)
    for view in ((0.0, 0.0, 1000.0, 900.0), (20.0, 90.0, 60.0, 50.0), (700.0, 500.0, 400.0, 300.0)):
        pieces, whole = shown(qtbot, small, view), shown(qtbot, large, view)
        common = {}
        for tile in (pieces, whole):
            rows, columns = (span.indices for span in tile.region[:2])
            for i, row in enumerate(rows):
                for j, column in enumerate(columns):
                    common.setdefault((row, column), []).append(tile.data[i, j, 0])
        pairs = np.array([values for values in common.values() if len(values) == 2])
        assert len(pairs) > 100
        np.testing.assert_allclose(pairs[:, 0], pairs[:, 1], atol=2e-3)
    texts = [window.panes.panes[Stage.FEATURE].honesty_text.replace("\u00a0", " ") for window in (small, large)]
    assert ("computed for this view" in texts[0], "computed whole" in texts[1]) == (True, True)


def test_another_filter_is_another_picture(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, budget=SMALL, filters=4, activation="linear")
    tiles = tiles_of(window)
    slider = window.panes.panes[Stage.FEATURE].slider("C")
    assert slider is not None
    slider.index_edited.emit("C", 2)
    qtbot.waitUntil(lambda: bool(tiles), timeout=20_000)
    settle(qtbot, window)
    assert [span.start for span in tiles[-1].region][-1] == 2
    assert tiles[-1].statistics.one_in > 1


def test_the_probe_says_the_exact_element(qtbot: QtBot, open_window: Open, board: Path) -> None:
    values = []
    for budget in (SMALL, 4 << 30):
        window = open_window(board, budget=budget, filters=3, seed=4)
        found: list[dict] = []
        window.session.probed.connect(found.append)
        window.session.probe(333.5, 222.5)
        qtbot.waitUntil(lambda found=found: bool(found) and found[-1][Stage.FEATURE][2] is not None, timeout=20_000)
        values.append(found[-1][Stage.FEATURE])
    assert values[0][:2] == values[1][:2]
    np.testing.assert_allclose(values[0][2], values[1][2], atol=2e-3)


def test_a_sparse_array_of_100_gigabytes_is_padded_and_convolved_on_screen(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    path, side = tmp_path / "huge.npy", 100_000
    with path.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (side, side, 10)}
        np.lib.format.write_array_header_1_0(file, header)
        offset = file.tell()
        file.truncate(offset + side * side * 10)
        file.seek(offset + (50_000 * side + 50_000) * 10)
        file.write(bytes(range(10)))
    window = open_window(path, axes="HWC", target=(110_000, 110_000), filters=2, activation="linear", seed=1)
    assert window.panes.panes[Stage.FEATURE].canvas.has_pixels
    tile = shown(qtbot, window, (49_990.0, 49_990.0, 20.0, 20.0))
    rows, columns = (span.indices for span in tile.region[:2])
    touched = np.argwhere(tile.data[..., 0] != 0)
    places = {(rows[i], columns[j]) for i, j in touched[:, :2]}
    assert places == {(r, c) for r in range(49_998, 50_001) for c in range(49_998, 50_001)}
    # What lies between the samples of the overview is not beyond the levels.
    assert tile.statistics.minimum <= tile.data.min()
    assert tile.statistics.maximum >= tile.data.max() > 0


def test_cancelling_leaves_a_window_that_works(qtbot: QtBot, open_window: Open, board: Path) -> None:
    window = open_window(board, budget=SMALL, filters=3, own_engine=True)
    window.session.edit({"seed": 9})
    window.session.cancel_feature()
    settle(qtbot, window)
    window.session.edit({"seed": 10})
    settle(qtbot, window)
    assert window.panes.panes[Stage.FEATURE].canvas.has_pixels
    assert window.session.feature.state.error is None
