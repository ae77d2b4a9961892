"""The multiply-accumulate card: how an output comes about, term by term, up to the value that is shown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from padviewer.axes import CHANNELS
from padviewer.errors import Cancelled, PadviewerError
from padviewer.gui.brush.stretches import Element
from padviewer.gui.brush.text import place_text
from padviewer.gui.card.grids import grids_html, legend_text
from padviewer.gui.card.table import TermsTable
from padviewer.gui.card.terms import Step, Term, shares_text, steps_of, terms_of, tsv
from padviewer.gui.feature import FeatureState
from padviewer.gui.labels import ElidedLabel, NoteLabel
from padviewer.gui.newest import NewestJob
from padviewer.gui.theme import Theme, monospaced
from padviewer.plan import Plan, Stage
from padviewer.reach import Kind, places_by_kind
from padviewer.workers.explanation import Explanation, explanation_job, output_region

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

# More terms are a table.
_MOST_IN_GRIDS = 300
# Sum, bias, float32 sum, activation, and what is shown.
_MOST_STEPS = 5
_HINT = "Point at a picture to see how the output there is made of its window; click one to keep it."


class Card(QWidget):
    """Explains the output that was pinned last, or the one under the pointer.

    Args:
        window: whose brush says which output that is.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._window = window
        self._session = window.session
        self._brush = window.instruments.brushing.brush
        self._jobs = NewestJob(window.session.clients, "explain")
        self._asked: tuple[Plan, Element] | None = None
        self._shown: tuple[Plan, Element, Explanation] | None = None
        self._terms: list[Term] = []
        self._steps: list[Step] = []
        self._build()
        self._brush.output_changed.connect(self._ask)
        window.session.feature_changed.connect(self._on_session_feature_changed)
        window.theme_changed.connect(self._on_window_theme_changed)
        self._on_window_theme_changed(window.theme)
        self._tell(_HINT)

    @property
    def title_text(self) -> str:
        """Which output is explained."""
        return self._title.text()

    @property
    def share_text(self) -> str:
        """How many of its terms are padding."""
        return self._share.text()

    @property
    def steps(self) -> list[Step]:
        """The way from the products to the value that is shown."""
        return list(self._steps)

    @property
    def body_text(self) -> str:
        """The terms in their grids, or what is said in place of them."""
        return self._note.text() if self._body.currentWidget() is self._note else self._grids.toPlainText()

    @property
    def is_table(self) -> bool:
        """Whether the terms are too many for grids."""
        return self._body.currentWidget() is self._table

    def copy(self) -> None:
        """Puts terms and sums on the clipboard, for a spreadsheet."""
        if self._shown is not None:
            QApplication.clipboard().setText(tsv(self._shown[0], self._terms, self._steps))
            self._window.status.say(f"{len(self._terms)} terms copied")

    def showEvent(self, event: QShowEvent) -> None:
        """Nothing was asked for while it could not be seen."""
        super().showEvent(event)
        self._ask()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts as many grids beside each other as there is room for."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._show_terms()

    # ---- parts

    def _build(self) -> None:
        self._title, self._share = ElidedLabel("title"), ElidedLabel("padding")
        self._legend = ElidedLabel("muted")
        self._copy = QPushButton("Copy")
        self._copy.setToolTip("Copy terms and sums as TSV, for a spreadsheet")
        self._copy.setAccessibleName("Copy the terms as TSV")
        self._copy.clicked.connect(self.copy)
        self._grids, self._table, self._note = QTextBrowser(), TermsTable(), NoteLabel("muted")
        self._grids.setAccessibleName("Terms of the sum")
        self._grids.setFrameShape(QTextBrowser.Shape.NoFrame)
        self._grids.setObjectName("panel")
        self._grids.document().setDocumentMargin(0)
        self._grids.setFont(monospaced(9))
        self._grids.setLineWrapMode(QTextBrowser.LineWrapMode.NoWrap)
        self._body = QStackedWidget()
        for widget in (self._note, self._grids, self._table):
            self._body.addWidget(widget)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self._title, 3)
        head.addWidget(self._share, 4)
        head.addWidget(self._legend, 4)
        head.addWidget(self._copy)
        sums = QGridLayout()
        sums.setHorizontalSpacing(16)
        sums.setVerticalSpacing(4)
        sums.setContentsMargins(0, 0, 0, 0)
        sums.setColumnStretch(2, 1)
        sums.setRowStretch(_MOST_STEPS, 1)
        self._lines = [_line(sums, row) for row in range(_MOST_STEPS)]
        self._lines[-1][1].setObjectName("title")
        right = QScrollArea()
        right.setObjectName("panel")
        right.setFrameShape(QScrollArea.Shape.NoFrame)
        right.setWidgetResizable(True)
        right.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        holder = QWidget()
        holder.setLayout(sums)
        right.setWidget(holder)
        # In a small window, what is over it needs the height more.
        for part in (right, self._grids, self._table):
            part.setMinimumHeight(24)
        middle = QHBoxLayout()
        middle.setSpacing(24)
        middle.addWidget(self._body, 3)
        middle.addWidget(right, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addLayout(middle, 1)

    def _tell(self, text: str) -> None:
        """Says something in place of an output."""
        self._shown, self._terms = None, []
        self._title.setText("")
        self._share.setText("")
        self._legend.setText("")
        self._copy.setEnabled(False)
        self._show_steps([])
        self._note.setText(text)
        self._body.setCurrentWidget(self._note)

    # ---- asking

    def _ask(self) -> None:
        """Asks for the output in question, once, where the card can be seen."""
        plan, output = self._session.plan, self._brush.output
        if not self.isVisible():
            return
        if plan is None or plan.feature is None or output is None:
            self._asked = None
            problem = plan.problem if plan is not None else None
            self._tell(problem.message if problem is not None and plan and plan.feature is None else _HINT)
            return
        if self._asked is not None and self._asked[0] is plan and self._asked[1] == output:
            self._show_title()
            return
        self._asked = (plan, output)
        job = partial(explanation_job, plan, output_region(plan, output.index))
        self._jobs.run(job, partial(self._take, plan, output), partial(self._fail, plan, output))

    def _is_newest(self, plan: Plan, output: Element) -> bool:
        return self._asked is not None and self._asked[0] is plan and self._asked[1] == output

    def _take(self, plan: Plan, output: Element, found: Explanation) -> None:
        # One that comes while the pointer moves on is shown too, as long as it is of the newest settings.
        if self._asked is None or self._asked[0] is not plan:
            return
        self._shown = plan, output, found
        self._show()

    def _fail(self, plan: Plan, output: Element, error: PadviewerError) -> None:
        if self._is_newest(plan, output):
            self._asked = None
            if not isinstance(error, Cancelled):
                self._tell(error.message)

    # ---- showing

    def _show(self) -> None:
        if self._shown is None:
            return
        plan, output, found = self._shown
        self._terms = terms_of(plan, output.index, found)
        self._show_title()
        self._share.setText(shares_text(plan, output.index, found))
        self._share.setObjectName("muted" if all(kind is Kind.DATA for kind in _kinds(plan, output)) else "padding")
        self._share.style().polish(self._share)
        shown = self._window.pane(Stage.FEATURE).element(output.index)
        self._show_steps(steps_of(plan, found, found.value if shown is None else shown))
        self._copy.setEnabled(True)
        self._show_terms()

    def _show_title(self) -> None:
        if self._shown is not None:
            pinned = "pinned" if self._brush.is_output_pinned else "under the pointer"
            names = self._window.axis_names.of(self._shown[0])
            self._title.setText(f"{place_text(self._shown[1], names)}  ·  {pinned}")

    def _show_terms(self) -> None:
        if self._shown is None:
            return
        plan, _output, found = self._shown
        letters = "".join(axis.letter for axis in plan.spatial)
        has_channels, is_whole = CHANNELS in plan.input.axes, np.dtype(plan.input.dtype).kind in "iub"
        if found.count > _MOST_IN_GRIDS:
            self._table.terms.set_terms(self._terms, letters, has_channels, is_whole)
            told = len(self._terms)
            self._legend.setText(f"the {told} largest of {found.count} terms" if told < found.count else "")
            self._body.setCurrentWidget(self._table)
            return
        digit = QFontMetrics(self._grids.font()).horizontalAdvance("0")
        room = max(1, self._body.width() // digit)
        theme = self._window.theme
        self._grids.setHtml(grids_html(self._terms, letters, has_channels, is_whole, theme, room))
        self._legend.setText(legend_text(self._terms))
        self._body.setCurrentWidget(self._grids)

    def _show_steps(self, steps: list[Step]) -> None:
        self._steps = steps
        last = self._lines[-1]
        # The value shown stands in the last line, whether there is an activation or not.
        lines = [*self._lines[: len(steps) - 1], last] if steps else []
        for line in self._lines:
            for label in line:
                label.setVisible(line in lines)
        for step, (name, number, note) in zip(steps, lines, strict=True):
            name.setText(step.name)
            number.setText(step.number)
            note.setText(step.note)

    # ---- slots

    def _on_session_feature_changed(self, state: FeatureState) -> None:
        """Another engine, or another map, may hold another value of the same output."""
        if state.ready:
            self._asked = None
            self._ask()

    def _on_window_theme_changed(self, theme: Theme) -> None:
        self._table.terms.set_theme(theme)
        self._show_terms()


def _kinds(plan: Plan, output: Element) -> list[Kind]:
    """Returns what stands in the window of an output."""
    return [kind for kind, count in places_by_kind(plan, output.index).items() if count]


def _line(grid: QGridLayout, row: int) -> tuple[QLabel, QLabel, ElidedLabel]:
    name, number, note = QLabel(), QLabel(), ElidedLabel("muted")
    name.setObjectName("muted")
    number.setFont(monospaced(9))
    number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    for column, label in enumerate((name, number, note)):
        grid.addWidget(label, row, column)
    return name, number, note
