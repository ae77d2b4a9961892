"""What a URL means: one object, those below a prefix, or those that a pattern fits; a tree of arrays is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from padviewer.errors import ExportError, SourceError, SourceNotFound, shortened
from padviewer.folders import MARKS
from padviewer.formats import FOLDER_SUFFIXES
from padviewer.objects.store import opened, told
from padviewer.objects.tree import has_mark


class Object(NamedTuple):
    """An object, or a tree of arrays by its root.

    Attributes:
        url: of it.
        named: whether it was named, by its name or a pattern. A tree counts as named: nothing in it is an item of its
            own.
        state: when it was last written, in nanoseconds, and its bytes, as the listing tells; zeros where it does not.
    """

    url: str
    named: bool
    state: tuple[int, int]


# Name, whether it was named, and what the store tells of it.
_Found = tuple[str, bool, Mapping[str, Any]]


def objects_at(url: str) -> Iterator[Object]:
    """Yields the objects that a URL means, in order: one, those below a prefix, or those that a pattern fits.

    Raises:
        SourceError: there are none, or the store refuses.
    """
    with told(url, SourceError):
        system, path = opened(url)
        listed = _matching(system, path) if any(mark in path for mark in "*?[") else _in(system, path)
        found = {name: (named, facts) for name, named, facts in listed}
    if not found:
        raise SourceNotFound(f"{shortened(url)}: nothing there has such a name; check it")
    scheme = url.partition("://")[0]
    for name in sorted(found, key=_place):
        named, facts = found[name]
        yield Object(f"{scheme}://{name}", named, _state(facts))


def sizes_below(url: str) -> dict[str, int]:
    """Returns the bytes of all objects below a prefix, by their names from there on."""
    with told(url, ExportError):
        system, path = opened(url)
        start = len(path.rstrip("/")) + 1
        return {name[start:]: state["size"] for name, state in system.find(path, detail=True).items()}


def _place(name: str) -> list[tuple[bool, str]]:
    """Returns what sorts the files of a folder before the folders in it, as those of a disk come."""
    *way, last = name.split("/")
    return [*((True, word) for word in way), (False, last)]


def _in(system: Any, path: str) -> Iterator[_Found]:
    """Yields what a name without a pattern means."""
    root = path.rstrip("/")
    if root.lower().endswith(FOLDER_SUFFIXES):
        yield root, True, {}
    elif system.isfile(path):
        yield path, True, system.info(path)
    elif has_mark(system, root):
        yield root, True, {}
    else:
        # Not those of another prefix that begins alike: `scans` means nothing of `scans-2`.
        yield from _collapsed(system.find(f"{root}/", detail=True))


def _matching(system: Any, pattern: str) -> Iterator[_Found]:
    """Yields what a pattern fits; what is below a prefix that it fits, too."""
    found = system.glob(pattern, detail=True)
    prefixes: list[str] = []
    for name in sorted(found):
        if found[name]["type"] != "directory":
            yield name, True, found[name]
        elif not any(name.startswith(f"{prefix}/") for prefix in prefixes):
            prefixes.append(name)
            yield from _in(system, name)


def _collapsed(found: Mapping[str, Mapping[str, Any]]) -> Iterator[_Found]:
    """Yields objects; in the place of those of a tree of arrays, its root."""
    ordered = sorted(name for name in found if not name.endswith("/"))
    roots = {root for name in ordered if (root := _root_of(name)) is not None}
    for name in ordered:
        words = name.split("/")
        above = ("/".join(words[:count]) for count in range(1, len(words)))
        root = next((each for each in above if each in roots), None)
        yield (name, False, found[name]) if root is None else (root, True, {})


def _root_of(name: str) -> str | None:
    """Returns the folder that an object makes a tree of arrays: by its name, or by being what tells one."""
    folder, _slash, last = name.rpartition("/")
    words = folder.split("/")
    count = next((count for count, word in enumerate(words, 1) if word.lower().endswith(FOLDER_SUFFIXES)), None)
    return "/".join(words[:count]) if count else folder if last in MARKS else None


def _state(facts: Mapping[str, Any]) -> tuple[int, int]:
    """Returns time and size of an object by what a listing of S3, or of Google's store, tells of it."""
    written = facts.get("LastModified") or facts.get("mtime") or facts.get("updated")
    if isinstance(written, str):
        try:
            written = datetime.fromisoformat(written)
        except ValueError:
            return 0, 0
    if not isinstance(written, datetime):
        return 0, 0
    return int(written.timestamp()) * 10**9 + written.microsecond * 1000, int(facts.get("size") or 0)
