"""Items that a URL may name: fetched to be opened, or read by range where they are trees of arrays.

Nothing else opens URLs, so that none which stands in a file, a session or a drop is ever asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from padviewer.errors import PadviewerError, SourceNotFound
from padviewer.objects import ObjectTree, copy_of, is_tree, is_url
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Source
from padviewer.sources.opened import OpenedFile, opened_object
from padviewer.sources.openers import (
    describe_members,
    describe_members_of,
    describe_opened,
    describe_source,
    open_source,
    read_tree,
)
from padviewer.sources.zarr_objects import ObjectFolder

Result = TypeVar("Result")


@contextmanager
def open_item(path: str, member: str | None, budget: int) -> Iterator[Source]:
    """Yields the array in a file, as `open_source` returns it, or in an object, until the end of the block.

    Args:
        path: or URL.
        member: name of one array where there are several; None takes the first one that can be read.
        budget: bytes that decoding may spend, and that a copy of an object may take on the disk.
    """
    if _holds_arrays(path):
        with _open_tree(path, member, budget, headers_only=False) as source:
            yield source
        return
    with copy_of(path, budget) as copy, open_source(copy, member, budget=budget) as source:
        yield source


def describe_item(path: str, member: str | None, budget: int) -> ArrayInfo:
    """Returns what `open_item` would tell of an array, from headers."""
    if not is_url(path):
        return describe_source(path, member, budget=budget)
    if _holds_arrays(path):
        with _open_tree(path, member, budget, headers_only=True) as source:
            return source.info
    found = _by_ranges(path, lambda file: describe_opened(file, member, budget))
    if found is not None:
        return found
    with copy_of(path, budget) as copy:
        return describe_source(copy, member, budget=budget)


def describe_items(path: str, members: Sequence[str], budget: int) -> list[ArrayInfo | PadviewerError]:
    """Returns what `describe_item` does for several members of one file, or raises."""
    if not _holds_arrays(path):
        if is_url(path):
            described = _by_ranges(path, lambda file: describe_members_of(file, members, budget))
            if described is not None:
                return described
        with copy_of(path, budget) as copy:
            return describe_members(copy, members, budget=budget)
    found: list[ArrayInfo | PadviewerError] = []
    for member in members:
        try:
            found.append(describe_item(path, member, budget))
        except PadviewerError as error:
            found.append(error)
    return found


def _by_ranges(url: str, describe: Callable[[OpenedFile], Result]) -> Result | None:
    """Returns what ranges of an object tell; None where all of it has to be fetched, also to tell what is wrong.

    Raises:
        SourceNotFound: there is no such object.
    """
    try:
        file = opened_object(url)
    except SourceNotFound:
        raise
    except PadviewerError:
        return None
    with file.handle:
        try:
            found = describe(file)
        except PadviewerError:
            return None
        return None if file.ranges is None or file.ranges.gave_up else found


@contextmanager
def _open_tree(url: str, member: str | None, budget: int, headers_only: bool) -> Iterator[Source]:
    with read_tree(url, ObjectFolder(ObjectTree(url)), member, budget, headers_only) as source:
        yield source


def _holds_arrays(path: str) -> bool:
    """Whether a path is the URL of a tree of arrays; another machine's listing has told those without a known name."""
    return is_url(path) and is_tree(path)
