"""The members of a file, to choose the one that is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QHeaderView, QLineEdit, QTreeView, QVBoxLayout

from padviewer.errors import shortened
from padviewer.gui.labels import ElidedLabel, LinesLabel
from padviewer.gui.members.model import MemberModel, told
from padviewer.gui.members.tree import Node, list_of, members_with, tree_of
from padviewer.gui.plain_tip import plain_tip
from padviewer.handed import shown_name
from padviewer.plan import Member

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

_SIZE = (640, 560)
# A tree of so few lines is shown whole at first.
_FEW = 200
_TREE_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
# While nothing is typed, there is nothing to move in.
_TREE_KEYS_OF_NOTHING = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


class MemberDialog(QDialog):
    """Lists members by their groups; a few letters of name, type or shape find them. The line keeps the keyboard.

    Args:
        window: which shows the file.
        path: of the file.
        members: of the file.
        current: name of the member that is shown.
        expanded: ways of the groups that were open last; None where it was not looked at before.
    """

    member_chosen = Signal(str)

    def __init__(
        self,
        window: MainWindow,
        path: str,
        members: Sequence[Member],
        current: str | None,
        expanded: set[str] | None,
    ) -> None:
        super().__init__(window)
        self.setWindowTitle("Members of the file")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._members = members
        self._root = tree_of(members)
        self._expanded = expanded
        self._model = MemberModel(self._root, current, window.theme, self)
        name = ElidedLabel("title")
        name.setText(f"{shortened(shown_name(path))} · {len(members)} members")
        name.setToolTip(plain_tip(shortened(path, 400)))
        self._line = QLineEdit()
        self._line.setPlaceholderText("Find by name, type or shape: kernel float32")
        self._line.setAccessibleName("Find a member")
        self._line.setClearButtonEnabled(True)
        self._line.installEventFilter(self)
        self._tree = QTreeView()
        self._tree.setObjectName("members")
        self._tree.setModel(self._model)
        self._tree.setUniformRowHeights(True)
        self._tree.setAccessibleName("Members of the file")
        self._tree.setAlternatingRowColors(False)
        self._tree.setExpandsOnDoubleClick(False)
        self._tree.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._tree.setIndentation(16)
        header = self._tree.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(False)
        self._about = LinesLabel("muted", 2)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Show")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        for part in (name, self._line):
            layout.addWidget(part)
        layout.addWidget(self._tree, 1)
        layout.addWidget(self._about)
        layout.addWidget(self._buttons)
        self._line.textChanged.connect(self._on_line_changed)
        self._tree.selectionModel().currentChanged.connect(self._on_current_changed)
        self._tree.activated.connect(self.choose)
        self._tree.doubleClicked.connect(self._on_double_clicked)
        self._buttons.accepted.connect(self._on_accepted)
        self._buttons.rejected.connect(self.reject)
        self.resize(min(_SIZE[0], window.width() - 32), min(_SIZE[1], window.height() - 32))
        header.resizeSection(1, min(280, self.width() * 2 // 5))
        self._expand(current)
        self._line.setFocus()

    @property
    def line(self) -> QLineEdit:
        """Where a person types what is looked for."""
        return self._line

    @property
    def tree(self) -> QTreeView:
        """What is found."""
        return self._tree

    @property
    def about(self) -> str:
        """What is said of the line that is marked."""
        return self._about.text()

    @property
    def expanded(self) -> set[str]:
        """Ways of the groups that are open."""
        if self._line.text().strip():
            return self._expanded or set()
        return {node.way for node in _groups(self._root) if self._tree.isExpanded(self._model.index_of(node))}

    def choose(self, index: QModelIndex) -> None:
        """Shows a member, or opens and closes a group; what cannot be opened says why, and stays."""
        node = self._model.node(index)
        if node.member is None:
            first = self._model.index_of(node)
            self._tree.setExpanded(first, not self._tree.isExpanded(first))
        elif node.member.readable:
            self.accept()
            self.member_chosen.emit(node.member.name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that move in the tree, while the line keeps the keyboard."""
        if watched is self._line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            typed = bool(self._line.text())
            if event.key() in _TREE_KEYS or (not typed and event.key() in _TREE_KEYS_OF_NOTHING):
                QApplication.sendEvent(self._tree, event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._on_accepted()
                return True
        return super().eventFilter(watched, event)

    def done(self, result: int) -> None:
        """Notes what is open, before it is gone."""
        self._expanded = self.expanded
        super().done(result)

    def _expand(self, current: str | None) -> None:
        """Opens the groups that were open, and those on the way to a member, which is marked."""
        shown = next((node for node in _leaves(self._root) if node.member and node.member.name == current), None)
        few = sum(1 for _ in _groups(self._root)) + len(self._members) <= _FEW
        for node in _groups(self._root):
            if (few and self._expanded is None) or (self._expanded and node.way in self._expanded):
                self._tree.expand(self._model.index_of(node))
        above = shown.parent if shown else None
        while above is not None and above.parent is not None:
            self._tree.expand(self._model.index_of(above))
            above = above.parent
        self._mark(self._model.index_of(shown) if shown else self._model.index(0, 0))

    def _mark(self, index: QModelIndex) -> None:
        self._tree.setCurrentIndex(index)
        self._tree.scrollTo(index)
        if not index.isValid():
            self._show_about(None)

    def _show_about(self, node: Node | None) -> None:
        text = "" if node is None else told(node)
        self._about.setText(text or "nothing fits")
        # The keyboard stays in the line: what a screen reader is to say of the tree is said there.
        self._line.setAccessibleDescription(text or "nothing fits")
        member = node.member if node else None
        button = self._buttons.button(QDialogButtonBox.StandardButton.Ok)
        button.setEnabled(member is not None and member.readable)

    def _on_line_changed(self, text: str) -> None:
        if not text.strip():
            self._model.set_root(self._root)
            self._expand(None)
            return
        if self._model.node(QModelIndex()) is self._root:
            self._expanded = {
                node.way for node in _groups(self._root) if self._tree.isExpanded(self._model.index_of(node))
            }
        self._model.set_root(list_of(members_with(text, self._members)))
        self._mark(self._model.index(0, 0))

    def _on_current_changed(self, index: QModelIndex) -> None:
        self._show_about(self._model.node(index) if index.isValid() else None)

    def _on_double_clicked(self, index: QModelIndex) -> None:
        # Where the style activates by one click, this has happened.
        if self.isVisible():
            self.choose(index)

    def _on_accepted(self) -> None:
        index = self._tree.currentIndex()
        if index.isValid():
            self.choose(index)


def _groups(root: Node) -> Iterator[Node]:
    for child in root.children:
        if child.member is None:
            yield child
            yield from _groups(child)


def _leaves(root: Node) -> Iterator[Node]:
    for child in root.children:
        if child.member is not None:
            yield child
        yield from _leaves(child)
