"""Zarr, version 2 and 3: one array of a folder, whose chunks are read where they are wanted.

The `zarr` library takes no part. It follows links, finds codecs by the entry points of installed packages, and
decompresses without a limit.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace

from padviewer.axes import guess_axes
from padviewer.errors import DamagedSource, SourceError, UnsupportedSource, shortened
from padviewer.plan import ArrayInfo
from padviewer.sources.base import DeclaredSource, Source
from padviewer.sources.ome_zarr import factor_between, picture_of
from padviewer.sources.opened import Opened, OpenedFolder, decoding
from padviewer.sources.segments import SegmentCache
from padviewer.sources.zarr_disk import DiskFolder
from padviewer.sources.zarr_metadata import ArrayMetadata, parse_array
from padviewer.sources.zarr_source import Level, ZarrSource
from padviewer.sources.zarr_store import Folder
from padviewer.sources.zarr_tree import Listing, Node, letters_of, listed, node_at, node_of

# Decoded chunks may take this part of the budget, with the tables of shards.
_CACHE_SHARE = 8


def open_zarr(opened: OpenedFolder, member: str | None, budget: int) -> Source:
    """Opens one array of a Zarr; None takes the first one that can be read."""
    # The time before anything is looked at: what is written from now on is a change.
    return open_in(opened, DiskFolder.root(opened.descriptor, opened.name, time.time_ns()), member, budget)


def open_in(opened: Opened, folder: Folder, member: str | None, budget: int) -> Source:
    """Opens one array of a Zarr wherever it is stored; None takes the first one that can be read.

    Args:
        opened: what was opened, for messages and budgets.
        folder: at the root of the Zarr.
        member: name of the array.
        budget: bytes that decoding may spend.
    """
    root = node_of(folder)
    if root is None:
        raise DamagedSource(f"{opened.name}: what made it a Zarr is gone; reload it (F5)")
    # Where headers of several members are asked for, a listing would take longer than all of them.
    is_listed = not root.is_array and (member is None or not opened.headers_only)
    listing = listed(root) if is_listed else Listing((), ())
    if root.is_array:
        _check_no_member(opened, member)
    name = None if root.is_array else _chosen(opened, listing, member)
    label = opened.name if name is None else f"{opened.name}::{shortened(name, 60)}"
    way = [root] if name is None else node_at(root, name, [found.name for found in listing.members])
    metadata = parse_array(way[-1].document, way[-1].attributes, label)
    _check_sizes(opened, metadata, budget)
    picture = picture_of([node.attributes for node in way[:-1]], name or "")
    info = _info(opened, metadata, name, metadata.names or (picture.axes if picture else None), listing)
    if opened.headers_only:
        folder.close()
        return DeclaredSource(info)
    cache = SegmentCache(budget // _CACHE_SHARE)
    levels = _levels(opened, root, picture.smaller if picture else (), info, cache, budget)
    return ZarrSource(way[-1], metadata, info, label, cache, levels)


def _levels(
    opened: Opened, root: Node, names: tuple[str, ...], info: ArrayInfo, cache: SegmentCache, budget: int
) -> list[Level]:
    """Opens smaller pictures of an array; those that cannot be read, or are not of the same kind, are left out."""
    levels = []
    for name in names:
        with suppress(SourceError), decoding(opened.path):
            node = node_at(root, name, ())[-1]
            metadata = parse_array(node.document, node.attributes, name)
            _check_sizes(opened, metadata, budget)
            factor = factor_between(info.shape, metadata.shape, info.axes)
            if factor is not None and metadata.dtype.name == info.dtype:
                small = replace(info, member=name, shape=metadata.shape)
                levels.append(Level(ZarrSource(node, metadata, small, f"{opened.name}::{name}", cache), factor))
    return levels


def _check_no_member(opened: Opened, member: str | None) -> None:
    if member not in (None, "/"):
        raise UnsupportedSource(
            f"{opened.name}: member {shortened(str(member))!r} was asked for, but the Zarr is one array; leave '::' out"
        )


def _chosen(opened: Opened, listing: Listing, member: str | None) -> str:
    """Returns the whole name of the array that is asked for."""
    if member is not None:
        return "/" + "/".join(word for word in member.split("/") if word)
    found = next((found.name for found in listing.members if found.readable), None)
    if found is None:
        first = next((f"; {shortened(found.name, 60)}: {found.described}" for found in listing.members), "")
        raise UnsupportedSource(f"{opened.name}: is a group of a Zarr with no array that can be read{first}")
    return found


def _check_sizes(opened: Opened, metadata: ArrayMetadata, budget: int) -> None:
    if not metadata.chunk.is_plain:
        sizes = " x ".join(map(str, metadata.chunk.shape))
        opened.check_budget(metadata.chunk.peak, budget, f"decoding one chunk of {sizes} {metadata.dtype.name}")
    if metadata.sharding is not None:
        opened.check_budget(metadata.sharding.table.most, budget, "the table of one shard")


def _info(
    opened: Opened, metadata: ArrayMetadata, name: str | None, axes: tuple[str, ...] | None, listing: Listing
) -> ArrayInfo:
    letters = None if axes is None or len(axes) != len(metadata.shape) else letters_of(axes)
    notes = [*metadata.notes, *listing.notes]
    if axes is not None and letters is not None and letters != "".join(axes).upper():
        notes.insert(0, f"axes {' '.join(axes)}")
    if metadata.is_scalar:
        notes.append("a single number")
    return ArrayInfo(
        path=opened.path,
        member=name,
        format=f"Zarr {metadata.version}",
        shape=metadata.shape,
        dtype=metadata.dtype.name,
        axes=letters or guess_axes(metadata.shape),
        axes_guessed=letters is None,
        file_bytes=opened.size,
        members=listing.members,
        notes=tuple(notes),
    )
