"""A group of fields of the form, in rows under a heading: how fields are made, named and reported."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from padviewer.gui.form.fields import FieldGuard, SettingEdit
from padviewer.gui.labels import section_label
from padviewer.spec import PipelineSpec, format_sizes, parse_sizes

LARGEST = 2**31 - 1
_CAPTION_WIDTH = 72


class FormSection(QObject):
    """Rows of fields that report what a person changes.

    Args:
        layout: where the rows are put.
        title: of the group.
        fields: takes each field by the name of its setting.
        guard: watches over the fields.
    """

    edited = Signal(object)  # {name: value}; a `dict` would hold no integer of more than 64 bits

    def __init__(self, layout: QVBoxLayout, title: str, fields: dict[str, QWidget], guard: FieldGuard) -> None:
        super().__init__(guard)
        self._fields = fields
        self._guard = guard
        self._sizes: dict[str, SettingEdit] = {}
        layout.addWidget(section_label(title))
        self.rows = QFormLayout()
        self.rows.setHorizontalSpacing(8)
        self.rows.setVerticalSpacing(6)
        self.rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        layout.addLayout(self.rows)
        layout.addSpacing(8)

    def show_sizes(self, spec: PipelineSpec) -> None:
        """Shows what is one number for all axes, or one for each."""
        for name, edit in self._sizes.items():
            edit.set_value(getattr(spec, name))

    def add(self, name: str, label: str, field: QWidget, tip: str, row: int = -1) -> None:
        """Adds a field with its caption."""
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
        self.rows.insertRow(self.rows.rowCount() if row < 0 else row, caption, field)

    def remove(self, name: str) -> None:
        """Takes a field away."""
        self.rows.removeRow(self._fields.pop(name))

    def combo(
        self, name: str, label: str, choices: tuple[str, ...], tip: str, combo: QComboBox | None = None
    ) -> QComboBox:
        """Adds choices, in a widget of another kind where one is given."""
        combo = combo or QComboBox()
        combo.addItems(list(choices))
        # Long names must not widen the form.
        combo.setMinimumContentsLength(6)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.add(name, label, combo, tip)
        return combo

    def setting_combo(
        self, name: str, label: str, choices: tuple[str, ...], tip: str, combo: QComboBox | None = None
    ) -> QComboBox:
        """Adds choices that are the values of a setting."""
        combo = self.combo(name, label, choices, tip, combo)
        combo.currentTextChanged.connect(lambda text: self.edited.emit({name: text}))
        return combo

    def spin(self, name: str, label: str, low: int, high: int, tip: str) -> QSpinBox:
        """Adds a whole number."""
        spin = QSpinBox()
        spin.setRange(low, high)
        if editor := spin.findChild(QLineEdit):
            # A style sheet's padding does not reach the text of a spin box.
            editor.setTextMargins(9, 0, 0, 0)
        self.add(name, label, spin, tip)
        spin.valueChanged.connect(lambda value: self.edited.emit({name: value}))
        return spin

    def edit(
        self, name: str, label: str, parse: Callable[[str], Any], write: Callable[[Any], str], tip: str
    ) -> SettingEdit:
        """Adds a setting as text."""

        def checked(text: str) -> Any:
            return getattr(PipelineSpec(**{name: parse(text)}), name)

        edit = SettingEdit(checked, write)
        self.add(name, label, edit, tip)
        edit.edited.connect(lambda value: self.edited.emit({name: value}))
        return edit

    def sizes(self, name: str, label: str, tip: str) -> None:
        """Adds what is one number for all axes, or one for each."""
        self._sizes[name] = self.edit(name, label, partial(parse_sizes, name), format_sizes, tip)


def show_text(combo: QComboBox, text: str) -> None:
    """Shows a choice without reporting it."""
    with QSignalBlocker(combo):
        combo.setCurrentText(text)


def show_number(spin: QSpinBox, value: int) -> None:
    """Shows a number without reporting it."""
    with QSignalBlocker(spin):
        spin.setValue(min(value, LARGEST))


def show_choice(combo: QComboBox, choice: str) -> None:
    """Shows a choice, one that is not offered too: it was asked for, and what is wrong with it is told elsewhere."""
    with QSignalBlocker(combo):
        if choice and combo.findText(choice) < 0:
            combo.addItem(choice)
        combo.setCurrentText(choice)
