"""The exact elements under the pointer, in all three stages."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from padviewer.gui.axis_names import Names, axis_label
from padviewer.gui.labels import ElidedLabel, section_label
from padviewer.gui.theme import monospaced
from padviewer.plan import Stage

_ROWS = (Stage.INPUT, Stage.PADDED, Stage.FEATURE)
_MOST = 16
_HINT = "point at a picture, or go there by Tab and the arrow keys, to read the exact elements of all three stages"


class ProbePanel(QFrame):
    """One line for each stage: its indices and its elements, written so that they read back exactly."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAccessibleName("Probe")
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 8, 16, 8)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(2)
        grid.addWidget(section_label("Probe"), 0, 0)
        # One line under another would take height from the pictures.
        self._said = ElidedLabel("muted")
        grid.addWidget(self._said, 0, 1, 1, 2)
        self._ties = self._pins = self._selected = ""
        self._found: dict[Stage, Any] = {}
        self._announces = False
        self._places: dict[Stage, QLabel] = {}
        self._values: dict[Stage, ElidedLabel] = {}
        for row, stage in enumerate(_ROWS, start=1):
            name = QLabel(stage.value)
            name.setObjectName("muted")
            self._places[stage], self._values[stage] = QLabel(), ElidedLabel()
            for column, label in enumerate((name, self._places[stage], self._values[stage])):
                label.setFont(monospaced(9))
                grid.addWidget(label, row, column)
        grid.setColumnMinimumWidth(1, 168)
        grid.setColumnStretch(2, 1)
        self._names: Names = {}
        self._say()

    def set_probe(self, found: dict[Stage, Any]) -> None:
        """Shows {stage: (indices by axis letter, is data, elements or None)}; an empty one shows nothing."""
        self._found = found
        self._say()
        for stage in _ROWS:
            if stage in found:
                index, data, values = found[stage]
                self._places[stage].setText(self._place_text(stage, index))
                self._values[stage].setText(_shown(values) + ("" if data else "   padding"))
            else:
                self._places[stage].setText("outside" if found else "")
                self._values[stage].setText("")
        self._announce()

    def set_names(self, names: Names) -> None:
        """Calls axes by the names that a person gave them, from the next probe on."""
        self._names = names

    def _place_text(self, stage: Stage, index: dict[str, int]) -> str:
        return "  ".join(
            f"{axis_label(self._names, letter, stage)} {i}" for letter, i in index.items() if letter != "C"
        )

    def set_ties(self, text: str, pins: str) -> None:
        """Says what the element under the pointer, or a pin, is tied to, and how many pins there are."""
        self._ties, self._pins = text, pins
        self._say()

    def set_selection(self, text: str) -> None:
        """Says where the selection is; an empty text where there is none."""
        self._selected = text
        self._say()

    @property
    def said(self) -> str:
        """The line over the elements."""
        return self._said.text()

    def announce(self) -> None:
        """Has screen readers read what is shown, once the elements are there, after a move by the keyboard."""
        self._announces = True
        self._announce()

    def _announce(self) -> None:
        # FEATURE may be on its way for long, and its element is read out where it is there already.
        waits = any(self._found[stage][2] is None for stage in self._found if stage is not Stage.FEATURE)
        if self._announces and not waits:
            self._announces = False
            words = [self.said, *(" ".join((stage.value, *self.text(stage))) for stage in _ROWS)]
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, "; ".join(words)))

    def _say(self) -> None:
        parts = [self._ties, self._selected, self._pins]
        if not self._found and not any(parts):
            parts = [_HINT]
        self._said.setText("   |   ".join(part for part in parts if part))

    def text(self, stage: Stage) -> tuple[str, str]:
        """The place and the elements that are shown for a stage."""
        return self._places[stage].text(), self._values[stage].text()


def _shown(values: Any) -> str:
    if values is None:
        return "…"
    words = [exact(value) for value in values[:_MOST]]
    more = f"  … {len(values) - _MOST} more" if len(values) > _MOST else ""
    return "  ".join(words) + more


def exact(value: Any) -> str:
    """Returns the shortest text that reads back as the same element of the same dtype."""
    return str(value) if isinstance(value, np.generic) else repr(value)
