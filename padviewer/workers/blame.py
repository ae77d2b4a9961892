"""What a file is told to be where the process that read it ended."""

from __future__ import annotations

from padviewer.errors import (
    DamagedSource,
    OversizedSource,
    PadviewerError,
    SourceError,
    WorkerDied,
    WorkerGone,
    WorkerOverMemory,
    WorkerSilent,
    shortened,
)
from padviewer.handed import label


def blamed(path: str, error: WorkerDied, remedy: str = "copy or save it again") -> PadviewerError:
    """Returns the error of a file whose reading ended a process.

    Args:
        path: of the file.
        error: of the process.
        remedy: what to do about a file that is damaged.
    """
    name = shortened(label(path))
    found: PadviewerError
    if isinstance(error, WorkerGone):
        return error
    if isinstance(error, WorkerSilent):
        found = SourceError(
            f"{name}: {error} while it read this file; its disk may be gone, or the file damaged: try again, or use a "
            "copy"
        )
    elif isinstance(error, WorkerOverMemory):
        found = OversizedSource(f"{name}: {error}")
    else:
        found = DamagedSource(f"{name}: {error} while it read this file, which may be damaged; {remedy}")
    found.details = error.details
    return found


def refusal_of(path: str, error: Exception | None) -> PadviewerError:
    """Returns the error of a file for which a call, in another process, failed in whatever way."""
    if isinstance(error, WorkerDied):
        return blamed(path, error)
    if isinstance(error, PadviewerError):
        return error
    return SourceError(f"{shortened(label(path))}: it could not be worked on ({type(error).__name__}: {error})")
