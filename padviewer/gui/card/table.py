"""The terms of a large window as a table, the largest contributions first."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QTableView

from padviewer.gui.card.terms import Term, exact, short, single
from padviewer.gui.theme import Theme, monospaced
from padviewer.reach import Kind

_KINDS = {Kind.DATA: "", Kind.PADDING: "padding", Kind.ZERO: "zero of the convolution"}
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class TermsModel(QAbstractTableModel):
    """One row for each term."""

    def __init__(self) -> None:
        super().__init__()
        self._terms: list[Term] = []
        self._heads: list[str] = []
        self._has_channels = self._is_whole = False
        self._colours: dict[Kind, QColor] = {}
        self._font = monospaced(9)
        self._struck = QFont(self._font)
        self._struck.setStrikeOut(True)

    def set_terms(self, terms: list[Term], letters: str, has_channels: bool, is_whole: bool) -> None:
        """Shows other terms."""
        self.beginResetModel()
        self._terms = sorted(terms, key=lambda term: -_size(term))
        self._has_channels, self._is_whole = has_channels, is_whole
        self._heads = [*letters, *(["channel"] if has_channels else []), "value", "weight", "product", ""]
        self.endResetModel()

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._colours = {Kind.PADDING: QColor(theme.padding), Kind.ZERO: QColor(theme.muted)}

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._terms)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return self._heads[section] if orientation is Qt.Orientation.Horizontal else section + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        term, last = self._terms[index.row()], index.column() == len(self._heads) - 1
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts(term)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole and not last:
            return f"{single(term.value)} × {single(term.weight)} = {exact(term.product)}"
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colours.get(term.kind)
        if role == Qt.ItemDataRole.FontRole:
            return self._font if last or term.kind is Kind.DATA else self._struck
        if role == Qt.ItemDataRole.TextAlignmentRole and not last:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _texts(self, term: Term) -> list[str]:
        place = [str(tap).replace("-", "−") for tap in term.taps]
        channel = [str(term.channel)] if self._has_channels else []
        numbers = [short(term.value, self._is_whole), short(term.weight, False), short(term.product, False)]
        return [*place, *channel, *numbers, _KINDS[term.kind]]


class TermsTable(QTableView):
    """Shows a `TermsModel`."""

    def __init__(self) -> None:
        super().__init__()
        self.terms = TermsModel()
        self.setModel(self.terms)
        self.setAccessibleName("Terms, the largest contributions first")
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.verticalHeader().setDefaultSectionSize(20)
        self.horizontalHeader().setStretchLastSection(True)
        self.setTabKeyNavigation(False)


def _size(term: Term) -> float:
    size = abs(term.product)
    return math.inf if math.isnan(size) else size
