"""The lines of the log as Qt reads them: those of a level or worse that hold what is looked for."""

from __future__ import annotations

import logging
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from padviewer.gui.log.lines import Line, LogLines
from padviewer.gui.plain_tip import plain_tip
from padviewer.gui.theme import DARK, Theme, monospaced

_Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("Time", "Level", "Source", "Message")
LINE = Qt.ItemDataRole.UserRole
# Not by colour alone: the level is a word, and what is wrong has a sign as in the bar.
_SIGNS = {logging.WARNING: "! ", logging.ERROR: "!! ", logging.CRITICAL: "!! "}


class LogModel(QAbstractTableModel):
    """Shows what a log holds, as far as it is asked for.

    Args:
        log: where lines come from.
    """

    def __init__(self, log: LogLines, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._log = log
        self._theme: Theme = DARK
        self._known = 0
        self._lines: list[Line] = []
        self._level, self._words = logging.NOTSET, list[str]()

    @property
    def lines(self) -> list[Line]:
        """What is shown."""
        return self._lines

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme = theme
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)

    def set_filter(self, level: int, text: str) -> None:
        """Shows lines of a level or worse that hold every word."""
        self._level, self._words = level, text.lower().split()
        self.beginResetModel()
        self._known = self._log.count
        self._lines = [line for line in self._log.since(0) if self._fits(line)]
        self.endResetModel()

    def refresh(self) -> bool:
        """Adds the lines that have come; returns whether any has."""
        if self._log.count == self._known:
            return False
        new = self._log.since(self._known)
        self._known = new[-1].number if new else self._log.count
        fitting = [line for line in new if self._fits(line)]
        if not fitting:
            return False
        too_many = len(self._lines) + len(fitting) - self._log.limit
        if too_many > 0:
            # Those at the beginning have left the log as well.
            if too_many >= len(self._lines):
                self.beginResetModel()
                self._lines = fitting[-self._log.limit :]
                self.endResetModel()
                return True
            self.beginRemoveRows(QModelIndex(), 0, too_many - 1)
            del self._lines[:too_many]
            self.endRemoveRows()
        self.beginInsertRows(QModelIndex(), len(self._lines), len(self._lines) + len(fitting) - 1)
        self._lines.extend(fitting)
        self.endInsertRows()
        return True

    def clear(self) -> None:
        """Forgets all lines."""
        self._log.clear()
        self.set_filter(self._level, " ".join(self._words))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line, column = self._lines[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            sign = _SIGNS.get(line.level, "")
            more = "  …" if line.details else ""
            return (line.clock, f"{sign}{line.level_name}", line.source, f"{line.text}{more}")[column]
        if role == Qt.ItemDataRole.FontRole:
            return monospaced(9) if column == 0 else None
        if role == Qt.ItemDataRole.ForegroundRole:
            if column in (0, 2) or line.level < logging.INFO:
                return QColor(self._theme.muted)
            return QColor(self._theme.error) if column == 1 and line.level >= logging.WARNING else None
        return line if role == LINE else _said(line, column, role)

    def _fits(self, line: Line) -> bool:
        if line.level < self._level:
            return False
        if not self._words:
            return True
        text = f"{line.level_name} {line.source} {line.text} {line.details}".lower()
        return all(word in text for word in self._words)


def _said(line: Line, column: int, role: int) -> str | None:
    """Returns what is said of a line beside what it shows."""
    if role == Qt.ItemDataRole.ToolTipRole:
        return plain_tip(f"{line.text}\n\nEnter shows the details" if line.details else line.text)
    if role == Qt.ItemDataRole.AccessibleTextRole and column == len(COLUMNS) - 1:
        return f"{line.level_name}, {line.source}, {line.clock}: {line.text}"
    return None
