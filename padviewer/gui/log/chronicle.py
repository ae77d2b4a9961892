"""Writes what a window does into the log: files opened, exports, workers that ended, requests that took long."""

from __future__ import annotations

import logging
import os
import platform
import re
import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, qVersion
from PySide6.QtGui import QGuiApplication

from padviewer import __version__
from padviewer.errors import Cancelled, PadviewerError, SourceError, UnexpectedError, shortened
from padviewer.gui.exports import EXPORTER
from padviewer.gui.log.lines import ROOT
from padviewer.handed import parse_handed, shown_name
from padviewer.plan import ArrayInfo
from padviewer.workers.messages import Devices, DevicesRequest, OpenRequest

if TYPE_CHECKING:
    from padviewer.gui.session import Session

_SLOW_S = 1.0
_log = logging.getLogger(ROOT)


class Chronicle(QObject):
    """Follows a session.

    Args:
        session: of the window.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._began: dict[str, float] = {}
        self._handed: set[str] = set()
        session.devices_changed.connect(self._on_session_devices_changed)
        session.failed.connect(self._on_session_failed)
        session.worker_died.connect(self._on_session_worker_died)
        session.export_began.connect(self._on_session_export_began)
        session.export_resumed.connect(self._on_session_export_resumed)
        session.export_ended.connect(self._on_session_export_ended)
        session.model_ended.connect(self._on_session_model_ended)

    def begin(self) -> None:
        """Says what runs."""
        app = QGuiApplication.instance()
        screen = app.platformName() if isinstance(app, QGuiApplication) else "no"
        # `platform.platform` starts a process to ask for the processor.
        system = os.uname()
        where = f"{system.sysname} {system.release} {system.machine}"
        python = f"Python {platform.python_version()}, Qt {qVersion()} on {screen}, {where}"
        _log.info("started padviewer %s: %s", __version__, python)

    def answered(self, worker: str, request: Any, answer: Any, error: PadviewerError | None, seconds: float) -> None:
        """Takes the outcome of each request.

        Args:
            worker: that was asked.
            request, answer: what was asked, and the answer; None where there is an error.
            error: why there is no answer.
            seconds: how long it took.
        """
        source = logging.getLogger(f"{ROOT}.{_short(worker)}")
        if isinstance(request, OpenRequest):
            self._note_opened(source, request, answer, error, seconds)
        elif isinstance(error, UnexpectedError):
            source.error("%s: %s", _named(request), error.message, extra={"details": error.details})
        elif seconds > _SLOW_S and worker != EXPORTER and not isinstance(request, DevicesRequest):
            source.warning("%s took %.1f s", _named(request), seconds)

    def _note_opened(
        self, source: logging.Logger, request: OpenRequest, answer: Any, error: PadviewerError | None, seconds: float
    ) -> None:
        member = f"::{request.member}" if request.member else ""
        name = shortened(shown_name(request.path) + member)
        if isinstance(answer, ArrayInfo) and self._is_news(request):
            sizes = " × ".join(map(str, answer.shape)) or "one element"
            facts = [sizes, answer.axes, answer.dtype, answer.format, *answer.notes]
            source.info("opened %s in %.0f ms: %s", name, seconds * 1000, ", ".join(facts))
        elif error is not None and not isinstance(error, Cancelled):
            details = getattr(error, "details", "")
            source.warning("not opened, after %.0f ms: %s", seconds * 1000, error.message, extra={"details": details})

    def _is_news(self, request: OpenRequest) -> bool:
        """Whether it is worth a line: not each file further down the list, and not each version of a handed array."""
        handed = parse_handed(request.path) is not None
        name = shown_name(request.path)
        is_first = name not in self._handed
        if handed:
            self._handed.add(name)
        return request.keep and (is_first or not handed)

    def _on_session_devices_changed(self, devices: Devices | None) -> None:
        if devices is not None:
            text = f"{devices.framework} is ready on {', '.join(devices.names)}"
            logging.getLogger(f"{ROOT}.engine").info("%s", text)

    def _on_session_failed(self, error: PadviewerError) -> None:
        # What a worker refused has its line.
        if not isinstance(error, Cancelled | SourceError | UnexpectedError):
            _log.warning("%s", error.message)

    def _on_session_worker_died(self, error: PadviewerError, runs: bool) -> None:
        details = getattr(error, "details", "")
        level = logging.WARNING if runs else logging.ERROR
        _log.log(level, "%s", error.message, extra={"details": details})

    def _on_session_export_began(self, path: str, what: str) -> None:
        self._began[path] = time.monotonic()
        _log.info("exporting %s to %s", what, shortened(path))

    def _on_session_export_resumed(self, done: int, total: int) -> None:
        _log.info("the export goes on at %.0f %%", 100 * done / max(1, total))

    def _on_session_export_ended(self, path: str, error: PadviewerError | None) -> None:
        seconds = time.monotonic() - self._began.pop(path, time.monotonic())
        if error is None:
            _log.info("exported %s in %.1f s", shortened(path), seconds)
        else:
            level = logging.INFO if isinstance(error, Cancelled) else logging.ERROR
            details = getattr(error, "details", "")
            _log.log(level, "not exported: %s", error.message, extra={"details": details})

    def _on_session_model_ended(self, path: str, outcome: Any) -> None:
        if isinstance(outcome, PadviewerError):
            _log.error("no model saved: %s", outcome.message)
        else:
            _log.info("saved a model to %s", shortened(path))


def _named(request: Any) -> str:
    """Returns what a request is about, in words: `attach`, `export rows`."""
    name = type(request).__name__.removesuffix("Request")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _short(worker: str) -> str:
    """Returns what the log calls a worker: all engines are one source."""
    return worker.rsplit(" ", maxsplit=1)[-1]
