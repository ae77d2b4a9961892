"""Renders the window to a picture, with or without a display."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QBuffer, QEventLoop, QIODevice

from padviewer.errors import ExportError, PadviewerError
from padviewer.export.target import replacing
from padviewer.gui.app import make_application, make_window, use_offscreen
from padviewer.gui.main_window import MainWindow
from padviewer.gui.options import WindowOptions
from padviewer.gui.preferences import Preferences

_LONGEST_S = 300.0


def render_snapshot(options: WindowOptions, output: str, size: tuple[int, int], theme: str) -> None:
    """Writes what the window shows to a PNG.

    Args:
        options: the file and the settings.
        output: the picture, written over where it exists.
        size: width and height of the window in pixels.
        theme: `dark` or `light`.

    Raises:
        PadviewerError: the file cannot be opened, or the picture not be written.
    """
    with unseen_window(options, size, theme) as window:
        write_picture(window, output)


@contextmanager
def unseen_window(options: WindowOptions, size: tuple[int, int], theme: str) -> Iterator[MainWindow]:
    """Yields a window that is drawn in memory, with everything on screen that it was opened on.

    Args:
        options, size, theme: as for `render_snapshot`.

    Raises:
        PadviewerError: the file cannot be opened.
    """
    use_offscreen()
    app = make_application()
    # Qt writes settings by renaming a file over the old one: never give it a device.
    with tempfile.TemporaryDirectory(prefix="padviewer-") as folder:
        preferences = Preferences(os.path.join(folder, "padviewer.ini"))  # noqa: PTH118 - one join
        preferences.set_read("welcome")
        preferences.theme = theme
        window = make_window(options, preferences)
        errors: list[PadviewerError] = []
        window.session.failed.connect(errors.append)
        try:
            window.resize(*size)
            window.show()
            settle(window)
            if window.session.plan is None:
                raise errors[0] if errors else ExportError("nothing could be opened")
            yield window
        finally:
            window.close()
            app.processEvents()
            preferences.save()


def settle(window: MainWindow) -> None:
    """Runs the event loop until everything is on screen."""
    loop = QEventLoop()
    end = time.monotonic() + _LONGEST_S
    quiet = 0
    while quiet < 3:
        loop.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        # Layout and redraws are queued by what has just settled.
        quiet = quiet + 1 if window.settled else 0
        if time.monotonic() > end:
            raise ExportError(f"the window was not ready after {_LONGEST_S:.0f} s; is the input very large?")
        time.sleep(0.005)


def write_picture(window: MainWindow, output: str) -> None:
    """Writes what a window shows to a PNG, over one that exists."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    window.grab().save(buffer, "PNG")
    with replacing(output, overwrite=True) as file:
        file.write(bytes(buffer.data().data()))
