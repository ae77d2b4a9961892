"""Files as arrays that are read by region. Importing this loads numpy only; decoders come when first needed."""

from padviewer.sources.base import ArraySource, Source
from padviewer.sources.openers import describe_members, describe_source, open_source, split_selector
from padviewer.sources.padded import read_input, read_mask, read_padded, read_windows

__all__ = [
    "ArraySource",
    "Source",
    "describe_members",
    "describe_source",
    "open_source",
    "read_input",
    "read_mask",
    "read_padded",
    "read_windows",
    "split_selector",
]
