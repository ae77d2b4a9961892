"""What the settings cost in memory and operations, and the memory that may be used."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from padviewer.bytecount import format_bytes, parse_budget
from padviewer.gui.fields import SettingEdit
from padviewer.plan import Plan


class CostPanel(QWidget):
    """Shows the cost of a plan, known before anything is computed, and lets a person set the budget."""

    budget_edited = Signal(object)  # bytes: more than 32 bits

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel()
        self._text.setObjectName("muted")
        self._text.setWordWrap(True)
        self.budget = SettingEdit(parse_budget, format_bytes)
        self.budget.setAccessibleName("Memory budget")
        self.budget.setAccessibleDescription(
            "Memory that one result may take, such as 4GiB, until the program ends. A feature map that takes more is "
            "computed only where you look; a file that takes more is refused"
        )
        self.budget.setToolTip(self.budget.accessibleDescription())
        self.budget.edited.connect(self.budget_edited)
        rows = QFormLayout()
        rows.addRow("Budget", self.budget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(rows)
        layout.addWidget(self._text)

    def set_plan(self, plan: Plan) -> None:
        """Shows what a plan costs."""
        self.budget.set_value(plan.budget)
        parts = [f"padded {format_bytes(plan.padded.nbytes)}"] if plan.padded else []
        if plan.feature:
            parts.append(f"feature map {format_bytes(plan.feature.nbytes)}")
            parts.append(f"{count_text(plan.multiply_adds)} multiply-adds")
            needed = format_bytes(plan.engine_bytes)
            parts.append(
                f"takes {needed}, computed whole" if plan.is_whole else f"would take {needed}: for the view only"
            )
        self._text.setText("\n".join(parts))

    @property
    def text(self) -> str:
        """What is said."""
        return self._text.text()


def count_text(number: int) -> str:
    """Returns a count as people read it: `902 M`, `4.6 G`."""
    if number < 1000:
        return str(number)
    shown = number / 1000
    for unit in "kMGTPE":
        # Before it would be rounded to 1000.
        if shown < 999.5:
            return f"{shown:.1f} {unit}" if shown < 9.95 else f"{shown:.0f} {unit}"
        shown /= 1000
    return f"{shown:.2g} Z"
