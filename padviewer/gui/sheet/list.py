"""The list behind a sheet of filters: in which order they stand, and what is said of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from padviewer.gui.sheet.page import SheetPage
from padviewer.gui.words import number

ORDERS = {"number": "Number", "mean": "Mean", "maximum": "Max", "deviation": "Deviation"}
_NOWHERE = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


class SheetList(QAbstractListModel):
    """Filters in an order; a row's own number stands in `Qt.ItemDataRole.UserRole`."""

    def __init__(self) -> None:
        super().__init__()
        self.page: SheetPage | None = None
        self._order: npt.NDArray[np.int64] = np.empty(0, np.int64)

    def set_page(self, page: SheetPage | None) -> None:
        """Lists the filters of another plane, by their numbers."""
        self.beginResetModel()
        self.page = page
        self._order = np.arange(page.count if page else 0)
        self.endResetModel()

    def sort_by(self, order: str, descending: bool) -> None:
        """Orders the filters by one of `ORDERS`; those that it says nothing of stand last."""
        if self.page is None:
            return
        self.layoutAboutToBeChanged.emit()
        keys = np.arange(self.page.count) if order == "number" else getattr(self.page.figures, order)
        self._order = np.argsort(-keys if descending else keys, kind="stable")
        self.layoutChanged.emit()

    def row_of(self, filter_number: int) -> int | None:
        """Returns where a filter stands."""
        found = np.flatnonzero(self._order == filter_number)
        return int(found[0]) if found.size else None

    def filter_at(self, row: int) -> int:
        """Returns the filter that stands in a row."""
        return int(self._order[row])

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._order)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or self.page is None:
            return None
        filter_number = self.filter_at(index.row())
        if role == Qt.ItemDataRole.UserRole:
            return filter_number
        if role == Qt.ItemDataRole.DisplayRole:
            # What is typed finds it.
            return str(filter_number + 1)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return ", ".join(description(self.page, filter_number))
        return None


def state_of(page: SheetPage, filter_number: int) -> str:
    """Returns what is wrong with a filter: `dead` where all of its outputs are 0; empty where nothing is."""
    figures = page.figures
    if figures.odd[filter_number]:
        return "NaN, Inf"
    if figures.is_dead(filter_number):
        return "dead" if page.is_exact else f"0 in {page.outputs}"
    return ""


def description(page: SheetPage, filter_number: int) -> list[str]:
    """Returns everything that is known of a filter, in words."""
    figures = page.figures
    parts = [f"filter {filter_number + 1}"]
    if not figures.finite[filter_number] + figures.odd[filter_number]:
        return parts
    for name, text in (("mean", "mean"), ("maximum", "max"), ("minimum", "min"), ("deviation", "deviation")):
        parts.append(f"{text} {number(getattr(figures, name)[filter_number])}")
    if figures.is_dead(filter_number):
        parts.append("dead: all outputs are 0" if page.is_exact else f"0 in each of {page.outputs} samples")
    if odd := int(figures.odd[filter_number]):
        parts.append(f"{odd} outputs are NaN or infinite")
    parts.append(f"{'all' if page.is_exact else 'a sample of'} {page.outputs} outputs looked at")
    return parts
