"""Names that a person gives the axes of arrays, such as `slice` for D, and the dialog that asks for them."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QWidget

from padviewer.axes import CHANNELS
from padviewer.gui.preferences import Preferences
from padviewer.plan import Plan, Stage

USUAL = {"B": "batch", "D": "depth", "H": "height", "W": "width", "T": "time", "C": "channel"}
_LONGEST = 16

Names = Mapping[str, str]


class AxisNames(QObject):
    """Keeps the names for each combination of axes: the D of a volume is another than that of a video.

    Args:
        preferences: where they are kept.
    """

    changed = Signal()

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences

    def of(self, plan: Plan | None) -> dict[str, str]:
        """Returns the names that were given to the axes of a plan's input, by their letters."""
        return self._preferences.axis_names(plan.input.axes) if plan is not None else {}

    def set_names(self, plan: Plan, names: Names) -> None:
        """Names the axes of all arrays that have the axes of a plan's input."""
        self._preferences.set_axis_names(plan.input.axes, names)
        self.changed.emit()


def axis_label(names: Names, letter: str, stage: Stage = Stage.INPUT) -> str:
    """Returns how an axis is called in few letters: by its name where it was given one, else by its letter.

    The channels of FEATURE are its filters, which keep their letter.
    """
    return letter if letter == CHANNELS and stage is Stage.FEATURE else names.get(letter) or letter


class AxisNamesDialog(QDialog):
    """Asks for a name for each axis; an empty one is the usual name.

    Args:
        axes: the letters.
        names: that they have.
    """

    def __init__(self, axes: str, names: Names, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Axis names")
        self._fields = {letter: QLineEdit(names.get(letter, "")) for letter in axes}
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        self._wrong = QLabel()
        self._wrong.setObjectName("muted")
        form = QFormLayout(self)
        form.setSpacing(8)
        form.addRow(QLabel(f"Names for the axes of every array with the axes {axes}"))
        for letter, field in self._fields.items():
            field.setMaxLength(_LONGEST)
            field.setPlaceholderText(USUAL[letter])
            field.setAccessibleName(f"Name of the axis {letter}, usually {USUAL[letter]}")
            field.textChanged.connect(self._on_field_changed)
            form.addRow(letter, field)
        form.addRow(self._wrong)
        form.addRow(self._buttons)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)

    @property
    def names(self) -> dict[str, str]:
        """The names that were typed, without the axes that have none."""
        return {letter: name for letter, field in self._fields.items() if (name := " ".join(field.text().split()))}

    def _on_field_changed(self, _text: str) -> None:
        names = list(self.names.values())
        twice = next((name for name in names if names.count(name) > 1), None)
        self._wrong.setText(f"two axes are called {twice}; give each a name of its own" if twice else "")
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(twice is None)


def ask_axis_names(parent: QWidget, axes: str, names: Names) -> dict[str, str] | None:
    """Asks for names; None where the person thought better of it."""
    dialog = AxisNamesDialog(axes, names, parent)
    return dialog.names if dialog.exec() == QDialog.DialogCode.Accepted else None
