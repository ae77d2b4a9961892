"""The settings, as fields. An edit takes effect at once; a text that cannot be is marked and changes nothing."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from padviewer.gui.form.convolution import ConvolutionSection
from padviewer.gui.form.device import DeviceSection
from padviewer.gui.form.fields import FieldGuard
from padviewer.gui.form.input import InputSection
from padviewer.gui.form.padding import PaddingSection
from padviewer.gui.ledger import cost_text
from padviewer.plan import Member, Plan


class SettingsForm(QScrollArea):
    """Shows a spec and reports what a person changes of it."""

    spec_edited = Signal(object)  # {name: value}; a `dict` would hold no integer of more than 64 bits
    member_chosen = Signal(str)
    members_wanted = Signal()  # one of many members is to be chosen
    weights_wanted = Signal()  # a file of weights is to be chosen
    layers_wanted = Signal(str)  # another layer of a file of weights
    budget_edited = Signal(object)  # bytes: more than 32 bits

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(224)
        guard = FieldGuard(self)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        self._fields: dict[str, QWidget] = {}
        self._input = InputSection(layout, self._fields, guard)
        self._padding = PaddingSection(layout, self._fields, guard)
        self._convolution = ConvolutionSection(layout, self._fields, guard)
        self._device = DeviceSection(layout, self._fields, guard)
        self._sections = (self._input, self._padding, self._convolution, self._device)
        layout.addStretch(1)
        self._cost = QLabel()
        self._cost.setObjectName("muted")
        self._cost.setWordWrap(True)
        layout.addWidget(self._cost)
        self.setWidget(content)
        for section in self._sections:
            section.edited.connect(self.spec_edited)
        self._input.member_chosen.connect(self.member_chosen)
        self._input.members_wanted.connect(self.members_wanted)
        self._padding.targets_changed.connect(self._order_tabs)
        self._convolution.file_wanted.connect(self.weights_wanted)
        self._convolution.layers_wanted.connect(self.layers_wanted)
        self._device.budget_edited.connect(self.budget_edited)

    def set_plan(self, plan: Plan) -> None:
        """Shows the settings of a plan and what they cost; nothing is reported back."""
        for section in self._sections:
            section.set_plan(plan)
        self._cost.setText(cost_text(plan))

    def set_members(self, members: tuple[Member, ...]) -> None:
        """Offers the members of the file whose plan is shown next."""
        self._input.set_members(members)

    def set_devices(self, names: tuple[str, ...]) -> None:
        """Offers the devices that there are."""
        self._device.set_devices(names)

    @property
    def cost_text(self) -> str:
        """What is said of memory and operations."""
        return self._cost.text()

    def field(self, name: str) -> QWidget:
        """Returns the field of a setting; `target H` and the like for one axis of the target."""
        return self._fields[name]

    def _order_tabs(self, targets: list[str]) -> None:
        """Puts the targets, which come and go, where they are read."""
        first, *others = [name for name in self._fields if name not in targets]
        order = [first, others.pop(0), *targets, *others]
        for before, after in pairwise(order):
            self.setTabOrder(self._fields[before], self._fields[after])
