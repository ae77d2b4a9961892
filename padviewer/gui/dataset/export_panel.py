"""Writes the padded tensors of all files that are shown: what, where to, how far it is, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QWidget,
)

from padviewer.errors import shortened
from padviewer.gui.dataset.export_run import FORMATS, ExportOrder, ExportRun
from padviewer.gui.dataset.side_panel import SidePanel
from padviewer.gui.dataset.text import files_text
from padviewer.gui.form.fields import ElidedButton
from padviewer.gui.labels import section_label
from padviewer.gui.words import grouped

_HAS_MANIFEST = "--resume"
# Complaints that are shown; the manifest has all.
_NAMED = 6
TARGET, BUCKETS = "the target", "the buckets"


class ExportPanel(SidePanel):
    """Asks what is written and where to, and follows the program that writes it.

    Args:
        order: returns what would be written now, given whether buckets are meant; None where there is nothing.
    """

    busy_changed = Signal(bool)

    def __init__(self, order: Callable[[bool], ExportOrder | None], parent: QWidget | None = None) -> None:
        super().__init__("Export", spacing=8, parent=parent)
        self._order_of = order
        self._order: ExportOrder | None = None
        self._output = ""
        self._cancelled = False
        self.run = ExportRun(self)
        self.run.progressed.connect(self._on_run_progressed)
        self.run.ended.connect(self._on_run_ended)
        self._layout = self.column
        self._layout.addWidget(section_label("Export all"))
        self._build()
        self._layout.addStretch(1)
        self.set_files(0, False)

    def set_files(self, count: int, has_buckets: bool) -> None:
        """Shows how many files would be written, and whether buckets have been found."""
        self._what.setText(f"{files_text(count)}: those that are shown, each padded to" if count else "No files")
        model = self._targets.model()
        model.setData(model.index(1, 0), None if has_buckets else 0, Qt.ItemDataRole.UserRole - 1)
        if not has_buckets:
            self._targets.setCurrentIndex(0)
        self._count = count
        self._show_buttons()

    def set_output(self, folder: str) -> None:
        """Sets the folder that is written to."""
        self._output = folder
        self._folder.set_text(shortened(folder, 200) if folder else "Choose a folder…", folder)
        self._withdraw()
        self._show_buttons()

    @property
    def output(self) -> str:
        """The folder that is written to; empty where none was chosen."""
        return self._output

    def set_scheduler(self, address: str) -> None:
        """Sets the cluster that writes; empty for this machine."""
        self._cluster.setText(address)

    def stop(self) -> None:
        """Asks what is running to end; what is written stays."""
        if self.run.runs:
            self._on_cancel_clicked()

    def close_run(self) -> None:
        """Ends what is running."""
        self.run.close()

    @property
    def text(self) -> str:
        """What is said of the export."""
        return self._outcome.text()

    @property
    def buttons(self) -> dict[str, QPushButton]:
        """The buttons that can be seen, by what they say."""
        shown = (self._start, self._cancel, self._resume, self._force, self._open)
        return {button.text(): button for button in shown if not button.isHidden()}

    @property
    def fields(self) -> tuple[QComboBox, QComboBox, QCheckBox]:
        """Target or buckets, the format, and whether masks are written."""
        return self._targets, self._format, self._masks

    def _build(self) -> None:
        self._what = QLabel()
        self._what.setWordWrap(True)
        self._targets, self._format = QComboBox(), QComboBox()
        self._targets.addItems([TARGET, BUCKETS])
        self._format.addItems(list(FORMATS))
        for combo, name, tip in (
            (self._targets, "Padded to", "The target, or the bucket of each file"),
            (self._format, "Format", "A file for each item, or one array for each padded shape (zarr, hdf5, tfrecord)"),
        ):
            combo.setAccessibleName(name)
            combo.setAccessibleDescription(tip)
            combo.setToolTip(tip)
        self._masks = QCheckBox("Pixel masks too")
        self._cluster = QLineEdit()
        self._cluster.setAccessibleName("Runs on")
        self._cluster.setPlaceholderText("this machine, or tcp://host:8786")
        self._cluster.setAccessibleDescription(
            "The address of a Dask scheduler, whose workers read and write the files"
        )
        self._cluster.setToolTip(self._cluster.accessibleDescription())
        self._cluster.setClearButtonEnabled(True)
        self._folder = ElidedButton(Qt.TextElideMode.ElideLeft)
        self._folder.setAccessibleName("Folder to write to")
        self._folder.clicked.connect(self._on_folder_clicked)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName("Files written")
        self._outcome = QLabel()
        self._outcome.setWordWrap(True)
        self._outcome.setTextFormat(Qt.TextFormat.PlainText)
        self._outcome.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._start = _button("Export all", lambda: self._begin(""), "primary")
        self._cancel = _button("Cancel", self._on_cancel_clicked)
        self._resume = _button("Resume", lambda: self._begin("--resume"))
        self._force = _button("Start over", lambda: self._begin("--force"))
        self._open = _button("Open the folder", self._on_open_clicked)
        self._resume.setToolTip("Write what is left")
        self._force.setToolTip("Remove what an earlier export wrote there, and write everything anew")
        for widget in (
            self._what, self._targets, self._format, self._masks, self._cluster, self._folder, self._start,
            self._progress, self._cancel, self._outcome, self._resume, self._force, self._open,
        ):  # fmt: skip
            self._layout.addWidget(widget)
        self._count = 0
        self.set_output("")

    def _show_buttons(self) -> None:
        runs = self.run.runs
        self._start.setEnabled(bool(self._count and self._output) and not runs)
        self._progress.setVisible(runs)
        self._cancel.setVisible(runs)
        for widget in (self._targets, self._format, self._masks, self._cluster, self._folder):
            widget.setEnabled(not runs)
        if runs:
            self._withdraw()

    def _withdraw(self) -> None:
        for button in (self._resume, self._force, self._open):
            button.hide()

    def _begin(self, way: str) -> None:
        order = self._order if way else self._order_of(self._targets.currentText() == BUCKETS)
        if order is None or self.run.runs:
            return
        if not way:
            order = replace(
                order,
                output=self._output,
                format=self._format.currentText(),
                masks=self._masks.isChecked(),
                scheduler=self._cluster.text().strip(),
            )
        self._order, self._cancelled = order, False
        self._progress.setRange(0, 0)
        self._outcome.setText("starting…")
        self.run.start(order, way)
        self._show_buttons()
        self.busy_changed.emit(True)

    def _on_cancel_clicked(self) -> None:
        self._cancelled = True
        self._outcome.setText("ending…")
        self.run.cancel()

    def _on_run_progressed(self, done: int, total: int, failed: int) -> None:
        self._progress.setRange(0, total)
        self._progress.setValue(done)
        bad = f", {grouped(failed)} failed" if failed else ""
        self._outcome.setText(f"{grouped(done)} of {grouped(total)} written{bad}")

    def _on_run_ended(self, code: int, said: str) -> None:
        self._show_buttons()
        counted = self._outcome.text()
        reasons = _reasons(said)
        if self._cancelled:
            self._outcome.setText("Cancelled: what is written stays, and Resume writes the rest.")
        elif code == 0:
            self._outcome.setText(f"Done: {counted}.")
        elif "of" in counted and "written" in counted:
            self._outcome.setText(f"{counted}.\n{reasons}")
        else:
            self._outcome.setText(reasons or f"The export ended with exit code {code}, and said nothing.")
        told = code != 0 or self._cancelled
        self._resume.setVisible(told)
        self._force.setVisible(told and not self._cancelled and _HAS_MANIFEST in said)
        self._open.setVisible(code == 0 or self._cancelled or "written" in counted)
        self.busy_changed.emit(False)

    def _on_folder_clicked(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Folder to write to", self._output)
        if path:
            self.set_output(path)

    def _on_open_clicked(self) -> None:
        if self._order is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(self._order.output))


def _button(text: str, slot: Callable[[], object], name: str = "") -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.clicked.connect(lambda _checked=False: slot())
    return button


def _reasons(said: str) -> str:
    """Returns what a program said went wrong: its complaints, or of an unexpected error the last line."""
    lines = said.splitlines()
    if any(line.startswith("Traceback") for line in lines):
        return f"The export ended unexpectedly: {shortened(lines[-1], 300)}"
    return "\n".join(shortened(line.removeprefix("padviewer: error: "), 300) for line in lines[:_NAMED])
