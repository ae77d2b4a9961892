"""The menu that chooses which two axes are on screen."""

from __future__ import annotations

from types import MappingProxyType

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from padviewer.gui.axis_names import Names, axis_label


class AxesMenu(QMenu):
    """Shows the pairs of axes of an array, the one on screen checked, and reports the one that a person chose."""

    axes_chosen = Signal(str)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self._names: Names = {}
        self._group = QActionGroup(self)
        self._group.triggered.connect(self._on_group_triggered)
        self._next = QAction("&Next pair", self)
        self._next.setShortcut("X")
        self._next.triggered.connect(self._on_next_triggered)
        self.addAction(self._next)
        self.addSeparator()
        self.set_axes((), "")

    def set_axes(self, choices: tuple[str, ...], current: str, names: Names = MappingProxyType({})) -> None:
        """Offers pairs of letters, rows first, by the names that they have; there is nothing to choose out of one."""
        if choices != self._choices or names != self._names:
            self._names = names
            self._offer(choices)
        for action in self._group.actions():
            action.setChecked(action.data() == current)
        self.menuAction().setEnabled(len(choices) > 1)
        self._next.setEnabled(len(choices) > 1)

    @property
    def _choices(self) -> tuple[str, ...]:
        return tuple(action.data() for action in self._group.actions())

    def _offer(self, choices: tuple[str, ...]) -> None:
        for action in self._group.actions():
            self._group.removeAction(action)
            self.removeAction(action)
            action.deleteLater()
        for axes in choices:
            down, across = (axis_label(self._names, letter) for letter in tuple(axes))
            action = QAction(f"{down} × {across}", self)
            action.setCheckable(True)
            action.setData(axes)
            action.setToolTip(f"{down} runs down the screen and {across} across")
            self._group.addAction(action)
            self.addAction(action)

    def _on_group_triggered(self, action: QAction) -> None:
        self.axes_chosen.emit(action.data())

    def _on_next_triggered(self) -> None:
        checked = self._group.checkedAction()
        at = self._choices.index(checked.data()) if checked else -1
        self.axes_chosen.emit(self._choices[(at + 1) % len(self._choices)])
