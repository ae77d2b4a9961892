"""The tint, the contour, the number and the panel of contamination, in a real window."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from padviewer.contamination import contamination_of
from padviewer.geometry import Span
from padviewer.gui import ledger
from padviewer.gui.contamination.marks import OPACITIES, ContaminationMarks
from padviewer.gui.contamination.panel import ContaminationPanel
from padviewer.gui.contamination.slice import slice_of
from padviewer.gui.conv_padding_text import conv_padding_lines, conv_padding_text
from padviewer.gui.labels import FittingLabel
from padviewer.gui.main_window import MainWindow
from padviewer.gui.preferences import Preferences
from padviewer.gui.screen import Cut, fixed_index
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec


def plan_of(*shape: int, axes: str = "HW", **settings: object) -> Plan:
    info = ArrayInfo("a.npy", None, ".npy", shape, "uint8", axes, False, 1)
    return resolve(PipelineSpec(**settings), info, 1 << 50)


def counted(plan: Plan) -> np.ndarray:
    """The share of each window that is padding, by looking at each of its elements."""
    mask = np.zeros([axis.padded for axis in plan.spatial], bool)
    mask[tuple(slice(*axis.data) for axis in plan.spatial)] = True
    found = np.zeros([axis.outputs for axis in plan.spatial])
    for output in product(*(range(axis.outputs) for axis in plan.spatial)):
        reads = [
            [o * axis.stride - axis.conv.before + tap * axis.dilation for tap in range(axis.kernel)]
            for o, axis in zip(output, plan.spatial, strict=True)
        ]
        taken = [
            all(0 <= p < n for p, n in zip(place, mask.shape, strict=True)) and bool(mask[place])
            for place in product(*reads)
        ]
        found[output] = 1 - sum(taken) / len(taken)
    return found


def step_of(share: float) -> int:
    return 0 if share == 0 else 5 if share == 1 else 1 + int(share * 4 + 1e-9)


def marks_of(window: MainWindow) -> ContaminationMarks:
    overlay = window.instruments.contamination
    assert overlay is not None
    return overlay.marks


def pictures(qtbot: QtBot, window: MainWindow) -> tuple[QImage, QImage]:
    """FEATURE as it is without contamination, and with it, without the widgets that lie over it."""
    canvas = window.pane(Stage.FEATURE).canvas
    plain = canvas.viewport().grab().toImage()
    QTest.keyClick(window, Qt.Key.Key_C)
    settle(qtbot, window)
    return plain, canvas.viewport().grab().toImage()


def pixel_of(window: MainWindow, place: tuple[float, float]) -> QPoint:
    """The pixel over the middle of an output, by row and column."""
    canvas = window.pane(Stage.FEATURE).canvas
    left, top, width, height = marks_of(window).slice.rect
    shape = (marks_of(window).slice.rows.size, marks_of(window).slice.columns.size)
    x = left + (place[1] + 0.5) * width / shape[1]
    y = top + (place[0] + 0.5) * height / shape[0]
    view = canvas.view
    return QPoint(int((x - view[0]) / view[2] * canvas.width()), int((y - view[1]) / view[3] * canvas.height()))


def blended(under: QColor, over: str, alpha: int) -> tuple[int, ...]:
    colour = QColor(over)
    pairs = zip(under.getRgb()[:3], colour.getRgb()[:3], strict=True)
    return tuple(round(a + (b - a) * alpha / 255) for a, b in pairs)


@pytest.mark.parametrize(
    "settings",
    [
        {"target": (40, 60), "position": "center", "kernel": (5,)},
        {"target": (40, 50), "position": "end", "kernel": (3,), "mode": "reflect", "dilation": (3,)},
        {"target": (72, 80), "kernel": (4,), "strides": (2,), "conv_padding": "same"},
        {"target": (20, 60), "overflow": "crop", "position": "center", "kernel": (9, 3)},
    ],
    ids=["center", "dilated reflect", "same", "crop"],
)
def test_every_output_is_tinted_by_its_share(open_window: Open, tmp_path: Path, qtbot: QtBot, settings: dict) -> None:
    np.save(tmp_path / "flat.npy", np.zeros((26, 34), np.uint8))
    window = open_window(tmp_path / "flat.npy", filters=1, **settings)
    expected = counted(window.session.plan)
    plain, tinted = pictures(qtbot, window)
    seen = set()
    for place, share in np.ndenumerate(expected):
        pixel, step = pixel_of(window, place), step_of(share)
        seen.add(step)
        near = [QPoint(dx, 0) for dx in (-1, 0, 1)]
        wanted = [blended(QColor(plain.pixel(pixel)), window.theme.padding, OPACITIES[step])]
        if step == 5:
            wanted.append(blended(QColor(*wanted[0]), window.theme.padding, 230))
        if step == 0 and is_beside_contour(expected, place):
            continue
        shades = [tinted.pixelColor(pixel + offset).getRgb()[:3] for offset in near]
        assert any(np.abs(np.subtract(shade, want)).max() <= 4 for shade in shades for want in wanted), (place, share)
    assert {0, 5} < seen or "same" in settings.values()


def is_beside_contour(expected: np.ndarray, place: tuple[int, ...]) -> bool:
    """Whether the contour's line or its label may lie on a clean output."""
    rows, columns = np.nonzero(expected == 0)
    edges = (place[0] in (rows.min(), rows.max())) or (place[1] in (columns.min(), columns.max()))
    return edges or (place[0] < rows.min() + 6 and place[1] < columns.min() + 10)


def test_windows_of_padding_alone_are_hatched(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    """Not by colour alone: a pattern of two shades, and one shade elsewhere."""
    np.save(tmp_path / "flat.npy", np.zeros((40, 40), np.uint8))
    window = open_window(tmp_path / "flat.npy", filters=1, target=(100, 40), kernel=(25, 3))
    _plain, tinted = pictures(qtbot, window)
    alone, partly = pixel_of(window, (70, 20)), pixel_of(window, (35, 20))
    for pixel, shades in ((alone, 2), (partly, 1)):
        around = {tinted.pixel(pixel + QPoint(dx, dy)) for dx in range(-4, 5) for dy in (0, 1)}
        assert len(around) >= shades
        assert shades == 2 or len(around) == 1


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_border_thinner_than_a_pixel_is_seen(ratio: float) -> None:
    plan = plan_of(10**10, 10**10, target=(10**10 + 1,) * 2, kernel=(3,), filters=1)
    found = slice_of(plan, Cut(), contamination_of(plan))
    edges = np.linspace(0, found.rows.size, round(400 * ratio) + 1)
    steps = found.steps(found.rows.data_shares(edges), found.columns.data_shares(edges))
    assert set(steps[-1]) == set(steps[:, -1]) == {1}
    assert not steps[:-1, :-1].any()
    partly = np.array([found.rows.size - 3.5, found.rows.size - 2.0, found.rows.size - 0.5])
    assert found.rows.data_shares(partly).tolist() == [1, 1 - 1 / 6], "an output that is covered in part counts"
    zoomed = found.rows.size - 4 + np.linspace(0, 4, 41)
    rows = found.rows.data_shares(zoomed)
    assert rows.reshape(4, 10).tolist() == [[1.0] * 10] * 3 + [[2 / 3] * 10]


def test_the_slice_of_a_volume_is_that_of_its_depth() -> None:
    settings = {"target": (16, 24, 30), "position": "center", "kernel": (3, 5, 3), "filters": 2}
    plan = plan_of(8, 20, 30, 5, axes="DHWC", **settings)
    expected = counted(plan)
    for depth, axes in product((0, 4, 5, 9, 15), ("HW", "DW", "DH", "CH")):
        found = slice_of(plan, Cut(depth=depth, axes=axes), contamination_of(plan))
        rows = found.rows.data_shares(np.arange(found.rows.size + 1.0))
        columns = found.columns.data_shares(np.arange(found.columns.size + 1.0))
        shares = 1 - found.hidden * np.multiply.outer(rows, columns)
        at = min(max(depth - 1, 0), 13)
        middle = {"HW": expected[at], "DW": expected[:, 9], "DH": expected[:, :, 13], "CH": expected[at, :, 13]}[axes]
        assert shares == pytest.approx(np.broadcast_to(middle, shares.shape)), (depth, axes)
        assert (found.clean is None) == (middle > 0).all()


def test_c_lays_it_over_the_map_and_is_remembered(
    open_window: Open, photo: Path, preferences: Preferences, qtbot: QtBot
) -> None:
    window = open_window(photo, filters=1, target=(512, 700))
    assert window.instruments.contamination is None, "the first picture is the feature map itself"
    QTest.keyClick(window, Qt.Key.Key_C)
    overlay = window.instruments.contamination
    assert overlay is not None
    assert overlay.legend.isVisible()
    assert overlay.marks.slice.clean == (1, 1, 638, 478)
    assert preferences.contamination is True
    window.session.edit({"target": (), "kernel": (1,)})
    settle(qtbot, window)
    assert overlay.marks.slice.clean == overlay.marks.slice.rect, "there is no padding"
    window.session.edit({"target": (2, 2), "overflow": "crop", "kernel": (3,)})
    settle(qtbot, window)
    assert overlay.marks.slice is None, "there is no feature map"
    assert not overlay.legend.isVisible()
    QTest.keyClick(window, Qt.Key.Key_C)
    assert preferences.contamination is False
    preferences.contamination = True
    assert open_window(photo, filters=1).instruments.contamination is not None


@pytest.mark.parametrize("panel", [False, True])
@pytest.mark.parametrize("size", [(1400, 900), (1180, 700), (900, 700), (720, 480)])
def test_the_number_is_exact_at_any_width(
    open_window: Open, photo: Path, qtbot: QtBot, size: tuple[int, int], panel: bool
) -> None:
    window = open_window(photo, filters=1, target=(700, 800), position="center", size=size)
    window.instruments.show_panel("contamination", panel)
    settle(qtbot, window)
    pane = window.pane(Stage.FEATURE)
    share = pane.texts.share
    assert plain(pane.share_text) == "45 % of outputs touch padding · 44 % see nothing else"
    shown = plain(share.shown_text)
    assert shown.count("45 %") == shown.count("44 %") == 1
    lines = share._wrapped(share.lines)
    assert all(share.fontMetrics().horizontalAdvance(line) <= share.width() for line in lines), "nothing is elided"
    canvases = [window.pane(stage).canvas for stage in (Stage.INPUT, Stage.PADDED, Stage.FEATURE)]
    heights = {(canvas.y(), canvas.height()) for canvas in canvases}
    assert len(heights) == 1


def test_a_label_says_the_longest_text_that_fits(qtbot: QtBot) -> None:
    label = FittingLabel()
    qtbot.addWidget(label)
    long, short, shortest = "a sentence that is rather long", "a short one", "x"
    label.set_texts((long, short, shortest))
    measure = label.fontMetrics().horizontalAdvance
    for width, text in ((measure(long), long), (measure(long) - 1, short), (measure(short) - 1, shortest)):
        label.resize(width, 20)
        assert label.shown_text == text
    assert label.toolTip() == "a sentence that is rather long"
    label.set_short(True)
    assert label.sizeHint().width() == measure(short) + 1
    for width, text in ((500, short), (measure(short) - 1, shortest)):
        label.resize(width, 20)
        assert label.shown_text == text
    label.set_texts(())
    assert label.text() == ""


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"strides": (2,), "conv_padding": "same"}, "same adds 0 + 1 (uneven)"),
        ({"conv_padding": "same"}, "same adds 1 + 1"),
        ({"conv_padding": "same", "kernel": (1,)}, "same"),
        ({"conv_padding": "same", "kernel": (4, 3)}, "same adds H 1 + 2, W 1 + 1 (uneven)"),
        ({}, "valid"),
    ],
)
def test_the_ledger_tells_what_the_convolution_pads(settings: dict, text: str) -> None:
    plan = plan_of(480, 640, **settings)
    assert conv_padding_text(plan) == text
    assert text in plain(ledger.detail_text(plan, Stage.FEATURE))


def test_an_uneven_split_is_explained() -> None:
    plan = plan_of(480, 641, strides=(2,), conv_padding="same")
    said = "\n".join(conv_padding_lines(plan))
    assert "same adds 0 + 1 rows and 1 + 1 columns of zeros" in said
    assert "Uneven: one row more at the bottom than at the top." in said
    assert "PyTorch's padding=1 adds 1 + 1 on H: its windows start 1 element earlier" in said
    assert conv_padding_lines(plan_of(480, 641)) == []
    assert len(conv_padding_lines(plan_of(481, 641, strides=(2,), conv_padding="same"))) == 1
    causal = conv_padding_lines(plan_of(500, axes="T", conv_padding="causal"))
    assert causal == ["causal adds 2 + 0 steps of zeros by itself. They count as padding too."]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def panel_of(window: MainWindow) -> ContaminationPanel:
    panel = window.instruments.panel("contamination")
    assert isinstance(panel, ContaminationPanel)
    return panel


def test_the_panel_tells_everything_by_keyboard(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=2, target=(700, 800), position="center", kernel=(11,))
    QTest.keyClick(window, Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    settle(qtbot, window)
    panel = panel_of(window)
    said = plain(panel.text)
    # 690 x 790 outputs; 470 x 630 of them see data only, and 490 x 650 see any.
    touching, nothing, outputs = 690 * 790 - 470 * 630, 690 * 790 - 490 * 650, 690 * 790
    mean = 1 - (470 * 11 + 2 * sum(range(1, 11))) * (630 * 11 + 2 * sum(range(1, 11))) / (outputs * 121)
    assert f"46 % of outputs touch padding · 42 % see nothing else · mean {mean * 100:.0f} %" in said
    for number, words in ((touching, "touch it"), (nothing, "see nothing else"), (outputs, "outputs of each filter")):
        assert f"{number:,} {words}".replace(",", " ") in said
    assert "H  11  110 + 110  0 + 0  110 + 110  10 + 10" in said
    assert "crop 110 at the top, 110 at the bottom, 80 at the left and 80 at the right." in said
    bars = panel.bars
    assert bars.texts == bars.accessibleDescription().split("\n")
    assert plain(bars.texts[0]) == "0 %: 296 100 outputs, 54 %"
    assert plain(bars.texts[-1]) == "100 %: 226 600 outputs, 42 %"
    bars.setFocus()
    QTest.keyClick(bars, Qt.Key.Key_Down)
    QTest.keyClick(bars, Qt.Key.Key_Down)
    assert (bars.row, plain(panel.chosen_text)) == (1, "under 10 %: 2 200 outputs, 0.4 %")
    QTest.keyClick(bars, Qt.Key.Key_End)
    assert bars.row == 11
    QTest.keyClick(bars, Qt.Key.Key_Up)
    assert plain(panel.chosen_text).startswith("90 – 100 %")
    (dock,) = [dock for dock in window.findChildren(QDockWidget) if dock.objectName() == "contamination"]
    QTest.keyClick(window, Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    assert not dock.isVisible()


def test_the_panel_follows_the_plan(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=2)
    window.instruments.show_panel("contamination")
    panel = panel_of(window)
    assert "No output touches padding: there is nothing to crop." in panel.text
    window.session.edit({"conv_padding": "same", "strides": (2,)})
    assert "Uneven: one row more at the bottom than at the top and one column more at the right" in panel.text
    window.session.edit({"conv_padding": "valid", "strides": (1,), "target": (2, 2), "overflow": "crop"})
    assert panel.text == "no feature map, no contamination"
    window.session.edit({"kernel": (40,), "target": (500, 9), "overflow": "crop", "conv_padding": "same"})
    assert "Every output touches padding along W: cropping leaves none." in panel.text
    window.commands.choose_theme("light")
    assert math.isclose(sum(row[3] for row in panel.bars._rows), 1)


@pytest.mark.parametrize("size", [(1400, 900), (1200, 600), (900, 560), (720, 480)])
def test_no_text_of_the_panel_is_squeezed(open_window: Open, photo: Path, qtbot: QtBot, size: tuple[int, int]) -> None:
    window = open_window(photo, filters=1, strides=(2,), conv_padding="same", target=(700, 800), size=size)
    window.instruments.show_panel("contamination")
    settle(qtbot, window)
    panel = panel_of(window)
    for note in panel._notes:
        lines = note.heightForWidth(note.width())
        assert lines <= note.height() or not note.text()
    bottoms = [note.geometry().bottom() for note in panel._notes]
    assert bottoms == sorted(bottoms)
    assert panel.bars.height() >= panel.bars.minimumSizeHint().height()


def test_a_huge_map_is_told_at_once(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    shape = (1 << 18, 1 << 18)
    array = np.lib.format.open_memmap(tmp_path / "huge.npy", "w+", np.uint8, shape)
    del array
    window = open_window(tmp_path / "huge.npy", filters=1, target=(1 << 19, 1 << 18), position="end", kernel=(3,))
    window.instruments.show_panel("contamination")
    QTest.keyClick(window, Qt.Key.Key_C)
    settle(qtbot, window)
    outputs, columns = ((1 << 19) - 2) * ((1 << 18) - 2), (1 << 18) - 2
    said = plain(panel_of(window).text)
    assert f"0 %: {columns * columns:,} outputs".replace(",", " ") in said
    assert f"{outputs - columns * columns:,} touch it".replace(",", " ") in said
    assert f"{outputs - (columns + 2) * columns:,} see nothing else".replace(",", " ") in said


ARRAYS = {
    "one element": (np.ones((1, 1), np.float32), {"target": (3, 3), "position": "center", "conv_padding": "same"}),
    "no rows": (np.zeros((0, 8), np.float32), {"target": (6, 8)}),
    "nothing": (np.zeros((0, 0), np.float32), {"conv_padding": "same"}),
    "signal": (np.zeros(500, np.bool_), {"axes": "T", "target": (900,), "conv_padding": "causal"}),
    "batch": (np.zeros((3, 9, 9, 2), np.int16), {"axes": "BHWC", "target": (20, 5), "overflow": "crop"}),
    "no batch": (np.zeros((0, 9, 9, 2), np.int16), {"axes": "BHWC", "target": (20, 12)}),
    "not a number": (np.full((9, 9), np.nan), {"target": (99, 99), "mode": "reflect"}),
    "complex": (np.zeros((9, 9), np.complex64), {"target": (12, 5), "overflow": "crop", "mode": "wrap"}),
    "one copied": (np.zeros((1, 1), np.uint8), {"target": (1 << 20, 1 << 20), "mode": "wrap", "position": "center"}),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_any_array_is_drawn(open_window: Open, tmp_path: Path, qtbot: QtBot, name: str) -> None:
    array, settings = ARRAYS[name]
    np.save(tmp_path / "array.npy", array)
    window = open_window(tmp_path / "array.npy", filters=2, **{"kernel": (3,), **settings})
    window.instruments.show_panel("contamination")
    QTest.keyClick(window, Qt.Key.Key_C)
    for action in [action for action in window.actions_.axes.actions() if action.isCheckable()]:
        action.trigger()
        settle(qtbot, window)
        for zoom in (window.commands.fit, window.commands.zoom_in, window.commands.actual_size):
            zoom()
            settle(qtbot, window)
            assert not window.grab().isNull()
    plan = window.session.plan
    expected = contamination_of(plan)
    assert (expected is None) == (plan.feature is None) == (window.pane(Stage.FEATURE).share_text == "")
    assert (marks_of(window).slice is None) == (expected is None)


def test_a_pointer_that_moves_computes_nothing_anew(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1, target=(512, 700))
    QTest.keyClick(window, Qt.Key.Key_C)
    settle(qtbot, window)
    canvas, marks = window.pane(Stage.FEATURE).canvas, marks_of(window)
    canvas.viewport().grab()
    drawn = marks._drawn
    assert drawn is not None
    for x in range(40, 120, 10):
        QTest.mouseMove(canvas.viewport(), QPoint(x, 60))
        qtbot.wait(5)
        canvas.viewport().grab()
    assert marks._drawn is drawn
    window.commands.zoom_in()
    settle(qtbot, window)
    canvas.viewport().grab()
    assert marks._drawn is not drawn


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_on_screen_is_a_slice_of_all_outputs(data) -> None:
    sizes = data.draw(st.lists(st.integers(1, 12), min_size=3, max_size=3))
    plan = plan_of(
        *sizes,
        2,
        axes="DHWC",
        target=tuple(data.draw(st.lists(st.integers(4, 20), min_size=3, max_size=3))),
        position=data.draw(st.sampled_from(["start", "center", "end"])),
        overflow="crop",
        kernel=tuple(data.draw(st.lists(st.integers(1, 4), min_size=3, max_size=3))),
        strides=(data.draw(st.integers(1, 3)),),
        conv_padding=data.draw(st.sampled_from(["valid", "same"])),
        filters=2,
    )
    known = contamination_of(plan)
    axes = data.draw(st.sampled_from(["HW", "DH", "DW", "CW", "HC"]))
    depth, height, width = (data.draw(st.integers(0, 3)) for _ in range(3))
    cut = Cut(depth=depth, height=height, width=width, axes=axes)
    found = slice_of(plan, cut, known)
    rows = found.rows.data_shares(np.arange(found.rows.size + 1.0))
    columns = found.columns.data_shares(np.arange(found.columns.size + 1.0))
    spans = []
    for axis in plan.spatial:
        index = fixed_index(plan, Stage.FEATURE, cut, axis.letter)
        spans.append(Span(0, axis.outputs) if axis.letter in axes else Span(index, index + 1))
    expected = known.shares(spans)
    shape = [expected.shape["DHW".index(letter)] if letter != "C" else 1 for letter in axes]
    expected = np.broadcast_to(expected.reshape(shape), (found.rows.size, found.columns.size))
    assert 1 - found.hidden * np.multiply.outer(rows, columns) == pytest.approx(expected)
    steps = found.steps(rows, columns)
    assert steps.tolist() == [[step_of(share) for share in row] for row in expected]
