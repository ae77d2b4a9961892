"""The files that are open, with what became of each."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QListView,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from padviewer.errors import shortened
from padviewer.gui import ledger
from padviewer.gui.files import FileEntry
from padviewer.gui.labels import section_label
from padviewer.gui.notes import notes_lines
from padviewer.gui.plain_tip import plain_tip
from padviewer.gui.theme import DARK, Theme
from padviewer.handed import label, shown_name

_Index = QModelIndex | QPersistentModelIndex
_AT_ONCE = 1000
# More files are a data set.
_MANY = 20
_DETAIL = Qt.ItemDataRole.UserRole
_WRONG = Qt.ItemDataRole.UserRole + 1


class FileModel(QAbstractListModel):
    """The entries of the session, as Qt reads them: any number of files costs nothing until it is scrolled to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: list[FileEntry] = []

    def set_entries(self, entries: list[FileEntry]) -> None:
        """Shows other entries."""
        self.beginResetModel()
        self._entries = list(entries)
        self.endResetModel()

    def set_entry(self, row: int, entry: FileEntry) -> None:
        """Takes what became of one file. Whoever shows it paints it: by a signal, a view would lay all of them out."""
        self._entries[row] = entry

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many files there are."""
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a line shows, and what a screen reader says."""
        entry = self._entries[index.row()]
        path, member = entry.item
        if role == Qt.ItemDataRole.DisplayRole:
            return shortened(shown_name(path) + (f"::{member}" if member else ""), 60)
        if role == _DETAIL:
            return _outcome(entry)
        if role == _WRONG:
            return entry.error is not None
        if role == Qt.ItemDataRole.ToolTipRole:
            notes = notes_lines(entry.info.notes) if entry.info else []
            outcome = shortened(entry.error.message, 600) if entry.error else _outcome(entry)
            return plain_tip("\n".join([shortened(label(path), 400), outcome, *notes]))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{shortened(label(path))}, {_outcome(entry)}"
        return None


class FilePanel(QFrame):
    """Lists files; choosing one shows it, and Delete takes it off the list."""

    file_chosen = Signal(int)
    file_closed = Signal(int)  # from the key or the context menu
    dataset_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._model = FileModel(self)
        self._delegate = _TwoLines(self)
        self._list = QListView()
        self._list.setModel(self._model)
        self._list.setItemDelegate(self._delegate)
        self._list.setAccessibleName("Files")
        self._list.setUniformItemSizes(True)
        # Many are laid out bit by bit.
        self._list.setLayoutMode(QListView.LayoutMode.Batched)
        self._list.setBatchSize(_AT_ONCE)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self._list.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self._list.clicked.connect(self._on_list_activated)
        self._list.activated.connect(self._on_list_activated)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._list.customContextMenuRequested.connect(self._on_list_menu_requested)
        self._close = QAction("Close", self._list)
        self._close.setShortcut(QKeySequence.StandardKey.Delete)
        self._close.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._close.triggered.connect(self._on_close_triggered)
        self._list.addAction(self._close)
        hint = QLabel("Drop files or folders anywhere")
        hint.setObjectName("muted")
        hint.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 12, 8, 12)
        layout.setSpacing(8)
        layout.addWidget(section_label("Files"))
        layout.addWidget(self._list, 1)
        layout.addWidget(hint)
        self._dataset = QPushButton()
        self._dataset.setToolTip("Sizes of these files, and what a target costs them (Ctrl+D)")
        self._dataset.clicked.connect(self.dataset_wanted)
        self._dataset.hide()
        layout.addWidget(self._dataset)

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._delegate.theme = theme
        self._list.viewport().update()

    def set_files(self, entries: list[FileEntry], current: int | None) -> None:
        """Shows the files and which one is on screen."""
        self._model.set_entries(entries)
        self._mark(current)

    def _mark(self, current: int | None) -> None:
        if current is None:
            self._list.clearSelection()
        elif self._list.currentIndex().row() != current or not self._list.selectionModel().hasSelection():
            self._list.setCurrentIndex(self._model.index(current))

    def set_file(self, row: int, entry: FileEntry, current: int | None) -> None:
        """Shows what became of one file."""
        self._model.set_entry(row, entry)
        self._list.update(self._model.index(row))
        self._mark(current)

    def offer_dataset(self, count: int, has_folder: bool) -> None:
        """Offers the window of the data set, where there are many files, or a folder of them."""
        self._dataset.setText(f"Data set: {count:,} files")
        self._dataset.setVisible(count > _MANY or (has_folder and count > 1))

    @property
    def chosen(self) -> int:
        """The line that is marked; -1 where none is."""
        return self._list.currentIndex().row()

    def outcomes(self) -> list[str]:
        """The second line of each file."""
        return [self._model.data(self._model.index(row), _DETAIL) for row in range(self._model.rowCount())]

    def _on_list_activated(self, index: QModelIndex) -> None:
        self.file_chosen.emit(index.row())

    def _on_list_menu_requested(self, place: QPoint) -> None:
        index = self._list.indexAt(place)
        if index.isValid():
            self._list.setCurrentIndex(index)
            menu = QMenu(self)
            menu.addAction(self._close)
            menu.exec(self._list.viewport().mapToGlobal(place))
            menu.deleteLater()

    def _on_close_triggered(self) -> None:
        if self.chosen >= 0:
            self.file_closed.emit(self.chosen)


def _outcome(entry: FileEntry) -> str:
    if entry.error is not None:
        text = entry.error.message
        name = label(entry.item[0])
        return text.removeprefix(f"{shortened(name)}: ")
    return ledger.file_detail(entry.info.shape, entry.info.dtype) if entry.info else entry.note or "not opened yet"


class _TwoLines(QStyledItemDelegate):
    """Draws a name and, smaller, what became of it."""

    theme = DARK

    def sizeHint(self, option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(80, 2 * option.fontMetrics.height() + 12)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        area = option.rect.adjusted(0, 1, 0, -1)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.field))
            painter.drawRoundedRect(area, 4, 4)
            painter.fillRect(area.left(), area.top() + 6, 3, area.height() - 12, QColor(self.theme.accent))
        lines = area.adjusted(10, 4, -6, -4)
        self._line(painter, lines, Qt.AlignmentFlag.AlignTop, index.data(), self.theme.text)
        colour = self.theme.error if index.data(_WRONG) else self.theme.muted
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 0.9)
        painter.setFont(font)
        self._line(painter, lines, Qt.AlignmentFlag.AlignBottom, index.data(_DETAIL), colour)
        painter.restore()

    @staticmethod
    def _line(painter: QPainter, area: Any, edge: Qt.AlignmentFlag, text: str, colour: str) -> None:
        painter.setPen(QColor(colour))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(edge | Qt.AlignmentFlag.AlignLeft), shown)
