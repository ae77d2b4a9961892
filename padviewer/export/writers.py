"""`write`: finds the writer by the target's extension, and lets it write into a file that appears when complete."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from padviewer.errors import ExportError, PadviewerError, shortened
from padviewer.export.npy import write_npy, write_npz
from padviewer.export.payload import Payload, Progress
from padviewer.export.png import check_png, write_png
from padviewer.export.target import check_place, check_space, display_name, replacing
from padviewer.export.tiff import check_tiff, write_tiff


def _holds_anything(_payload: Payload) -> None:
    """Formats that hold every array that padviewer makes."""


class Writer(NamedTuple):
    """A format: its extension, what refuses an array that it cannot hold, and what writes one."""

    extension: str
    check: Callable[[Payload], None]
    write: Callable[[Payload, BinaryIO, Progress], None]


WRITERS = (
    Writer(".npy", _holds_anything, write_npy),
    Writer(".npz", _holds_anything, write_npz),
    Writer(".png", check_png, write_png),
    Writer(".tif", check_tiff, write_tiff),
    Writer(".tiff", check_tiff, write_tiff),
)
EXTENSIONS = tuple(writer.extension for writer in WRITERS)


def check_target(path: str, overwrite: bool) -> None:
    """Checks a target before work is spent on it.

    Raises:
        TargetExists: where a file or link is there already and `overwrite` is not set.
        ExportError: where the extension is unknown or the file cannot be made.
    """
    _writer(path)
    check_place(path, overwrite)


def check_payload(payload: Payload, path: str) -> None:
    """Raises an `ExportError` where the format of `path` cannot hold the array."""
    _writer(path).check(payload)


def write(payload: Payload, path: str, *, overwrite: bool, progress: Progress) -> int:
    """Writes an array to a file, which is the old one or the complete new one at any moment.

    Args:
        payload: what to write.
        path: the target; its extension chooses the format.
        overwrite: whether an existing file may be replaced.
        progress: is called with (done, total) bytes of the array after each block. What it raises ends the export.

    Returns:
        Bytes of the file.

    Raises:
        TargetExists: where a file or link is there already and `overwrite` is not set.
        ExportError: where the format cannot hold the array, or the system refuses.
    """
    writer = _writer(path)
    check_place(path, overwrite)
    writer.check(payload)
    check_space(path, payload.nbytes)
    with replacing(path, overwrite) as file:
        try:
            writer.write(payload, file, progress)
        except (PadviewerError, OSError):
            raise
        except MemoryError as error:
            raise ExportError(
                f"{display_name(path)}: not enough memory to encode it; use .npy, which needs none"
            ) from error
        except Exception as error:
            cause = shortened(f"{type(error).__name__}: {error}", 300)
            raise ExportError(f"{display_name(path)}: the {payload.name} cannot be encoded ({cause})") from error
        file.flush()
        return os.fstat(file.fileno()).st_size


def _writer(path: str) -> Writer:
    extension = os.path.splitext(path)[1].lower()  # noqa: PTH122 a Path cannot hold every name
    for writer in WRITERS:
        if writer.extension == extension:
            return writer
    known = ", ".join(EXTENSIONS)
    raise ExportError(
        f"{display_name(path)}: the extension {shortened(extension, 20)!r} is of no format that is written; "
        f"use one of {known}"
    )
