"""Which pane a panel looks at: the one that was pressed last, or chosen by the keyboard."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from padviewer.gui.choice import Choice
from padviewer.gui.ledger import TITLES
from padviewer.gui.linked_panes import LinkedPanes
from padviewer.plan import Stage


class StageChoice(Choice):
    """Names a stage; `stage_chosen` tells of another.

    Args:
        panes: that may be pressed.
        what: the panel shows, for screen readers.
    """

    stage_chosen = Signal(object)

    def __init__(self, panes: LinkedPanes, what: str, parent: QWidget | None = None) -> None:
        super().__init__(f"Pane of the {what}", [TITLES[stage] for stage in panes.panes], parent)
        self._stages = tuple(panes.panes)
        self.setToolTip(f"Which pane the {what} is of; pressing a pane chooses it")
        self.setCurrentIndex(self._stages.index(panes.active.stage))
        self.currentIndexChanged.connect(lambda index: self.stage_chosen.emit(self._stages[index]))
        panes.clicked.connect(self._on_panes_clicked)
        panes.selection_changed.connect(self._on_panes_selection_changed)

    @property
    def stage(self) -> Stage:
        """The stage that is chosen."""
        return self._stages[self.currentIndex()]

    def _on_panes_clicked(self, stage: Stage, _x: float, _y: float, _adds: bool) -> None:
        self.setCurrentIndex(self._stages.index(stage))

    def _on_panes_selection_changed(self, stage: Stage | None, _region: object) -> None:
        if stage is not None:
            self.setCurrentIndex(self._stages.index(stage))
