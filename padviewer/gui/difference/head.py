"""The line over a difference: what is compared, how it is shown, and what becomes of the reference."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from padviewer.gui.choice import Choice
from padviewer.gui.difference.reference import ReferenceActions
from padviewer.gui.labels import ElidedLabel
from padviewer.plan import Stage

_STAGES = {"Feature map": Stage.FEATURE, "Padded": Stage.PADDED}
_LAYOUTS = ("Side by side", "Difference alone")


class DifferenceHead(QWidget):
    """Shows choices and buttons, and reports the choices.

    Args:
        actions: what the buttons do.
    """

    stage_chosen = Signal()
    layout_chosen = Signal()

    def __init__(self, actions: ReferenceActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stages = Choice("Stage that is compared", _STAGES)
        self.layouts = Choice("Layout of the difference", _LAYOUTS)
        self._name = ElidedLabel("muted")
        self.hold, self.swap, self.clear = (QPushButton(text) for text in ("Hold", "Swap", "Clear"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.stages)
        row.addWidget(self.layouts)
        row.addWidget(self._name, 1)
        pairs = ((self.hold, actions.hold), (self.swap, actions.swap), (self.clear, actions.clear))
        for button, action in pairs:
            button.setToolTip(action.toolTip())
            button.setAccessibleName(action.text().replace("&", ""))
            button.clicked.connect(action.trigger)
            row.addWidget(button)
        self.stages.currentIndexChanged.connect(lambda _index: self.stage_chosen.emit())
        self.layouts.currentIndexChanged.connect(lambda _index: self.layout_chosen.emit())

    @property
    def stage(self) -> Stage:
        """What is compared."""
        return _STAGES[self.stages.currentText()]

    @property
    def is_alone(self) -> bool:
        """Whether the difference is shown without the sides."""
        return self.layouts.currentIndex() == 1

    @property
    def name(self) -> str:
        """What is said of the reference."""
        return self._name.text()

    def set_reference(self, name: str) -> None:
        """Says what the reference is; an empty name is none."""
        self._name.setText(f"against {name}" if name else "")
        for button in (self.swap, self.clear):
            button.setEnabled(bool(name))
