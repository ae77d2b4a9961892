"""Reading for everyone: names, Tab, contrast, room for every text at every scaling, nothing by colour alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import reading
from driving import Open, settle, type_into
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from padviewer.gui.instruments import PANELS
from padviewer.gui.main_window import MainWindow
from padviewer.gui.theme import THEMES, Theme


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2: 1 for equal colours, 21 for black on white."""

    def luminance(colour: str) -> float:
        parts = [QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_texts_and_marks_stand_out_from_what_they_lie_on(theme: Theme) -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for ground in (theme.window, theme.panel, theme.canvas, theme.field):
        for text in (theme.text, theme.muted, theme.accent, theme.padding, theme.error):
            assert contrast(text, ground) >= 4.5, (text, ground)
        # What has the keyboard has a border of the accent, instead of the quiet one.
        assert contrast(theme.accent, ground) >= 3
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.accent, theme.border) >= 3


@pytest.fixture
def full(open_window: Open, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """A window with everything in it: a volume, a message, every panel."""
    np.save(tmp_path / "volume.npy", np.random.default_rng(0).normal(size=(6, 40, 50)).astype(np.float32))
    window = open_window(tmp_path / "volume.npy", target=(8, 64, 64), filters=4, position="random")
    window.message.show_offer("Something to know.", [("Do it", lambda: None)])
    return window


def test_every_control_has_a_name_and_is_reached_by_tab(full: MainWindow, qtbot: QtBot) -> None:
    assert reading.nameless(full) == []
    assert reading.unreachable(full) == []
    for panel in PANELS:
        full.instruments.show_panel(panel.name)
        settle(qtbot, full)
        assert reading.nameless(full) == [], panel.name
        assert reading.unreachable(full) == [], panel.name


def test_tab_leads_nowhere_that_cannot_be_seen(full: MainWindow, qtbot: QtBot) -> None:
    for panel in PANELS[:3]:
        full.instruments.show_panel(panel.name)
    settle(qtbot, full)
    for widget in reading.tab_chain(full):
        assert full.rect().intersects(widget.rect().translated(widget.mapTo(full, widget.rect().topLeft()))), widget


def test_tab_goes_from_left_to_right_and_down(full: MainWindow) -> None:
    chain = [widget for widget in reading.tab_chain(full) if full.centralWidget().isAncestorOf(widget)]

    def place(part: QWidget) -> int:
        return min(number for number, widget in enumerate(chain) if part is widget or part.isAncestorOf(widget))

    panes = list(full.panes.panes.values())
    places = [place(part) for part in (full.files, full.message, *panes, full.form)]
    assert places == sorted(places)
    rows = [widget.mapTo(full, widget.rect().topLeft()).y() for widget in chain if full.form.isAncestorOf(widget)]
    assert len(rows) > 12


def test_focus_is_seen(full: MainWindow, qtbot: QtBot) -> None:
    full.activateWindow()
    qtbot.waitUntil(full.isActiveWindow)
    # The other with the keyboard, so that there is no caret of a text to see.
    for widget in [full.form.field("mode"), full.form.field("kernel"), *full.message.remedies()]:
        full.form.field("seed").setFocus()
        QTest.qWait(20)
        before = widget.grab().toImage()
        widget.setFocus()
        QTest.qWait(20)
        assert widget.grab().toImage() != before, widget.accessibleName()


@pytest.mark.parametrize("size", [(1400, 900), (720, 480)])
def test_nothing_is_cut_off_and_what_is_elided_is_said(full: MainWindow, qtbot: QtBot, size: tuple[int, int]) -> None:
    full.resize(*size)
    settle(qtbot, full)
    assert reading.cut_off(full) == []
    assert reading.elided_silently(full) == []


@pytest.mark.parametrize("scale", ["1.25", "1.5", "2"])
def test_nothing_is_cut_off_where_the_screen_is_scaled(scale: str, photo: Path) -> None:
    script = Path(reading.__file__)
    environment = {**os.environ, "QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"}
    for size in ("1400x900", "720x480") if scale == "1.5" else ("720x480",):
        command = [sys.executable, str(script), size, "light", str(photo)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)
        assert (done.returncode, done.stdout) == (0, ""), (size, done.stderr)


def test_errors_and_wrong_texts_are_told_by_more_than_a_colour(open_window: Open, photo: Path) -> None:
    window = open_window(photo, filters=1)
    window.message.show_note("", "quiet")
    note = window.message.accessibleName(), window.message._sign.text()
    window.commands.open_paths(["/nowhere.png"])
    window.session.edit({"target": (2, 2), "overflow": "crop"})
    error = window.message.accessibleName(), window.message._sign.text()
    assert note == ("note: quiet", "i")
    assert error[0].startswith("error: ")
    assert error[1] == "!"
    field = window.form.field("kernel")
    type_into(field, "3x")
    assert "expected a whole number" in field.toolTip()
    wrong = field.grab().toImage()
    right = window.form.field("strides").grab().toImage()
    # Dashes: the border of a right text has one colour along it.
    along = {wrong.pixel(x, 0) for x in range(8, wrong.width() - 8)}
    assert len(along) > len({right.pixel(x, 0) for x in range(8, right.width() - 8)}) == 1


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_stands_in_an_empty_field_can_be_read(theme: str, open_window: Open, photo: Path, qtbot: QtBot) -> None:
    window = open_window(photo, filters=1)
    window.commands.choose_theme(theme)
    field = QLineEdit(window)
    field.setPlaceholderText("█" * 20)
    field.resize(200, 40)
    field.show()
    qtbot.wait(20)
    picture = field.grab().toImage()
    colours = [picture.pixelColor(x, picture.height() // 2).name() for x in range(12, 100)]
    assert contrast(max(colours, key=colours.count), window.theme.field) >= 4.5
    field.deleteLater()


def test_buttons_without_words_say_what_they_do(full: MainWindow) -> None:
    silent = [
        button
        for button in full.findChildren(QAbstractButton)
        if button.isVisible() and not button.text().replace("…", "").strip().isascii() and not button.toolTip()
    ]
    assert silent == []
