"""Arrays as files: complete or not there, whatever fails. Importing this loads numpy only."""

from padviewer.export.abandoned import Swept, remove_abandoned, sweep, temporary_paths
from padviewer.export.array_writer import ArrayWriter, continues, write, write_left
from padviewer.export.formats import EXTENSIONS, FORMATS, check_payload, check_target, extension_of
from padviewer.export.payload import USUAL, Array, Content, Payload, Portions, Progress, Space, in_space
from padviewer.export.unfinished import Note, notes

__all__ = [
    "EXTENSIONS",
    "FORMATS",
    "USUAL",
    "Array",
    "ArrayWriter",
    "Content",
    "Note",
    "Payload",
    "Portions",
    "Progress",
    "Space",
    "Swept",
    "check_payload",
    "check_target",
    "continues",
    "extension_of",
    "in_space",
    "notes",
    "remove_abandoned",
    "sweep",
    "temporary_paths",
    "write",
    "write_left",
]
