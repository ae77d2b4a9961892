"""Figures by hand: the dialog, the file, the clipboard. They are drawn in a thread: many pixels take a while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from padviewer.errors import PadviewerError, UnexpectedError, shortened
from padviewer.gui.bridge import Bridge
from padviewer.gui.export_dialog import ask_save_path
from padviewer.gui.figure.dialog import FigureDialog
from padviewer.gui.figure.figure import Figure, take_figure
from padviewer.gui.figure.files import SUFFIXES, image_of, write_figure
from padviewer.gui.theme import THEMES
from padviewer.handed import file_beside

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow


class FigureCommands:
    """Carries out what a person asks of figures.

    Args:
        window: what is drawn.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._bridge = Bridge(window)
        self.dialog: FigureDialog | None = None

    def ask(self) -> None:
        """Opens the dialog."""
        if self._taken() is None:
            return
        dialog = FigureDialog(self._window.preferences, self._window)
        self.dialog = dialog
        dialog.edited.connect(self._show)
        dialog.save_wanted.connect(self.ask_save)
        dialog.copy_wanted.connect(self.copy)
        dialog.finished.connect(self._on_dialog_finished)
        self._show()
        dialog.open()

    def ask_save(self) -> None:
        """Asks for a name and writes the figure to it."""
        plan = self._window.session.plan
        if plan is None:
            return
        suggested = file_beside(plan.info.path, "_figure.png")
        path = ask_save_path(self.dialog or self._window, "Save figure", suggested, SUFFIXES)
        if path:
            self.save(path)
            if self.dialog is not None:
                self.dialog.accept()

    def save(self, path: str) -> None:
        """Writes the figure to a file; its name says as what."""
        figure, preferences = self._taken(), self._window.preferences
        if figure is not None:
            width, dpi = preferences.figure_width, preferences.figure_dpi
            self._run(
                lambda: write_figure(figure, path, width, dpi),
                lambda _done: self._window.status.say(f"wrote {shortened(path, 120)}"),
            )

    def copy(self) -> None:
        """Puts the figure on the clipboard, as pixels."""
        figure, preferences = self._taken(), self._window.preferences
        if figure is not None:
            width, dpi = preferences.figure_width, preferences.figure_dpi
            self._run(lambda: image_of(figure, width, dpi), self._on_image_ready)

    def _taken(self) -> Figure | None:
        preferences = self._window.preferences
        theme = THEMES.get(preferences.figure_theme, self._window.theme)
        return take_figure(self._window, theme, preferences.figure_trims)

    def _show(self) -> None:
        figure = self._taken()
        if figure is not None and self.dialog is not None:
            self.dialog.set_figure(figure)

    def _run(self, make: Callable[[], Any], on_result: Callable[[Any], None]) -> None:
        """Calls a function in a thread, and what takes its result, or the message bar, in the window's."""

        def work() -> None:
            try:
                result = make()
            except PadviewerError as error:
                self._post(lambda error=error: self._window.message.show_error(error))  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001 - whatever it is, a person has to be told
                told = UnexpectedError(f"the figure could not be drawn: {type(error).__name__}: {error}")
                self._post(lambda: self._window.message.show_error(told))
            else:
                self._post(lambda: on_result(result))

        threading.Thread(target=work, name="padviewer figure", daemon=True).start()

    def _post(self, function: Callable[[], None]) -> None:
        try:
            self._bridge.post(function)
        except RuntimeError:  # the window has been closed, and nobody waits
            return

    def _on_image_ready(self, image: QImage) -> None:
        QApplication.clipboard().setImage(image)
        self._window.status.say(f"figure copied, {image.width()} × {image.height()} pixels")

    def _on_dialog_finished(self, _result: int) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()
