"""Arrays as files: complete or not there, whatever fails. What writes them, and numpy, comes when first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
_MODULES = {
    "abandoned": ("Swept", "remove_abandoned", "sweep", "temporary_paths"),
    "array_writer": ("ArrayWriter", "continues", "write", "write_left"),
    "formats": ("EXTENSIONS", "FORMATS", "check_payload", "check_target", "extension_of"),
    "payload": ("USUAL", "Array", "Content", "Payload", "Portions", "Progress", "Space", "in_space"),
    "unfinished": ("Note", "notes"),
}


def __getattr__(name: str) -> Any:
    # A window that starts, and a reader that only reads, are there sooner without the writers of all formats.
    module = next((module for module, names in _MODULES.items() if name in names), None)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
