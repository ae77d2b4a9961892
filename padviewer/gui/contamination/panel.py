"""The panel of contamination: its numbers, how far it reaches on each axis and why, and its histogram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from padviewer.contamination import AxisContamination, Contamination, contamination_of
from padviewer.gui.contamination.bars import ContaminationBars
from padviewer.gui.conv_padding_text import SIDES, conv_padding_lines
from padviewer.gui.ledger import contamination_texts
from padviewer.gui.theme import Theme, monospaced
from padviewer.gui.words import grouped, listed, percent, signed
from padviewer.plan import Plan

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

_HEADS = {
    "axis": "",
    "window": "Elements that the dilated kernel spans",
    "padding": "Added before + after the input",
    "conv's own": "Zeros that the convolution itself adds before + after",
    "outputs": "Outputs at the start + at the end of the axis that touch padding: crop as many to be rid of it",
    "into input": "Elements of the input, from its first + from its last on, that are read together with padding",
}
_MARGINS = 36
_ENDS = {"T": ("start", "end")}
_NOTHING = "no feature map, no contamination"
_TOO_MANY = "the kernel has too many taps along an axis to look into"


class ContaminationPanel(QScrollArea):
    """Shows the contamination of the newest plan.

    Args:
        window: whose session and theme are followed.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("panel")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Contamination")
        self._bars = ContaminationBars()
        self._headline, self._chosen = _note("padding"), _note("muted")
        self._counts, self._crop, self._conv = _note("muted"), _note(), _note("muted")
        self._cells: list[list[QLabel]] = []
        self._grid = QGridLayout()
        self._inside = QWidget()
        self._columns = QHBoxLayout(self._inside)
        self._build()
        self._bars.row_chosen.connect(self._chosen.setText)
        window.session.plan_changed.connect(self._on_session_plan_changed)
        window.theme_changed.connect(self.set_theme)
        self.set_theme(window.theme)
        if window.session.plan is not None:
            self.set_plan(window.session.plan)

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._bars.set_theme(theme)

    def set_plan(self, plan: Plan) -> None:
        """Shows what is known of a plan's feature map."""
        found = contamination_of(plan)
        self._bars.set_contamination(found)
        self._show_rows([_row(each) for each in found.axes] if found else [])
        if found is None:
            self._headline.setText(_NOTHING if plan.feature is None else _TOO_MANY)
            self._counts.setText("")
            self._crop.setText("")
        else:
            self._headline.setText(f"{contamination_texts(found)[0]} · mean {percent(found.mean)}")
            self._counts.setText(counts_text(found))
            self._crop.setText(crop_text(found))
        self._conv.setText("\n".join(conv_padding_lines(plan)))

    def sizeHint(self) -> QSize:
        """Qt asks how large it wants to be: all of its histogram is seen."""
        return QSize(super().sizeHint().width(), self._bars.minimumSizeHint().height() + _MARGINS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays its parts out anew: when it is first shown, Qt does so before the scroll bar takes its width."""
        super().resizeEvent(event)
        self._columns.setGeometry(self._inside.rect())

    @property
    def _notes(self) -> tuple[QLabel, ...]:
        return self._headline, self._counts, self._crop, self._conv

    @property
    def text(self) -> str:
        """Everything that is said, line by line."""
        rows = ["  ".join(label.text() for label in row) for row in self._cells]
        said = [*(note.text() for note in self._notes), *rows, *self._bars.texts]
        return "\n".join(line for line in said if line)

    @property
    def bars(self) -> ContaminationBars:
        """The histogram."""
        return self._bars

    @property
    def chosen_text(self) -> str:
        """What is said of the row of the histogram that is chosen."""
        return self._chosen.text()

    def _build(self) -> None:
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(len(_HEADS), 1)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._headline)
        words.addWidget(self._counts)
        words.addWidget(self._crop)
        words.addLayout(self._grid)
        # Its text takes what is left: beside a stretch it would be squeezed.
        words.addWidget(self._conv, 1)
        histogram = QVBoxLayout()
        histogram.setSpacing(4)
        histogram.addWidget(self._bars)
        histogram.addWidget(self._chosen)
        histogram.addStretch(1)
        columns = self._columns
        columns.setContentsMargins(16, 8, 16, 8)
        columns.setSpacing(24)
        columns.addLayout(words, 1)
        columns.addLayout(histogram, 1)
        self.setWidget(self._inside)

    def _show_rows(self, rows: list[list[str]]) -> None:
        for label in (label for row in self._cells for label in row):
            self._grid.removeWidget(label)
            label.deleteLater()
        self._cells = []
        for number, texts in enumerate([list(_HEADS), *rows] if rows else []):
            self._cells.append([self._cell(number, column, text) for column, text in enumerate(texts)])

    def _cell(self, row: int, column: int, text: str) -> QLabel:
        label = QLabel(text)
        label.setObjectName("muted" if row == 0 or column == 0 else "")
        label.setFont(monospaced(8.5))
        label.setToolTip(list(_HEADS.values())[column])
        self._grid.addWidget(label, row, column, Qt.AlignmentFlag.AlignRight)
        return label

    def _on_session_plan_changed(self, _older: Any, plan: Plan) -> None:
        self.set_plan(plan)


def _note(name: str = "") -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    label.setWordWrap(True)
    return label


def _row(each: AxisContamination) -> list[str]:
    axis = each.axis
    reach, depth = each.reach, each.depth
    return [
        axis.letter,
        str(axis.span) if axis.dilation == 1 else f"{axis.span} ({axis.kernel} taps)",
        signed(axis.pad),
        signed(axis.conv),
        signed(reach) if reach else f"all {axis.outputs}",
        signed(depth) if depth else f"all {max(0, axis.data[1] - axis.data[0])}",
    ]


def counts_text(found: Contamination) -> str:
    """Returns the numbers behind the shares."""
    touch, nothing, outputs = (grouped(n) for n in (found.touching, found.seeing_nothing, found.outputs))
    return f"{touch} touch it, {nothing} see nothing else, of {outputs} outputs of each filter"


def crop_text(found: Contamination) -> str:
    """Returns how many outputs to crop so that none is left that touches padding."""
    if not found.touching:
        return "No output touches padding: there is nothing to crop."
    reaches = [(each.axis.letter, each.reach) for each in found.axes]
    if any(reach is None for _letter, reach in reaches):
        letters = listed([letter for letter, reach in reaches if reach is None])
        return f"Every output touches padding along {letters}: cropping leaves none."
    sides = [
        f"{number} at the {side}"
        for letter, reach in reaches
        for side, number in zip(_ENDS.get(letter, SIDES[letter]), reach or (), strict=True)
        if number
    ]
    return f"For a feature map without contamination, crop {listed(sides)}."
