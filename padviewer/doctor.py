"""What `padviewer doctor` prints: versions, limits, devices, and what is missing with the line that installs it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import locale
import os
import platform
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from padviewer import __version__
from padviewer.bytecount import format_bytes
from padviewer.display import DisplayReport, inspect_display
from padviewer.errors import PadviewerError, printable
from padviewer.formats import FORMATS, names_of_formats
from padviewer.state import state_folder
from padviewer.workers.crew import Crew
from padviewer.workers.frameworks import installed_backends

LIBRARIES = (
    "tensorflow",
    "keras",
    "numpy",
    "PySide6-Essentials",
    "pyqtgraph",
    "Pillow",
    "tifffile",
    "imagecodecs",
    "h5py",
    "psutil",
)
_LIMITS: dict[str, tuple[int, Callable[[int], str]]] = {
    "open files": (resource.RLIMIT_NOFILE, str),
    "processes": (resource.RLIMIT_NPROC, str),
    "address space": (resource.RLIMIT_AS, format_bytes),
    "data": (resource.RLIMIT_DATA, format_bytes),
    "stack": (resource.RLIMIT_STACK, format_bytes),
    "file size": (resource.RLIMIT_FSIZE, format_bytes),
    "core dumps": (resource.RLIMIT_CORE, format_bytes),
}
_CONTAINER = Path("/sys/fs/cgroup/memory.max")
_WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")
# The window keeps three workers, each with pipes, files and shared memory.
_FEW_FILES = 256


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        what: it is.
        finding: what is known of it.
        fine: whether padviewer can work with it.
    """

    what: str
    finding: str
    fine: bool = True


def examine(crew: Crew | None, budget: int) -> Iterator[Finding]:
    """Yields a finding for each thing looked at, in the order in which they are told.

    Args:
        crew: whose engines tell their devices; None asks none.
        budget: bytes that one result may take.
    """
    yield Finding("padviewer", f"{__version__} in {Path(__file__).parent}")
    yield Finding("Python", f"{platform.python_version()} on {platform.platform()}, {sys.executable}")
    for name in LIBRARIES:
        yield _library(name)
    yield from _formats()
    yield from _display()
    yield from _memory(budget)
    yield from _places()
    yield _limits()
    yield Finding("encodings", _encodings())
    if crew is not None:
        for backend in installed_backends() or ("tensorflow",):
            yield _devices(crew, backend)


def library_versions() -> dict[str, str]:
    """Returns the versions of the libraries that are installed."""
    found = {name: _version(name) for name in LIBRARIES}
    return {name: version for name, version in found.items() if version}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _library(name: str) -> Finding:
    version = _version(name)
    missing = "not installed; run make run, or pip install padviewer"
    return Finding(name, version or missing, bool(version))


def _formats() -> Iterator[Finding]:
    """Which formats are read, and what reads those that are optional: none of them is needed for the others."""
    yield Finding("formats", names_of_formats())
    readers: dict[tuple[str, str], list[str]] = {}
    for found in FORMATS:
        if found.library and found.extra:
            readers.setdefault((found.library.partition(".")[0], found.extra), []).append(found.name)
    for (name, extra), formats in readers.items():
        is_there = importlib.util.find_spec(name) is not None
        version = (_version(name) or "installed") if is_there else f"not installed; pip install 'padviewer[{extra}]'"
        yield Finding(name, f"{version}  (for {', '.join(formats)})")


def _display() -> Iterator[Finding]:
    report = inspect_display()
    if report.missing:
        text = f"missing {', '.join(report.missing)}; install with: {report.install_line}"
        yield Finding("Qt libraries", text, fine=False)
    else:
        yield Finding("Qt libraries", "complete")
    yield Finding("Qt platform", f"{_plugin(report)}; OpenGL is not used")
    if report.display is None:
        yield Finding("display", "none; the window is rendered to a picture instead")
    elif report.reason:
        yield Finding("display", f"{report.display}: {report.reason}; the window is rendered to a picture instead")
    else:
        yield Finding("display", f"{report.display} answers")


def _plugin(report: DisplayReport) -> str:
    asked = os.environ.get("QT_QPA_PLATFORM", "")
    if asked:
        return f"{asked}, by QT_QPA_PLATFORM"
    if sys.platform != "linux":
        return "of the system"
    return "wayland" if report.display and ":" not in report.display else "xcb"


def _memory(budget: int) -> Iterator[Finding]:
    memory = psutil.virtual_memory()
    text = f"{format_bytes(memory.available)} free of {format_bytes(memory.total)}"
    with suppress(OSError, ValueError):
        text += f"; this container may take {format_bytes(int(_CONTAINER.read_text('ascii')))}"
    yield Finding("memory", text)
    yield Finding(
        "memory budget",
        f"{format_bytes(budget)} (a quarter of the free memory, for each process; change it with --budget)",
    )
    shared = Path("/dev/shm")
    if shared.is_dir():
        yield Finding("shared memory", f"{shared}: {_room(shared)}", fine=os.access(shared, os.W_OK))


def _places() -> Iterator[Finding]:
    state = state_folder()
    if state is None:
        yield Finding("state", "no home folder: sessions and the log are not kept")
    else:
        yield Finding("state", f"{state} (sessions, logs): {_room(state)}")
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")  # noqa: PTH111, PTH118
    yield Finding("settings", f"{Path(config) / 'padviewer' / 'padviewer.ini'}")
    temporary = Path(tempfile.gettempdir())
    yield Finding("temporary files", f"{temporary}: {_room(temporary)}")
    if _WATCHES.exists():
        with suppress(OSError):
            watches = int(_WATCHES.read_text("ascii"))
            yield Finding("inotify", f"{watches:,} watches; not needed: the file on screen is asked by itself")


def _room(folder: Path) -> str:
    """Returns how much fits, where the folder, or the one that it would be made in, is."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        free = format_bytes(shutil.disk_usage(folder).free)
    except OSError as error:
        return f"cannot be looked at ({error.strerror})"
    return f"{free} free" if os.access(folder, os.W_OK) else f"{free} free, but cannot be written"


def _limits() -> Finding:
    told = []
    for name, (number, form) in _LIMITS.items():
        least, most = resource.getrlimit(number)
        if least != resource.RLIM_INFINITY:
            room = "no limit" if most == resource.RLIM_INFINITY else form(most)
            told.append(f"{name} {form(least)}" + ("" if most == least else f" (up to {room})"))
        elif name == "open files":
            told.append("open files without limit")
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    enough = files == resource.RLIM_INFINITY or files >= _FEW_FILES
    few = "" if enough else f"; expected at least {_FEW_FILES} open files: ulimit -n {_FEW_FILES}"
    return Finding("limits", ", ".join(told) + few, enough)


def _encodings() -> str:
    place = ".".join(filter(None, locale.getlocale())) or "C"
    return printable(f"names of files {sys.getfilesystemencoding()}, locale {place}")


def _devices(crew: Crew, backend: str) -> Finding:
    try:
        found = crew.devices(backend)
    except PadviewerError as error:
        return Finding("devices", error.message, fine=False)
    return Finding("devices", f"{', '.join(found.names)}  ({found.framework})")
