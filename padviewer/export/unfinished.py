"""Notes of what is being written, kept with the user's state: the next start finds by them what a killed writer left.

A note is made before a part is, and removed after it, so there may be a note too many and never one too few. It is of
help only: where none can be kept, the export goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from padviewer.state import state_folder

# So many are looked at; of what a person exports, far fewer are ever interrupted.
MOST = 256
_MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Note:
    """An export that was begun.

    Attributes:
        file: of the note.
        target: the path that is written.
        told: what is known of the export, by name; empty where it cannot be continued.
    """

    file: Path
    target: str
    told: Mapping[str, str] = field(default_factory=dict)


def note(part: str, target: str, told: Mapping[str, str]) -> None:
    """Notes that `part` is being written for the target; one that is noted already stays as it is."""
    file = _file_of(part)
    if file is None:
        return
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file.open("x", encoding="ascii") as writing:
            writing.write(json.dumps({"target": target, "told": dict(told)}))


def forget(part: str) -> None:
    """Removes the note of a part that is not there any more."""
    file = _file_of(part)
    if file is not None:
        with suppress(OSError):
            file.unlink(missing_ok=True)


def notes() -> list[Note]:
    """Returns what was begun and not ended, the newest first; what cannot be read, or is beyond `MOST`, is removed."""
    folder = _folder()
    found: list[Note] = []
    with suppress(OSError):
        files = [(file.stat().st_mtime_ns, file) for file in (folder.iterdir() if folder is not None else ())]
        for _time, file in sorted(files, reverse=True):
            read = _read(file) if len(found) < MOST else None
            if read is not None:
                found.append(read)
            else:
                file.unlink(missing_ok=True)
    return found


def _read(file: Path) -> Note | None:
    try:
        with file.open("rb") as reading:
            values = json.loads(reading.read(_MAX_BYTES))
        target, told = values["target"], values["told"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    texts = isinstance(told, dict) and all(isinstance(value, str) for value in told.values())
    return Note(file, target, told) if isinstance(target, str) and os.path.isabs(target) and texts else None  # noqa: PTH117


def _file_of(part: str) -> Path | None:
    folder = _folder()
    return folder and folder / f"{hashlib.sha256(os.fsencode(part)).hexdigest()}.json"


def _folder() -> Path | None:
    state = state_folder()
    return state and state / "unfinished"
