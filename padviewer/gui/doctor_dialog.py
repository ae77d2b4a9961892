"""What `padviewer doctor` finds, in a dialog: asked of a process of its own, so that the window never waits."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QProcess, QProcessEnvironment, Qt
from PySide6.QtGui import QCloseEvent, QColor, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from padviewer.gui.guarding import guarded
from padviewer.gui.log.report import without_home
from padviewer.gui.theme import monospaced
from padviewer.live.process import environment

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

_LONGEST = 1 << 20


class DoctorDialog(QDialog):
    """Lists what was found, row by row as it comes; stands beside the window, which goes on.

    Args:
        window: whose engine and platform are told beside the rest.
        program: that is asked; `padviewer doctor --json` of this Python where it is empty.
    """

    def __init__(self, window: MainWindow, program: list[str] | None = None) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Doctor")
        self._window = window
        self._rest = b""
        self._state = QLabel("looking…")
        self._state.setObjectName("muted")
        self.table = QTableWidget(0, 2)
        self._build_table()
        self._copy = QPushButton("Copy")
        self._copy.clicked.connect(self._on_copy_clicked)
        close = QPushButton("Close")
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._copy)
        buttons.addWidget(self._state, 1)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)
        self.resize(min(820, window.width() - 32), min(620, window.height() - 32))
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._on_output)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._ask(program or [sys.executable, "-P", "-m", "padviewer", "doctor", "--json", "--no-devices"])

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What was found, and what it is about."""
        cells = [[self.table.item(row, column) for column in (0, 1)] for row in range(self.table.rowCount())]
        return [(what.text(), finding.text()) for what, finding in cells if what is not None and finding is not None]

    @property
    def runs(self) -> bool:
        """Whether something is looked at still."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    @guarded
    def closeEvent(self, event: QCloseEvent) -> None:
        """Ends the process that is asked."""
        if self.runs:
            self._process.blockSignals(True)
            self._process.kill()
            self._process.waitForFinished(1000)
        super().closeEvent(event)

    def done(self, result: int) -> None:
        """Esc closes it as its button does."""
        self.close()
        super().done(result)

    def _ask(self, program: list[str]) -> None:
        surroundings = QProcessEnvironment()
        for name, value in environment().items():
            surroundings.insert(name, value)
        self._process.setProcessEnvironment(surroundings)
        self._process.start(program[0], program[1:])

    def _build_table(self) -> None:
        table = self.table
        table.setAccessibleName("Findings")
        table.setHorizontalHeaderLabels(["What", "Finding"])
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(True)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)

    def _add(self, what: str, finding: str, fine: bool) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        # Not by colour alone.
        name = QTableWidgetItem(what if fine else f"! {what}")
        found = QTableWidgetItem(without_home(finding))
        found.setFont(monospaced(9))
        found.setToolTip(finding)
        if not fine:
            for item in (name, found):
                item.setForeground(QColor(self._window.theme.error))
        self.table.setItem(row, 0, name)
        self.table.setItem(row, 1, found)

    def _on_output(self) -> None:
        self._rest += bytes(self._process.readAllStandardOutput().data())
        *lines, self._rest = self._rest[:_LONGEST].split(b"\n")
        for line in lines:
            found = json.loads(line)
            self._add(str(found["what"]), str(found["finding"]), bool(found["fine"]))

    def _on_finished(self, code: int, _status: QProcess.ExitStatus) -> None:
        self._on_output()
        self._add_own()
        signs = sum(what.startswith("! ") for what, _finding in self.rows)
        self._state.setText("all is well" if not signs and code == 0 else "what is marked by ! needs something")
        if code and not signs:
            said = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace").strip().splitlines()
            self._state.setText(f"the doctor ended with exit code {code}: {said[-1] if said else 'it said nothing'}")

    def _on_error(self, _error: QProcess.ProcessError) -> None:
        self._state.setText(f"the doctor could not be asked: {self._process.errorString()}")

    def _add_own(self) -> None:
        """Adds what this window alone knows."""
        devices = self._window.session.devices
        told = f"{', '.join(devices.names)}  ({devices.framework})" if devices else "the engine is starting"
        self._add("devices", told, True)
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            screen = self._window.screen()
            size = screen.size()
            told = f"{app.platformName()}, {screen.name()} {size.width()} × {size.height()}"
            self._add("this window", f"{told}, ratio {screen.devicePixelRatio():g}, process {os.getpid()}", True)

    def _on_copy_clicked(self) -> None:
        width = max((len(what) for what, _finding in self.rows), default=0)
        QApplication.clipboard().setText("".join(f"{what:<{width}}  {finding}\n" for what, finding in self.rows))
        self._copy.setText("Copied")
