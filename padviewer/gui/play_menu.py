"""The menu that plays a slider, and says how fast."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QComboBox, QMenu, QWidget

from padviewer.gui.player import RATES

_KEY = "Space"


class PlayMenu(QMenu):
    """Reports what a person chose."""

    toggled = Signal()
    rate_chosen = Signal(int)
    bouncing_chosen = Signal(bool)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.play = QAction("&Play or pause the slider used last", self)
        self.play.setShortcut(_KEY)
        self.play.triggered.connect(lambda _checked=False: self.toggled.emit())
        self.addAction(self.play)
        self.addSeparator()
        self._group = QActionGroup(self)
        self._group.triggered.connect(lambda action: self.rate_chosen.emit(action.data()))
        for rate in RATES:
            action = QAction(f"{rate} per second", self)
            action.setCheckable(True)
            action.setData(rate)
            self._group.addAction(action)
            self.addAction(action)
        self.addSeparator()
        self.bounce = QAction("&Back and forth", self)
        self.bounce.setCheckable(True)
        self.bounce.triggered.connect(self.bouncing_chosen)
        self.addAction(self.bounce)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_app_focus_changed)

    def set_playing(self, rate: int, bounces: bool) -> None:
        """Shows how it is played."""
        for action in self._group.actions():
            action.setChecked(action.data() == rate)
        self.bounce.setChecked(bounces)

    def _on_app_focus_changed(self, _older: QWidget | None, newer: QWidget | None) -> None:
        """Space presses a button and opens a choice: it is theirs while they have the keyboard."""
        theirs = isinstance(newer, QAbstractButton | QComboBox | QAbstractItemView)
        self.play.setShortcut("" if theirs else _KEY)
