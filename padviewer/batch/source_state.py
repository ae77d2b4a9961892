"""How a source of an export was when it was read: what is noted tells when it is another one since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from padviewer.batch.record import WRITTEN, Record
from padviewer.folders import state_of
from padviewer.objects import is_url
from padviewer.plan import ArrayInfo

# Time and size of objects, by their URLs, as their stores have listed them; zeros where one tells nothing.
Listed = Mapping[str, tuple[int, int]]


class SourceState(NamedTuple):
    """Size and time of a file, or of what tells an array in a folder.

    Attributes:
        nbytes: of the file.
        modified: when it was last written to, in nanoseconds; None of an object, of which its store tells that.
    """

    nbytes: int
    modified: int | None

    @classmethod
    def of(cls, info: ArrayInfo, path: str) -> SourceState:
        """Returns the state in which a source was opened, by the path of its item."""
        return cls(info.file_bytes, None if is_url(path) else info.modified)


def with_listed(record: Record, listed: Listed) -> Record:
    """Returns what is noted of an item, with the state of its object as it was listed before it was read."""
    modified, nbytes = listed.get(record.source, (0, 0))
    if record.outcome != WRITTEN or not modified:
        return record
    return record._replace(source_bytes=nbytes, source_modified=modified)


def has_changed(record: Record, listed: Listed) -> bool:
    """Whether the source of a written item is another one by now; one that is gone, or of which none tells, is not."""
    if record.source_modified is None:
        return False
    try:
        modified, nbytes = listed.get(record.source, (0, 0)) if is_url(record.source) else state_of(record.source)
    except (OSError, ValueError):
        return False
    known = bool(modified) or not is_url(record.source)
    return known and (nbytes, modified) != (record.source_bytes, record.source_modified)
