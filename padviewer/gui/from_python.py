"""Opens the window that `padviewer.show` starts: on the array that was sent first. Importing this loads no Qt."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from padviewer.display import inspect_display
from padviewer.errors import ShowError
from padviewer.gui.launch import launch
from padviewer.gui.options import WindowOptions
from padviewer.handed import handed_path
from padviewer.live.link import Link, Message
from padviewer.live.settings import spec_of_json
from padviewer.spec import PipelineSpec

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

FAILED = 1


def open_for_python(descriptor: int, budget: int) -> int:
    """Opens the window and returns the exit code when it is closed; what keeps it from opening is told to Python.

    Args:
        descriptor: our end of the line.
        budget: bytes that one result may take.
    """
    link = Link.inherited(descriptor)
    try:
        report = inspect_display()
        if not report.can_show_window:
            raise ShowError(f"no window can be shown: {report.reason}; {report.install_line or 'see padviewer doctor'}")
        first = _first_array(link)
        if first is None:
            return 0
        return _open(link, first, budget)
    except Exception as error:
        with suppress(OSError):
            link.send("failed", text=str(error) or type(error).__name__)
        if isinstance(error, ShowError):
            return FAILED
        raise


def _first_array(link: Link) -> Message | None:
    """Waits for an array; None where Python has ended, or has closed what it showed."""
    while (message := link.receive()) is not None:
        if message.kind == "array" and message.descriptor is not None:
            return message
        message.close()
    return None


def _open(link: Link, first: Message, budget: int) -> int:
    name, settings = str(first.content["name"]), dict(first.content["settings"])
    path = handed_path(os.getpid(), first.descriptor or 0, name)
    spec = PipelineSpec().replace(**spec_of_json(settings))
    arrivals: list[Any] = []

    def take(window: MainWindow) -> None:
        from padviewer.gui.arrivals import Arrivals  # noqa: PLC0415 - loads Qt

        arrivals.append(Arrivals(link, window, first, path))

    return launch(WindowOptions(((path, None),), spec, budget, keeps=False), take)
