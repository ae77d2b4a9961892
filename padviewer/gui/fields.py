"""What the fields of the form have in common: marking what cannot be, and leaving the wheel to the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QLineEdit, QWidget

from padviewer.errors import SettingsError


class WheelGuard(QObject):
    """Lets the wheel scroll the form instead of changing a field that the pointer happens to pass."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def show_text(edit: QLineEdit, text: str, value: Any, parse: Callable[[str], Any]) -> None:
    """Shows a value, unless the text that stands there means it already (`3,3` for `3x3`)."""
    try:
        same = str(parse(edit.text())) == str(value)
    except SettingsError:
        same = False
    if not same:
        edit.setText(text)
        mark(edit, "")


def mark(field: QWidget, wrong: str) -> None:
    """Marks a field whose text cannot be, with the reason as its tooltip; an empty reason takes the mark away."""
    if bool(wrong) != bool(field.property("wrong")):
        field.setProperty("wrong", bool(wrong))
        field.style().unpolish(field)
        field.style().polish(field)
    field.setToolTip(wrong or field.accessibleDescription())
