"""Arrays as files: complete or not there, whatever fails. Importing this loads numpy only."""

from padviewer.export.array_writer import ArrayWriter, continues, write, write_left
from padviewer.export.formats import EXTENSIONS, check_payload, check_target
from padviewer.export.payload import USUAL, Array, Content, Payload, Portions, Progress
from padviewer.export.target import remove_abandoned, temporary_paths

__all__ = [
    "EXTENSIONS",
    "USUAL",
    "Array",
    "ArrayWriter",
    "Content",
    "Payload",
    "Portions",
    "Progress",
    "check_payload",
    "check_target",
    "continues",
    "remove_abandoned",
    "temporary_paths",
    "write",
    "write_left",
]
