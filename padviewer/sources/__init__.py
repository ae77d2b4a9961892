"""Files as arrays that are read by region. What opens them, and numpy, is imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from padviewer.sources.base import ArraySource, Source
    from padviewer.sources.openers import describe_members, describe_source, open_source
    from padviewer.sources.padded import read_input, read_mask, read_padded, read_windows
    from padviewer.sources.remote import describe_item, describe_items
    from padviewer.sources.selector import split_selector

__all__ = [
    "ArraySource",
    "Source",
    "describe_item",
    "describe_items",
    "describe_members",
    "describe_source",
    "open_source",
    "read_input",
    "read_mask",
    "read_padded",
    "read_windows",
    "split_selector",
]
_MODULES = {
    "base": ("ArraySource", "Source"),
    "openers": ("describe_members", "describe_source", "open_source"),
    "padded": ("read_input", "read_mask", "read_padded", "read_windows"),
    "remote": ("describe_item", "describe_items"),
    "selector": ("split_selector",),
}


def __getattr__(name: str) -> Any:
    # Who lists a folder, or asks processes for sizes, opens nothing itself.
    module = next((module for module, names in _MODULES.items() if name in names), None)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
    return found
