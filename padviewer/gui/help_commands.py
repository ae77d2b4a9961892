"""What a person asks about the program itself: what it shows, what it can do, and what went wrong."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import qVersion
from PySide6.QtWidgets import QApplication, QMessageBox

from padviewer import __version__
from padviewer.errors import PadviewerError, UnexpectedError
from padviewer.workers.frameworks import NAMES

if TYPE_CHECKING:
    from padviewer.gui.log.run import Crash
    from padviewer.gui.main_window import MainWindow

ENDED, SHOW = "padviewer ended unexpectedly last time.", "Show what happened"
WELCOME = (
    "What you see: left your array, in the middle the padded tensor with its padding hatched, right what a convolution "
    "makes of it. Set a target on the right, drop files anywhere, point at a picture to read its exact elements."
)


class HelpCommands:
    """Carries out what a person asks of help, and of reports.

    Args:
        window: whose bars and dialogs are used.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session

    def show_welcome(self) -> None:
        """Says what the panes show."""
        self._window.message.show_note("welcome", WELCOME)

    def show_keys(self) -> None:
        """Lists every shortcut and what the mouse does."""
        from padviewer.gui.palette.shortcut_sheet import ShortcutSheet  # noqa: PLC0415 - not needed for the first picture

        ShortcutSheet(self._window).open()

    def show_details(self, error: PadviewerError) -> None:
        """Shows what an error's report would say, to copy."""
        from padviewer.gui.log.details import DetailsDialog  # noqa: PLC0415 - when something went wrong
        from padviewer.gui.log.report import report_text  # noqa: PLC0415

        count = self._window.errors.count_of(error) if isinstance(error, UnexpectedError) else 1
        details, devices = str(getattr(error, "details", "")), self._session.devices
        app = QApplication.instance()
        surroundings = {
            "platform": f"Qt {qVersion()} on {app.platformName() if isinstance(app, QApplication) else ''}",
            "engine": devices.framework if devices else f"{NAMES[self._session.spec.backend]} is starting",
        }
        text = report_text(error.message, details, count, self._session.spec, self._session.plan, surroundings)
        heading = f"{error.message}. The window goes on; the text below holds no content of files."
        DetailsDialog(self._window, "Details of an error", heading, text).show()

    def show_crash(self, crash: Crash) -> None:
        """Shows what a run that ended unexpectedly has left."""
        from padviewer.gui.log.details import DetailsDialog  # noqa: PLC0415 - after a crash
        from padviewer.gui.log.report import without_home  # noqa: PLC0415

        try:
            text = crash.file.read_text("utf-8", "backslashreplace")
        except OSError as error:
            text = f"{crash.file}: {error.strerror}"
        heading = without_home(f"padviewer ended unexpectedly: {crash.cause}. This is kept in {crash.file}.")
        DetailsDialog(self._window, "What happened last time", heading, without_home(text)).show()

    def offer_crash(self, crash: Crash) -> None:
        """Says that the last run ended unexpectedly, with what it has left for whoever asks."""
        self._window.message.show_offer(ENDED, [(SHOW, partial(self.show_crash, crash))])

    def show_doctor(self) -> None:
        """Tells versions and limits, and what is missing."""
        from padviewer.gui.doctor_dialog import DoctorDialog  # noqa: PLC0415 - not needed for the first picture

        DoctorDialog(self._window).show()

    def show_log(self) -> None:
        """Lists what happened."""
        self._window.instruments.show_panel("log")

    def show_about(self) -> None:
        """Says what this is."""
        devices = self._session.devices
        framework = devices.framework if devices else f"{NAMES[self._session.spec.backend]} is starting"
        text = f"padviewer {__version__}\n\nSee what padding does to a tensor.\n\n{framework}"
        QMessageBox.about(self._window, "About padviewer", text)
