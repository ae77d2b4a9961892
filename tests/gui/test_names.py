"""Names of files may be anything that a system allows: each is shown readably, and kept and restored byte for byte."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from driving import Open, settle
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from padviewer.gui.actions import suggested_name
from padviewer.gui.files import MAX_FILES
from padviewer.gui.plain_tip import plain_tip
from padviewer.gui.preferences import Preferences
from padviewer.gui.sessions.saved_session import MAX_BYTES, SavedSession
from padviewer.handed import file_beside
from padviewer.plan import Stage

NAMES = {
    "no text": b"\xff\xfe\x80.npy",
    "two lines": b"two\nlines\r\x1b[31m.npy",
    "turned": "\u202eypn.elif\u202d.npy".encode(),
    "markup": b"<img src='secret.png'><h1>a&b.npy",
    "option": b"--help.npy",
    "longest": b"x" * 251 + b".npy",
    "emoji": "🖼️ 𝔸.npy".encode(),
    "blank": b"  .npy",
    "selector": b"a::b.npy",
}


@pytest.fixture
def named(tmp_path: Path) -> list[str]:
    """A file of each name, an array of another size in each."""
    paths = []
    for size, name in enumerate(NAMES.values(), 3):
        paths.append(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        with open(paths[-1], "wb") as file:  # noqa: PTH123 - any name
            np.save(file, np.zeros((size, 5), np.uint8))
    return paths


def test_a_file_of_any_name_opens_and_is_told_readably(
    open_window: Open, photo: Path, named: list[str], preferences: Preferences, qtbot: QtBot
) -> None:
    window = open_window(photo, filters=1, kernel=(1,))
    window.commands.open_paths(named)
    settle(qtbot, window)
    for row, (path, size) in enumerate(zip(named, range(3, 99), strict=False), 1):
        window.session.files.select(row)
        settle(qtbot, window)
        assert window.pane(Stage.INPUT).title_text == f"H {size}  W 5"
        texts = [window.windowTitle(), *(label.text() for label in window.findChildren(QLabel))]
        model = window.files._model
        texts += [model.data(model.index(row), role) for role in (0, 11)]
        # Labels have spaces at which no line is broken.
        lines = [line for text in texts for line in text.translate({0xA0: " ", 0x202F: " "}).split("\n")]
        assert all(len(line) < 400 and line.isprintable() for line in lines), path
        tips = [widget.toolTip() for widget in window.findChildren(QLabel)] + [model.data(model.index(row), 3)]
        assert not any("<img" in tip or "<h1" in tip for tip in tips), "no picture is loaded for a tooltip"
        suggested = suggested_name(path, Stage.PADDED)
        assert suggested.encode()
        assert Path(suggested).name.endswith("_padded.npy")
        assert len(os.fsencode(Path(suggested).name)) <= 255
    assert window.session.files.items[1:] == tuple((path, None) for path in named)
    saved = SavedSession.from_json(window.keeper.state().to_json())
    assert saved.items[1:] == tuple((path, None) for path in named)
    assert saved.shown == (named[-1], None)
    preferences.save()
    kept = Preferences(str(preferences._file.path))
    assert kept.recent == [*reversed(named), str(photo)]
    recent = [action.text() for action in window.actions_._recent.actions() if isinstance(action, QAction)]
    assert any("a&&b.npy" in text for text in recent), "an ampersand is no underlined letter"
    assert all(text.isprintable() for text in recent)


def test_a_removed_working_directory_changes_nothing(
    open_window: Open, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    window = open_window(photo, filters=1, kernel=(1,))
    (tmp_path / "gone").rmdir()
    window.commands.open_paths(["relative.npy"])
    settle(qtbot, window)
    assert "no such file" in window.files.outcomes()[1]
    assert window.keeper.state().shown == (str(photo), None)
    assert suggested_name("python:/proc/1/fd/3/loss", Stage.PADDED).endswith("/loss_padded.npy")


def test_what_no_file_can_be_called_does_not_cost_the_session(open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1, kernel=(1,))
    window.commands.open_paths(["/" + "x" * 100_000, "/nul\0.npy"])
    settle(qtbot, window)
    assert len(window.session.files.entries) == 3
    saved = SavedSession.from_json(window.keeper.state().to_json())
    assert saved.items == ((str(photo), None), ("/nul\0.npy", None))


def test_a_session_that_is_too_large_to_be_read_back_is_never_written() -> None:
    folder = "/" + "\udcff" * 200
    items = tuple((f"{folder}/{number}.npy", None) for number in range(MAX_FILES))
    text = SavedSession(items=items, shown=items[0]).to_json()
    assert len(text) <= MAX_BYTES
    kept = SavedSession.from_json(text)
    assert kept.items == items[: len(kept.items)]
    assert len(kept.items) > 10_000
    few = SavedSession(items=items[:100])
    assert SavedSession.from_json(few.to_json()) == few


@given(st.text(max_size=60), st.text(max_size=10))
def test_tooltips_show_what_they_are_given(text: str, more: str) -> None:
    tip = plain_tip(text)
    assert tip == text or (tip.startswith("<qt>") and "<" not in tip[4:-5].replace("<br>", ""))
    assert plain_tip(f"<img src='{more}'>").count("<") == 2 + plain_tip(f"<img src='{more}'>").count("<br>")


@given(st.binary(min_size=1, max_size=400).filter(lambda name: not {0, 47} & set(name)))
def test_suggested_names_are_names(name: bytes) -> None:
    suggested = file_beside("/folder/" + os.fsdecode(name), "_padded.npy")
    assert suggested.startswith("/folder/")
    assert suggested.isprintable()
    assert len(suggested.removeprefix("/folder/").encode()) <= 255
    assert "/" not in suggested.removeprefix("/folder/")
