"""What lies over a picture: the button of its colours, and what is said in place of it while there is none."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from padviewer.gui.labels import NoteLabel
from padviewer.gui.rulers import THICKNESS, has_room

# Shorter work ends before a person could read about it.
_PATIENCE_MS = 300
_MARGIN = 4


class PaneOverlay(QObject):
    """Lays itself over a canvas.

    Args:
        canvas: what it lies over.
        menu: what the button opens.
        title: of the pane, for screen readers.
    """

    cancel_wanted = Signal()

    def __init__(self, canvas: QWidget, menu: QMenu, title: str) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._working_text = "computing…"
        self._note = NoteLabel("muted")
        self._note.setVisible(False)
        self._cancel = QPushButton("Cancel")
        self._cancel.setVisible(False)
        self._cancel.clicked.connect(self.cancel_wanted)
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._on_patience_timeout)
        self._colours = _colours_button(menu, title)
        self._build(canvas, self._colours)
        self.fit()

    def set_note(self, text: str) -> None:
        """Says something in place of the picture; an empty text says nothing."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def set_working(self, working: bool) -> None:
        """Says after a while that work is going on, and offers to cancel it."""
        self._cancel.setVisible(False)
        if working:
            self._patience.start()
        else:
            self._patience.stop()

    def set_working_text(self, text: str) -> None:
        """Sets what is said of the work."""
        self._working_text = text
        if not self._cancel.isHidden():
            self.set_note(text)

    def fit(self) -> None:
        """Leaves room for the ruler of a canvas that is large enough for one; all panes have their buttons level."""
        top = _MARGIN + (THICKNESS if has_room(self._canvas.size()) else 0)
        self._over.setContentsMargins(8, top, _MARGIN, _MARGIN)

    @property
    def last_stop(self) -> QWidget:
        """The last of its widgets that takes the keyboard, in the order in which they are read."""
        return self._cancel

    @property
    def note(self) -> str:
        """What is said."""
        return "" if self._note.isHidden() else self._note.text()

    def _build(self, canvas: QWidget, colours: QToolButton) -> None:
        self._over = over = QVBoxLayout(canvas)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self._note, 1)
        first.addStretch(0)
        first.addWidget(colours, 0, Qt.AlignmentFlag.AlignTop)
        second.addWidget(self._cancel)
        second.addStretch(1)
        over.addLayout(first)
        over.addLayout(second)
        over.addStretch(1)
        QWidget.setTabOrder(colours, self._cancel)

    def _on_patience_timeout(self) -> None:
        self.set_note(self._working_text)
        self._cancel.setVisible(True)


def _colours_button(menu: QMenu, title: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName("overlay")
    button.setText("◐")
    button.setAutoRaise(True)
    button.setToolTip("Colour map and levels of this pane")
    button.setAccessibleName(f"Colours of {title.lower()}")
    button.setMenu(menu)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    return button
