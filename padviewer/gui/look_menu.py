"""The menu of a pane that chooses colour map and levels."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QMenu, QWidget

from padviewer.gui.rendering import COLOUR_MAPS, CYCLIC, DIVERGING, LEVEL_RULES, Levels, Look
from padviewer.workers.parts import PARTS

_MAP_NAMES = {"auto": "Automatic", DIVERGING: f"{DIVERGING} (diverging)", CYCLIC: f"{CYCLIC} (cyclic)"}
_PART_NAMES = {"magnitude": "Magnitude", "phase": "Phase", "real": "Real part", "imaginary": "Imaginary part"}
_RULE_NAMES = {
    "auto": "Automatic",
    "dtype": "Range of the dtype",
    "data": "Range of the data",
    "view": "Range of what is on screen",
    "percentile": "1st to 99th percentile on screen",
    "custom": "Custom…",
}


class LookMenu(QMenu):
    """Shows a `Look` and reports the one that a person chose."""

    look_edited = Signal(object)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self._look = Look()
        self._levels: Levels = (0.0, 1.0)
        self._complex = self.addSection("Complex numbers as")
        self._parts = self._choices({part: _PART_NAMES[part] for part in PARTS}, self._on_part_chosen)
        self.addSection("Colour map")
        self._maps = self._choices({name: _MAP_NAMES.get(name, name) for name in COLOUR_MAPS}, self._on_map_chosen)
        self.addSection("Levels")
        self._rules = self._choices({rule: _RULE_NAMES[rule] for rule in LEVEL_RULES}, self._on_rule_chosen)
        self.set_look(self._look, self._levels)
        self.set_complex(False)

    def set_complex(self, is_complex: bool) -> None:
        """Offers the parts of complex numbers, or not."""
        for action in (self._complex, *self._parts.values()):
            action.setVisible(is_complex)

    def set_look(self, look: Look, levels: Levels) -> None:
        """Shows what is in force."""
        self._look, self._levels = look, levels
        self._parts[look.part].setChecked(True)
        self._maps[look.colour_map].setChecked(True)
        self._rules[look.rule].setChecked(True)

    def _choices(self, names: dict[str, str], slot: object) -> dict[str, QAction]:
        group = QActionGroup(self)
        actions = {}
        for key, text in names.items():
            action = QAction(text, self)
            action.setCheckable(True)
            action.setData(key)
            group.addAction(action)
            self.addAction(action)
            actions[key] = action
        group.triggered.connect(slot)
        return actions

    def _on_part_chosen(self, action: QAction) -> None:
        look = replace(self._look, part=action.data())
        # Levels that were typed for one part mean nothing for another.
        self.look_edited.emit(replace(look, rule="auto") if look.rule == "custom" else look)

    def _on_map_chosen(self, action: QAction) -> None:
        self.look_edited.emit(replace(self._look, colour_map=action.data()))

    def _on_rule_chosen(self, action: QAction) -> None:
        look = replace(self._look, rule=action.data())
        if look.rule == "custom":
            levels = ask_levels(self, self._levels)
            if levels is None:
                self.set_look(self._look, self._levels)
                return
            look = replace(look, custom=levels)
        self.look_edited.emit(look)


class LevelsDialog(QDialog):
    """Asks for the numbers that the first and the last colour stand for."""

    def __init__(self, levels: Levels, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Levels")
        self._low, self._high = QLineEdit(f"{levels[0]:.9g}"), QLineEdit(f"{levels[1]:.9g}")
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        form = QFormLayout(self)
        form.addRow("First colour at", self._low)
        form.addRow("Last colour at", self._high)
        form.addRow(self._buttons)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        for field in (self._low, self._high):
            field.textChanged.connect(self._on_field_changed)

    @property
    def levels(self) -> Levels | None:
        """The numbers; None where they are none, or not in order."""
        try:
            low, high = float(self._low.text()), float(self._high.text())
        except ValueError:
            return None
        return (low, high) if low < high < float("inf") and low > float("-inf") else None

    def _on_field_changed(self, _text: str) -> None:
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(self.levels is not None)


def ask_levels(parent: QWidget, levels: Levels) -> Levels | None:
    """Asks for levels; None where the person thought better of it."""
    dialog = LevelsDialog(levels, parent)
    return dialog.levels if dialog.exec() == QDialog.DialogCode.Accepted else None
