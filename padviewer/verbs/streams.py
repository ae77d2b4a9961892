"""What the program prints: results on standard output, news and complaints on standard error."""

from __future__ import annotations

import os
import sys
from typing import TextIO, cast

from padviewer.errors import ExportError, PadviewerError, printable
from padviewer.verbs import FAILED


def open_streams() -> None:
    """Opens what the program was started without, and lets any name of a file be printed."""
    _fill_descriptors()
    _accept_any_name(cast("TextIO | None", sys.stdout))


def _fill_descriptors() -> None:
    """Fills 0, 1 and 2: a line to a worker must not come to lie there, and be printed on."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free


def _accept_any_name(stdout: TextIO | None) -> None:
    """Lets names of files that are no text be printed as the bytes that they are."""
    reconfigure = getattr(stdout, "reconfigure", None)
    if stdout is not None and reconfigure is not None:
        is_utf8 = stdout.encoding.lower().replace("-", "") == "utf8"
        reconfigure(errors="surrogateescape" if is_utf8 else "backslashreplace")


def tell(text: str, end: str = "\n") -> None:
    """Prints a result at once."""
    try:
        print(text, end=end, flush=True)  # noqa: T201
    except OSError as error:
        # What could not be written would be tried again, and complained about, when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise
        raise ExportError(f"standard output cannot be written: {error.strerror}") from error


def say(text: str) -> None:
    """Tells what goes on beside the results."""
    print(f"padviewer: {printable(text)}", file=sys.stderr, flush=True)  # noqa: T201


def complain(error: PadviewerError | None, code: int = FAILED) -> int:
    """Tells what went wrong; returns the exit code."""
    print(f"padviewer: error: {error.message if error else 'unknown'}", file=sys.stderr, flush=True)  # noqa: T201
    return code
