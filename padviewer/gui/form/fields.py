"""What the fields of the form have in common: what cannot be is marked, the wheel is the form's, letters are theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from padviewer.errors import SettingsError
from padviewer.gui.guarding import guarded
from padviewer.gui.plain_tip import plain_tip

_STEPS = {
    int(Qt.Key.Key_Up): 1,
    int(Qt.Key.Key_Down): -1,
    int(Qt.Key.Key_PageUp): 10,
    int(Qt.Key.Key_PageDown): -10,
}


class FieldGuard(QObject):
    """Lets the wheel scroll the form instead of changing a field that the pointer happens to pass.

    And leaves letters to the field that has the keyboard: choices are found by typing, whatever shortcuts there are.
    Undoing is the window's, so that it is the same wherever the keyboard is.
    """

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo):
                # Settings are undone by the window; a text that is no setting yet, by its field.
                if not watched.property("wrong"):
                    event.ignore()
                    return True
                return False
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
            if plain and event.text().isprintable() and event.text():
                event.accept()
                return True
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


class SettingEdit(QLineEdit):
    """A setting as text. A text that cannot be is marked and changes nothing; leaving the field takes it back.

    Args:
        parse: reads the text, or raises a `SettingsError`.
        write: returns the text of a value.
        step: returns the value that an arrow key leads to, given the value and +1, -1, +10 or -10; None for none.
    """

    edited = Signal(object)  # a value that can be; an object, because Qt cuts integers of a `dict` off at 64 bits

    def __init__(
        self,
        parse: Callable[[str], Any],
        write: Callable[[Any], str],
        step: Callable[[Any, int], Any] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._parse, self._write, self._step = parse, write, step
        self._value: Any = None
        self.textEdited.connect(self._on_text_edited)
        self.editingFinished.connect(self._on_editing_finished)

    def set_value(self, value: Any) -> None:
        """Shows the value in force, unless the text means it already (`3,3` for `3x3`) or is still being typed."""
        self._value = value
        if not (self.property("wrong") and self.hasFocus()):
            self._show(self._means(value) and (bool(self.text()) or self.hasFocus()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Steps with the arrow keys; undoing takes back a text that cannot be."""
        if event.matches(QKeySequence.StandardKey.Undo) and self.property("wrong"):
            self._show(False)
            return
        by = _STEPS.get(event.key())
        if by is None or self._step is None:
            super().keyPressEvent(event)
            return
        value = self._step(self._value, by)
        self.setText(self._write(value))
        self._on_text_edited(self.text())

    def _means(self, value: Any) -> bool:
        try:
            return str(self._parse(self.text())) == str(value)
        except SettingsError:
            return False

    def _show(self, shown: bool) -> None:
        if not shown:
            self.setText(self._write(self._value))
        mark(self, "")

    def _on_text_edited(self, text: str) -> None:
        try:
            value = self._parse(text)
        except SettingsError as error:
            mark(self, error.message)
            return
        mark(self, "")
        self._value = value
        self.edited.emit(value)

    def _on_editing_finished(self) -> None:
        self._show(bool(self.text()) and self._means(self._value))


class ElidedButton(QPushButton):
    """A button whose text is cut off where there is no room.

    Args:
        mode: where: at its end, or at its beginning.
    """

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode = mode
        self.setObjectName("value")
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str, details: str) -> None:
        """Sets what it says, and what its tooltip says more."""
        self._text = text
        self.setToolTip(plain_tip(f"{details or text}\n{self.accessibleDescription()}".strip()))
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cuts off what there is no room for."""
        super().resizeEvent(event)
        self._show()

    def _show(self) -> None:
        # A style sheet's padding and border on both sides.
        room = max(0, self.width() - 20)
        self.setText(self.fontMetrics().elidedText(self._text, self._mode, room).replace("&", "&&"))


class ElidedCombo(QComboBox):
    """Choices whose ends tell them apart: it is their middle that is cut off, and the tooltip tells all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.currentTextChanged.connect(self._on_current_text_changed)

    @property
    def shown_text(self) -> str:
        """What there is room for of what is chosen."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self)
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideMiddle, room.width() - 4)

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws it with what there is room for."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = self.shown_text
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def _on_current_text_changed(self, text: str) -> None:
        self.setToolTip(plain_tip(f"{text}\n{self.accessibleDescription()}".strip()))


def mark(field: QWidget, wrong: str) -> None:
    """Marks a field whose text cannot be, with the reason as its tooltip; an empty reason takes the mark away."""
    if bool(wrong) != bool(field.property("wrong")):
        field.setProperty("wrong", bool(wrong))
        field.style().unpolish(field)
        field.style().polish(field)
    field.setToolTip(plain_tip(wrong) or field.accessibleDescription())
