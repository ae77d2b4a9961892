"""The log in the window: what happened, live, to filter, read, copy and save."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
)

from padviewer.errors import shortened
from padviewer.export.target import replacing
from padviewer.gui.export_dialog import ask_save_path
from padviewer.gui.guarding import guarded
from padviewer.gui.log.details import DetailsDialog
from padviewer.gui.log.lines import Line, as_text
from padviewer.gui.log.model import LINE, LogModel
from padviewer.gui.log.report import without_home
from padviewer.gui.sessions.background_writer import BackgroundWriter
from padviewer.gui.theme import Theme, monospaced

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

_REFRESH_MS = 100
# Below this height of the panel.
_ROOM_FOR_TITLES = 140
_LEVELS = {
    "All": logging.NOTSET,
    "Warnings and errors": logging.WARNING,
    "Errors": logging.ERROR,
}


class LogPanel(QFrame):
    """Lists the lines of the log of a window; the newest stays in sight where the list is at its end.

    Args:
        window: whose log it is.
    """

    saved = Signal(str, str)  # the file, and why it could not be written, or nothing

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._window = window
        self._model = LogModel(window.log, self)
        self.level = QComboBox()
        self.level.addItems(list(_LEVELS))
        self.level.setAccessibleName("Level")
        self.line = QLineEdit()
        self.line.setPlaceholderText("Filter by words")
        self.line.setClearButtonEnabled(True)
        self.line.setAccessibleName("Filter of the log")
        self.table = QTableView()
        self._build_table()
        self._found = QLabel()
        self._found.setObjectName("muted")
        self._build()
        self._timer = QTimer(self, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self.level.currentIndexChanged.connect(self._filter)
        self.line.textChanged.connect(self._filter)
        self.table.activated.connect(self._on_table_activated)
        self.saved.connect(self._on_saved)
        window.theme_changed.connect(self._set_theme)
        self._set_theme(window.theme)

    @property
    def texts(self) -> list[str]:
        """The messages that are shown, the oldest first."""
        return [line.text for line in self._model.lines]

    def copy(self) -> None:
        """Copies the lines that are selected; where none is, all that are shown."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        lines = [self._model.lines[row] for row in rows] or self._model.lines
        QApplication.clipboard().setText(without_home(as_text(lines)))
        self._window.status.say(f"{len(lines):,} lines copied" if len(lines) != 1 else "1 line copied")

    def save(self, path: str) -> None:
        """Writes what is shown to a file, over one that exists."""
        text = as_text(self._model.lines).encode("utf-8", "backslashreplace")

        def write() -> None:
            with replacing(path, overwrite=True) as file:
                file.write(text)
            self.saved.emit(path, "")

        writer = BackgroundWriter(lambda error: self.saved.emit(path, str(error)))
        writer.put(path, write)
        writer.close(0)

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        """Follows the log while it is seen."""
        super().showEvent(event)
        self._filter()
        self.table.scrollToBottom()
        self._timer.start()

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        """Rests while nobody looks."""
        super().hideEvent(event)
        self._timer.stop()

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the titles of the columns out where there is little room for lines."""
        super().resizeEvent(event)
        self.table.horizontalHeader().setVisible(self.height() >= _ROOM_FOR_TITLES)

    @guarded
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Copies by the keyboard: the table itself would copy one cell."""
        if isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Copy):
            # Asked first whether it takes the shortcut, which is an action of the window too.
            event.accept()
            if event.type() == QEvent.Type.KeyPress:
                self.copy()
            return True
        return super().eventFilter(watched, event)

    def _build(self) -> None:
        copy, save, clear = QPushButton("Copy"), QPushButton("Save as…"), QPushButton("Clear")
        copy.setToolTip("Copy the lines that are selected, or all that are shown (Ctrl+C in the list)")
        save.setToolTip("Write the lines that are shown to a file")
        clear.setToolTip("Forget the lines; the file of the log keeps them")
        copy.clicked.connect(self.copy)
        save.clicked.connect(self._ask_save)
        clear.clicked.connect(self._on_clear_clicked)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.level)
        head.addWidget(self.line, 1)
        head.addWidget(self._found)
        for button in (copy, save, clear):
            button.setObjectName("small")
            head.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)

    def _build_table(self) -> None:
        table = self.table
        table.setModel(self._model)
        table.setAccessibleName("Log")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.verticalHeader().hide()
        height = table.fontMetrics().height() + 6
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(height)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        figure = table.fontMetrics().averageCharWidth()
        for column, characters in enumerate((16, 14, 12)):
            header.resizeSection(column, characters * figure)
        table.installEventFilter(self)

    def _set_theme(self, theme: Theme) -> None:
        self._model.set_theme(theme)

    def _filter(self) -> None:
        self._model.set_filter(_LEVELS[self.level.currentText()], self.line.text())
        self._tell_count()

    def _tell_count(self) -> None:
        count = self._model.rowCount()
        self._found.setText(f"{count:,} line{'' if count == 1 else 's'}")
        self._found.setFont(monospaced(9))

    def _on_timer_timeout(self) -> None:
        bar = self.table.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4
        if self._model.refresh():
            self._tell_count()
            if at_end:
                self.table.scrollToBottom()

    def _on_table_activated(self, index: QModelIndex) -> None:
        line: Line = index.data(LINE)
        title = f"{line.level_name.capitalize()} of {line.clock}"
        text = without_home(line.details or line.text)
        DetailsDialog(self._window, title, without_home(line.text), text).show()

    def _ask_save(self) -> None:
        path = ask_save_path(self._window, "Save the log", "padviewer.log", {"Log (*.log)": ".log"})
        if path:
            self.save(path)

    def _on_clear_clicked(self) -> None:
        self._model.clear()
        self._tell_count()

    def _on_saved(self, path: str, error: str) -> None:
        outcome = f"the log could not be saved: {error}" if error else f"saved the log as {shortened(path)}"
        self._window.status.say(outcome)
