"""Zarr, version 2 and 3: one array of a folder, whose chunks are read where they are wanted.

The `zarr` library takes no part. It follows links, finds codecs by the entry points of installed packages, and
decompresses without a limit.
"""

from __future__ import annotations

import time

from padviewer.axes import guess_axes
from padviewer.errors import DamagedSource, UnsupportedSource, shortened
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Source
from padviewer.sources.opened import OpenedFolder
from padviewer.sources.segments import SegmentCache
from padviewer.sources.zarr_metadata import ArrayMetadata, parse_array
from padviewer.sources.zarr_source import ZarrSource
from padviewer.sources.zarr_store import Folder
from padviewer.sources.zarr_tree import Listing, Node, axes_of, listed, node_at, node_of

# Decoded chunks may take this part of the budget, with the tables of shards.
_CACHE_SHARE = 8


def open_zarr(opened: OpenedFolder, member: str | None, budget: int) -> Source:
    """Opens one array of a Zarr; None takes the first one that can be read."""
    # The time before anything is looked at: what is written from now on is a change.
    root = node_of(Folder.root(opened.descriptor, opened.name, time.time_ns()))
    if root is None:
        raise DamagedSource(f"{opened.name}: what made it a Zarr is gone; reload it (F5)")
    listing = Listing((), ()) if root.is_array else listed(root)
    if root.is_array:
        _check_no_member(opened, member)
    name = None if root.is_array else _chosen(opened, listing, member)
    label = opened.name if name is None else f"{opened.name}::{shortened(name, 60)}"
    way = [root] if name is None else node_at(root, name, [found.name for found in listing.members])
    metadata = parse_array(way[-1].document, way[-1].attributes, label)
    _check_sizes(opened, metadata, budget)
    info = _info(opened, metadata, name, way, listing)
    return ZarrSource(way[-1], metadata, info, label, SegmentCache(budget // _CACHE_SHARE))


def _check_no_member(opened: OpenedFolder, member: str | None) -> None:
    if member not in (None, "/"):
        raise UnsupportedSource(
            f"{opened.name}: member {shortened(str(member))!r} was asked for, but the Zarr is one array; leave '::' out"
        )


def _chosen(opened: OpenedFolder, listing: Listing, member: str | None) -> str:
    """Returns the whole name of the array that is asked for."""
    if member is not None:
        return "/" + "/".join(word for word in member.split("/") if word)
    found = next((found.name for found in listing.members if found.readable), None)
    if found is None:
        first = next((f"; {shortened(found.name, 60)}: {found.described}" for found in listing.members), "")
        raise UnsupportedSource(f"{opened.name}: is a group of a Zarr with no array that can be read{first}")
    return found


def _check_sizes(opened: OpenedFolder, metadata: ArrayMetadata, budget: int) -> None:
    if not metadata.chunk.is_plain:
        sizes = " x ".join(map(str, metadata.chunk.shape))
        opened.check_budget(metadata.chunk.nbytes, budget, f"one chunk of {sizes} {metadata.dtype.name}")
    if metadata.sharding is not None:
        opened.check_budget(metadata.sharding.table.most, budget, "the table of one shard")


def _info(
    opened: OpenedFolder, metadata: ArrayMetadata, name: str | None, way: list[Node], listing: Listing
) -> ArrayInfo:
    told = axes_of(way, name or "", metadata.names)
    notes = [*metadata.notes, *listing.notes]
    if told is not None and told.letters != "".join(told.names).upper():
        notes.insert(0, f"axes {' '.join(told.names)}")
    if metadata.is_scalar:
        notes.append("a single number")
    return ArrayInfo(
        path=opened.path,
        member=name,
        format=f"Zarr {metadata.version}",
        shape=metadata.shape,
        dtype=metadata.dtype.name,
        axes=guess_axes(metadata.shape) if told is None else told.letters,
        axes_guessed=told is None,
        file_bytes=opened.size,
        members=listing.members,
        notes=tuple(notes),
    )
