"""What is remembered between starts."""

from __future__ import annotations

import os
from pathlib import Path

from driving import Open
from pytestqt.qtbot import QtBot

from padviewer.gui.preferences import MAX_RECENT, Preferences


def test_values_come_back(tmp_path: Path) -> None:
    path = str(tmp_path / "padviewer.ini")
    first = Preferences(path)
    first.theme = "light"
    first.set_read("welcome")
    for number in range(MAX_RECENT + 3):
        first.add_recent(str(tmp_path / f"{number}.png"))
    del first
    second = Preferences(path)
    assert second.theme == "light"
    assert second.has_read("welcome")
    assert not second.has_read("other")
    assert len(second.recent) == MAX_RECENT
    assert second.recent[0] == str(tmp_path / f"{MAX_RECENT + 2}.png")
    second.clear_recent()
    assert Preferences(path).recent == []


def test_one_recent_file_comes_back_as_a_list(tmp_path: Path) -> None:
    path = str(tmp_path / "padviewer.ini")
    Preferences(path).add_recent("/data/only.png")
    assert Preferences(path).recent == ["/data/only.png"]


def test_a_damaged_file_is_set_aside_and_said_so(tmp_path: Path) -> None:
    path = tmp_path / "padviewer.ini"
    path.write_bytes(b"[General\nthis is = = not [ an INI file\n\x00\xff")
    preferences = Preferences(str(path))
    assert "starts afresh" in preferences.complaint
    assert (tmp_path / "padviewer.ini.damaged").read_bytes().startswith(b"[General")
    preferences.theme = "light"
    assert Preferences(str(path)).theme == "light"


def test_the_window_remembers_recent_files_theme_and_dismissed_notes(
    open_window: Open, photo: Path, preferences: Preferences, qtbot: QtBot
) -> None:
    window = open_window(photo, filters=1)
    assert preferences.recent == [str(photo)]
    window.commands.help.show_welcome()
    assert window.message.kind == "note"
    window.message._on_close_clicked()
    assert preferences.has_read("welcome")
    assert window.message.kind == ""
    window.commands.choose_theme("light")
    assert preferences.theme == "light"
    assert window.palette().window().color().lightness() > 200


def test_settings_that_cannot_be_written_are_told_of_once(
    open_window: Open, photo: Path, preferences: Preferences, tmp_path: Path
) -> None:
    window = open_window(photo, filters=1)
    preferences.save()
    assert preferences.refusal == ""
    file = preferences._file.path
    file.unlink()
    file.mkdir()  # nobody can write there, root neither
    preferences.theme = "light"
    preferences.save()
    window.keeper.keep()
    assert f"the settings cannot be saved in {file}; is the disk full" in window.status.message
    window.status.say("something else")
    window.keeper.keep()
    assert "something else" in window.status.message
    file.rmdir()


def test_settings_that_cannot_be_read_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "padviewer.ini"
    path.mkdir()
    (path / "letter.txt").write_text("dear")
    preferences = Preferences(str(path))
    preferences.theme = "light"
    preferences.save()
    assert (path / "letter.txt").read_text() == "dear"
    assert "cannot be" in preferences.complaint + preferences.refusal


def test_what_qt_left_when_it_was_killed_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "padviewer.ini"
    older, newer, other = (tmp_path / name for name in ("padviewer.ini.AbCdEf", "padviewer.ini.GhIjKl", "a.ini.AbCdEf"))
    for left in (older, newer, other):
        left.write_text("[General]")
    os.utime(older, (1, 1))
    os.utime(other, (1, 1))
    Preferences(str(path))
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.ini.AbCdEf", "padviewer.ini.GhIjKl"]
