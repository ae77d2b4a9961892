"""Every error that padviewer raises on purpose.

    PadviewerError
    ├── SettingsError          a setting that cannot be, whatever the input is
    ├── PlanError              settings and input that do not go together; may offer remedies
    │   └── BudgetError        a result that would not fit the memory budget
    ├── SourceError            a file that cannot be read
    │   ├── SourceNotFound
    │   ├── UnsupportedSource  not a format, dtype or rank that is read
    │   │   ├── SourceIsFolder
    │   │   └── UnknownFormat  of no format that is known; it may be opened as raw elements
    │   ├── DamagedSource      truncated, inconsistent or undecodable
    │   └── OversizedSource    declares more than the budget allows
    ├── ExportError            a file that cannot be written
    │   ├── TargetExists
    │   └── ExportStopped      the place is full or gone: nothing else can be written there either
    ├── MissingLibrary         a library for this format is not installed
    ├── DeviceError            a device that is not there, or that failed
    ├── MissingFeature         the engine does not hold the feature map that is asked for
    ├── ShowError              an array of a running Python that cannot be shown, or no window to show it in
    │   ├── UnsupportedArray   not an array, or not of a dtype or rank that is shown
    │   └── WindowClosed       the window, or the array in it, was closed
    ├── WorkerDied             a worker process ended
    │   ├── WorkerSilent       it gave no sign of life for too long, or was stopped, and was ended
    │   ├── WorkerOverMemory   it took more memory than it may, and was ended
    │   └── WorkerGone         it ended too often: none runs until somebody asks for one
    ├── ClusterLost            a cluster that nobody answers for, or any more
    ├── UnexpectedError        a defect of padviewer: an exception that nobody foresaw
    └── Cancelled              the user, or a newer request, took the request back

Each message says what was received, what was expected and how to fix it.
"""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any

# Characters of a message in a traceback.
_LONGEST_MESSAGE = 500


class PadviewerError(Exception):
    """Base of padviewer's own errors: expected, and told to people without a traceback.

    Attributes:
        details: more lines, to be shown when asked for: a traceback, or what a process printed last.
    """

    details: str = ""

    @property
    def message(self) -> str:
        """The text for people, on one line and free of control characters."""
        return printable(str(self))


class SettingsError(PadviewerError, ValueError):
    """A setting has a value that no input could make valid."""


class PlanError(PadviewerError, ValueError):
    """The settings cannot be applied to this input.

    Attributes:
        remedies: pairs of a label and the settings (fields of `PipelineSpec`) that would mend it, nearest first.
    """

    def __init__(self, message: str, remedies: tuple[tuple[str, dict[str, Any]], ...] = ()) -> None:
        super().__init__(message, remedies)
        self.remedies = remedies

    def __str__(self) -> str:
        return str(self.args[0])


class BudgetError(PlanError):
    """A result would take more memory than the budget allows."""


class SourceError(PadviewerError):
    """A file cannot be read."""


class SourceNotFound(SourceError):
    """The path leads to nothing that can be opened."""


class UnsupportedSource(SourceError):
    """The file is not of a format, dtype or rank that padviewer reads."""


class SourceIsFolder(UnsupportedSource):
    """The path leads to a folder, which holds files instead of elements."""


class UnknownFormat(UnsupportedSource):
    """The file is of no format that is known; whoever knows how its elements lie can open it as raw.

    Args:
        message: what the file is.
        details: which formats there are, which is too much for a line.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message, details)
        self.details = details

    def __str__(self) -> str:
        return str(self.args[0])


class DamagedSource(SourceError):
    """The file is truncated, inconsistent or cannot be decoded."""


class OversizedSource(SourceError):
    """The file declares more data than the memory budget allows."""


class ExportError(PadviewerError):
    """A file cannot be written."""


class TargetExists(ExportError):
    """The file to write exists already and overwriting was not asked for."""


class ExportStopped(ExportError):
    """The place that is written to is full or gone: what else is to be written there would fail too."""


class MissingLibrary(PadviewerError):
    """A library that one format needs is not installed; the message has the line that installs it."""


class DeviceError(PadviewerError):
    """The chosen device is not there, or failed."""


class MissingFeature(PadviewerError):
    """The engine does not hold the feature map of a plan; it has to compute it first."""


class ShowError(PadviewerError):
    """An array of a running Python cannot be shown, or there is no window to show it in."""


class UnsupportedArray(ShowError, TypeError):
    """What was handed to `show` is no array, or not of a dtype or rank that is shown."""


class WindowClosed(ShowError):
    """The window, or the array in it, was closed."""


class WorkerDied(PadviewerError):
    """A worker process ended.

    Attributes:
        idle: whether it had nothing to do.
    """

    idle: bool = False


class WorkerSilent(WorkerDied):
    """A worker process gave no sign of life for longer than its request may take, or was stopped, and was ended."""


class WorkerOverMemory(WorkerDied):
    """A worker process took more memory than the budget allows, and was ended."""


class WorkerGone(WorkerDied):
    """Worker processes ended too often in a row: there is none until somebody asks for a restart."""


class ClusterLost(PadviewerError):
    """Nobody answers for a cluster, or nobody does any more: what was asked of it is not to blame."""


class UnexpectedError(PadviewerError):
    """A worker met an exception that nobody foresaw.

    Attributes:
        details: the traceback, to be shown when asked for.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message, details)
        self.details = details

    def __str__(self) -> str:
        return str(self.args[0])


class Cancelled(PadviewerError):
    """The request was taken back before it was answered."""


def traceback_of(error: BaseException, trace: TracebackType | None = None) -> str:
    """Returns where an exception was raised, as Python prints it; messages are cut, which may hold elements of a file.

    Args:
        error: the exception.
        trace: its traceback; where it is None, its own.
    """
    entries = traceback.format_exception(type(error), error, trace or error.__traceback__)
    of_frames = ("  File ", "Traceback ", "\n")
    return "".join(
        entry if entry.startswith(of_frames) or len(entry) <= _LONGEST_MESSAGE else f"{entry[:_LONGEST_MESSAGE]}…\n"
        for entry in entries
    )


def printable(text: str) -> str:
    """Returns `text` on one line, with control characters and undecodable bytes escaped."""
    if text.isprintable():
        return text
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


def shortened(name: str, limit: int = 120) -> str:
    """Returns `name` printable, with its middle left out where it is longer than `limit` characters."""
    name = printable(name)
    half = limit // 2 - 1
    return name if len(name) <= limit else f"{name[:half]}…{name[-half:]}"
