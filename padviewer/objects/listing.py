"""What a URL means: one object, those below a prefix, or those that a pattern fits; a tree of arrays is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from padviewer.errors import ExportError, SourceError, SourceNotFound, shortened
from padviewer.folders import MARKS
from padviewer.formats import FOLDER_SUFFIXES
from padviewer.objects.store import opened, told
from padviewer.objects.tree import has_mark


def objects_at(url: str) -> Iterator[tuple[str, bool]]:
    """Yields the objects that a URL means, in order: one, those below a prefix, or those that a pattern fits.

    Each comes with whether it was named, by its name or a pattern. A tree of arrays comes as its root, and counts as
    named: nothing in it is an item of its own.

    Raises:
        SourceError: there are none, or the store refuses.
    """
    with told(url, SourceError):
        system, path = opened(url)
        found = dict(_matching(system, path) if any(mark in path for mark in "*?[") else _in(system, path))
    if not found:
        raise SourceNotFound(f"{shortened(url)}: nothing there has such a name; check it")
    scheme = url.partition("://")[0]
    for name in sorted(found):
        yield f"{scheme}://{name}", found[name]


def sizes_below(url: str) -> dict[str, int]:
    """Returns the bytes of all objects below a prefix, by their names from there on."""
    with told(url, ExportError):
        system, path = opened(url)
        start = len(path.rstrip("/")) + 1
        return {name[start:]: state["size"] for name, state in system.find(path, detail=True).items()}


def _in(system: Any, path: str) -> Iterator[tuple[str, bool]]:
    """Yields what a name without a pattern means."""
    root = path.rstrip("/")
    if root.lower().endswith(FOLDER_SUFFIXES):
        yield root, True
    elif system.isfile(path):
        yield path, True
    elif has_mark(system, root):
        yield root, True
    else:
        # Not those of another prefix that begins alike: `scans` means nothing of `scans-2`.
        yield from _collapsed(system.find(f"{root}/"))


def _matching(system: Any, pattern: str) -> Iterator[tuple[str, bool]]:
    """Yields what a pattern fits; what is below a prefix that it fits, too."""
    found = system.glob(pattern, detail=True)
    prefixes: list[str] = []
    for name in sorted(found):
        if found[name]["type"] != "directory":
            yield name, True
        elif not any(name.startswith(f"{prefix}/") for prefix in prefixes):
            prefixes.append(name)
            yield from _in(system, name)


def _collapsed(names: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Yields objects; in the place of those of a tree of arrays, its root."""
    ordered = sorted(name for name in names if not name.endswith("/"))
    roots = {root for name in ordered if (root := _root_of(name)) is not None}
    for name in ordered:
        words = name.split("/")
        above = ("/".join(words[:count]) for count in range(1, len(words)))
        root = next((each for each in above if each in roots), None)
        yield (name, False) if root is None else (root, True)


def _root_of(name: str) -> str | None:
    """Returns the folder that an object makes a tree of arrays: by its name, or by being what tells one."""
    folder, _slash, last = name.rpartition("/")
    words = folder.split("/")
    count = next((count for count, word in enumerate(words, 1) if word.lower().endswith(FOLDER_SUFFIXES)), None)
    return "/".join(words[:count]) if count else folder if last in MARKS else None
