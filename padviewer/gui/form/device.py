"""The fields of the device: what computes, where, and how much memory a result may take."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from padviewer.bytecount import format_bytes, parse_budget
from padviewer.gui.form.fields import ElidedCombo, FieldGuard, SettingEdit
from padviewer.gui.form.section import FormSection, show_choice
from padviewer.plan import Plan
from padviewer.workers.frameworks import installed_backends


class DeviceSection(FormSection):
    """Backend, device and budget."""

    budget_edited = Signal(object)  # bytes: more than 32 bits

    def __init__(self, layout: QVBoxLayout, fields: dict[str, QWidget], guard: FieldGuard) -> None:
        super().__init__(layout, "Device", fields, guard)
        self._backend = self.setting_combo("backend", "Backend", installed_backends(), "Keras' backend that computes")
        self._device = self.setting_combo("device", "Runs on", (), "Where the convolution is computed", ElidedCombo())
        self._budget = SettingEdit(parse_budget, format_bytes)
        self._budget.edited.connect(self.budget_edited)
        tip = "Memory that one result may take in one process, such as 4GiB, until the program ends. Of more, only "
        self.add("budget", "Budget", self._budget, tip + "that is computed which you look at; files are refused")

    def set_plan(self, plan: Plan) -> None:
        """Shows what computes a plan."""
        show_choice(self._backend, plan.spec.backend)
        show_choice(self._device, plan.spec.device)
        self._budget.set_value(plan.budget)

    def set_devices(self, names: tuple[str, ...]) -> None:
        """Offers the devices that there are."""
        chosen = self._device.currentText()
        with QSignalBlocker(self._device):
            self._device.clear()
            self._device.addItems(list(names))
        show_choice(self._device, chosen)
