"""Saving a model from the window: asked for, written, told."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from driving import PATIENCE_MS, Open, settle
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot


def answer(monkeypatch, path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))


def wait_for_message(qtbot: QtBot, window, text: str) -> None:
    qtbot.waitUntil(lambda: text in window.status.message, timeout=PATIENCE_MS)


def test_a_model_is_written_where_a_person_says(open_window: Open, photo, tmp_path, qtbot: QtBot, monkeypatch):
    window = open_window(photo, target=(512, 800), filters=4)
    answer(monkeypatch, tmp_path / "mine")
    window.actions_.save_model.trigger()
    wait_for_message(qtbot, window, "wrote")
    assert "takes B H W C" in window.status.message
    with zipfile.ZipFile(tmp_path / "mine.keras") as archive:
        assert b"MultiDimDynamicPadding" in archive.read("config.json")
        assert "model.weights.h5" in archive.namelist()


def test_overwriting_is_asked(open_window: Open, photo, tmp_path, qtbot: QtBot, monkeypatch):
    window = open_window(photo, target=(512, 800), filters=4)
    path = tmp_path / "mine.keras"
    path.write_bytes(b"precious")
    answer(monkeypatch, path)
    monkeypatch.setattr(QMessageBox, "question", lambda *_a, **_k: QMessageBox.StandardButton.No)
    window.actions_.save_model.trigger()
    settle(qtbot, window)
    assert path.read_bytes() == b"precious"
    monkeypatch.setattr(QMessageBox, "question", lambda *_a, **_k: QMessageBox.StandardButton.Yes)
    window.actions_.save_model.trigger()
    wait_for_message(qtbot, window, "wrote")
    assert zipfile.is_zipfile(path)


def test_what_went_wrong_is_told(open_window: Open, photo, tmp_path, qtbot: QtBot):
    window = open_window(photo, target=(512, 800), filters=4)
    window.commands.results.save_model(str(tmp_path / "missing" / "mine.keras"))
    wait_for_message(qtbot, window, "not saved")
    assert "does not exist" in window.message.message


def test_there_is_none_without_a_feature_map(open_window: Open, tmp_path):
    path = tmp_path / "complex.npy"
    np.save(path, np.ones((4, 4), "complex64"))
    window = open_window(path, target=(8, 8))
    assert not window.actions_.save_model.isEnabled()


@pytest.mark.parametrize("axes", ["CHW", "HWC"])
def test_it_says_what_the_model_takes(open_window: Open, tmp_path, qtbot: QtBot, axes):
    path = tmp_path / "array.npy"
    np.save(path, np.ones((4, 4, 4), "float32"))
    window = open_window(path, axes=axes, filters=2)
    window.commands.results.save_model(str(tmp_path / "model.keras"))
    wait_for_message(qtbot, window, f"takes {' '.join('B' + axes)}")
