"""The fields of the input: which axis is which, and which array of a file is shown."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from padviewer.axes import axes_choices, parse_axes
from padviewer.errors import SettingsError, printable, shortened
from padviewer.gui.form.fields import ElidedButton, FieldGuard, mark
from padviewer.gui.form.section import FormSection
from padviewer.gui.members.tree import is_tree
from padviewer.gui.plain_tip import plain_tip
from padviewer.plan import ArrayInfo, Member, Plan

# More of them are easier to find by typing.
_FEW = 12


class InputSection(FormSection):
    """Axes and member: a few members are choices, many or a tree of them are shown when they are asked for."""

    member_chosen = Signal(str)
    members_wanted = Signal()

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
        self._member.activated.connect(self._on_member_activated)
        self._of_many = ElidedButton(Qt.TextElideMode.ElideLeft)
        self._of_many.clicked.connect(self.members_wanted)
        self.add("members", "Member", self._of_many, "Which array of the file is shown; press to choose another")
        self._members: tuple[Member, ...] = ()
        self._show_member(None)

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
        self._show_member(plan.info.member)

    def set_members(self, members: tuple[Member, ...]) -> None:
        """Offers the members of the file whose plan is shown next."""
        if members == self._members:
            return
        self._members = members
        few = self._are_few
        with QSignalBlocker(self._member):
            self._member.clear()
            for place, member in enumerate(members if few else ()):
                self._member.addItem(printable(member.name), member.name)
                said = ("" if member.readable else "cannot be opened: ") + printable(member.described)
                self._member.setItemData(place, plain_tip(said), Qt.ItemDataRole.ToolTipRole)
                if not member.readable:
                    # What cannot be chosen is not stepped to.
                    self._member.setItemData(place, 0, Qt.ItemDataRole.UserRole - 1)

    @property
    def _are_few(self) -> bool:
        return len(self._members) <= _FEW and not is_tree(self._members)

    def _show_member(self, name: str | None) -> None:
        several, few = len(self._members) > 1, self._are_few
        with QSignalBlocker(self._member):
            self._member.setCurrentIndex(self._member.findData(name))
        self.rows.setRowVisible(self._member, several and few)
        self.rows.setRowVisible(self._of_many, several and not few)
        if several and not few:
            member = next((member for member in self._members if member.name == name), Member(name or ""))
            details = f"{shortened(member.name, 400)}: {printable(member.described)}".removesuffix(": ")
            self._of_many.set_text(printable(member.name.removeprefix("/")), details)

    def _on_member_activated(self, place: int) -> None:
        self.member_chosen.emit(self._member.itemData(place))

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
