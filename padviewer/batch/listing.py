"""What the paths of a command line mean: files, folders, patterns, lists and members become items."""

from __future__ import annotations

import fnmatch
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from padviewer.batch.run import in_groups, run
from padviewer.dataset.measured import Item, Measured
from padviewer.errors import PadviewerError, SettingsError, shortened
from padviewer.folders import is_item
from padviewer.formats import SUFFIXES
from padviewer.objects import checked, is_url, objects_at
from padviewer.sources.folder import LeftOut, files_in
from padviewer.sources.selector import split_selector
from padviewer.workers.blame import refusal_of
from padviewer.workers.sizes import State, members_of_each

if TYPE_CHECKING:
    from padviewer.plan import Member

_MAGIC = re.compile(r"[*?[]")
# Files whose members are listed by one call.
_AT_ONCE = 16
# A name in a list may not be longer: what has longer lines is no list.
_LONGEST_NAME = 1 << 16


class Listing(NamedTuple):
    """What paths mean.

    Attributes:
        items: in the order of the paths, and of names within a folder; each once.
        refused: what cannot be listed, and why.
        left_out: files of folders whose names no reader takes.
        repeated: items that were named before.
        states: time and size of objects, by their URLs, as their stores have listed them.
    """

    items: tuple[Item, ...]
    refused: tuple[Measured, ...]
    left_out: int
    repeated: int
    states: Mapping[str, State]


def list_items(paths: Iterable[str], executor: Executor, budget: int) -> Listing:
    """Lists the items that paths mean.

    A path is a file; a folder, which stands for the files in it and in its folders that are of formats that are read; a
    pattern with `*`, `?`, `[...]`, or `**` for folders in folders; or `@list.txt`, a file with a path on each line, or
    with NUL between them (`@-` is standard input). What exists by its name is no pattern. `::member` after it chooses a
    member of each file, and `::*`, or another pattern, all that match. Links to folders are not followed.

    Args:
        paths: as on the command line.
        executor: opens the files whose members are listed.
        budget: bytes that one file may take.
    """
    refused: list[Measured] = []
    left_out = 0
    named: list[Item] = []
    states: dict[str, State] = {}
    for found in _all(paths, states):
        if isinstance(found, Measured):
            refused.append(found)
        elif isinstance(found, LeftOut):
            left_out += found.files
        else:
            named.append(found)
    items: dict[tuple[str, str | None], Item] = {}
    count = 0
    for each in _with_members(named, executor, budget):
        if isinstance(each, Measured):
            refused.append(each)
            continue
        count += 1
        items.setdefault((os.path.abspath(each[0]), each[1]), each)  # noqa: PTH100 a Path cannot hold every name
    return Listing(tuple(items.values()), tuple(refused), left_out, count - len(items), states)


def _all(paths: Iterable[str], states: dict[str, State]) -> Iterator[Item | Measured | LeftOut]:
    for path in paths:
        if not path.startswith("@"):
            yield from _listed(path, states)
            continue
        try:
            for name in _names_in(path[1:]):
                if is_url(name):
                    # A list may come from anywhere; what is asked of the network, a person has typed.
                    reason = "a list names files of this machine; give URLs, or patterns of them, as arguments"
                    yield Measured("", None, error=f"{shortened(path)}: {reason}")
                else:
                    yield from _listed(name, states)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            yield Measured(path, None, error=f"{shortened(path)}: the list cannot be read ({reason})")


def _names_in(list_path: str) -> Iterator[str]:
    """Yields the names in a list, as bytes that the system takes for them."""
    with nullcontext(sys.stdin.buffer) if list_path == "-" else open(list_path, "rb") as file:  # noqa: PTH123
        data = file.read()
    separator = b"\0" if b"\0" in data else b"\n"
    for line in data.split(separator):
        name = line if separator == b"\0" else line.removesuffix(b"\r")
        if len(name) > _LONGEST_NAME:
            raise ValueError(f"a line has {len(name)} bytes, which no path has; expected one path on each line")
        if name:
            yield os.fsdecode(name)


def _listed(text: str, states: dict[str, State]) -> Iterator[Item | Measured | LeftOut]:
    """Yields what one path means; members may be patterns still."""
    if is_url(text):
        yield from _objects(text, states)
        return
    path, member = split_selector(text)
    if not _MAGIC.search(path) or _exists(path):
        yield from _in_path(path, member)
        return
    matched = False
    for found in _matching(*_parts(path)):
        matched = True
        yield from [found] if isinstance(found, Measured) else _in_path(found, member)
    if not matched:
        yield Measured(path, member, error=f"{shortened(path)}: no file has a name like this; check the pattern")


def _objects(text: str, states: dict[str, State]) -> Iterator[Item | Measured | LeftOut]:
    """Yields what a URL means, as paths do: an object, those below a prefix, or those that a pattern fits."""
    url, mark, last = text.rpartition("::")
    url, member = (url, last) if mark else (text, None)
    try:
        path = checked(url)
        if not is_url(path):
            yield from _listed(path + mark + (member or ""), states)
            return
        others = 0
        for found in objects_at(path):
            if found.named or found.url.lower().endswith(SUFFIXES):
                states[found.url] = found.state
                yield found.url, member
            else:
                others += 1
    except PadviewerError as error:
        yield Measured(url if error.__class__ is not SettingsError else "", None, error=error.message)
        return
    yield from [LeftOut(others)] if others else []


def _in_path(path: str, member: str | None) -> Iterator[Item | Measured | LeftOut]:
    """Yields the item that a path is, or those of a folder."""
    if not os.path.isdir(path) or is_item(path):  # noqa: PTH112
        yield path, member
        return
    count = others = 0
    try:
        for found in files_in(path):
            if isinstance(found, LeftOut):
                others += found.files
                yield found
            elif found.error is not None:
                yield Measured(found.path, None, error=found.error.message)
            else:
                count += 1
                yield found.path, member
    except PadviewerError as error:
        yield Measured(path, member, error=error.message)
        return
    if not count:
        beside = f", and {others} of others" if others else ""
        yield Measured(path, member, error=f"{shortened(path)}: the folder holds no file of a known format{beside}")


def _parts(pattern: str) -> tuple[str, list[str]]:
    """Splits a pattern at its slashes: where it begins, and its parts."""
    parts = [part for part in pattern.split("/") if part]
    return ("/" if pattern.startswith("/") else ""), parts


def _matching(base: str, parts: Sequence[str]) -> Iterator[str | Measured]:
    """Yields what has a name like a pattern, in order; folders that cannot be listed have an error."""
    if not parts:
        yield base
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        # What is below a folder, the folder stands for.
        yield from _matching(base, rest) if rest else [base or os.curdir]
        for name in _names(base, None) if rest else ():
            yield from [name] if isinstance(name, Measured) else _matching(name, parts)
    elif _MAGIC.search(part):
        for name in _names(base, part):
            if isinstance(name, Measured):
                yield name
            elif not rest or os.path.isdir(name):  # noqa: PTH112
                yield from _matching(name, rest)
    else:
        name = os.path.join(base, part)  # noqa: PTH118
        if not rest and _exists(name):
            yield name
        elif rest and os.path.isdir(name):  # noqa: PTH112
            yield from _matching(name, rest)


def _names(folder: str, pattern: str | None) -> Iterator[str | Measured]:
    """Yields what a folder holds that is like a pattern; without one, the folders in it. Hidden names are left out."""
    try:
        with os.scandir(folder or os.curdir) as entries:
            found = sorted(
                entry.name
                for entry in entries
                if (
                    entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
                    if pattern is None
                    else fnmatch.fnmatchcase(entry.name, pattern)
                    and (pattern.startswith(".") or not entry.name.startswith("."))
                )
            )
    except OSError as error:
        reason = f"the folder cannot be listed ({os.strerror(error.errno or 0)})"
        yield Measured(folder, None, error=f"{shortened(folder)}: {reason}")
        return
    for name in found:
        yield os.path.join(folder, name)  # noqa: PTH118


def _with_members(items: Sequence[Item], executor: Executor, budget: int) -> Iterator[Item | Measured]:
    """Yields items with patterns for members replaced by the members that match."""
    wanted = list(dict.fromkeys(path for path, member in items if _is_pattern(member)))
    known: dict[str, list[Member] | str] = {}
    for done in run(executor, partial(members_of_each, budget=budget), in_groups(wanted, _AT_ONCE)):
        answers = done.answer or [refusal_of(done.group[0], done.error).message]
        known |= zip(done.group, answers, strict=True)
    for path, member in items:
        if member is None or not _is_pattern(member):
            yield path, member
        elif isinstance(found := known[path], str):
            yield Measured(path, member, error=found)
        else:
            yield from _matching_members(path, member, found)


def _matching_members(path: str, pattern: str, members: Sequence[Member]) -> Iterator[Item | Measured]:
    from padviewer.sources.members import MAX_MEMBERS  # noqa: PLC0415 - loads numpy

    if not members and pattern == "*":
        yield path, None  # it holds one array
        return
    if any(member.name == pattern for member in members):
        yield path, pattern
        return
    found = [member for member in members if fnmatch.fnmatchcase(member.name, pattern)]
    for member in found:
        yield (path, member.name) if member.readable else _refused(path, member)
    if not found:
        yield Measured(path, pattern, error=f"{shortened(path)}: no member has a name like {shortened(pattern)!r}")
    elif len(members) >= MAX_MEMBERS:
        reason = f"{shortened(path)}: has more members than the {MAX_MEMBERS} that are listed; name others by ::"
        yield Measured(path, pattern, error=reason)


def _refused(path: str, member: Member) -> Measured:
    name = f"{shortened(path)}::{shortened(member.name, 60)}"
    return Measured(path, member.name, error=f"{name}: {member.described or 'cannot be opened'}")


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a NUL in it
        return False


def _is_pattern(member: str | None) -> bool:
    if member is None or not _MAGIC.search(member):
        return False
    from padviewer.raw_layout import is_raw  # noqa: PLC0415 - loads numpy

    return not is_raw(member)
