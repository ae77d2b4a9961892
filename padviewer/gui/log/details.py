"""A text that somebody asked for: the details of an error, or what a crash left, to read and to copy."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from padviewer.gui.theme import monospaced


class DetailsDialog(QDialog):
    """Stands beside the window, which goes on.

    Args:
        parent: the window.
        title: of the dialog.
        heading: what the text is about, in a sentence.
        text: monospaced, on many lines.
    """

    def __init__(self, parent: QWidget, title: str, heading: str, text: str) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setModal(False)
        head = QLabel(heading)
        head.setWordWrap(True)
        head.setTextFormat(Qt.TextFormat.PlainText)
        self._text = QPlainTextEdit(text)
        self._text.setReadOnly(True)
        self._text.setFont(monospaced(9))
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setAccessibleName(title)
        # Tab leads on to the buttons; the keyboard moves the cursor and selects.
        self._text.setTabChangesFocus(True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._copy = QPushButton("Copy")
        self._copy.setToolTip("Copy the whole text")
        self._copy.clicked.connect(self._on_copy_clicked)
        close = QPushButton("Close")
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._copy)
        buttons.addStretch(1)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(head)
        layout.addWidget(self._text, 1)
        layout.addLayout(buttons)
        self.resize(min(760, parent.width() - 32), min(560, parent.height() - 32))

    @property
    def text(self) -> str:
        """What it shows."""
        return self._text.toPlainText()

    def _on_copy_clicked(self) -> None:
        QApplication.clipboard().setText(self.text)
        self._copy.setText("Copied")
