"""A choice outside of the form, which keeps what the fields of the form keep."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QComboBox, QWidget

from padviewer.gui.form.fields import FieldGuard


class Choice(QComboBox):
    """Offers texts; they are found by typing, whatever shortcuts there are, and the wheel passes over it.

    Args:
        name: for screen readers.
        texts: that are offered.
    """

    def __init__(self, name: str, texts: Iterable[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.addItems(list(texts))
        self.installEventFilter(FieldGuard(self))
