"""Starts the Qt application around workers that are starting already."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSocketNotifier, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from padviewer import __version__
from padviewer.assets import resource
from padviewer.errors import PadviewerError, WorkerDied
from padviewer.gui.bridge import Bridge
from padviewer.gui.help_commands import SHOW
from padviewer.gui.log.chronicle import Chronicle
from padviewer.gui.log.hooks import Hooks
from padviewer.gui.log.lines import ROOT
from padviewer.gui.main_window import MainWindow
from padviewer.gui.options import WindowOptions
from padviewer.gui.preferences import Preferences
from padviewer.gui.session import EXPORTER, Session
from padviewer.workers.client import MAX_RESTARTS, Client, OnAnswer
from padviewer.workers.jobs import ENGINES, READER, SCOUT
from padviewer.workers.process import Worker
from padviewer.workers.start import start_engine, start_reader


def run_window(
    options: WindowOptions,
    engine: Worker,
    reader: Worker,
    on_start: Callable[[MainWindow], None],
) -> int:
    """Opens the window and returns when it is closed.

    Args:
        options: files, settings and budget.
        engine, reader: workers that were started before Qt was loaded.
        on_start: called with the window once it is shown.
    """
    app = make_application()
    window = make_window(options, Preferences(), engine, reader)
    interrupt = quit_on_interrupt(app)
    hooks = Hooks(window.errors)
    hooks.install()
    try:
        window.show()
        on_start(window)
        code = app.exec()
        window.errors.flush()
        logging.getLogger(ROOT).info("ended with exit code %d", code)
    finally:
        hooks.remove()
    interrupt.setEnabled(False)
    return code


def make_application() -> QApplication:
    """Returns the application, with its name and icon."""
    app = QApplication.instance() or QApplication(["padviewer"])
    if not isinstance(app, QApplication):
        raise TypeError("a Qt application without widgets is running in this process")
    app.setApplicationName("padviewer")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("padviewer")
    app.setWindowIcon(QIcon(str(resource("icon-256.png"))))
    return app


def make_window(
    options: WindowOptions,
    preferences: Preferences,
    engine: Worker | None = None,
    reader: Worker | None = None,
    start: tuple[Callable[[], Worker], Callable[[str], Worker]] = (start_reader, start_engine),
) -> MainWindow:
    """Returns the window of a new session that opens its files."""
    if options.scheduler is not None:
        from padviewer.workers.engine_choice import start_engines  # noqa: PLC0415 - where a cluster is asked for

        start = start[0], partial(start_engines, options.scheduler)
    bridge = Bridge()
    starters: dict[str, tuple[Callable[[], Worker], Worker | None]] = {
        READER: (start[0], reader),
        EXPORTER: (start[0], None),
        SCOUT: (start[0], None),
    }
    for backend, name in ENGINES.items():
        starters[name] = (partial(start[1], backend), engine if backend == options.spec.backend else None)

    def told(name: str) -> Callable[[WorkerDied], None]:
        return lambda error: session.recovery.worker_died(name, error)

    def answered(name: str) -> OnAnswer:
        return lambda *outcome: chronicle.answered(name, *outcome)

    # Each file that a scout looks at is another: one that ends it says nothing of the next.
    restarts = {SCOUT: sys.maxsize}
    clients = {
        name: Client(starter, bridge.post, told(name), worker, restarts.get(name, MAX_RESTARTS), answered(name))
        for name, (starter, worker) in starters.items()
    }
    session = Session(clients, options.spec, options.budget, options.spec if options.welcome else None, options.follows)
    bridge.setParent(session)
    chronicle = Chronicle(session)
    window = MainWindow(session, preferences, options.slot)
    window.scheduler = options.scheduler or ""
    session.setParent(window)
    chronicle.begin()
    session.start()
    if options.watches:
        window.reloading.automatic = True
        window.actions_.watch.setChecked(True)
    if options.saved is not None:
        more = [(SHOW, partial(window.commands.help.show_crash, options.crash))] if options.crash else []
        window.commands.sessions.reopen(options.saved, options.unclean_starts, options.only_offers, more)
        if options.crash is not None and not options.unclean_starts:
            window.commands.help.offer_crash(options.crash)
        return window
    window.commands.open_items(list(options.items))
    if options.complaint:
        window.message.show_error(PadviewerError(options.complaint))
    elif options.crash is not None:
        window.commands.help.offer_crash(options.crash)
    elif options.welcome and not preferences.has_read("welcome"):
        window.commands.help.show_welcome()
    return window


def quit_on_interrupt(app: QApplication) -> QSocketNotifier:
    """Lets Ctrl+C, or a polite end, close the window: Python's handler runs when the signal wakes the event loop."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    signal.set_wakeup_fd(theirs.fileno())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: QTimer.singleShot(0, app.closeAllWindows))
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read, app)
    notifier.activated.connect(lambda *_: ours.recv(64))
    # The sockets live as long as the notifier does.
    notifier.setProperty("sockets", (ours, theirs))
    return notifier


def use_offscreen() -> None:
    """Makes Qt draw in memory; before the application is made."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
