"""The files of a Zarr array that hold what is wanted: looked for in their folders, announced and opened."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Self

from padviewer.sources.parts import Part
from padviewer.sources.zarr_store import Blob, Folder

# Bytes of chunks that are announced at a time: where they must be fetched, they are fetched together.
_AHEAD_BYTES = 1 << 26
# From so many wanted files of a folder on, its names are looked at first: most may not be there.
_MANY = 64


class Group(NamedTuple):
    """What is wanted of the files at one place of an axis: part of one chunk, or parts of several in a shard."""

    place: int
    parts: list[Part]


class Ahead(NamedTuple):
    """Files that are announced at a time, and the bytes that each has at most."""

    files: int
    most: int

    @classmethod
    def of(cls, most: int) -> Self:
        """Returns as many as may be held in memory at a time."""
        return cls(max(1, min(_MANY, _AHEAD_BYTES // max(1, most))), most)


# Whether anything of a file is wanted.
Wanted = Callable[[tuple[Group, ...]], bool]


def nested(
    folder: Folder, groups: list[list[Group]], is_wanted: Wanted, ahead: Ahead, chosen: tuple[Group, ...] = ()
) -> Iterator[tuple[tuple[Group, ...], Blob]]:
    """Yields files that lie in folders within folders, one for each axis but the last."""
    folder.check()
    names = few_names(folder, len(groups[0]))
    there = [group for group in groups[0] if names is None or str(group.place) in names]
    if len(groups) == 1:
        wanted = (((*chosen, group)) for group in there if is_wanted((*chosen, group)))
        yield from opened(folder, ((str(found[-1].place), found) for found in wanted), ahead)
        return
    for group in there:
        below = folder.folder(str(group.place))
        if below is not None:
            yield from nested(below, groups[1:], is_wanted, ahead, (*chosen, group))


def opened(
    folder: Folder, named: Iterable[tuple[str, tuple[Group, ...]]], ahead: Ahead
) -> Iterator[tuple[tuple[Group, ...], Blob]]:
    """Yields files that are there, open, with what is wanted of them; several are announced at a time."""
    source = iter(named)
    while batch := list(itertools.islice(source, ahead.files)):
        if len(batch) > 1:
            folder.announce([name for name, _found in batch], ahead.most)
        for name, found in batch:
            blob = folder.blob(name)
            if blob is not None:
                with blob:
                    yield found, blob


def few_names(folder: Folder, wanted: int) -> set[str] | None:
    """Returns the names in a folder where looking for each of those that are wanted would take longer."""
    return None if wanted < _MANY else folder.few_names(4 * wanted)


def grouped(parts: list[Part], inside: int) -> Iterator[Group]:
    """Sorts parts by the file that they lie in."""
    for place, found in itertools.groupby(parts, lambda part: part.place // inside):
        yield Group(place, list(found))
