"""The sheet of shortcuts: every action that has keys, as the menus have it now, and what mouse and keys do beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from padviewer.gui.palette.action_list import SEPARATOR, action_entries
from padviewer.gui.palette.gestures import GESTURES
from padviewer.gui.theme import monospaced

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from padviewer.gui.main_window import MainWindow

_SIZE = (560, 640)


class ShortcutSheet(QDialog):
    """Lists what there is by group, and finds it by what it does or by its keys.

    Args:
        window: whose actions are listed.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setWindowTitle("Keys and gestures")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._groups: dict[str, tuple[QTreeWidgetItem, list[QTreeWidgetItem]]] = {}
        self._line = QLineEdit()
        self._line.setPlaceholderText("Find by what it does, or by its keys")
        self._line.setAccessibleName("Find")
        self._line.setClearButtonEnabled(True)
        self._tree = QTreeWidget()
        self._tree.setColumnCount(2)
        self._tree.setHeaderLabels(["What", "Keys"])
        self._tree.setAccessibleName("Keys and gestures")
        self._tree.setRootIsDecorated(False)
        self._tree.setIndentation(12)
        header = self._tree.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(False)
        self._fill(window)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self._line)
        layout.addWidget(self._tree, 1)
        layout.addWidget(buttons)
        self._line.textChanged.connect(self._on_line_changed)
        self.resize(min(_SIZE[0], window.width() - 32), min(_SIZE[1], window.height() - 32))

    @property
    def line(self) -> QLineEdit:
        """Where a person types what is looked for."""
        return self._line

    def rows(self) -> list[tuple[str, str, str]]:
        """Returns group, what is done and how, of what is shown."""
        return [
            (group.text(0), item.text(0), item.text(1))
            for group, items in self._groups.values()
            for item in items
            if not item.isHidden()
        ]

    def _fill(self, window: MainWindow) -> None:
        lines = [
            (entry.menus[0], SEPARATOR.join((*entry.menus[1:], entry.text)), keys_of(entry.action))
            for entry in action_entries(window.menuBar())
            if entry.action.shortcuts()
        ]
        for group, text, keys in (*lines, *GESTURES):
            if group not in self._groups:
                self._groups[group] = (self._heading(group), [])
            parent, items = self._groups[group]
            item = QTreeWidgetItem(parent, [text, keys])
            item.setFont(1, monospaced(9))
            for column in (0, 1):
                item.setToolTip(column, f"{text}: {keys}")
            items.append(item)

    def _heading(self, group: str) -> QTreeWidgetItem:
        heading = QTreeWidgetItem(self._tree, [group])
        heading.setFirstColumnSpanned(True)
        heading.setExpanded(True)
        # Arrow keys lead from line to line.
        heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = heading.font(0)
        font.setBold(True)
        heading.setFont(0, font)
        return heading

    def _on_line_changed(self, text: str) -> None:
        words = text.lower().split()
        for group, items in self._groups.values():
            for item in items:
                line = f"{group.text(0)} {item.text(0)} {item.text(1)}".lower()
                item.setHidden(not all(word in line for word in words))
            group.setHidden(all(item.isHidden() for item in items))


def keys_of(action: QAction) -> str:
    """Returns every shortcut of an action, as people read them."""
    form = QKeySequence.SequenceFormat.NativeText
    return ", ".join(shortcut.toString(form) for shortcut in action.shortcuts())
