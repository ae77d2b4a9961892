"""Playing sliders and typing their numbers, in a real window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import PATIENCE_MS, Open, settle
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from padviewer.gui.axis_slider import AxisSlider
from padviewer.gui.feature import FeatureState
from padviewer.gui.main_window import MainWindow
from padviewer.gui.player import Player
from padviewer.plan import Stage


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    np.save(tmp_path / "volume.npy", np.random.default_rng(0).integers(0, 9, (6, 20, 30)).astype(np.uint8))
    return tmp_path / "volume.npy"


def slider_of(window: MainWindow, stage: Stage, letter: str = "D") -> AxisSlider:
    slider = window.pane(stage).slider(letter)
    assert slider is not None
    return slider


def activate(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()


def test_space_plays_the_slider_used_last_and_every_index_is_shown(
    open_window: Open, volume: Path, qtbot: QtBot
) -> None:
    window = open_window(volume, axes="DHW", filters=3, kernel=(1,))
    activate(qtbot, window)
    window.commands.set_play_rate(30)
    slider = slider_of(window, Stage.PADDED)
    slider.stop.setFocus()
    cuts: list[int] = []
    shown: list[tuple[Stage, int]] = []
    window.session.cut_changed.connect(lambda cut: cuts.append(cut.depth))
    window.session.tile_ready.connect(lambda tile: shown.append((tile.stage, tile.region[-3].start)))
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert slider._play.accessibleName() == "Pause depth"
    qtbot.waitUntil(lambda: len(cuts) >= 8, timeout=20_000)
    QTest.keyClick(window, Qt.Key.Key_Space)
    settle(qtbot, window)
    assert slider._play.accessibleName() == "Play depth"
    assert cuts[:8] == [1, 2, 3, 4, 5, 0, 1, 2]
    inputs = [index for stage, index in shown if stage is Stage.INPUT]
    assert inputs[:8] == cuts[:8], "each is shown before the next is asked for"
    still = list(cuts)
    qtbot.wait(120)
    assert cuts == still


def test_a_button_plays_its_own_slider_and_stops_another(open_window: Open, volume: Path, qtbot: QtBot) -> None:
    window = open_window(volume, axes="DHW", filters=3, kernel=(1,))
    depth, filters = slider_of(window, Stage.INPUT), slider_of(window, Stage.FEATURE, "C")
    QTest.mouseClick(depth._play, Qt.MouseButton.LeftButton)
    assert window.panes.player.plays((Stage.INPUT, "D"))
    QTest.mouseClick(filters._play, Qt.MouseButton.LeftButton)
    assert window.panes.player.plays((Stage.FEATURE, "C"))
    assert depth._play.text() == "▶"
    QTest.mouseClick(filters._play, Qt.MouseButton.LeftButton)
    assert not window.panes.player.playing


def test_playing_ends_with_its_axis(open_window: Open, volume: Path, photo: Path, qtbot: QtBot) -> None:
    window = open_window(volume, axes="DHW", filters=1, kernel=(1,))
    window.commands.play()
    assert window.panes.player.playing
    window.commands.choose_axes("DW")
    qtbot.waitUntil(lambda: not window.panes.player.playing, timeout=PATIENCE_MS)
    window.commands.play()
    assert window.panes.player.place == (Stage.PADDED, "H")
    window.commands.open_paths([str(photo)])
    qtbot.waitUntil(lambda: not window.panes.player.playing, timeout=PATIENCE_MS)
    settle(qtbot, window)


def test_space_stays_with_a_button(open_window: Open, volume: Path, qtbot: QtBot) -> None:
    window = open_window(volume, axes="DHW", filters=1, kernel=(1,))
    activate(qtbot, window)
    fit = next(button for button in window.findChildren(QPushButton) if button.text() == "Fit")
    pressed = []
    fit.clicked.connect(lambda: pressed.append(True))
    fit.setFocus()
    QTest.keyClick(fit, Qt.Key.Key_Space)
    assert pressed == [True]
    assert not window.panes.player.playing


@pytest.mark.parametrize("how", ["click", "digits"])
def test_a_number_is_typed(how: str, open_window: Open, volume: Path, qtbot: QtBot) -> None:
    window = open_window(volume, axes="DHW", filters=1, kernel=(1,))
    activate(qtbot, window)
    slider = slider_of(window, Stage.PADDED)
    if how == "click":
        QTest.mouseClick(slider._number, Qt.MouseButton.LeftButton)
    else:
        slider.stop.setFocus()
    QTest.keyClicks(QApplication.focusWidget(), "4")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    assert field.accessibleName() == "number of the depth shown"
    assert slider.index == 0, "nothing changes while it is typed"
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert (slider.index, slider.number_text) == (3, "4 of 6")
    assert window.session.cut.depth == 3
    assert QApplication.focusWidget() is slider.stop
    QTest.keyClicks(slider.stop, "9")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert (slider.index, field.isVisible()) == (3, False)
    QTest.keyClicks(slider.stop, "99")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert slider.number_text == "6 of 6", "there are no more"


def test_back_and_forth(qtbot: QtBot) -> None:
    slider = AxisSlider("D", "depth")
    qtbot.addWidget(slider)
    slider.set_index(0, 3)
    seen: list[int] = []
    slider.index_edited.connect(lambda _letter, index: seen.append(index))
    player = Player(lambda _place: slider, lambda: True)
    player.rate, player.bounces = 1000, True
    player.toggle((Stage.INPUT, "D"))
    qtbot.waitUntil(lambda: len(seen) >= 6, timeout=PATIENCE_MS)
    player.pause()
    assert seen[:6] == [1, 2, 1, 0, 1, 2]


def test_what_is_not_shown_is_waited_for(qtbot: QtBot) -> None:
    slider = AxisSlider("D", "depth")
    qtbot.addWidget(slider)
    slider.set_index(0, 9)
    shown = [False]
    player = Player(lambda _place: slider, lambda: shown[0])
    player.rate = 1000
    player.toggle((Stage.INPUT, "D"))
    qtbot.wait(60)
    assert slider.index == 0
    shown[0] = True
    qtbot.waitUntil(lambda: slider.index == 1, timeout=PATIENCE_MS)
    shown[0] = False
    player.pause()


def test_speed_is_remembered(open_window: Open, volume: Path) -> None:
    window = open_window(volume, axes="DHW", filters=1, kernel=(1,))
    chosen = {action.text(): action for action in window.actions_.play.actions()}
    chosen["5 per second"].trigger()
    chosen["&Back and forth"].trigger()
    assert (window.panes.player.rate, window.panes.player.bounces) == (5, True)
    assert (window.preferences.play_rate, window.preferences.play_bounces) == (5, True)


def test_an_axis_longer_than_a_slider_can_count(qtbot: QtBot) -> None:
    slider = AxisSlider("T", "time")
    qtbot.addWidget(slider)
    seen: list[int] = []
    slider.index_edited.connect(lambda _letter, index: seen.append(index))
    slider.set_index(2_999_999_999, 3_000_000_000)
    assert slider.number_text == "3000000000 of 3000000000"
    slider.choose(1_234_567_891)
    assert (slider.index, slider.number_text) == (1_234_567_891, "1234567892 of 3000000000")
    slider._slider.setValue(slider._slider.maximum())
    assert seen[0] == 1_234_567_891
    assert 2_999_999_990 < seen[1] < 3_000_000_000


def test_what_is_being_computed_does_not_keep_slices_from_playing(
    open_window: Open, volume: Path, qtbot: QtBot
) -> None:
    window = open_window(volume, axes="DHW", filters=1, kernel=(1,))
    feature = window.pane(Stage.FEATURE)
    feature.refresh()
    assert feature.is_waiting
    feature.set_state(FeatureState(working=True))
    feature.refresh()
    assert not feature.is_waiting
