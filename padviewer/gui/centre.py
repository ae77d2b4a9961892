"""The middle of the window: files on the left, panes under their headline, the probe below, settings on the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

# Below this height the pictures need the room of the probe: with a panel open in a small window, say.
_LOW = 330


class Centre(QWidget):
    """Lays out what it is given.

    Args:
        sides: files and settings.
        head: the headline, which takes what room there is, and buttons.
        parts: what comes below: `panes` takes what room there is, and `probe` is left out where there is little.
        panes, probe: two of the parts.
    """

    def __init__(
        self,
        sides: tuple[QWidget, QWidget],
        head: Sequence[QWidget],
        parts: Sequence[QWidget],
        panes: QWidget,
        probe: QWidget,
    ) -> None:
        super().__init__()
        self._probe = probe
        line = QHBoxLayout()
        line.setSpacing(8)
        for number, widget in enumerate(head):
            line.addWidget(widget, 0 if number else 1)
        middle = QVBoxLayout()
        middle.setSpacing(8)
        middle.addLayout(line)
        for part in parts:
            middle.addWidget(part, 1 if part is panes else 0)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(8, 4, 8, 8)
        columns.setSpacing(8)
        files, form = sides
        files.setFixedWidth(184)
        form.setFixedWidth(240)
        columns.addWidget(files)
        columns.addLayout(middle, 1)
        columns.addWidget(form)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the probe out where there is little height."""
        super().resizeEvent(event)
        self._probe.setVisible(self.height() >= _LOW)
