"""Copies of objects on this machine, for what reads files: whole, or the beginning alone."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from padviewer.bytecount import format_bytes
from padviewer.errors import OversizedSource, PadviewerError, SourceError, shortened
from padviewer.objects.store import is_url, opened, told
from padviewer.pulse import beat

Result = TypeVar("Result")
_PORTION = 1 << 22
# What a header is read from, and files whose header lies there whole: what follows is elements, whatever they say.
_HEAD = 1 << 18
_HEADERS = (b"\x93NUMPY", b"\xff\xd8\xff")


@contextmanager
def copy_of(path: str, budget: int) -> Iterator[str]:
    """Yields the path of a file, fetched if it is an object; the copy is private and goes with the block.

    Args:
        path: or URL.
        budget: bytes that a copy may take on the disk.

    Raises:
        SourceError: it cannot be fetched, or is larger than the budget. Errors within the block name the URL.
    """
    if not is_url(path):
        yield path
        return
    with told(path, SourceError):
        system, name = opened(path)
        size = int(system.size(name) or 0)
        if size > budget:
            raise OversizedSource(
                f"{shortened(path)}: has {format_bytes(size)}, more than the budget of {format_bytes(budget)}; raise "
                "the budget with --budget"
            )
        folder = tempfile.mkdtemp(prefix="padviewer-")
    copy = os.path.join(folder, _short(name))  # noqa: PTH118
    try:
        with told(path, SourceError), system.open(name, "rb", cache_type="none") as theirs, open(copy, "xb") as ours:  # noqa: PTH123
            left = size
            while left and (data := theirs.read(min(_PORTION, left))):
                beat(_PORTION)
                ours.write(data)
                left -= len(data)
        with _named(copy, path):
            yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def from_header(path: str, budget: int, read: Callable[[str], Result]) -> Result:
    """Returns what `read` tells of a file's header; of an object only its beginning is fetched where that is enough."""
    if is_url(path):
        with _head_of(path) as head:
            if head is not None:
                try:
                    return read(head)
                except PadviewerError:
                    pass  # the header is longer, or the file is damaged: all of it tells
    with copy_of(path, budget) as copy:
        return read(copy)


@contextmanager
def _head_of(url: str) -> Iterator[str | None]:
    """Yields a file with the beginning of an object and a hole for the rest; None where that may not be enough."""
    with told(url, SourceError):
        system, name = opened(url)
        head = bytes(system.cat_file(name, start=0, end=_HEAD))
        size = int(system.size(name) or 0)
    if not head.startswith(_HEADERS) or size <= len(head):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="padviewer-") as folder:
        copy = os.path.join(folder, _short(name))  # noqa: PTH118
        with open(copy, "xb") as file:  # noqa: PTH123
            file.write(head)
            file.truncate(size)
        yield copy


def _short(name: str) -> str:
    """Returns a name for a copy, with the end that tells tables of text."""
    end = os.path.splitext(name)[1]  # noqa: PTH122
    return "object" + (end if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", end) else "")


@contextmanager
def _named(copy: str, url: str) -> Iterator[None]:
    """Lets errors name the URL instead of the copy."""
    try:
        yield
    except PadviewerError as error:
        error.args = tuple(each.replace(copy, shortened(url)) if isinstance(each, str) else each for each in error.args)
        raise
