"""The rulers of PADDED: which texts they have, and how they follow a real window."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from padviewer.gui.provenance import Track
from padviewer.gui.rulers import THICKNESS, Ruler, marks_of, ticks_of
from padviewer.plan import Stage

DIGIT = 6.0


def texts(ruler: Ruler) -> list[str]:
    return [mark.text for mark in sorted(ruler.marks, key=lambda mark: mark.start)]


@given(
    st.integers(0, 10**12),
    st.integers(-(10**11), 10**11),
    st.integers(-(10**11), 10**11),
    st.floats(-2, 2),
    st.floats(1e-9, 4),
    st.floats(1, 4000),
)
def test_no_text_lies_over_another_or_outside(
    size: int, before: int, after: int, low: float, extent: float, length: float
) -> None:
    padded = max(0, before + size + after)
    track = Track("H", padded, (before, before + size), "constant")
    low, extent = low * padded, max(1.0, extent * padded)
    marks = marks_of(track, low, extent, length, DIGIT)
    for mark in marks:
        assert 0 <= mark.start < mark.stop <= length
    for one, other in combinations(marks, 2):
        assert one.stop < other.start or other.stop < one.start
    assert len({(mark.text, mark.is_amount, mark.start) for mark in marks}) == len(marks)
    ticks = ticks_of(track, low, extent, length)
    assert all(0 <= tick <= length for tick in ticks)
    assert not any(mark.start <= tick <= mark.stop for mark in marks for tick in ticks)


def test_amounts_stand_in_the_middle_of_what_is_seen_of_them() -> None:
    track = Track("W", 320, (40, 280), "constant")
    marks = sorted(marks_of(track, 0, 320, 640, DIGIT), key=lambda mark: mark.start)
    assert [(mark.text, mark.is_amount) for mark in marks] == [
        ("0", False), ("40", True), ("40", False), ("280", False), ("40", True), ("320", False),
    ]  # fmt: skip
    assert [(mark.start + mark.stop) / 2 for mark in marks if mark.is_amount] == [40, 600]
    assert ticks_of(track, 0, 320, 640) == [0, 80, 560, 640]
    (amount,) = [mark for mark in marks_of(track, -20, 40, 400, DIGIT) if mark.is_amount]
    assert (amount.start + amount.stop) / 2 == 300, "20 of its 40 elements are seen, from 200 to 400"


def test_a_crop_is_measured_beside_the_tensor() -> None:
    track = Track("W", 400, (-120, 520), "constant")
    marks = marks_of(track, -200, 800, 800, DIGIT)
    amounts = [((mark.start + mark.stop) / 2, mark.text) for mark in marks if mark.is_amount]
    assert amounts == [(140, "−120"), (660, "−120")]
    assert ticks_of(track, -200, 800, 800) == [200, 600]


def test_rulers_follow_zoom_and_pan(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "flat.npy", np.zeros((200, 300), np.uint8))
    window = open_window(tmp_path / "flat.npy", target=(400, 600), position="center", filters=1)
    canvas = window.pane(Stage.PADDED).canvas
    across, down = canvas.rulers.across, canvas.rulers.down
    assert (across.geometry().getRect(), down.width()) == ((0, 0, canvas.width(), THICKNESS), THICKNESS)
    assert [mark.text for mark in across.marks if mark.is_amount] == ["150", "150"]
    assert [mark.text for mark in down.marks if mark.is_amount] == ["100", "100"]
    left, _top, width, _height = canvas.view
    start = (150 - left) / width * canvas.width()
    (content,) = [mark for mark in across.marks if not mark.is_amount and mark.text == "150"]
    assert content.start == pytest.approx(start + 3)
    for _ in range(4):
        window.commands.zoom_in()
    settle(qtbot, window)
    assert not [mark for mark in across.marks if mark.is_amount], "the padding is out of sight"
    assert across.accessibleDescription() == "600 elements, data from 150 to 450, 150 before and 150 after"


def test_rulers_measure_the_axes_on_screen(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    np.save(tmp_path / "signal.npy", np.zeros((500, 2), np.float32))
    window = open_window(tmp_path / "signal.npy", axes="TC", target=(900,), filters=1)
    rulers = window.pane(Stage.PADDED).canvas.rulers
    assert rulers.across.accessibleName() == "Ruler of axis T"
    assert rulers.down.accessibleDescription() == "2 elements, data from 0 to 2, nothing added"
    assert texts(rulers.across) == ["0", "500", "400", "900"]
    assert texts(rulers.down) == ["0", "2"]


@pytest.mark.parametrize(("size", "shown"), [((1400, 900), True), ((720, 480), False)])
def test_rulers_leave_small_pictures_their_room(open_window: Open, tmp_path: Path, size, shown: bool) -> None:
    np.save(tmp_path / "flat.npy", np.zeros((20, 30), np.uint8))
    window = open_window(tmp_path / "flat.npy", target=(40, 60), filters=1, size=size)
    for stage in (Stage.INPUT, Stage.PADDED, Stage.FEATURE):
        rulers = window.pane(stage).canvas.rulers
        assert rulers.across.isVisible() == rulers.down.isVisible() == (shown and stage is Stage.PADDED)
