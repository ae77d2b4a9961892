"""The line of statistics, in a real window, against numpy on the whole array."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import PATIENCE_MS, Open, settle
from pytestqt.qtbot import QtBot

from padviewer.gui import plane_count
from padviewer.gui.main_window import MainWindow
from padviewer.gui.plane_count import Counted
from padviewer.gui.statistics_text import statistics_text
from padviewer.plan import Stage
from padviewer.workers.statistics import Summary, summary_of


def counted(qtbot: QtBot, window: MainWindow, stage: Stage) -> Counted:
    settle(qtbot, window)
    found = window.statistics.found(stage)
    assert found is not None
    assert found.lasts
    return found


def agrees(found: Counted, array: np.ndarray) -> None:
    summary: Summary = found.answer
    finite = array[np.isfinite(array)]
    assert (summary.count, summary.finite) == (array.size, finite.size)
    assert (summary.minimum, summary.maximum) == (finite.min(), finite.max())
    assert summary.mean == pytest.approx(finite.mean(dtype="float64"), rel=1e-9, abs=1e-9)
    assert summary.deviation == pytest.approx(finite.std(dtype="float64"), rel=1e-9)
    assert summary.zeros == (array == 0).sum()
    assert (found.one_in, found.coarse) == (1, 1)


def test_each_pane_tells_of_its_own_plane(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    array = np.random.default_rng(0).integers(0, 9, (4, 20, 30)).astype(np.int16)
    np.save(tmp_path / "volume.npy", array)
    window = open_window(tmp_path / "volume.npy", axes="DHW", target=(6, 24, 30), fill_value=-7, filters=2)
    padded = np.pad(array, ((0, 2), (0, 4), (0, 0)), constant_values=-7)
    agrees(counted(qtbot, window, Stage.INPUT), array[0])
    agrees(counted(qtbot, window, Stage.PADDED), padded[0])
    feature = counted(qtbot, window, Stage.FEATURE)
    shown = window.pane(Stage.FEATURE).picture.tile.data[0, :, :, 0]
    agrees(feature, shown)
    assert "NaN 0  Inf 0" in window.pane(Stage.FEATURE).statistics_text.replace("\u00a0", " ")
    window.pane(Stage.PADDED).slider("D")._slider.setValue(5)
    agrees(counted(qtbot, window, Stage.PADDED), padded[5])
    assert window.statistics.found(Stage.INPUT) is None, "the slice is padding"
    assert window.pane(Stage.INPUT).statistics_text == ""
    window.session.edit({"fill_value": 3})
    assert counted(qtbot, window, Stage.PADDED).answer.mean == 3


def test_a_large_plane_is_sampled_and_then_counted_whole(
    open_window: Open, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = np.random.default_rng(0).normal(size=(1500, 1400)).astype(np.float32)
    array[3, 3], array[4, 4:6] = np.nan, np.inf
    np.save(tmp_path / "large.npy", array)
    window = open_window(tmp_path / "large.npy", filters=1)
    agrees(counted(qtbot, window, Stage.INPUT), array)
    told: list[Counted] = []
    window.statistics.changed.connect(lambda stage: told.append(window.statistics.found(stage)))
    window.session.edit({"target": (1600, 1600)})
    agrees(counted(qtbot, window, Stage.PADDED), np.pad(array, ((0, 100), (0, 200))))
    assert [found.lasts for found in told if found][:1] == [False], "a sample comes first"
    text = window.pane(Stage.PADDED).statistics_text.replace("\u00a0", " ")
    assert text.startswith("NaN 1  Inf 2")
    assert "looked at" not in text
    monkeypatch.setattr(plane_count, "MOST", 1000)
    window.session.edit({"target": (1700, 1700)})
    settle(qtbot, window)
    assert "1 in 4 looked at" in window.pane(Stage.PADDED).statistics_text.replace("\u00a0", " ")
    sampled = np.pad(array, ((0, 200), (0, 300)))[::2, ::2]
    assert window.statistics.found(Stage.PADDED).answer.finite == np.isfinite(sampled).sum()


def test_a_map_that_is_computed_for_the_view_is_counted_too(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    whole = open_window(photo, filters=3, seed=5)
    exact = counted(qtbot, whole, Stage.FEATURE).answer
    view = open_window(photo, filters=3, seed=5, budget=8 << 20)
    assert not view.session.plan.is_whole
    found = counted(qtbot, view, Stage.FEATURE)
    assert (found.one_in, found.answer.count) == (1, exact.count)
    assert found.answer.mean == pytest.approx(exact.mean, rel=1e-5)
    assert found.answer.deviation == pytest.approx(exact.deviation, rel=1e-5)


def test_what_was_told_before_is_taken_away_when_nothing_comes(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "volume.npy", np.random.default_rng(0).normal(size=(9, 20, 30)))
    window = open_window(tmp_path / "volume.npy", axes="DHW", filters=1)
    pane = window.pane(Stage.INPUT)
    assert pane.statistics_text
    first = pane.statistics_text
    window.statistics._rest.setInterval(1_000_000)
    pane.slider("D")._slider.setValue(3)
    qtbot.waitUntil(lambda: pane.statistics_text == "counting…", timeout=PATIENCE_MS)
    window.statistics._rest.setInterval(10)
    pane.slider("D")._slider.setValue(4)
    settle(qtbot, window)
    assert pane.statistics_text not in ("", "counting…", first)
    pane.slider("D")._slider.setValue(0)
    assert pane.statistics_text == first, "what was counted is kept"


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.full((3, 3), np.nan, np.float32), "NaN 9  Inf 0"),
        (np.array([[True, False], [True, True]]), "min 0  max 1  ·  mean 0.75  std 0.433  ·  zeros 25 %"),
        (
            np.array([[-(2**63), 2**63 - 1]]),
            "min −9.223e18  max 9.223e18  ·  mean −0.5  std 9.223e18  ·  zeros 0 %",
        ),
        (np.array([[7]], np.uint8), "min 7  max 7  ·  mean 7  std 0  ·  zeros 0 %"),
        (np.array([[3 + 4j, 0]], np.complex64), "min 0  max 5  ·  mean 2.5  std 2.5  ·  zeros 50 %  ·  NaN 0  Inf 0"),
    ],
    ids=["all NaN", "booleans", "ends of int64", "1x1", "complex"],
)
def test_the_line_of_any_kind_of_number(array: np.ndarray, text: str) -> None:
    found = Counted(summary_of(array), (), 1, 1, True)
    assert statistics_text(found, array.dtype.name).replace("\u00a0", " ") == text
