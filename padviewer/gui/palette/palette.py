"""The command palette: type a few letters of any command, file or setting, and Enter does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from padviewer.gui.palette.entries import PaletteEntry, found_entries, window_entries
from padviewer.gui.plain_tip import plain_tip
from padviewer.gui.theme import Theme, monospaced

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

_Index = QModelIndex | QPersistentModelIndex
_ENTRY = Qt.ItemDataRole.UserRole
_WIDTH, _ROWS = 640, 12
_MOVES = {
    int(Qt.Key.Key_Up): -1,
    int(Qt.Key.Key_Down): 1,
    int(Qt.Key.Key_PageUp): -_ROWS,
    int(Qt.Key.Key_PageDown): _ROWS,
}


class CommandPalette(QDialog):
    """Lies over the window until something is chosen, Esc is pressed, or another window is.

    Args:
        window: whose commands are offered.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("palette")
        self.setWindowTitle("Command palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._window = window
        self._entries = window_entries(window)
        self._line = QLineEdit()
        self._line.setPlaceholderText("Type a command, a file, or a setting: target 512x512")
        self._line.setAccessibleName("Command")
        self._model = _Entries(self)
        self._list = QListView()
        self._list.setModel(self._model)
        self._list.setItemDelegate(_EntryPainter(window.theme, self))
        self._list.setAccessibleName("Commands that fit")
        self._list.setUniformItemSizes(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._line)
        layout.addWidget(self._list, 1)
        self._line.textChanged.connect(self._on_line_changed)
        self._line.installEventFilter(self)
        self._list.clicked.connect(self._on_list_clicked)
        self._on_line_changed("")
        self._place(window)

    @property
    def line(self) -> QLineEdit:
        """Where a person types."""
        return self._line

    @property
    def texts(self) -> list[str]:
        """What is offered, the best first."""
        return [entry.text for entry in self._model.entries]

    @property
    def current(self) -> PaletteEntry | None:
        """What Enter would do."""
        entry: PaletteEntry | None = self._list.currentIndex().data(_ENTRY)
        return entry

    def choose(self, entry: PaletteEntry) -> None:
        """Does what an entry says, and closes; one that completes what is typed does that."""
        if entry.completes:
            self._line.setText(entry.completes)
        elif entry.run is not None:
            self._window.preferences.add_command(entry.text)
            self.close()
            entry.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that move in the list, while the line keeps the keyboard."""
        if watched is self._line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _MOVES:
                self._move(_MOVES[event.key()])
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self.current is not None:
                    self.choose(self.current)
                return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        """Goes where another window is used."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isVisible() and not self.isActiveWindow():
            self.close()

    def _place(self, window: QWidget) -> None:
        """Over the upper middle of the window."""
        width = min(_WIDTH, window.width() - 32)
        rows = self._list.sizeHintForRow(0) * _ROWS
        height = min(rows + self._line.sizeHint().height() + 32, window.height() - 64)
        corner = window.mapToGlobal(window.rect().topLeft())
        self.setFixedSize(width, height)
        self.move(corner.x() + (window.width() - width) // 2, corner.y() + 48)

    def _move(self, by: int) -> None:
        last = self._model.rowCount() - 1
        row = self._list.currentIndex().row()
        # A step from the end leads to the other one; a page stops there.
        row = (row + by) % (last + 1) if abs(by) == 1 and last >= 0 else min(max(row + by, 0), last)
        self._choose_row(row)

    def _choose_row(self, row: int) -> None:
        self._list.setCurrentIndex(self._model.index(row))
        # The keyboard stays in the line: what a screen reader is to say of the list is said there.
        self._line.setAccessibleDescription(self.current.text if self.current else "nothing fits")

    def _on_line_changed(self, text: str) -> None:
        self._model.set_entries(
            found_entries(text, self._entries, self._window.session, self._window.preferences.commands)
        )
        self._list.scrollToTop()
        self._choose_row(0)

    def _on_list_clicked(self, index: QModelIndex) -> None:
        self.choose(index.data(_ENTRY))


class _Entries(QAbstractListModel):
    """The entries that fit."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[PaletteEntry] = []

    def set_entries(self, entries: list[PaletteEntry]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.entries)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        usable = index.isValid() and self.entries[index.row()].usable
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable if usable else Qt.ItemFlag.ItemIsSelectable

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.entries[index.row()]
        if role == _ENTRY:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(entry.text)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (entry.text, entry.note, entry.keys) if part)
        return None


class _EntryPainter(QStyledItemDelegate):
    """Draws the text on the left, the note and the shortcut on the right."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(80, option.fontMetrics.height() + 12)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        entry: PaletteEntry = index.data(_ENTRY)
        painter.save()
        area: QRect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.window))
            painter.drawRoundedRect(area, 4, 4)
            painter.fillRect(area.left(), area.top() + 5, 3, area.height() - 10, QColor(self._theme.accent))
        line = area.adjusted(12, 0, -12, 0)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setPen(QColor(self._theme.muted))
        font = painter.font()
        for text, face in ((entry.keys, monospaced(9)), (entry.note, font)):
            if text:
                painter.setFont(face)
                width = min(painter.fontMetrics().horizontalAdvance(text) + 4, line.width() // 2)
                shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
                painter.drawText(line, int(right), shown)
                line.setRight(line.right() - width - 16)
        painter.setFont(font)
        painter.setPen(QColor(self._theme.text if entry.usable else self._theme.muted))
        text = painter.fontMetrics().elidedText(entry.text, Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
        painter.restore()
