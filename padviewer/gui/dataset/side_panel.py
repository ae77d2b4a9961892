"""What the tabs beside the plot have in common: a column that scrolls where it is too high."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget


class SidePanel(QScrollArea):
    """A column of widgets.

    Args:
        name: for screen readers.
        spacing: pixels between the widgets.
    """

    def __init__(self, name: str, spacing: int = 6, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(name)
        content = QWidget()
        self.column = QVBoxLayout(content)
        self.column.setContentsMargins(16, 12, 16, 12)
        self.column.setSpacing(spacing)
        self.setWidget(content)
