"""Members as Qt reads them: nothing is made for a line before it is looked at."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QFont

from padviewer.errors import printable, shortened
from padviewer.gui.members.tree import Node
from padviewer.gui.plain_tip import plain_tip
from padviewer.gui.theme import Theme, monospaced

_Index = QModelIndex | QPersistentModelIndex
_HEADINGS = ("Name", "Type and shape")
_ROW = 22
_INDEX = QModelIndex()


class MemberModel(QAbstractItemModel):
    """A tree of members in two columns.

    Args:
        root: of the tree.
        current: name of the member that is shown.
        theme: for what cannot be opened.
    """

    def __init__(self, root: Node, current: str | None, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = root
        self._current = current
        self._muted = QColor(theme.muted)
        self._bold = QFont()
        self._bold.setBold(True)

    def set_root(self, root: Node) -> None:
        """Shows another tree."""
        self.beginResetModel()
        # Indices hold no reference: the older tree lives until nobody has one of it.
        older, self._root = self._root, root
        self.endResetModel()
        del older

    def node(self, index: _Index) -> Node:
        """Returns what stands in a line; the root where there is none."""
        node: Node = index.internalPointer() if index.isValid() else self._root
        return node

    def index_of(self, node: Node) -> QModelIndex:
        """Returns the line of a node."""
        return QModelIndex() if node.parent is None else self.createIndex(node.row, 0, node)

    def index(self, row: int, column: int, parent: _Index = _INDEX) -> QModelIndex:
        """Qt asks for a line."""
        children = self.node(parent).children
        if not (0 <= row < len(children) and 0 <= column < len(_HEADINGS)):
            return QModelIndex()
        return self.createIndex(row, column, children[row])

    def parent(self, index: _Index = _INDEX) -> QModelIndex:  # type: ignore[override]  # QObject has a parent too
        """Qt asks for the group of a line."""
        above = self.node(index).parent
        return QModelIndex() if above is None else self.index_of(above)

    def rowCount(self, parent: _Index = _INDEX) -> int:
        """How many lines a group has."""
        return len(self.node(parent).children) if parent.column() <= 0 else 0

    def columnCount(self, parent: _Index = _INDEX) -> int:  # noqa: ARG002 - the same in each group
        """Name and description."""
        return len(_HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The headings."""
        shown = orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return _HEADINGS[section] if shown else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """All lines can be reached, so that what is said of each can be read."""
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable if index.isValid() else Qt.ItemFlag.NoItemFlags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a line shows, and what a screen reader says."""
        node = self.node(index)
        first = index.column() == 0
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            whole = role == Qt.ItemDataRole.AccessibleTextRole
            return (told(node) if whole else node.text) if first else _described(node)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(told(node))
        if role == Qt.ItemDataRole.FontRole:
            return self._font(node, first)
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(0, _ROW)
        is_shut = node.member is not None and not node.member.readable
        return self._muted if role == Qt.ItemDataRole.ForegroundRole and is_shut else None

    def _font(self, node: Node, first: bool) -> QFont | None:
        if not first:
            return monospaced(9)
        return self._bold if node.member is not None and node.member.name == self._current else None


def told(node: Node) -> str:
    """Returns all that is known of a line: name and description, or how many a group holds."""
    name = shortened(node.member.name if node.member is not None else node.way, 400)
    return f"{name}: {_described(node)}" if _described(node) else name


def _described(node: Node) -> str:
    member = node.member
    if member is None:
        count = node.count
        return f"{count} member{'s' * (count != 1)}"
    described = printable(member.described)
    return described if member.readable else f"cannot be opened: {described or 'for no known reason'}"
