"""How a source of an export was when it was read: what is noted tells when it is another one since."""

from __future__ import annotations

from typing import NamedTuple

from padviewer.batch.record import Record
from padviewer.folders import state_of
from padviewer.objects import is_url
from padviewer.plan import ArrayInfo


class SourceState(NamedTuple):
    """Size and time of a file, or of what tells an array in a folder.

    Attributes:
        nbytes: of the file.
        modified: when it was last written to, in nanoseconds; None of an object, which is read from a copy.
    """

    nbytes: int
    modified: int | None

    @classmethod
    def of(cls, info: ArrayInfo, path: str) -> SourceState:
        """Returns the state in which a source was opened, by the path of its item."""
        return cls(info.file_bytes, None if is_url(path) else info.modified)


def has_changed(record: Record) -> bool:
    """Whether the source of a written item is another one by now; one that is gone, or not here, is not."""
    if record.source_modified is None or is_url(record.source):
        return False
    try:
        modified, nbytes = state_of(record.source)
    except (OSError, ValueError):
        return False
    return (nbytes, modified) != (record.source_bytes, record.source_modified)
