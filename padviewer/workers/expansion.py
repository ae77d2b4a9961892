"""What a file stands for among the items of a data set: its members, the files that a list names, or itself."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from padviewer.dataset.measured import Item, Measured
from padviewer.errors import PadviewerError, shortened
from padviewer.folders import is_item
from padviewer.formats import FOLDER_SUFFIXES, FORMATS, SUFFIXES
from padviewer.objects import is_url
from padviewer.pulse import beat
from padviewer.sources import split_selector
from padviewer.sources.folder import LeftOut, files_in
from padviewer.sources.members import MAX_MEMBERS
from padviewer.workers.serving import unexpected
from padviewer.workers.sizes import members_of

LISTS = (".txt", ".lst", ".list")
_HOLDERS = (".npz", "HDF5", "netCDF-4", "safetensors", "zipped Zarr", "MATLAB")
_SUFFIXES = FOLDER_SUFFIXES + tuple(suffix for found in FORMATS if found.name in _HOLDERS for suffix in found.suffixes)
# A list with more bytes, or longer lines, is none.
_MOST_BYTES, _LONGEST_NAME = 256 << 20, 1 << 16
_MOST_ITEMS = 1_000_000

Content = Item | Measured


def may_hold(path: str) -> bool:
    """Whether a file may stand for others, as far as its name tells; nothing is looked at."""
    name = path.lower()
    return name.endswith(_SUFFIXES) or not name.endswith(SUFFIXES)


def contents_of_each(paths: Sequence[str], budget: int) -> list[list[Content]]:
    """Returns the items that each of several files stands for; never none. What cannot be listed has its reason."""
    found: list[list[Content]] = []
    for path in paths:
        beat()
        try:
            found.append(list(_contents_of(path, budget)))
        except PadviewerError:
            found.append([(path, None)])  # measuring it tells why
        except Exception as error:  # noqa: BLE001 - one file never stops the others
            found.append([Measured(path, None, error=unexpected(error).message)])
    return found


def _contents_of(path: str, budget: int) -> Iterator[Content]:
    names = _names_in(path) if path.lower().endswith(LISTS) else []
    if not names:
        yield from _members(path, budget)
        return
    count = 0
    for name in names:
        for each in _named(name, budget):
            count += 1
            if count > _MOST_ITEMS:
                yield Measured(path, None, error=f"{shortened(path)}: names more than {_MOST_ITEMS} items")
                return
            yield each


def _members(path: str, budget: int) -> Iterator[Content]:
    members = members_of(path, budget) if may_hold(path) else []
    if len(members) < 2:
        yield path, None
        return
    for member in members:
        readable = (path, member.name)
        yield readable if member.readable else Measured(path, member.name, error=member.described)
    if len(members) >= MAX_MEMBERS:
        yield Measured(path, None, error=f"{shortened(path)}: members beyond the first {MAX_MEMBERS} are left out")


def _named(name: str, budget: int) -> Iterator[Content]:
    """Yields the items of a line of a list."""
    beat()
    if is_url(name):
        yield Measured(name, None, error=f"{shortened(name)}: a list names files of this machine alone")
        return
    path, member = split_selector(name)
    try:
        if member is not None and member != "*":
            yield path, member
        elif os.path.isdir(path) and not is_item(path):  # noqa: PTH112 - its name is a text
            for found in files_in(path):
                if isinstance(found, LeftOut):
                    continue
                if found.error is not None:
                    yield Measured(found.path, None, error=found.error.message)
                else:
                    yield from _members(found.path, budget)
        else:
            yield from _members(path, budget)
    except PadviewerError:
        yield path, member


def _names_in(path: str) -> list[str]:
    """Returns the paths that a list names, relative ones from its folder; none where it is no list."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - its name is a text
            data = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError):
        return []
    lines = [line for line in data.replace(b"\0", b"\n").replace(b"\r", b"").split(b"\n") if line]
    if len(data) > _MOST_BYTES or not lines or max(map(len, lines)) > _LONGEST_NAME:
        return []
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - its name is a text
    names = [os.fsdecode(line).removeprefix("@") for line in lines]
    names = [name if is_url(name) else os.path.join(folder, name) for name in names]  # noqa: PTH118
    # A table of numbers is one too, whose lines name nothing.
    first = split_selector(names[0])[0]
    return names if os.path.lexists(first) else []
