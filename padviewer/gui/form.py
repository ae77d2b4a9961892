"""The settings, as fields. An edit takes effect at once; a text that cannot be is marked and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from padviewer.axes import axes_choices, parse_axes, spatial_axes
from padviewer.bytecount import format_bytes, parse_budget
from padviewer.errors import SettingsError
from padviewer.geometry import CONV_PADDINGS, MODES, OVERFLOWS, POSITIONS
from padviewer.gui.fields import FieldGuard, SettingEdit, mark
from padviewer.gui.labels import section_label
from padviewer.gui.ledger import cost_text
from padviewer.plan import ArrayInfo, Plan
from padviewer.spec import (
    ACTIVATIONS,
    MAX_SEED,
    MAX_SIZE,
    PipelineSpec,
    format_fill,
    format_sizes,
    format_target,
    parse_fill,
    parse_sizes,
    parse_target,
)
from padviewer.workers.frameworks import installed_backends

_NAMES = {"D": "depth", "H": "height", "W": "width", "T": "length"}
_LARGEST = 2**31 - 1
_CAPTION_WIDTH = 72


class SettingsForm(QScrollArea):
    """Shows a spec and reports what a person changes of it."""

    spec_edited = Signal(object)  # {name: value}; a `dict` would hold no integer of more than 64 bits
    member_chosen = Signal(str)
    budget_edited = Signal(object)  # bytes: more than 32 bits

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(224)
        self._guard = FieldGuard(self)
        self._axes_letters = ""
        self._info: ArrayInfo | None = None
        self._axes_in_force = ""
        self._target: tuple[int | None, ...] = ()
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        self._build_input(layout)
        self._build_padding(layout)
        self._build_convolution(layout)
        self._build_device(layout)
        layout.addStretch(1)
        self._cost = QLabel()
        self._cost.setObjectName("muted")
        self._cost.setWordWrap(True)
        layout.addWidget(self._cost)
        self.setWidget(content)

    # ---- what is shown

    def set_plan(self, plan: Plan) -> None:
        """Shows the settings of a plan and what they cost; nothing is reported back."""
        spec = plan.spec
        self._show_input(plan)
        self._show_targets(plan)
        for field, text in (
            (self._position, spec.position),
            (self._mode, spec.mode),
            (self._overflow, spec.overflow),
            (self._conv_padding, spec.conv_padding),
            (self._activation, spec.activation),
        ):
            with QSignalBlocker(field):
                field.setCurrentText(text)
        self._fill.setEnabled(spec.mode == "constant")
        self._fill.set_value(spec.fill_value)
        for name, edit in self._sizes.items():
            edit.set_value(getattr(spec, name))
        self._target_rows.setRowVisible(self._position_seed, spec.position == "random")
        numbers = ((self._filters, spec.filters), (self._seed, spec.seed), (self._position_seed, spec.position_seed))
        for spin, value in numbers:
            with QSignalBlocker(spin):
                spin.setValue(min(value, _LARGEST))
        for combo, choice in ((self._backend, spec.backend), (self._device, spec.device)):
            _show_choice(combo, choice)
        self._budget.set_value(plan.budget)
        self._cost.setText(cost_text(plan))

    def set_devices(self, names: tuple[str, ...]) -> None:
        """Offers the devices that there are."""
        chosen = self._device.currentText()
        with QSignalBlocker(self._device):
            self._device.clear()
            self._device.addItems(list(names))
        _show_choice(self._device, chosen)

    @property
    def cost_text(self) -> str:
        """What is said of memory and operations."""
        return self._cost.text()

    def field(self, name: str) -> QWidget:
        """Returns the field of a setting; `target H` and the like for one axis of the target."""
        return self._fields[name]

    # ---- parts

    def _build_input(self, layout: QVBoxLayout) -> None:
        self._fields: dict[str, QWidget] = {}
        rows = self._group(layout, "Input")
        self._axes = self._combo(rows, "axes", "Axes", (), "Which axis is which, such as HWC; B batch, C channels")
        self._axes.setEditable(True)
        # Or letters are completed to an order that was not typed.
        self._axes.setCompleter(None)  # type: ignore[arg-type]  # the stubs know no null pointer
        self._axes.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        if editor := self._axes.lineEdit():
            editor.setAcceptDrops(False)
            editor.editingFinished.connect(self._show_axes_in_force)
        self._axes.currentTextChanged.connect(self._on_axes_text_changed)
        self._member = self._combo(rows, "member", "Member", (), "Which array of the file is shown")
        self._member.textActivated.connect(self.member_chosen)
        self._input_rows = rows

    def _build_padding(self, layout: QVBoxLayout) -> None:
        rows = self._group(layout, "Padding")
        self._target_rows = rows
        self._targets: dict[str, SettingEdit] = {}
        self._sizes: dict[str, SettingEdit] = {}
        self._add_sizes(rows, "multiple_of", "Multiple of", "The padded size is a multiple of it: 32 or 32x8")
        self._position = self._combo(rows, "position", "Position", POSITIONS, "Where the content sits in the target")
        self._position_seed = self._spin(
            rows, "position_seed", "Place seed", 0, MAX_SEED, "Of the random position: the same seed, the same place"
        )
        self._mode = self._combo(rows, "mode", "Mode", MODES, "How padding is made, by numpy's names")
        self._fill = self._edit(
            rows, "fill_value", "Fill", parse_fill, format_fill, "A number, or one for each channel: 0,128,255"
        )
        self._overflow = self._combo(
            rows, "overflow", "If larger", OVERFLOWS, "What happens to an axis that is larger than its target"
        )
        for name, combo in (("position", self._position), ("mode", self._mode), ("overflow", self._overflow)):
            self._report(combo, name)

    def _build_convolution(self, layout: QVBoxLayout) -> None:
        rows = self._group(layout, "Convolution")
        self._filters = self._spin(rows, "filters", "Filters", 1, _LARGEST, "How many feature maps there are")
        self._add_sizes(rows, "kernel", "Kernel", "One size for all axes, or one for each: 3 or 3x5")
        self._add_sizes(rows, "strides", "Strides", "One stride for all axes, or one for each: 1 or 2x1")
        self._add_sizes(rows, "dilation", "Dilation", "One dilation for all axes, or one for each: 1 or 2x2")
        self._conv_padding = self._combo(
            rows, "conv_padding", "Borders", CONV_PADDINGS, "What the convolution pads itself"
        )
        self._activation = self._combo(rows, "activation", "Activation", ACTIVATIONS, "Applied to each output")
        self._seed = self._spin(rows, "seed", "Seed", 0, MAX_SEED, "Of the Glorot-uniform kernel")
        self._report(self._conv_padding, "conv_padding")
        self._report(self._activation, "activation")

    def _build_device(self, layout: QVBoxLayout) -> None:
        rows = self._group(layout, "Device")
        self._backend = self._combo(rows, "backend", "Backend", installed_backends(), "Keras' backend that computes")
        self._report(self._backend, "backend")
        self._device = self._combo(rows, "device", "Runs on", (), "Where the convolution is computed")
        self._report(self._device, "device")
        self._budget = SettingEdit(parse_budget, format_bytes)
        self._budget.edited.connect(self.budget_edited)
        tip = "Memory that one result may take, such as 4GiB, until the program ends. Of what takes more, only that is "
        self._add(rows, "budget", "Budget", self._budget, tip + "computed which you look at; files are refused")

    def _group(self, layout: QVBoxLayout, title: str) -> QFormLayout:
        layout.addWidget(section_label(title))
        rows = QFormLayout()
        rows.setHorizontalSpacing(8)
        rows.setVerticalSpacing(6)
        rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        layout.addLayout(rows)
        layout.addSpacing(8)
        return rows

    def _add(self, rows: QFormLayout, name: str, label: str, field: QWidget, tip: str, row: int = -1) -> None:
        field.setToolTip(tip)
        field.setAccessibleName(label)
        field.setAccessibleDescription(tip)
        field.installEventFilter(self._guard)
        for part in (field, *field.findChildren(QLineEdit)):
            # A dropped file is for the window, not a text for a field.
            part.setAcceptDrops(False)
        field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._fields[name] = field
        caption = QLabel(label)
        caption.setBuddy(field)
        caption.setFixedWidth(_CAPTION_WIDTH)
        # As high as its field, or the form aligns the two at the top.
        caption.setMinimumHeight(field.sizeHint().height())
        rows.insertRow(rows.rowCount() if row < 0 else row, caption, field)

    def _combo(self, rows: QFormLayout, name: str, label: str, choices: tuple[str, ...], tip: str) -> QComboBox:
        combo = QComboBox()
        combo.addItems(list(choices))
        # Long names must not widen the form.
        combo.setMinimumContentsLength(6)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._add(rows, name, label, combo, tip)
        return combo

    def _spin(self, rows: QFormLayout, name: str, label: str, low: int, high: int, tip: str) -> QSpinBox:
        spin = QSpinBox()
        spin.setRange(low, high)
        if editor := spin.findChild(QLineEdit):
            # A style sheet's padding does not reach the text of a spin box.
            editor.setTextMargins(9, 0, 0, 0)
        self._add(rows, name, label, spin, tip)
        spin.valueChanged.connect(lambda value: self.spec_edited.emit({name: value}))
        return spin

    def _edit(
        self,
        rows: QFormLayout,
        name: str,
        label: str,
        parse: Callable[[str], Any],
        write: Callable[[Any], str],
        tip: str,
    ) -> SettingEdit:
        def checked(text: str) -> Any:
            return getattr(PipelineSpec(**{name: parse(text)}), name)

        edit = SettingEdit(checked, write)
        self._add(rows, name, label, edit, tip)
        edit.edited.connect(lambda value: self.spec_edited.emit({name: value}))
        return edit

    def _add_sizes(self, rows: QFormLayout, name: str, label: str, tip: str) -> None:
        self._sizes[name] = self._edit(rows, name, label, partial(parse_sizes, name), format_sizes, tip)

    def _report(self, combo: QComboBox, name: str) -> None:
        combo.currentTextChanged.connect(lambda text: self.spec_edited.emit({name: text}))

    def _show_input(self, plan: Plan) -> None:
        with QSignalBlocker(self._axes):
            if self._axes.count() == 0 or len(self._axes.itemText(0)) != len(plan.info.shape):
                self._axes.clear()
                self._axes.addItems(list(axes_choices(len(plan.info.shape))))
        # A text that is being typed is for the person to finish.
        typing = self._axes.hasFocus() and plan.info == self._info
        self._info, self._axes_in_force = plan.info, plan.input.axes
        if not typing:
            self._show_axes_in_force()
        with QSignalBlocker(self._member):
            self._member.clear()
            self._member.addItems(list(plan.info.members))
            self._member.setCurrentText(plan.info.member or "")
        self._input_rows.setRowVisible(self._member, len(plan.info.members) > 1)

    def _show_targets(self, plan: Plan) -> None:
        letters = spatial_axes(plan.input.axes)
        if letters != self._axes_letters:
            self._make_targets(letters)
        self._target = plan.spec.target if len(plan.spec.target) == len(letters) else (None,) * len(letters)
        for letter, size in zip(letters, self._target, strict=True):
            self._targets[letter].set_value(size)

    def _make_targets(self, letters: str) -> None:
        for letter, edit in self._targets.items():
            self._target_rows.removeRow(edit)
            del self._fields[f"target {letter}"]
        self._targets.clear()
        self._axes_letters = letters
        for row, letter in enumerate(letters):
            tip = f"Wanted {_NAMES[letter]}; none leaves the axis as it is; arrow keys step"
            edit = SettingEdit(_parse_size, _write_size, partial(self._stepped, row))
            self._add(self._target_rows, f"target {letter}", f"Target {letter}", edit, tip, row)
            edit.edited.connect(lambda size, row=row: self._on_target_edited(row, size))
            self._targets[letter] = edit
        self._order_tabs()

    def _stepped(self, row: int, size: int | None, by: int) -> int:
        """Returns the next target; from none it starts at the size that the axis has."""
        found = self._info.shape[self._axes_in_force.index(self._axes_letters[row])] if self._info else 0
        return min(max(0, (found if size is None else size) + by), MAX_SIZE)

    def _order_tabs(self) -> None:
        """Puts the targets, which come and go, where they are read."""
        targets = [f"target {letter}" for letter in self._axes_letters]
        first, *others = [name for name in self._fields if name not in targets]
        order = [first, others.pop(0), *targets, *others]
        for before, after in pairwise(order):
            self.setTabOrder(self._fields[before], self._fields[after])

    # ---- slots

    def _on_axes_text_changed(self, text: str) -> None:
        rank = len(self._axes_in_force)
        try:
            axes = parse_axes(text)
            if len(axes) != rank:
                raise SettingsError(f"axes {text!r}: expected {rank} letters, one for each axis of the array")
        except SettingsError as error:
            mark(self._axes, error.message)
            return
        mark(self._axes, "")
        self.spec_edited.emit({"axes": axes})

    def _show_axes_in_force(self) -> None:
        with QSignalBlocker(self._axes):
            if self._axes.currentText() != self._axes_in_force:
                self._axes.setEditText(self._axes_in_force)
        mark(self._axes, "")

    def _on_target_edited(self, row: int, size: int | None) -> None:
        # The others keep the values in force, whatever their texts are.
        sizes = (*self._target[:row], size, *self._target[row + 1 :])
        self.spec_edited.emit({"target": sizes if any(size is not None for size in sizes) else ()})


def _parse_size(text: str) -> int | None:
    """Returns one size of a target; None for `none` and for an empty text."""
    sizes = parse_target(text) if text.strip() else (None,)
    if len(sizes) != 1:
        raise SettingsError(f"target {text!r}: expected one size, or none; the other axes have fields of their own")
    return PipelineSpec(target=sizes).target[0]


def _write_size(size: int | None) -> str:
    return format_target((size,))


def _show_choice(combo: QComboBox, choice: str) -> None:
    """Shows a choice, one that is not offered too: it was asked for, and what is wrong with it is told elsewhere."""
    with QSignalBlocker(combo):
        if choice and combo.findText(choice) < 0:
            combo.addItem(choice)
        combo.setCurrentText(choice)
