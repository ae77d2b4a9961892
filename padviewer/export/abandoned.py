"""What writers that were killed left beside a target: found, continued or removed."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from typing import NamedTuple

from padviewer.export.journal import Entry, read_journal
from padviewer.export.part_folders import (
    CONTENT,
    JOURNAL,
    is_locked,
    locked,
    own_parts,
    part_path,
    parts_beside,
    place_of,
)
from padviewer.export.publication import give_back, names_in
from padviewer.export.unfinished import forget


def temporary_paths(path: str) -> list[str]:
    """Finds what a writer that was killed left behind for the target `path`. Empty while none did."""
    directory, own = place_of(path)[0], own_parts(path)
    return sorted(os.path.join(directory, name) for name in names_in(directory) if own.fullmatch(name))  # noqa: PTH118


def remove_abandoned(path: str) -> None:
    """Removes what writers that were killed left behind in the directory of the target `path`.

    What a living process is writing there, even for the same target, is left alone: it holds a lock. So is everything
    where the file system has no locks, and what the same export would continue.
    """
    for found in parts_beside(path):
        _remove_unlocked(found, unless_kept=True)


def make_room(path: str, name: str) -> None:
    """Removes what nobody writes beside the target `path`; what can be continued goes where it is of this target.

    Args:
        path: the target.
        name: of the part that is wanted, which stays.
    """
    own, kept = own_parts(path), part_path(path, name) if name else ""
    for found in parts_beside(path):
        if found != kept:
            _remove_unlocked(found, unless_kept=own.fullmatch(os.path.basename(found)) is None)  # noqa: PTH119


def kept_share(path: str) -> float | None:
    """Returns which share of an export to the target `path` is on the disk, to be continued; None where none is."""
    entries = [entry for found in temporary_paths(path) if (entry := _kept(found)) and entry.done]
    return max((entry.done / entry.tiles for entry in entries), default=None)


class Swept(NamedTuple):
    """What a sweep has left.

    Attributes:
        share: of an export that is on the disk and that nobody writes, to be continued; None where none is.
        is_clear: whether nothing of any writer is there; not where the directory itself is away.
    """

    share: float | None
    is_clear: bool


def sweep(path: str, unless_kept: bool = True) -> Swept:
    """Removes what writers that were killed left for the target `path`, and beside it.

    Args:
        path: the target.
        unless_kept: whether what can be continued stays.
    """
    remove_abandoned(path)
    shares = []
    for found in temporary_paths(path):
        if not unless_kept:
            _remove_unlocked(found)
        elif (entry := _kept(found)) and entry.done and not is_locked(found):
            shares.append(entry.done / entry.tiles)
    is_clear = os.path.isdir(place_of(path)[0]) and not temporary_paths(path)  # noqa: PTH112
    return Swept(max(shares, default=None), is_clear)


def _kept(folder: str) -> Entry | None:
    """Returns what the journal of an unfinished part says; None where it cannot be continued."""
    there = os.path.exists(os.path.join(folder, CONTENT))  # noqa: PTH110, PTH118
    return read_journal(os.path.join(folder, JOURNAL)) if there else None  # noqa: PTH118


def _remove_unlocked(name: str, unless_kept: bool = False) -> None:
    with suppress(OSError):
        descriptor = locked(name, must=True)
        try:
            give_back(name)
            if not (unless_kept and _kept(name)):
                remove(name)
                forget(name)
        finally:
            os.close(descriptor)


def remove(name: str) -> None:
    """Removes a file or a folder, where it is there."""
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(os.lstat(name).st_mode):
            shutil.rmtree(name)
        else:
            os.unlink(name)  # noqa: PTH108
