"""Exports asked for in the window: what is written, what is asked before, and what happens when it is called off."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from padviewer.export import EXTENSIONS, continues
from padviewer.gui.export_dialog import export_filters, may_write, with_suffix
from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage


def export(qtbot: QtBot, window: MainWindow, stage: Stage, path: Path) -> None:
    with qtbot.waitSignal(window.session.export_ended, timeout=60_000):
        window.commands.export(stage, str(path))


def test_exports_what_is_on_screen(open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    window = open_window(photo, target=(500, 700), position="end", fill_value=9, filters=2)
    expected = np.pad(np.asarray(Image.open(photo)), ((20, 0), (60, 0), (0, 0)), constant_values=9)
    export(qtbot, window, Stage.PADDED, tmp_path / "padded.npz")
    with np.load(tmp_path / "padded.npz") as archive:
        assert np.array_equal(archive["padded"], expected)
        assert archive["padded"].dtype == np.uint8
        assert json.loads(archive["spec"].item())["position"] == "end"
    export(qtbot, window, Stage.PADDED, tmp_path / "padded.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "padded.png")), expected)
    export(qtbot, window, Stage.MASK, tmp_path / "mask.npy")
    assert np.array_equal(np.load(tmp_path / "mask.npy"), np.pad(np.ones((480, 640)), ((20, 0), (60, 0))))
    export(qtbot, window, Stage.FEATURE, tmp_path / "feature.npy")
    feature = np.load(tmp_path / "feature.npy")
    assert feature.shape == (498, 698, 2)
    assert feature.dtype == np.float32
    assert f"wrote {tmp_path / 'feature.npy'}" in window.status.message
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == [
        "feature.npy", "mask.npy", "padded.npz", "padded.png", "photo.png",
    ]  # fmt: skip


def test_an_export_that_cannot_be_written_is_told(open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=5)
    export(qtbot, window, Stage.FEATURE, tmp_path / "feature.png")
    assert "PNG" in window.message.message
    assert not (tmp_path / "feature.png").exists()
    export(qtbot, window, Stage.PADDED, tmp_path / "nowhere" / "padded.npy")
    assert "the directory does not exist" in window.message.message


def test_the_export_action_asks_for_a_name(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(photo, filters=1)
    asked = []

    def answer(_parent, title: str, suggested: str, filters: str, **_options):
        asked.append((title, suggested))
        return str(tmp_path / "chosen"), "TIFF (*.tif *.tiff)"

    # The dialog is the system's own; what it is asked and what its answer does is ours.
    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    with qtbot.waitSignal(window.session.export_ended, timeout=60_000):
        window.actions_.export[Stage.PADDED].trigger()
    assert asked == [("Export the padded tensor of photo.png", str(photo.with_name("photo_padded.npy")))]
    assert (tmp_path / "chosen.tif").exists()


def test_asks_before_it_writes_over_a_file(open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    there = tmp_path / "there.npy"
    there.write_bytes(b"precious")
    link = tmp_path / "link.npy"
    link.symlink_to(there)
    texts = []

    def click(button: QMessageBox.StandardButton) -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        texts.append(box.text())
        box.button(button).click()

    QTimer.singleShot(100, lambda: click(QMessageBox.StandardButton.No))
    assert not may_write(window, str(there))
    QTimer.singleShot(100, lambda: click(QMessageBox.StandardButton.Yes))
    assert may_write(window, str(link))
    assert "exists and will be replaced" in texts[0]
    assert "is a link" in texts[1]
    assert there.read_bytes() == b"precious"
    assert may_write(window, str(tmp_path / "free.npy"))


def test_the_dialog_offers_each_format_that_is_written() -> None:
    offered = export_filters()
    assert set(offered.values()) == set(EXTENSIONS) - {".tiff", ".hdf5"}
    text = ";;".join(offered)
    assert all(f"*{extension})" in text or f"*{extension} " in text for extension in EXTENSIONS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", "a.npy"),
        ("a.TIF", "a.TIF"),
        ("a.b", "a.b.npy"),
        ("a.nii.gz", "a.nii.gz"),
        ("a.gz", "a.gz.npy"),
        (".nii.gz", ".nii.gz.npy"),
        ("a.h5", "a.h5"),
    ],
)
def test_a_name_without_a_suffix_of_ours_gets_one(name: str, expected: str) -> None:
    assert with_suffix(name, ".npy") == expected


def test_a_long_export_shows_progress_and_can_be_cancelled(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(photo, target=(17_000, 17_000), fill_value=9, filters=1)
    settle(qtbot, window)
    seen: list[int] = []
    window.session.export_progressed.connect(lambda done, _total: seen.append(done))
    window.commands.export(Stage.PADDED, str(tmp_path / "large.npy"))
    qtbot.waitUntil(lambda: len(seen) > 3, timeout=20_000)
    assert window.status.is_exporting
    assert 0 < seen[-1] < 17_000 * 17_000 * 3
    with qtbot.waitSignal(window.session.export_ended, timeout=20_000):
        window.session.cancel_export()
    assert not window.status.is_exporting
    assert "cancelled" in window.status.message
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["photo.png"], "nothing half-written stays"


def test_a_large_export_that_was_cancelled_is_continued(
    open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(photo, target=(30_000, 30_000), fill_value=9, filters=1)
    settle(qtbot, window)
    target = str(tmp_path / "large.npy")
    window.commands.export(Stage.PADDED, target)
    # The panes stay live meanwhile: the reader that they use is another process.
    started = time.monotonic()
    window.session.edit({"position": "end"})
    qtbot.waitUntil(lambda: window.session._clients["reader"].idle, timeout=5000)
    assert time.monotonic() - started < 5
    qtbot.waitUntil(lambda: continues(target) is not None, timeout=30_000)
    with qtbot.waitSignal(window.session.export_ended, timeout=20_000):
        window.session.cancel_export()
    assert "export stopped; the same export again continues at" in window.status.message
    window.session.edit({"position": "start"})
    settle(qtbot, window)
    with qtbot.waitSignal(window.session.export_resumed, timeout=20_000):
        window.commands.export(Stage.PADDED, target)
    assert "large.npy: continues at" in window.status.message
    with qtbot.waitSignal(window.session.export_ended, timeout=20_000):
        window.session.cancel_export()
    (part,) = tmp_path.glob(".large.npy.*")
    shutil.rmtree(part)
