"""Arrays that a running Python hands over: what stands for them where the path of a file would.

`python:/proc/4242/fd/17/loss` is the array `loss`. Its elements lie in memory without a name, which the window's
process 4242 holds open as descriptor 17 and its workers open by that place; it is gone with the window, whatever ends
it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

_FORM = re.compile(r"python:(/proc/[0-9]+/fd/[0-9]+)/(.+)", re.DOTALL)
MAX_NAME = 200
# Bytes, on nearly all systems.
_LONGEST_NAME = 255


class Handed(NamedTuple):
    """An array that was handed over.

    Attributes:
        place: what the window's processes open.
        name: what the Python that handed it over calls it.
    """

    place: str
    name: str


def handed_path(pid: int, descriptor: int, name: str) -> str:
    """Returns what stands for an array that a process holds as an open descriptor."""
    return f"python:/proc/{pid}/fd/{descriptor}/{name}"


def parse_handed(path: str) -> Handed | None:
    """Returns the array that a path stands for; None where it is the path of a file."""
    match = _FORM.fullmatch(path)
    return Handed(match[1], match[2]) if match else None


def identity(path: str) -> str:
    """Returns what all versions of an array have in common; of a file its path."""
    handed = parse_handed(path)
    return f"python:{handed.name}" if handed else path


def shown_name(path: str) -> str:
    """Returns what people call an input: `x (from Python)`, or the last part of a file's path."""
    handed = parse_handed(path)
    return f"{handed.name} (from Python)" if handed else path.replace("\\", "/").rsplit("/", 1)[-1]


def label(path: str) -> str:
    """Returns what messages call an input: the path of a file, or `x (from Python)`."""
    return path if parse_handed(path) is None else shown_name(path)


def file_beside(path: str, ending: str) -> str:
    """Returns the file next to an input whose name is the input's without its suffix and with `ending`.

    Of an array from Python that is in the folder where Python was started. The name is one that any dialog can show
    and any system take: what is no text in it becomes `_`, and it has at most 255 bytes. A folder whose name is no
    text is left for the user's own.
    """
    stem = "".join(c if c.isprintable() else "_" for c in file_stem(path))
    room = _LONGEST_NAME - len(ending.encode())
    stem = stem.encode()[:room].decode("utf-8", "ignore")
    return os.path.join(_folder_beside(path), stem + ending)  # noqa: PTH118 - a Path cannot hold every name


def _folder_beside(path: str) -> str:
    folder = os.path.dirname(path)  # noqa: PTH120
    try:
        if parse_handed(path) is not None:
            return str(Path.cwd())
        folder.encode()  # fails where it is no text
    except (OSError, UnicodeEncodeError):
        return os.path.expanduser("~")  # noqa: PTH111
    return folder


def file_stem(path: str) -> str:
    """Returns the name of a file for an input, without a suffix."""
    handed = parse_handed(path)
    if handed is None:
        stem = Path(path).stem
        return stem[: -len(".nii")] if path.lower().endswith(".nii.gz") and stem.lower() != ".nii" else stem
    return re.sub(r"[^\w.-]+", "_", handed.name).strip("._-") or "array"
