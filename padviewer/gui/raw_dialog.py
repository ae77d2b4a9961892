"""Asks how the elements of a raw file lie; the reader checks it against the file while it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from padviewer.bytecount import format_bytes
from padviewer.errors import Cancelled, PadviewerError, UnknownFormat, UnsupportedSource, shortened
from padviewer.gui.bridge import settle
from padviewer.gui.files import Item
from padviewer.gui.form.fields import mark
from padviewer.gui.labels import ElidedLabel, LinesLabel
from padviewer.gui.theme import monospaced
from padviewer.handed import parse_handed
from padviewer.plan import ArrayInfo
from padviewer.raw_layout import RAW_DTYPES, RawLayout, is_raw, parse_raw
from padviewer.workers.jobs import READER
from padviewer.workers.messages import OpenRequest

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

_WIDTH = 520
# A check waits for a pause in typing.
_PAUSE_MS = 150
_ORDERS = ("little endian", "big endian")
_MEMORY = ("last axis fastest (C)", "first axis fastest (Fortran)")
_USUAL = "raw:uint8:?x512"


def ask_raw(window: MainWindow) -> None:
    """Opens the dialog for the file that is marked in the list, or was refused last, with the layout of last time."""
    path, member = _meant(window)
    layout = member if is_raw(member) else window.preferences.raw_layout
    RawDialog(window, path, layout or _USUAL).open()


def _meant(window: MainWindow) -> Item:
    """Returns the file that the dialog is most likely for; an empty path where there is none."""
    files, row = window.session.files, window.files.chosen
    marked = [files.entries[row]] if 0 <= row < len(files.entries) else []
    unknown = [entry for entry in reversed(files.entries) if isinstance(entry.error, UnknownFormat)]
    if marked and (marked[0].error is not None or is_raw(marked[0].item[1])):
        unknown = []
    found = next((entry.item for entry in (*unknown, *marked)), files.asked or files.shown)
    return ("", None) if found is None or parse_handed(found[0]) is not None else found


class RawDialog(QDialog):
    """Fields for file, type, byte order, shape, offset and order of axes, and what comes of them.

    Args:
        window: whose reader checks, and that opens the file.
        path: of the file, or empty.
        layout: that the fields show first; one that is none is passed over.
    """

    def __init__(self, window: MainWindow, path: str, layout: str) -> None:
        super().__init__(window)
        self._window = window
        self._checked: tuple[str, str] | None = None
        self._gone = False
        self.setWindowTitle("Open as raw")
        self.path = QLineEdit(path)
        self.path.setPlaceholderText("a file of any kind")
        self._browse = QPushButton("Browse…")
        self._browse.setAutoDefault(False)
        self.dtype = _choice(RAW_DTYPES)
        self.byte_order = _choice(_ORDERS)
        self.shape = QLineEdit()
        self.shape.setPlaceholderText("480x640x3; one size may be ?")
        self.offset = QLineEdit()
        self.offset.setPlaceholderText("bytes before the first element")
        self.memory_order = _choice(_MEMORY)
        self._selector = ElidedLabel("muted")
        self._outcome = LinesLabel("muted", 3)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel)
        self._open_button.setObjectName("primary")
        for field in (self.shape, self.offset, self._selector):
            field.setFont(monospaced(field.font().pointSizeF()))
        self._build()
        self._fill(layout)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._connect()
        self._on_edited()
        self.resize(min(_WIDTH, window.width() - 32), self.sizeHint().height())
        (self.shape if path else self.path).setFocus()

    @property
    def outcome(self) -> str:
        """What is said of the fields."""
        return self._outcome.text()

    @property
    def layout_text(self) -> str:
        """What the fields say, as it stands after `::`."""
        big = self.byte_order.currentIndex() == 1 and self.byte_order.isEnabled()
        offset = self.offset.text().strip()
        skipped = f"+{offset}" if offset not in ("", "0") else ""
        fortran = ":F" if self.memory_order.currentIndex() == 1 else ""
        shape = "".join(self.shape.text().split())
        return f"raw:{self.dtype.currentText()}{'be' if big else ''}:{shape}{skipped}{fortran}"

    @property
    def _open_button(self) -> QPushButton:
        return self._buttons.button(QDialogButtonBox.StandardButton.Open)

    def accept(self) -> None:
        """Opens the file as it was checked, and remembers the layout."""
        if self._checked is None:
            return
        super().accept()
        self._window.preferences.raw_layout = self._checked[1]
        self._window.commands.open_items([self._checked])

    def done(self, result: int) -> None:
        """Leaves nothing behind."""
        self._gone = True
        self._pause.stop()
        super().done(result)
        self.deleteLater()

    def _build(self) -> None:
        file = QHBoxLayout()
        file.setSpacing(8)
        file.addWidget(self.path, 1)
        file.addWidget(self._browse)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        label = QLabel("&File")
        label.setBuddy(self.path)
        form.addRow(label, file)
        rows: tuple[tuple[str, QWidget], ...] = (
            ("&Type", self.dtype),
            ("&Byte order", self.byte_order),
            ("&Shape", self.shape),
            ("O&ffset", self.offset),
            ("&Axes", self.memory_order),
        )
        for text, field in rows:
            form.addRow(text, field)
            field.setAccessibleName(text.replace("&", ""))
        self.path.setAccessibleName("File")
        self._selector.setAccessibleName("What stands for it on the command line")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(form)
        layout.addWidget(self._selector)
        layout.addWidget(self._outcome)
        layout.addStretch(1)
        layout.addWidget(self._buttons)

    def _connect(self) -> None:
        for field in (self.path, self.shape, self.offset):
            field.textChanged.connect(self._on_edited)
        for choice in (self.dtype, self.byte_order, self.memory_order):
            choice.currentIndexChanged.connect(self._on_edited)
        self._browse.clicked.connect(self._on_browse_clicked)
        self._pause.timeout.connect(self._check)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)

    def _fill(self, text: str) -> None:
        try:
            layout = parse_raw(text)
        except UnsupportedSource:  # the settings file may have been edited
            layout = parse_raw(_USUAL)
        self.dtype.setCurrentText(layout.dtype.newbyteorder("=").name)
        self.byte_order.setCurrentIndex(int(layout.dtype.str.startswith(">")))
        self.shape.setText("x".join("?" if size is None else str(size) for size in layout.shape))
        self.offset.setText(str(layout.offset))
        self.memory_order.setCurrentIndex(int(layout.fortran))

    def _on_edited(self) -> None:
        self.byte_order.setEnabled(np.dtype(self.dtype.currentText()).itemsize > 1)
        self._checked = None
        self._open_button.setEnabled(False)
        path = self.path.text()
        self._selector.setText(f"{shortened(path.rsplit('/', 1)[-1], 60) or 'file'}::{shortened(self.layout_text, 80)}")
        try:
            parse_raw(self.layout_text)
        except UnsupportedSource as error:
            self._pause.stop()
            self._tell(error.message, wrong=True)
            return
        if path:
            self._tell("looking at the file…")
            self._pause.start()
        else:
            self._pause.stop()
            self._tell("choose a file")

    def _check(self) -> None:
        """Has the reader open the file without keeping it: it alone looks at files."""
        asked = self.path.text(), self.layout_text
        request = OpenRequest(*asked, self._window.session.budget, keep=False)
        settle(
            self._window.session.clients[READER].submit("raw", request),
            lambda info: self._on_checked(asked, info),
            lambda error: self._on_refused(asked, error),
        )

    def _on_checked(self, asked: tuple[str, str], info: ArrayInfo) -> None:
        if not self._asks(asked):
            return
        self._checked = asked
        self._open_button.setEnabled(True)
        self._open_button.setDefault(True)
        self._tell(_told(info, parse_raw(asked[1])))

    def _on_refused(self, asked: tuple[str, str], error: PadviewerError) -> None:
        if self._asks(asked) and not isinstance(error, Cancelled):
            self._tell(error.message.removeprefix(f"{shortened(asked[0])}: "), wrong=True)

    def _asks(self, asked: tuple[str, str]) -> bool:
        """Whether an answer is for what the fields say now; the dialog may be gone."""
        return not self._gone and asked == (self.path.text(), self.layout_text)

    def _tell(self, text: str, wrong: bool = False) -> None:
        self._outcome.setText(text)
        self.shape.setAccessibleDescription(text)
        mark(self.shape, text if wrong else "")

    def _on_browse_clicked(self) -> None:
        path, _chosen = QFileDialog.getOpenFileName(self, "Open as raw", self.path.text(), "All files (*)")
        if path:
            self.path.setText(path)
            self.shape.setFocus()


def _choice(texts: tuple[str, ...]) -> QComboBox:
    found = QComboBox()
    found.addItems(list(texts))
    return found


def _told(info: ArrayInfo, layout: RawLayout) -> str:
    """Returns the array, and how much of the file it is."""
    sizes = " x ".join(map(str, info.shape))
    left = info.file_bytes - layout.offset - info.nbytes
    parts = [f"{layout.offset} before it"] if layout.offset else []
    parts += [f"{left} after it"] if left else []
    unread = f"; {' and '.join(parts)} are not read" if parts else ""
    of_file = f"{info.nbytes} of {info.file_bytes} bytes ({format_bytes(info.nbytes)}){unread}"
    return f"{sizes} {info.dtype}, axes {' '.join(info.axes)}: {of_file}"
