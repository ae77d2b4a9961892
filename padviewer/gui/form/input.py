"""The fields of the input: which axis is which, and which array of a file is shown."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from padviewer.axes import axes_choices, parse_axes
from padviewer.errors import SettingsError
from padviewer.gui.form.fields import FieldGuard, mark
from padviewer.gui.form.section import FormSection
from padviewer.plan import ArrayInfo, Plan


class InputSection(FormSection):
    """Axes and member."""

    member_chosen = Signal(str)

    def __init__(self, layout: QVBoxLayout, fields: dict[str, QWidget], guard: FieldGuard) -> None:
        super().__init__(layout, "Input", fields, guard)
        self._info: ArrayInfo | None = None
        self._axes_in_force = ""
        self._axes = self.combo("axes", "Axes", (), "Which axis is which, such as HWC; B batch, C channels")
        self._axes.setEditable(True)
        # Or letters are completed to an order that was not typed.
        self._axes.setCompleter(None)  # type: ignore[arg-type]  # the stubs know no null pointer
        self._axes.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        if editor := self._axes.lineEdit():
            editor.setAcceptDrops(False)
            editor.editingFinished.connect(self._show_axes_in_force)
        self._axes.currentTextChanged.connect(self._on_axes_text_changed)
        self._member = self.combo("member", "Member", (), "Which array of the file is shown")
        self._member.textActivated.connect(self.member_chosen)

    def set_plan(self, plan: Plan) -> None:
        """Shows the input of a plan."""
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
            self._member.addItems([member.name for member in plan.info.members])
            self._member.setCurrentText(plan.info.member or "")
        self.rows.setRowVisible(self._member, len(plan.info.members) > 1)

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
        self.edited.emit({"axes": axes})

    def _show_axes_in_force(self) -> None:
        with QSignalBlocker(self._axes):
            if self._axes.currentText() != self._axes_in_force:
                self._axes.setEditText(self._axes_in_force)
        mark(self._axes, "")
