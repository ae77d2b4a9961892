"""Where elements come from: rectangles, folds between copies, and the marks on the pictures of a real window."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from padviewer.geometry import MODES, Split, fold
from padviewer.gui.canvas import Canvas
from padviewer.gui.padding_marks import PaddingMarks
from padviewer.gui.preferences import Preferences
from padviewer.gui.provenance import Track, provenance_of
from padviewer.gui.screen import Cut
from padviewer.plan import ArrayInfo, Plan, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec


def plan_of(*shape: int, axes: str = "HW", **settings: object) -> Plan:
    info = ArrayInfo("a.npy", None, ".npy", shape, "uint8", axes, False, 1)
    return resolve(PipelineSpec(**settings), info, 1 << 50)


def at(canvas: Canvas, image: QImage, x: float, y: float) -> QPoint:
    """The pixel of a grabbed canvas over a place in the coordinates of PADDED."""
    left, top, width, height = canvas.view
    ratio = image.devicePixelRatio()
    return QPoint(int((x - left) / width * canvas.width() * ratio), int((y - top) / height * canvas.height() * ratio))


@given(st.integers(3, 9), st.integers(0, 30), st.integers(0, 30), st.sampled_from(MODES))
def test_folds_stand_where_copies_meet(length: int, before: int, after: int, mode: str) -> None:
    size = before + length + after
    track = Track("H", size, (before, before + length), mode)
    folds = track.folds(-5, size + 5, 0)
    if mode in ("constant", "edge"):
        assert folds == []
        return
    source = fold(np.arange(-1, size + 1) - before, length, mode)[1:-1]
    if mode == "reflect":
        turns = [i + 0.5 for i in range(1, size - 1) if source[i - 1] == source[i + 1]]
    elif mode == "symmetric":
        turns = [i for i in range(1, size) if source[i - 1] == source[i]]
    else:
        turns = [i for i in range(1, size) if source[i] == 0]
    wanted = [place for place in turns if not before <= place <= before + length]
    # A fold in the middle of the outermost element has no copy behind it, and is one all the same.
    assert [place for place in folds if 1 <= place <= size - 1] == wanted
    assert track.folds(wanted[0] - 1, wanted[0] + 0.25, 0) == wanted[:1] if wanted else not folds or mode == "reflect"


def test_folds_too_close_to_be_seen_are_left_out() -> None:
    """One element on an axis of 10^10 is copied 10^10 times."""
    track = Track("H", 10**10, (5, 6), "wrap")
    assert track.folds(0, 10**10, 24.0) == []
    assert len(track.folds(0, 50, 0.9)) == 50 - 2


def test_a_crop_leaves_a_ghost() -> None:
    plan = plan_of(100, 60, target=(80, 90), position="center", overflow="crop", mode="reflect", kernel=(1,))
    padded, source = (provenance_of(plan, stage, Cut()) for stage in (Stage.PADDED, Stage.INPUT))
    assert padded is not None
    assert source is not None
    assert (padded.outer, padded.kept, padded.ghost) == ((0, 0, 90, 80), (15, 0, 60, 80), (15, -10, 60, 100))
    assert (source.outer, source.kept) == ((15, -10, 60, 100), (15, 0, 60, 80))
    assert (padded.rows.pad, padded.columns.pad) == (Split(-10, -10), Split(15, 15))
    assert padded.mode == "reflect"
    assert provenance_of(plan, Stage.FEATURE, Cut()) is None


def test_a_volume_on_any_axes() -> None:
    plan = plan_of(6, 20, 30, axes="DHW", target=(10, 16, 30), position="center", overflow="crop", kernel=(1,))
    found = provenance_of(plan, Stage.PADDED, Cut(axes="DW"))
    assert found is not None
    assert (found.rows.letter, found.rows.data) == ("D", (2, 8))
    assert (found.outer, found.kept, found.ghost) == ((0, 0, 30, 10), (0, 2, 30, 6), (0, 2, 30, 6))
    in_padding = provenance_of(plan, Stage.PADDED, Cut(depth=0))
    assert in_padding is not None
    assert in_padding.kept == (0, 0, 0, 0)


def test_nothing_is_marked_where_nothing_can_be_padded() -> None:
    plan = plan_of(100, 60, target=(80, 90), overflow="error")
    assert plan.padded is None
    assert provenance_of(plan, Stage.PADDED, Cut()) is None
    assert provenance_of(plan, Stage.INPUT, Cut()) is None


def test_p_takes_the_marks_away_and_is_remembered(
    open_window: Open, tmp_path: Path, preferences: Preferences, qtbot: QtBot
) -> None:
    np.save(tmp_path / "flat.npy", np.zeros((40, 60), np.uint8))
    window = open_window(tmp_path / "flat.npy", target=(60, 40), overflow="crop", position="center", filters=1)
    canvases = [window.pane(stage).canvas for stage in (Stage.INPUT, Stage.PADDED)]
    marked = [canvas.grab().toImage() for canvas in canvases]
    assert window.pane(Stage.PADDED).canvas.rulers.across.isVisible()
    QTest.keyClick(window, Qt.Key.Key_P)
    settle(qtbot, window)
    assert [canvas.marks for canvas in canvases] == [((0,) * 4, (0,) * 4)] * 2
    assert not window.pane(Stage.PADDED).canvas.rulers.across.isVisible()
    plain = [canvas.grab().toImage() for canvas in canvases]
    # Of INPUT the columns that were cropped, of PADDED the rows that were added, and the ghost beside it.
    for number, places in ((0, [(-8, 30), (48, 30)]), (1, [(20, 4), (20, 56), (-8, 30), (48, 30)])):
        canvas = canvases[number]
        for x, y in places:
            assert differs(canvas, marked[number], plain[number], x, y), (number, x, y)
        assert not differs(canvas, marked[number], plain[number], 20, 30), "the content is left alone"
    assert preferences.provenance is False
    QTest.keyClick(window, Qt.Key.Key_P)
    assert window.pane(Stage.PADDED).canvas.marks == ((0, 0, 40, 60), (0, 10, 40, 40))
    assert preferences.provenance is True
    preferences.provenance = False
    later = open_window(tmp_path / "flat.npy", target=(60, 40), overflow="crop", filters=1)
    assert not later.actions_.provenance.isChecked()
    assert later.pane(Stage.PADDED).canvas.marks == ((0,) * 4, (0,) * 4)


def differs(canvas: Canvas, one: QImage, other: QImage, x: float, y: float) -> bool:
    """Whether the pixels around a place differ: as many as a hatch needs to be seen."""
    middle = at(canvas, one, x, y)
    around = [middle + QPoint(dx, dy) for dx in range(-6, 7) for dy in range(-6, 7)]
    return any(one.pixel(place) != other.pixel(place) for place in around)


@pytest.mark.parametrize("mode", MODES)
def test_the_hatch_lies_on_padding_alone(open_window: Open, tmp_path: Path, qtbot: QtBot, mode: str) -> None:
    np.save(tmp_path / "flat.npy", np.full((40, 40), 90, np.uint8))
    window = open_window(
        tmp_path / "flat.npy", target=(80, 80), position="center", mode=mode, fill_value=90, filters=1, kernel=(1,)
    )
    canvas = window.pane(Stage.PADDED).canvas
    image = canvas.grab().toImage()
    plain = QColor(90, 90, 90).rgb()
    inside = {image.pixel(at(canvas, image, x + 0.5, y + 0.5)) for x in range(22, 58) for y in range(22, 58)}
    assert inside == {plain}
    for x, y in ((10, 10), (70, 40), (40, 70), (10, 40)):
        around = {image.pixel(at(canvas, image, x, y) + QPoint(dx, dy)) for dx in range(12) for dy in range(12)}
        assert len(around) > 1, (x, y)


def test_the_hatch_is_as_dense_on_any_screen(qtbot: QtBot) -> None:
    """A row of a hatch crosses as many lines where each logical pixel is four of the device's."""
    crossed = []
    for ratio in (1, 2):
        image = QImage(160 * ratio, 40 * ratio, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.black)
        image.setDevicePixelRatio(ratio)
        marks = PaddingMarks()
        marks.set_provenance(provenance_of(plan_of(1, 1, target=(40, 160), kernel=(1,)), Stage.PADDED, Cut()))
        painter = QPainter(image)
        marks.paint(painter, None)
        painter.end()
        row = [image.pixel(x, 30 * ratio) != QColor("black").rgb() for x in range(160 * ratio)]
        crossed.append(sum(now and not before for before, now in pairwise(row)))
    assert crossed[0] == crossed[1] > 10


def test_what_the_convolution_adds_is_hatched_around_padded(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "flat.npy", np.full((8, 8), 90, np.uint8))
    window = open_window(tmp_path / "flat.npy", filters=1, kernel=(3,), strides=(2,))
    canvas = window.pane(Stage.PADDED).canvas
    window.session.edit({"conv_padding": "same"})
    settle(qtbot, window)
    canvas.set_view((-2, -2, 12, 12))
    after = canvas.grab().toImage()
    window.session.edit({"conv_padding": "valid"})
    settle(qtbot, window)
    canvas.set_view((-2, -2, 12, 12))
    before = canvas.grab().toImage()
    added = {(x, y) for x in range(-1, 9) for y in range(-1, 9) if is_hatched(canvas, before, after, x + 0.5, y + 0.5)}
    assert added == {(x, y) for x in range(9) for y in range(9) if 8 in (x, y)}, "0 + 1 rows and columns"


def is_hatched(canvas: Canvas, one: QImage, other: QImage, x: float, y: float) -> bool:
    middle = at(canvas, one, x, y)
    around = [middle + QPoint(dx, dy) for dx in range(-4, 5) for dy in range(-4, 5)]
    return any(one.pixel(place) != other.pixel(place) for place in around)


def test_what_is_read_is_padded_and_the_zeros_of_the_convolution() -> None:
    plan = plan_of(480, 640, target=(500, 640), kernel=(3, 6), strides=(2,), conv_padding="same")
    found = provenance_of(plan, Stage.PADDED, Cut())
    assert found is not None
    assert (found.outer, found.read) == ((0, 0, 640, 500), (-2, 0, 644, 501))
    source = provenance_of(plan, Stage.INPUT, Cut())
    assert source is not None
    assert source.read == source.outer
