"""All that is known of the input: what it is, where it lies, and what the reader did to its numbers."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from padviewer.bytecount import format_bytes
from padviewer.errors import printable
from padviewer.gui.labels import ElidedLabel
from padviewer.gui.ledger import headline
from padviewer.gui.theme import monospaced
from padviewer.handed import label
from padviewer.plan import Plan

_SIZE = (560, 400)


def details_text(plan: Plan, members: int) -> str:
    """Returns the details of a plan's input in lines.

    Args:
        plan: whose input.
        members: how many arrays its file holds.
    """
    info = plan.info
    sizes = "  ".join(f"{letter} {size}" for letter, size in zip(plan.input.axes, plan.input.shape, strict=True))
    rows = [
        ("File", printable(label(info.path))),
        *([("Member", printable(info.member))] if info.member else []),
        *([("Members", str(members))] if members > 1 else []),
        ("Format", info.format),
        ("Axes", sizes + ("  (guessed)" if info.axes_guessed and not plan.spec.axes else "")),
        ("Type", info.dtype),
        ("In memory", f"{format_bytes(info.nbytes)} ({info.nbytes} bytes)"),
        ("On disk", f"{format_bytes(info.file_bytes)} ({info.file_bytes} bytes)"),
    ]
    lines = [f"{name:<10} {value}" for name, value in rows]
    notes = [f"{number}. {printable(note)}" for number, note in enumerate(info.notes, 1)]
    return "\n".join([*lines, "", "What was done to the numbers", *(notes or ["nothing: they are those of the file"])])


class InputDetails(QDialog):
    """Shows the details of an input, as text that can be copied.

    Args:
        plan: whose input.
        members: how many arrays its file holds.
    """

    def __init__(self, plan: Plan, members: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Details of the file")
        name = ElidedLabel("title")
        name.setText(headline(plan))
        self._text = QPlainTextEdit(details_text(plan, members))
        self._text.setReadOnly(True)
        self._text.setFont(monospaced(9))
        self._text.setAccessibleName("Details of the file")
        self._text.setTabChangesFocus(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton("Copy all", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(name)
        layout.addWidget(self._text, 1)
        layout.addWidget(buttons)
        self.resize(min(_SIZE[0], parent.width() - 32), min(_SIZE[1], parent.height() - 32))

    @property
    def text(self) -> str:
        """What is shown."""
        return self._text.toPlainText()
