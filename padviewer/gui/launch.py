"""Opens the window: first the processes that take long to start, then Qt. Importing this loads no Qt."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from padviewer.gui.log.lines import ROOT
from padviewer.gui.log.run import RunLog, logs_folder, take_log
from padviewer.gui.options import WindowOptions
from padviewer.gui.sessions.start import with_session
from padviewer.gui.sessions.store import sessions_folder
from padviewer.workers.messages import OpenRequest
from padviewer.workers.process import Worker
from padviewer.workers.start import start_engine, start_reader

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow


def launch(options: WindowOptions, on_start: Callable[[MainWindow], None] = lambda _window: None) -> int:
    """Opens the window and returns the exit code when it is closed.

    Args:
        options: what it opens.
        on_start: called with the window once it is shown.
    """
    # A backend takes seconds to import, and a file to decode: both go on while Qt is loaded here.
    reader = start_reader()
    log = _log_of_run()
    if log is not None:
        options = replace(options, crash=log.crash)
    folder = sessions_folder() if options.keeps else None
    if folder is not None:
        options = with_session(options, folder)
    saved = options.saved
    backend = (saved or options).spec.backend
    engine = start_engine(backend) if options.scheduler is None else _engines(options.scheduler, backend)
    first = (saved.shown or saved.items[0]) if saved is not None else options.items[0]
    if not options.only_offers:
        reader.submit(OpenRequest(*first, (saved and saved.budget) or options.budget))
    # What imports make stays: looking through it for garbage, again and again, would take a twentieth of the start.
    gc.disable()
    from padviewer.gui.app import run_window  # noqa: PLC0415 - loads Qt

    def shown(window: MainWindow) -> None:
        # What there is now stays until the end. The first collection of each generation would walk through all of it,
        # and the window would stand still meanwhile.
        gc.freeze()
        gc.enable()
        window.commands.look_for_unfinished()
        on_start(window)

    try:
        code = run_window(options, engine, reader, shown)
    except BaseException:
        logging.getLogger(ROOT).critical("the window could not be opened", exc_info=True)
        if log is not None:
            log.end(clean=False)
        raise
    finally:
        gc.enable()
    if log is not None:
        log.end()
    return code


def _engines(scheduler: str, backend: str) -> Worker:
    from padviewer.workers.engine_choice import start_engines  # noqa: PLC0415 - where a cluster is asked for

    return start_engines(scheduler, backend, eager=True)


def _log_of_run() -> RunLog | None:
    """Begins the log of this run; a window without one is better than none."""
    folder = logs_folder()
    try:
        log = take_log(folder) if folder is not None else None
        if log is not None:
            log.begin()
    except OSError as error:
        logging.getLogger(ROOT).info("no log is written: %s", error)
        return None
    return log
