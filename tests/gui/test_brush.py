"""The brush, pins and the selection, driven in a real window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from pointing import CTRL, PLAIN, SHIFT, click, hover, place, sweep
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from padviewer.geometry import Span
from padviewer.gui.brush.item import BrushItem
from padviewer.gui.main_window import MainWindow
from padviewer.gui.selection_item import SelectionItem
from padviewer.plan import Stage
from padviewer.reach import Kind

STAGES = (Stage.INPUT, Stage.PADDED, Stage.FEATURE)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    np.save(tmp_path / "small.npy", np.random.default_rng(0).integers(1, 255, (12, 14)).astype(np.uint8))
    return tmp_path / "small.npy"


def items(window: MainWindow, stage: Stage, kind: type):
    return [item for item in window.pane(stage).canvas.scene().items() if isinstance(item, kind)]


def boxes(window: MainWindow, stage: Stage):
    """{(left, top, width, height): (kind, times)} of all that the brush draws in a pane."""
    found = items(window, stage, BrushItem)
    return {b.rect: (b.kind, b.times) for item in found for mark in item.marks for b in mark.cells.boxes}


def data(*rects):
    return dict.fromkeys(rects, (Kind.DATA, 1))


def selected(window: MainWindow, stage: Stage):
    found = items(window, stage, SelectionItem)
    return found[0].rect if found else None


def focus(qtbot: QtBot, window: MainWindow, stage: Stage) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    window.pane(stage).canvas.setFocus(Qt.FocusReason.TabFocusReason)


def test_an_output_shows_its_window_in_padded_and_input(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, target=(16, 18), position="center", filters=2, conv_padding="same")
    hover(qtbot, window, Stage.FEATURE, 0, 2)
    assert boxes(window, Stage.FEATURE) == data((2, 0, 1, 1))
    # One row of the convolution's zeros over two rows of padding; columns 1 to 3, of which 2 and 3 hold data below.
    assert boxes(window, Stage.PADDED) == {
        (1, -1, 1, 1): (Kind.ZERO, 1),
        (2, -1, 2, 1): (Kind.ZERO, 1),
        (1, 0, 1, 2): (Kind.PADDING, 1),
        (2, 0, 2, 2): (Kind.PADDING, 1),
    }
    assert boxes(window, Stage.INPUT) == {}
    assert window.probe.said == (
        "window H −1..1  W 1..3  ·  6 of 9 places are padding  ·  3 of 9 places are zeros of the convolution"
    )
    hover(qtbot, window, Stage.FEATURE, 2, 3)
    assert boxes(window, Stage.INPUT) == data((2, 2, 3, 2)), "rows 0 and 1, columns 0 to 2, at their place on screen"
    assert "3 of 9 places are padding" in window.probe.said


def test_dilated_taps_and_mirrored_elements(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, target=(16, 14), position="center", mode="symmetric", filters=1, dilation=(3, 1))
    hover(qtbot, window, Stage.FEATURE, 0, 4)
    assert {rect[1] for rect in boxes(window, Stage.PADDED)} == {0, 3, 6}
    # Padded row 0 is input row 1, as is padded row 3: it is read twice.
    assert boxes(window, Stage.INPUT) == {(4, 3, 3, 1): (Kind.DATA, 2), (4, 6, 3, 1): (Kind.DATA, 1)}


def test_an_input_element_shows_its_copies_and_all_outputs_that_it_reaches(
    open_window: Open, small: Path, qtbot: QtBot
) -> None:
    window = open_window(small, target=(15, 14), mode="reflect", filters=1, strides=(2,))
    hover(qtbot, window, Stage.INPUT, 9, 5)
    assert boxes(window, Stage.PADDED) == {(5, 9, 1, 1): (Kind.DATA, 1), (5, 13, 1, 1): (Kind.PADDING, 1)}
    # Row 9 is in windows 4, its copy in row 13 in window 6; column 5 in window 2. Outputs are two elements apart.
    assert boxes(window, Stage.FEATURE) == data((4.5, 8.5, 2, 2), (4.5, 12.5, 2, 2))
    hover(qtbot, window, Stage.PADDED, 13, 5)
    assert boxes(window, Stage.INPUT) == data((5, 9, 1, 1))
    assert window.probe.said.startswith("padding, mode reflect, from input H 9  W 5")


def test_clicks_pin_and_pins_stay_while_one_hovers(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=1)
    click(qtbot, window, Stage.FEATURE, 3, 3)
    hover(qtbot, window, Stage.FEATURE, 8, 8)
    assert boxes(window, Stage.PADDED) == data((3, 3, 3, 3), (8, 8, 3, 3))
    click(qtbot, window, Stage.INPUT, 1, 1, CTRL)
    assert len(window.instruments.brushing.brush.pins) == 2
    assert "2 pins" in window.probe.said
    click(qtbot, window, Stage.INPUT, 1, 1, CTRL)
    assert [pin.stage for pin in window.instruments.brushing.brush.pins] == [Stage.FEATURE]
    click(qtbot, window, Stage.PADDED, 5, 6)
    assert [pin.index for pin in window.instruments.brushing.brush.pins] == [{"H": 5, "W": 6}]
    with qtbot.waitActive(window):
        window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.instruments.brushing.brush.pins == ()
    assert "pin" not in window.probe.said


def test_a_pin_follows_its_content_or_is_dropped_and_said(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=1)
    click(qtbot, window, Stage.FEATURE, 3, 3)
    click(qtbot, window, Stage.PADDED, 11, 2, CTRL)
    pins = lambda: [(pin.stage, *pin.index.values()) for pin in window.instruments.brushing.brush.pins]  # noqa: E731
    window.session.edit({"target": (20, 24), "position": "center"})
    settle(qtbot, window)
    assert pins() == [(Stage.FEATURE, 7, 8, 0), (Stage.PADDED, 15, 7)]
    window.session.edit({"strides": (2,)})
    settle(qtbot, window)
    assert pins()[0] in [(Stage.FEATURE, 3, 4, 0), (Stage.FEATURE, 4, 4, 0)]
    window.session.edit({"target": (2, 24), "overflow": "crop", "strides": (1,), "kernel": (1,), "position": "start"})
    settle(qtbot, window)
    assert pins() == []
    assert "not there any more" in window.status.message
    assert boxes(window, Stage.PADDED) == {}


def test_b_switches_the_brush_and_is_remembered(open_window: Open, small: Path, qtbot: QtBot, preferences) -> None:
    window = open_window(small, filters=1)
    with qtbot.waitActive(window):
        window.activateWindow()
    hover(qtbot, window, Stage.FEATURE, 3, 3)
    assert boxes(window, Stage.PADDED)
    QTest.keyClick(window, Qt.Key.Key_B)
    assert boxes(window, Stage.PADDED) == {}
    hover(qtbot, window, Stage.FEATURE, 4, 4)
    assert boxes(window, Stage.PADDED) == {}
    assert not preferences.brushes
    click(qtbot, window, Stage.FEATURE, 4, 4)
    assert boxes(window, Stage.PADDED) == data((4, 4, 3, 3)), "what is pinned is marked all the same"


def test_nothing_of_it_is_there_before_something_is_pointed_at(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=1)
    assert not window.instruments.brushing.is_made
    assert items(window, Stage.PADDED, BrushItem) == []
    hover(qtbot, window, Stage.INPUT, 1, 1)
    assert window.instruments.brushing.is_made


def test_arrows_move_the_probe_and_enter_pins(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=1)
    focus(qtbot, window, Stage.FEATURE)
    canvas = window.pane(Stage.FEATURE).canvas
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    settle(qtbot, window)
    first = window.probe.text(Stage.FEATURE)[0]
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        QTest.keyClick(canvas, key)
    settle(qtbot, window)
    words, before = window.probe.text(Stage.FEATURE)[0].split(), first.split()
    assert (int(words[1]), int(words[3])) == (int(before[1]) + 1, int(before[3]) + 2)
    assert "window" in window.probe.said
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    (pin,) = window.instruments.brushing.brush.pins
    assert (pin.stage, pin.index["H"], pin.index["W"]) == (Stage.FEATURE, int(words[1]), int(words[3]))
    QTest.keyClick(canvas, Qt.Key.Key_Up, CTRL)
    (pin,) = window.instruments.brushing.brush.pins
    assert pin.index["H"] == int(words[1]) - 1
    for _ in range(30):
        QTest.keyClick(canvas, Qt.Key.Key_Left)
    settle(qtbot, window)
    assert window.probe.text(Stage.FEATURE)[0].split()[3] == "0", "it stops at the border"


def test_arrows_bring_the_probe_into_sight(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    focus(qtbot, window, Stage.PADDED)
    canvas = window.pane(Stage.PADDED).canvas
    canvas.set_view((100, 100, 20, 20))
    canvas.moved_by_user.emit()
    settle(qtbot, window)
    for _ in range(60):
        QTest.keyClick(canvas, Qt.Key.Key_Right)
    settle(qtbot, window)
    column = int(window.probe.text(Stage.PADDED)[0].split()[3])
    left, _top, width, _height = canvas.view
    assert column > 140
    assert left <= column <= left + width
    assert window.pane(Stage.INPUT).canvas.view[0] == pytest.approx(left)


def test_tab_reaches_the_picture_and_says_so(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=1)
    focus(qtbot, window, Stage.INPUT)
    canvas = window.pane(Stage.INPUT).canvas
    assert canvas.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert QApplication.focusWidget() is canvas
    ringed = canvas.grab().toImage().pixelColor(canvas.width() // 2, 0).name()
    assert ringed == window.theme.accent
    window.pane(Stage.PADDED).canvas.setFocus(Qt.FocusReason.MouseFocusReason)
    assert canvas.grab().toImage().pixelColor(canvas.width() // 2, 0).name() != ringed


def test_a_selection_snaps_and_is_shown_through_the_transforms(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, target=(16, 18), position="center", filters=3)
    heard: list = []
    window.panes.selection_changed.connect(lambda *what: heard.append(what))
    sweep(qtbot, window, Stage.PADDED, (1, 4), (5, 9))
    assert heard == [(Stage.PADDED, (Span(1, 6), Span(4, 10)))], "announced once, when the drag has ended"
    assert selected(window, Stage.PADDED) == (4, 1, 6, 5)
    assert selected(window, Stage.INPUT) == (4, 2, 6, 4), "the content under it"
    # Outputs whose windows touch it: rows 0 to 5, columns 2 to 9, drawn over the middle of their windows.
    assert selected(window, Stage.FEATURE) == (3, 1, 8, 6)
    assert "selected in padded H 1..5  W 4..9" in window.probe.said
    assert "5 × 6" in window.probe.said
    window.session.edit({"position": "start"})
    settle(qtbot, window)
    assert heard[-1][1] != heard[0][1], "it stays over the same content"
    with qtbot.waitActive(window):
        window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert heard[-1] == (None, None)
    assert [selected(window, stage) for stage in STAGES] == [None] * 3


def test_a_selection_of_outputs_shows_what_their_windows_read(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=3, strides=(2,), conv_padding="same")
    sweep(qtbot, window, Stage.FEATURE, (0, 0), (1, 2))
    assert window.panes.selection is not None
    assert window.panes.selection.spans == (("H", Span(0, 2)), ("W", Span(0, 3)))
    # Of the two elements that `same` pads, none comes first: windows begin at 0, 2, 4.
    assert selected(window, Stage.PADDED) == (0, 0, 7, 5)
    assert selected(window, Stage.INPUT) == (0, 0, 7, 5)


def test_a_selection_goes_with_the_slice(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "volume.npy", np.random.default_rng(0).integers(1, 255, (6, 20, 30)).astype(np.uint8))
    window = open_window(tmp_path / "volume.npy", axes="DHW", filters=2, kernel=(1,))
    heard: list = []
    window.panes.selection_changed.connect(lambda *what: heard.append(what))
    sweep(qtbot, window, Stage.INPUT, (2, 3), (5, 9))
    depth = heard[-1][1][0]
    slider = window.pane(Stage.INPUT).slider("D")
    assert slider is not None
    slider._slider.setValue(depth.start + 1)
    settle(qtbot, window)
    assert heard[-1] == (Stage.INPUT, (Span(depth.start + 1, depth.start + 2), Span(2, 6), Span(3, 10)))
    QTest.keyClick(window, Qt.Key.Key_X)
    settle(qtbot, window)
    assert heard[-1] == (None, None), "other axes are on screen"


def test_shift_and_arrows_select(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=1)
    hover(qtbot, window, Stage.INPUT, 4, 5)
    focus(qtbot, window, Stage.INPUT)
    canvas = window.pane(Stage.INPUT).canvas
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down):
        QTest.keyClick(canvas, key, SHIFT)
    assert window.panes.selection is not None
    assert window.panes.selection.spans == (("H", Span(4, 7)), ("W", Span(5, 7)))


def test_a_drag_pans_and_pins_nothing(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    viewport, start = place(window, Stage.PADDED, 200, 200)
    _viewport, end = place(window, Stage.PADDED, 300, 300)
    before = window.pane(Stage.PADDED).canvas.view
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, PLAIN, start)
    for share in (0.3, 0.6, 1.0):
        qtbot.wait(20)
        QTest.mouseMove(viewport, start + (end - start) * share)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, PLAIN, end)
    settle(qtbot, window)
    assert window.pane(Stage.PADDED).canvas.view != before
    assert not window.instruments.brushing.is_made or not window.instruments.brushing.brush.pins
    assert window.panes.selection is None


@pytest.mark.parametrize(
    ("shape", "axes", "settings"),
    [
        ((50,), "T", {}),
        ((40, 2), "TC", {"target": (60,), "mode": "wrap"}),
        ((1, 1), "HW", {"kernel": (1,)}),
        ((2, 5, 8, 9, 3), "BDHWC", {"target": (7, 9, 9), "position": "center"}),
        ((8, 0), "HW", {"target": (8, 8)}),
    ],
    ids=["signal", "channels", "one", "five axes", "empty"],
)
def test_arrays_of_any_rank(shape, axes, settings, open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "array.npy", np.random.default_rng(0).normal(size=shape).astype(np.float32))
    window = open_window(tmp_path / "array.npy", axes=axes, filters=2, **settings)
    for stage in STAGES:
        for choice in (None, *(window.actions_.axes._choices)):
            if choice is not None:
                window.commands.choose_axes(choice)
                settle(qtbot, window)
            hover(qtbot, window, stage, 0, 0)
            click(qtbot, window, stage, 0, 0)
            sweep(qtbot, window, stage, (0, 0), (0, 1))
            shown = window.session.plan.stage(stage)
            if 0 not in shown.shape:
                assert len(boxes(window, stage)) == 1
                assert window.probe.said


def test_keys_of_foreign_letters_do_no_harm(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=1)
    focus(qtbot, window, Stage.INPUT)
    for text in ("ж", "é", "中"):
        code = ord(text.upper())
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(window.pane(Stage.INPUT).canvas, QKeyEvent(kind, code, PLAIN, text))
    settle(qtbot, window)
    assert not window.instruments.brushing.is_made


@pytest.mark.parametrize("mode", ["constant", "reflect", "wrap"])
def test_what_is_marked_is_what_the_engine_reads(
    mode: str, open_window: Open, small: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    settings = {"position": "center", "kernel": (3,), "dilation": (2,), "conv_padding": "same", "activation": "linear"}
    window = open_window(small, target=(16, 18), mode=mode, filters=1, **settings)
    array = np.load(small)
    place = (3, 3)
    hover(qtbot, window, Stage.FEATURE, *place)
    read = np.zeros(array.shape, bool)
    for left, top, width, height in boxes(window, Stage.INPUT):
        # Both axes have two elements of padding before.
        read[round(top) - 2 : round(top + height) - 2, round(left) - 2 : round(left + width) - 2] = True
    assert 0 < read.sum() < 9 if mode == "constant" else read.sum() >= 4

    def output(name: str, changed: np.ndarray) -> float:
        np.save(tmp_path / name, changed.astype(np.uint8))
        window.commands.open_paths([str(tmp_path / name)])
        settle(qtbot, window)
        tile = window.pane(Stage.FEATURE).picture.tile
        assert tile is not None
        return float(tile.data[(*place, 0)])

    before = output("same.npy", array)
    others = np.random.default_rng(9).integers(1, 255, array.shape)
    assert output("others.npy", np.where(read, array, others)) == pytest.approx(before, rel=1e-5)
    for number, (row, column) in enumerate(np.argwhere(read)):
        one = array.copy()
        one[row, column] ^= 64
        assert output(f"one{number}.npy", one) != pytest.approx(before, rel=1e-5), (row, column)


def test_pins_stay_for_another_array_of_the_same_axes(
    open_window: Open, small: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(small, filters=1)
    click(qtbot, window, Stage.INPUT, 11, 3)
    np.save(tmp_path / "tall.npy", np.ones((30, 8), np.uint8))
    window.commands.open_paths([str(tmp_path / "tall.npy")])
    settle(qtbot, window)
    assert [pin.index for pin in window.instruments.brushing.brush.pins] == [{"H": 11, "W": 3}]
    np.save(tmp_path / "short.npy", np.ones((5, 8), np.uint8))
    window.commands.open_paths([str(tmp_path / "short.npy")])
    settle(qtbot, window)
    assert window.instruments.brushing.brush.pins == ()
    assert "unpinned input H 11 W 3" in window.status.message


def test_pins_and_selection_wait_while_settings_do_not_go_together(
    open_window: Open, small: Path, qtbot: QtBot
) -> None:
    window = open_window(small, filters=1)
    heard: list = []
    window.panes.selection_changed.connect(lambda *what: heard.append(what))
    click(qtbot, window, Stage.FEATURE, 3, 3)
    sweep(qtbot, window, Stage.FEATURE, (1, 1), (4, 5))
    window.session.edit({"kernel": (30,)})
    settle(qtbot, window)
    assert window.session.plan.feature is None
    assert heard[-1] == (None, None)
    assert [selected(window, stage) for stage in STAGES] == [None] * 3
    focus(qtbot, window, Stage.FEATURE)
    QTest.keyClick(window.pane(Stage.FEATURE).canvas, Qt.Key.Key_Down, CTRL)
    QTest.keyClick(window.pane(Stage.FEATURE).canvas, Qt.Key.Key_Down)
    hover(qtbot, window, Stage.INPUT, 2, 2)
    window.session.edit({"kernel": (3,), "target": (20, 20), "position": "center"})
    settle(qtbot, window)
    (pin,) = window.instruments.brushing.brush.pins
    assert pin.index == {"H": 7, "W": 6, "C": 0}, "over the same content as before"
    assert heard[-1] == (Stage.FEATURE, (Span(5, 9), Span(4, 9), Span(0, 1)))


def test_screen_readers_are_told_what_the_keyboard_has_reached(
    open_window: Open, small: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    # No screen reader listens offscreen: what Qt is given for one is looked at.
    monkeypatch.setattr(
        "padviewer.gui.probe_panel.QAccessible.updateAccessibility", lambda event: told.append(event.message())
    )
    window = open_window(small, filters=1)
    hover(qtbot, window, Stage.INPUT, 2, 3)
    assert told == [], "the pointer's way is not read out"
    focus(qtbot, window, Stage.INPUT)
    QTest.keyClick(window.pane(Stage.INPUT).canvas, Qt.Key.Key_Right)
    settle(qtbot, window)
    (text,) = told
    assert "reaches outputs" in text
    assert f"input H 2  W 4 {np.load(small)[2, 4]}" in text


def test_axes_are_called_by_the_names_that_they_were_given(open_window: Open, small: Path, qtbot: QtBot) -> None:
    window = open_window(small, filters=1)
    click(qtbot, window, Stage.FEATURE, 3, 3)
    sweep(qtbot, window, Stage.INPUT, (1, 1), (2, 2))
    hover(qtbot, window, Stage.FEATURE, 4, 4)
    window.axis_names.set_names(window.session.plan, {"H": "line"})
    settle(qtbot, window)
    assert "window line 4..6  W 4..6" in window.probe.said
    assert "selected in input line 1..2  W 1..2" in window.probe.said
    hover(qtbot, window, Stage.PADDED, 5, 5)
    assert "from input line 5  W 5" in window.probe.said
    assert "reaches outputs line 3..5" in window.probe.said
