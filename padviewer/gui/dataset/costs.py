"""What a target costs, worked out in a thread and told when it is there; the simulation takes longer than the rest."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from padviewer.dataset.waste import Spread
from padviewer.gui.dataset.batches import simulated
from padviewer.gui.dataset.figure_grid import Line
from padviewer.gui.dataset.figures import Figures, Question, figures_of, lines_of, overflow_text
from padviewer.gui.dataset.latest import Latest


class Costs(QObject):
    """Holds the figures of the target that was asked about last.

    Args:
        latest: the thread.
    """

    changed = Signal()

    def __init__(self, latest: Latest, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._latest = latest
        self._batches: tuple[Question, Spread] | None = None
        self.figures: Figures | None = None

    def ask(self, question: Question | None) -> None:
        """Has figures worked out; None where there is nothing to ask about."""
        if question is None or not len(question.table):
            self._latest.drop("figures")
            self._latest.drop("batches")
            self.figures = None
            self.changed.emit()
            return
        self._latest.ask("figures", partial(figures_of, question), self._on_figures)
        if self._batches is None or not _simulate_alike(self._batches[0], question):
            work = partial(simulated, question.table, question.batch_size, question.choice.multiple_of)
            self._latest.ask("batches", work, partial(self._on_batches, question))

    @property
    def lines(self) -> list[Line]:
        """The figures as text; none where there are none."""
        if self.figures is None:
            return []
        known = self._batches is not None and _simulate_alike(self._batches[0], self.figures.question)
        return lines_of(self.figures, self._batches[1] if known and self._batches is not None else None)

    @property
    def overflow(self) -> str:
        """What becomes of files that are larger than the target."""
        return "" if self.figures is None else overflow_text(self.figures)

    def _on_figures(self, figures: Figures) -> None:
        self.figures = figures
        self.changed.emit()

    def _on_batches(self, question: Question, spread: Spread) -> None:
        self._batches = question, spread
        self.changed.emit()


def _simulate_alike(one: Question, other: Question) -> bool:
    """Whether the simulation of two questions is the same."""
    same = (one.batch_size, one.choice.multiple_of) == (other.batch_size, other.choice.multiple_of)
    return one.table is other.table and same
