"""What the settings in force are compared with, one choice for each setting that is worth it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QScrollArea, QWidget

from padviewer.geometry import CONV_PADDINGS, MODES, POSITIONS
from padviewer.gui.choice import Choice
from padviewer.spec import PipelineSpec
from padviewer.workers.frameworks import NAMES, installed_backends

_SAME = "—"
_LABELS = {
    "mode": "Mode",
    "position": "Position",
    "conv_padding": "Borders",
    "device": "Device",
    "backend": "Backend",
}


class DifferenceChoices(QScrollArea):
    """Offers other values than those in force, and reports the one that a person chose."""

    chosen = Signal(str, object)  # the setting, and its value
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setWidgetResizable(True)
        self.setFixedWidth(208)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the choices in it are stops of their own
        self._combos: dict[str, QComboBox] = {}
        content = QWidget()
        self._rows = QFormLayout(content)
        self._rows.setContentsMargins(0, 0, 8, 0)
        self._rows.setVerticalSpacing(4)
        self._rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, label in _LABELS.items():
            combo = Choice(f"Compare with another {label.lower()}")
            combo.setToolTip(f"Compares with the settings in force, but for another {label.lower()}")
            combo.activated.connect(lambda _index, name=name: self._on_combo_activated(name))
            self._combos[name] = combo
            self._rows.addRow(label, combo)
        self.setWidget(content)

    def combo(self, name: str) -> QComboBox:
        """Returns the choices of a setting."""
        return self._combos[name]

    def set_spec(self, spec: PipelineSpec, differences: Mapping[str, Any], devices: tuple[str, ...]) -> None:
        """Offers what differs from a spec.

        Args:
            spec: the settings in force.
            differences: what the reference has else.
            devices: those of the backend in force.
        """
        offered: dict[str, tuple[str, ...]] = {
            "mode": MODES,
            "position": POSITIONS,
            "conv_padding": CONV_PADDINGS,
            "device": devices,
            "backend": installed_backends(),
        }
        for name, combo in self._combos.items():
            there = differences.get(name)
            values = [value for value in offered[name] if value != getattr(spec, name)]
            values += [there] if there is not None and there not in values else []
            with QSignalBlocker(combo):
                combo.clear()
                combo.addItem(_SAME, None)
                for value in values:
                    combo.addItem(NAMES.get(value, value), value)
                combo.setCurrentIndex(combo.findData(there) if there is not None else 0)
            self._rows.setRowVisible(combo, bool(values))

    def _on_combo_activated(self, name: str) -> None:
        value = self._combos[name].currentData()
        if value is None:
            self.cleared.emit()
        else:
            self.chosen.emit(name, value)
