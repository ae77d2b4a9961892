"""Files that a URL names, in a store of objects: found, fetched and put by fsspec.

Only URLs that a person has typed come here. Who is let in is for the system to say (`AWS_*`, `FSSPEC_*`, a role of the
machine): a URL with a password is refused, and none is told or written down.
"""

from padviewer.objects.copies import copy_of
from padviewer.objects.listing import objects_at, sizes_below
from padviewer.objects.ranges import Ranges
from padviewer.objects.store import checked, is_url
from padviewer.objects.tree import ObjectTree, is_tree
from padviewer.objects.writing import bytes_of, put, put_bytes, remove

__all__ = [
    "ObjectTree",
    "Ranges",
    "bytes_of",
    "checked",
    "copy_of",
    "is_tree",
    "is_url",
    "objects_at",
    "put",
    "put_bytes",
    "remove",
    "sizes_below",
]
