"""What of the window gives way where it is small."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot


def test_the_probe_gives_way_to_the_pictures_where_there_is_little_height(open_window, photo: Path, qtbot: QtBot):
    window = open_window(photo)
    window.resize(720, 480)
    qtbot.waitUntil(window.probe.isVisible)
    window.instruments.show_panel("table")
    qtbot.waitUntil(lambda: not window.probe.isVisible())
    panes = window.panes.panes.values()
    qtbot.waitUntil(lambda: all(pane.canvas.height() > 50 for pane in panes))
    for pane in panes:
        assert pane.canvas.geometry().bottom() < pane.sliders.geometry().top()
    window.instruments.show_panel("table", False)
    qtbot.waitUntil(window.probe.isVisible)
