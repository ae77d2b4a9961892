"""Figures below each other: names on the left, values on the right."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy

from padviewer.gui.plain_tip import plain_tip
from padviewer.gui.theme import monospaced


class Line(NamedTuple):
    """A figure as it is shown.

    Attributes:
        name: what it is.
        value: with its unit.
        tip: says more.
        is_padding: whether it has the colour of padding.
    """

    name: str
    value: str
    tip: str
    is_padding: bool = False


class FigureGrid(QGridLayout):
    """Shows lines; rows that were made once are used again."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[QLabel, QLabel]] = []
        self.setHorizontalSpacing(8)
        self.setVerticalSpacing(3)
        self.setColumnStretch(1, 1)

    def set_lines(self, lines: list[Line]) -> None:
        """Shows figures; none says nothing."""
        while len(self._rows) < len(lines):
            self._add_row()
        for number, (name, value) in enumerate(self._rows):
            shown = number < len(lines)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                line = lines[number]
                name.setText(line.name)
                value.setText(line.value)
                for label in (name, value):
                    label.setToolTip(plain_tip(line.tip))
                value.setObjectName("padding" if line.is_padding else "")
                value.setAccessibleName(f"{line.name}: {line.value}")

    @property
    def lines(self) -> dict[str, str]:
        """The figures that are shown, by their names."""
        return {name.text(): value.text() for name, value in self._rows if not name.isHidden()}

    def _add_row(self) -> None:
        name, value = QLabel(), QLabel()
        name.setObjectName("muted")
        value.setFont(monospaced(8.5))
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for label in (name, value):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.addWidget(name, len(self._rows), 0)
        self.addWidget(value, len(self._rows), 1)
        self._rows.append((name, value))
