"""Copies of objects on this machine, for what reads files."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from padviewer.bytecount import format_bytes
from padviewer.errors import OversizedSource, PadviewerError, SourceError, shortened
from padviewer.objects.store import is_url, opened, told
from padviewer.pulse import beat

_PORTION = 1 << 22
# What is asked for at first, before it is known how many bytes there are.
_HEAD = 1 << 18


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
        head, size = _begin(system, name)
        if size > budget:
            raise OversizedSource(
                f"{shortened(path)}: has {format_bytes(size)}, more than the budget of {format_bytes(budget)}; raise "
                "the budget with --budget"
            )
        folder = tempfile.mkdtemp(prefix="padviewer-")
    copy = os.path.join(folder, _short(name))  # noqa: PTH118
    try:
        with told(path, SourceError), open(copy, "xb") as ours:  # noqa: PTH123
            ours.write(head)
            while (start := ours.tell()) < size:
                beat(_PORTION)
                data = bytes(system.cat_file(name, start=start, end=min(start + _PORTION, size)))
                if not data:
                    break
                ours.write(data)
        with _named(copy, path):
            yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _begin(system: Any, name: str) -> tuple[bytes, int]:
    """Returns the first bytes of an object, and how many it has: of a short one, all by one request."""
    try:
        head = bytes(system.cat_file(name, start=0, end=_HEAD))
    except (FileNotFoundError, PermissionError):
        raise
    except Exception:  # noqa: BLE001 - of an empty object no range can be had; what else it may be, the next one tells
        head = b""
    return head, len(head) if 0 < len(head) < _HEAD else int(system.size(name) or 0)


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
