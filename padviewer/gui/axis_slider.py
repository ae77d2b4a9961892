"""A slider with its number, for an axis that is not on screen."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from padviewer.gui.theme import monospaced

_NAMES = {"B": "batch", "D": "depth", "C": "channel"}


class AxisSlider(QWidget):
    """Chooses an index of one axis; `index_edited` is sent when a person did."""

    index_edited = Signal(str, int)

    def __init__(self, letter: str, name: str | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.letter = letter
        self._name = QLabel(name or _NAMES.get(letter, letter))
        self._name.setObjectName("muted")
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setAccessibleName(f"{self._name.text()} shown")
        self._slider.setToolTip(f"Which {self._name.text()} is shown; arrow keys step")
        self._number = QLabel()
        self._number.setFont(monospaced(9))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._name)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._number)
        self._slider.valueChanged.connect(self._on_slider_changed)

    def set_index(self, index: int | None, size: int) -> None:
        """Shows an index of an axis; None where the stage has nothing there."""
        with QSignalBlocker(self._slider):
            self._slider.setRange(0, max(0, size - 1))
            self._slider.setPageStep(max(1, size // 10))
            if index is not None:
                self._slider.setValue(index)
        self._show(index, size)

    @property
    def index(self) -> int:
        """The index that is chosen."""
        return self._slider.value()

    def _show(self, index: int | None, size: int) -> None:
        width = len(str(size))
        self._number.setText(f"{'—' if index is None else index + 1:>{width}} of {size}")

    def _on_slider_changed(self, index: int) -> None:
        self._show(index, self._slider.maximum() + 1)
        self.index_edited.emit(self.letter, index)
