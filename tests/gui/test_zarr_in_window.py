"""Zarr folders in the real window: dropped, found in a folder, their members chosen, changed and reloaded."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from urllib.parse import quote

import numpy as np
from driving import Open, settle
from pointing import place
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.plan import Stage


def write(path: Path, array: np.ndarray) -> Path:
    """Writes one chunk, uncompressed."""
    path.mkdir(parents=True, exist_ok=True)
    document = {
        "zarr_format": 2, "shape": array.shape, "chunks": array.shape, "dtype": array.dtype.str, "compressor": None,
        "fill_value": 0, "order": "C", "filters": None,
    }  # fmt: skip
    (path / ".zarray").write_text(json.dumps(document))
    (path / ("0" + ".0" * (array.ndim - 1))).write_bytes(array.tobytes())
    return path


def drop(window: MainWindow, *addresses: str) -> None:
    mime = QMimeData()
    mime.setData("text/uri-list", "".join(f"file://{quote(found)}\r\n" for found in addresses).encode())
    actions, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(5, 5), actions, mime, buttons, keys))
    QApplication.sendEvent(window, QDropEvent(QPointF(5, 5), actions, mime, buttons, keys))


def shown(window: MainWindow) -> int:
    pixels = window.pane(Stage.INPUT).canvas.pixels
    assert pixels is not None
    return int(pixels[..., 0].max())


def test_a_dropped_zarr_is_one_file(open_window: Open, photo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    array = np.arange(20 * 30, dtype=np.uint8).reshape(20, 30)
    write(tmp_path / "one.zarr", array)
    write(tmp_path / "no suffix", array[:10])
    write(tmp_path / "folder" / "two.zarr", array[:, :9])
    np.save(tmp_path / "folder" / "z.npy", array)
    (tmp_path / "empty.zarr").mkdir()
    window = open_window(photo, filters=1, kernel=(1,))
    # File managers end the address of a folder with a slash, or do not.
    names = ("one.zarr/", "no suffix", "folder", "empty.zarr")
    drop(window, *(f"{tmp_path}/{name}" for name in names))
    settle(qtbot, window)
    outcomes = {
        Path(entry.item[0]).name: text
        for entry, text in zip(window.session.files.entries, window.files.outcomes(), strict=True)
    }
    assert outcomes["one.zarr"] == "20 × 30   uint8"
    assert outcomes["no suffix"] == "10 × 30   uint8"
    assert outcomes["two.zarr"] == "20 × 9   uint8"
    assert outcomes["z.npy"] == "20 × 30   uint8"
    assert "is no Zarr" in outcomes["empty.zarr"]
    assert len(outcomes) == 6
    assert window.pane(Stage.INPUT).title_text == "H 20  W 30"
    model = window.files._model
    assert "one.zarr" in model.data(model.index(1), Qt.ItemDataRole.DisplayRole)


def test_a_zarr_that_changes_is_told_and_reloaded(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    path = write(tmp_path / "a.zarr", np.full((20, 30), 50, np.uint8))
    before = time.time() - 100
    for found in (path, *path.iterdir()):
        os.utime(found, (before, before))
    window = open_window(path, filters=1, kernel=(1,))
    assert window.pane(Stage.INPUT).title_text == "H 20  W 30"
    write(path, np.full((20, 40), 90, np.uint8))
    qtbot.waitUntil(lambda: "has changed" in window.message.message, timeout=10_000)
    QTest.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: window.pane(Stage.INPUT).title_text == "H 20  W 40", timeout=10_000)
    settle(qtbot, window)
    assert shown(window) > 0
    shutil.rmtree(path)
    settle(qtbot, window)
    assert window.pane(Stage.INPUT).title_text == "H 20  W 40"


def test_what_is_not_damaged_can_be_looked_at(open_window: Open, tmp_path: Path, qtbot: QtBot) -> None:
    array = np.tile(np.arange(200, dtype=np.uint8), (300, 2))
    path = tmp_path / "a.zarr"
    write(path, array)
    document = json.loads((path / ".zarray").read_text()) | {"chunks": [100, 100]}
    (path / ".zarray").write_text(json.dumps(document))
    for row in range(3):
        for column in range(4):
            part = array[100 * row : 100 * row + 100, 100 * column : 100 * column + 100]
            (path / f"{row}.{column}").write_bytes(part.tobytes())
    (path / "0.0").write_bytes(b"cut short")
    window = open_window(path, filters=1, kernel=(1,))
    assert "its chunk (0, 0) cannot be decoded" in window.message.message
    assert window.pane(Stage.INPUT).canvas.pixels is None
    viewport, corner = place(window, Stage.INPUT, 299, 399)
    for _turn in range(12):
        wheel = QWheelEvent(
            QPointF(corner), QPointF(viewport.mapToGlobal(corner)), QPoint(), QPoint(0, 120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(viewport, wheel)
    settle(qtbot, window)
    assert shown(window) > 0
    assert "the rest can be shown" in window.message.message
