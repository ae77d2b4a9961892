"""A slider with its number, for an axis that is not on screen."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from padviewer.gui.theme import monospaced

# The index of all elements at once.
TOGETHER = -1
_NAMES = {"B": "batch", "D": "depth", "H": "height", "W": "width", "T": "time", "C": "channel"}


class AxisSlider(QWidget):
    """Chooses an index of one axis; `index_edited` is sent when a person did.

    Args:
        letter: the axis.
        name: of the axis, where it has another than usual.
        together: what all elements of the axis at once are called; the slider has a first position for them then, which
            is the index `TOGETHER`.
    """

    index_edited = Signal(str, int)

    def __init__(self, letter: str, name: str | None = None, together: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.letter = letter
        self._together = together
        self._size = 1
        self._name = QLabel(name or _NAMES.get(letter, letter))
        self._name.setObjectName("muted")
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setAccessibleName(f"{self._name.text()} shown")
        first = f"; first all as {together}" if together else ""
        self._slider.setToolTip(f"Which {self._name.text()} is shown{first}; arrow keys step")
        self._number = QLabel()
        self._number.setFont(monospaced(8.5))
        font = self._name.font()
        font.setPointSizeF(font.pointSizeF() * 0.9)
        self._name.setFont(font)
        # Three panes stand side by side in a window of 720 pixels.
        self._slider.setMinimumWidth(24)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._name)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._number)
        self._slider.valueChanged.connect(self._on_slider_changed)

    def set_index(self, index: int | None, size: int) -> None:
        """Shows an index of an axis; None where the stage has nothing there."""
        self._size = size
        with QSignalBlocker(self._slider):
            self._slider.setRange(TOGETHER if self._together else 0, max(0, size - 1))
            self._slider.setPageStep(max(1, size // 10))
            if index is not None:
                self._slider.setValue(index)
        self._show(index)

    @property
    def index(self) -> int:
        """The index that is chosen."""
        return self._slider.value()

    @property
    def can_be_together(self) -> bool:
        """Whether it has a position for all elements at once."""
        return bool(self._together)

    @property
    def number_text(self) -> str:
        """What is said of the index."""
        return self._number.text().strip()

    @property
    def stop(self) -> QWidget:
        """What takes the keyboard."""
        return self._slider

    def _show(self, index: int | None) -> None:
        digits = len(str(self._size))
        text = f"{'—' if index is None else index + 1:>{digits}} of {self._size}"
        if self._together:
            text = f"{self._together if index == TOGETHER else text:>{max(len(text), len(self._together))}}"
        self._number.setText(text)

    def _on_slider_changed(self, index: int) -> None:
        self._show(index)
        self.index_edited.emit(self.letter, index)
