"""What Python and Qt call when something goes wrong, led to one place."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from padviewer.errors import printable
from padviewer.gui.log.lines import ROOT
from padviewer.gui.log.unexpected import UnexpectedErrors

_QT = f"{ROOT}.qt"
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class Hooks:
    """Leads exceptions of slots, events, threads, destructors and callbacks of futures to one place, and what Qt and
    libraries say to the log.

    Args:
        errors: where exceptions go.
    """

    def __init__(self, errors: UnexpectedErrors) -> None:
        self._errors = errors
        self._before: list[Callable[[], object]] = []

    def install(self) -> None:
        """From now on, until `remove`."""
        before = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread
        sys.unraisablehook = self._on_unraisable
        self._before.append(lambda: self._put_back(*before))
        root = logging.getLogger(ROOT)
        propagates = root.propagate
        # Nothing of it goes to the terminal.
        root.propagate = False
        self._before.append(lambda: _set_propagates(root, propagates))
        # A callback that raises is told by the library of futures in its own log, and nowhere else.
        self._lead("concurrent.futures", _Taking(self._on_callback))
        logging.captureWarnings(True)
        self._before.append(lambda: logging.captureWarnings(False))
        self._lead("py.warnings", _Passing(f"{ROOT}.window"))
        older = qInstallMessageHandler(_on_qt_message)
        self._before.append(lambda: qInstallMessageHandler(older))

    def remove(self) -> None:
        """Puts back what was there before."""
        while self._before:
            self._before.pop()()

    def _lead(self, name: str, handler: logging.Handler) -> None:
        logger = logging.getLogger(name)
        propagates = logger.propagate
        logger.addHandler(handler)
        logger.propagate = False
        self._before.append(lambda: logger.removeHandler(handler))
        self._before.append(lambda: _set_propagates(logger, propagates))

    def _put_back(self, exception: Any, thread: Any, unraisable: Any) -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = exception, thread, unraisable

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._errors.report(error if error is not None else kind(), trace)
        # Python keeps the last traceback for a debugger, and with it a painter that must end before Qt goes on.
        sys.last_type = sys.last_value = sys.last_traceback = None

    def _on_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            name = args.thread.name if args.thread is not None else "a thread"
            self._errors.report(args.exc_value, args.exc_traceback, f"in {name}")

    def _on_unraisable(self, args: sys.UnraisableHookArgs) -> None:
        if args.exc_value is not None:
            self._errors.report(args.exc_value, args.exc_traceback, args.err_msg or f"in {type(args.object).__name__}")

    def _on_callback(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self._errors.report(record.exc_info[1], record.exc_info[2])
        else:
            logging.getLogger(ROOT).log(record.levelno, "%s", record.getMessage())


def _set_propagates(logger: logging.Logger, propagates: bool) -> None:
    logger.propagate = propagates


class _Taking(logging.Handler):
    """Hands records over."""

    def __init__(self, take: Callable[[logging.LogRecord], None]) -> None:
        super().__init__()
        self._take = take

    def emit(self, record: logging.LogRecord) -> None:
        self._take(record)


class _Passing(logging.Handler):
    """Says what another logger says under a name of ours."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._logger = logging.getLogger(name)

    def emit(self, record: logging.LogRecord) -> None:
        self._logger.log(record.levelno, "%s", record.getMessage().strip())


def _on_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    category = context.category if context.category not in (None, "default") else ""
    logging.getLogger(_QT).log(
        _LEVELS.get(kind, logging.WARNING), "%s", printable(f"{category}: {text}" if category else text)
    )
