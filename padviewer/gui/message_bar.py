"""A bar over the panes that says what is wrong and offers the nearest legal settings as one click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from padviewer.errors import PadviewerError, PlanError, UnknownFormat

# Below this width a message of two lines would need four beside its buttons.
_NARROW = 600
_SIGNS = {"error": "!", "note": "i"}


class MessageBar(QFrame):
    """Shows one message at a time: an error with its remedies, or a note."""

    remedy_chosen = Signal(object, str)  # settings, and what they mend; a `dict` would hold no integer of over 64 bits
    dismissed = Signal(str)  # the key of the note
    raw_wanted = Signal()
    details_wanted = Signal(object)  # the PadviewerError that is shown

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self._key = ""
        self._error: PadviewerError | None = None
        self._offered: list[QPushButton] = []
        self._sign = QLabel()
        self._sign.setObjectName("sign")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        close = QToolButton()
        close.setText("✕")
        close.setToolTip("Dismiss")
        close.setAccessibleName("Dismiss the message")
        close.clicked.connect(self._on_close_clicked)
        # Takes what the text leaves, so that buttons under a text are no wider than beside it.
        self._buttons.addStretch(0)
        self._body = QHBoxLayout()
        self._body.setSpacing(8)
        self._body.addWidget(self._text, 1)
        self._body.addLayout(self._buttons)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.setSpacing(8)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(self._body, 1)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.setVisible(False)

    def show_error(self, error: PadviewerError, count: int = 1) -> None:
        """Shows an error, its remedies where it has some, and its details when asked for.

        Args:
            error: what is told; the one that is shown already has only its count renewed.
            count: how often it came.
        """
        text = f"{error.message}  ({count:,} times)" if count > 1 else error.message
        if error is self._error and self.kind:
            self._text.setText(text)
            return
        self._show("error", "", text)
        self._error = error
        for label, changes in error.remedies if isinstance(error, PlanError) else ():
            self._offer(label, partial(self.remedy_chosen.emit, changes, label))
        if isinstance(error, UnknownFormat):
            self._offer("Open as raw…", self.raw_wanted.emit)
        if getattr(error, "details", ""):
            self._offer("Details", partial(self.details_wanted.emit, error))

    def show_offer(self, text: str, offers: Sequence[tuple[str, Callable[[], object]]], key: str = "") -> None:
        """Shows a note with what can be done about it: the text of each button and what it calls."""
        self._show("note", key, text)
        for label, slot in offers:
            self._offer(label, slot)

    def add_offer(self, text: str, label: str, slot: Callable[[], object]) -> None:
        """Says something more, with what can be done about it, beside what is shown already."""
        if not self.kind:
            self._show("note", "", text)
        else:
            self._text.setText(f"{self._text.text()} {text}")
            self.setAccessibleName(f"{self.kind}: {self._text.text()}")
        self._offer(label, slot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts the buttons under the text where there is little room beside it."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self._body.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)

    def show_note(self, key: str, text: str) -> None:
        """Shows a note; `dismissed` tells its key when a person has read it."""
        self._show("note", key, text)

    def clear(self) -> None:
        """Shows nothing, and offers nothing."""
        self._error = None
        self._withdraw()
        self.setVisible(False)

    @property
    def kind(self) -> str:
        """`error`, `note`, or nothing where the bar is empty."""
        return str(self.property("kind")) if not self.isHidden() else ""

    @property
    def error(self) -> PadviewerError | None:
        """The error that is shown."""
        return self._error if self.kind == "error" else None

    @property
    def message(self) -> str:
        """The text that is shown."""
        return self._text.text() if self.kind else ""

    def remedies(self) -> list[QPushButton]:
        """The buttons that are offered."""
        return list(self._offered)

    def _show(self, kind: str, key: str, text: str) -> None:
        self._key = key
        self._error = None
        self._withdraw()
        self._text.setText(text)
        # Not by colour alone.
        self._sign.setText(_SIGNS[kind])
        self.setAccessibleName(f"{kind}: {text}")
        if self.property("kind") != kind:
            self.setProperty("kind", kind)
            for widget in (self, self._sign):
                widget.style().unpolish(widget)
                widget.style().polish(widget)
        self.setVisible(True)
        # A screen reader says it at once: the keyboard is elsewhere.
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _offer(self, label: str, slot: Callable[[], object]) -> None:
        button = QPushButton(label)
        button.clicked.connect(lambda _checked=False: slot())
        self._buttons.insertWidget(len(self._offered), button)
        self._offered.append(button)

    def _withdraw(self) -> None:
        for button in self._offered:
            self._buttons.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._offered.clear()

    def _on_close_clicked(self) -> None:
        self.clear()
        self.dismissed.emit(self._key)
