"""What `padviewer doctor` prints: versions, limits, devices, and what is missing with the line that installs it."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator

from padviewer import __version__
from padviewer.bytecount import format_bytes
from padviewer.display import inspect_display
from padviewer.errors import PadviewerError
from padviewer.workers.crew import Crew
from padviewer.workers.frameworks import installed_backends

LIBRARIES = ("tensorflow", "keras", "numpy", "PySide6-Essentials", "pyqtgraph", "Pillow", "tifffile", "imagecodecs")


def examine(crew: Crew, budget: int) -> Iterator[tuple[str, str, bool]]:
    """Yields (what, finding, fine) for each thing looked at."""
    yield "padviewer", __version__, True
    yield "Python", f"{platform.python_version()} on {platform.platform()}", True
    for name in LIBRARIES:
        yield _library(name)
    yield "memory budget", f"{format_bytes(budget)} (half of the free memory; change it with --budget)", True
    yield from _display()
    for backend in installed_backends() or ("tensorflow",):
        yield _devices(crew, backend)


def _devices(crew: Crew, backend: str) -> tuple[str, str, bool]:
    try:
        found = crew.devices(backend)
    except PadviewerError as error:
        return "devices", error.message, False
    return "devices", f"{', '.join(found.names)}  ({found.framework})", True


def _library(name: str) -> tuple[str, str, bool]:
    try:
        return name, importlib.metadata.version(name), True
    except importlib.metadata.PackageNotFoundError:
        return name, "not installed; run make run, or pip install padviewer", False


def _display() -> Iterator[tuple[str, str, bool]]:
    report = inspect_display()
    if report.missing:
        yield "Qt libraries", f"missing {', '.join(report.missing)}; install with: {report.install_line}", False
    else:
        yield "Qt libraries", "complete", True
    yield "display", report.display or "none; the window is rendered to a picture instead", True
