"""A file opens, and a part of it turns out damaged: no other picture stands under its labels, and the rest is shown."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from driving import Open, settle
from pytestqt.qtbot import QtBot

from padviewer.gui.screen import with_index
from padviewer.plan import Stage

PLANES = np.random.default_rng(0).integers(0, 255, (4, 64, 64)).astype(np.float32)
BOTH = (Stage.INPUT, Stage.PADDED)


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """Four planes, a compressed chunk each, of which the third is damaged."""
    path = tmp_path / "volume.h5"
    with h5py.File(path, "w") as file:
        made = file.create_dataset("x", data=PLANES, chunks=(1, 64, 64), compression="gzip")
        offset = made.id.get_chunk_info(2).byte_offset
    content = bytearray(path.read_bytes())
    content[offset : offset + 40] = bytes(40)
    path.write_bytes(content)
    return path


def test_a_damaged_plane_is_no_other_plane(open_window: Open, volume: Path, qtbot: QtBot) -> None:
    window = open_window(volume, axes="BHW", filters=1, kernel=(1,), target=(70, 70))
    plan = window.session.plan
    assert plan is not None

    def step(index: int) -> None:
        window.session.set_cut(with_index(plan, Stage.INPUT, window.session.cut, "B", index))
        settle(qtbot, window)

    step(1)
    assert all(window.pane(stage).canvas.has_pixels for stage in BOTH)
    step(2)
    assert "volume.h5::/x: a chunk cannot be decoded" in window.message.message
    for stage in BOTH:
        assert not window.pane(stage).canvas.has_pixels, "the second plane is not the third"
        assert "a chunk cannot be decoded" in window.pane(stage).note_text
        assert window.pane(stage).honesty_text == ""
    for index in (3, 0):
        step(index)
        for stage in BOTH:
            pane = window.pane(stage)
            assert (pane.canvas.has_pixels, pane.note_text) == (True, "")
            assert pane.element({"B": index, "H": 5, "W": 6}) == PLANES[index, 5, 6]


def test_a_damaged_file_is_not_shown_as_the_one_before(
    open_window: Open, volume: Path, photo: Path, qtbot: QtBot
) -> None:
    window = open_window(photo, filters=1, kernel=(1,))
    assert all(window.pane(stage).canvas.has_pixels for stage in BOTH)
    content = bytearray(volume.read_bytes())
    with h5py.File(volume) as file:
        offsets = [file["x"].id.get_chunk_info(number).byte_offset for number in range(4)]
    for offset in offsets:
        content[offset : offset + 40] = bytes(40)
    volume.write_bytes(content)
    window.commands.open_paths([str(volume)])
    settle(qtbot, window)
    assert window.session.plan is not None
    assert window.session.plan.info.path == str(volume)
    for stage in BOTH:
        assert not window.pane(stage).canvas.has_pixels, "not the photo under the name of the volume"
        assert "a chunk cannot be decoded" in window.pane(stage).note_text
    window.commands.open_paths([str(photo)])
    settle(qtbot, window)
    for stage in BOTH:
        assert (window.pane(stage).canvas.has_pixels, window.pane(stage).note_text) == (True, "")
    assert not window.message.kind
