"""The arrays of a Zarr: groups within groups, and what groups tell of the axes of their arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from padviewer.axes import parse_axes
from padviewer.bytecount import format_bytes
from padviewer.errors import SettingsError, SourceError, UnsupportedSource, shortened
from padviewer.plan import Member
from padviewer.pulse import beat
from padviewer.sources import members
from padviewer.sources.members import MAX_MEMBERS
from padviewer.sources.zarr_metadata import MOST_METADATA, parse_array, parse_json
from padviewer.sources.zarr_store import Folder

# Names that are looked at in one group, and groups within groups.
_MOST_NAMES, _MOST_DEEP = 100_000, 32
_GROUPS_2 = (".zgroup", ".zmetadata")
_LETTERS = {
    **dict.fromkeys(("z", "d", "depth"), "D"),
    **dict.fromkeys(("y", "h", "height", "row", "rows", "lat", "latitude"), "H"),
    **dict.fromkeys(("x", "w", "width", "column", "columns", "lon", "longitude"), "W"),
    **dict.fromkeys(("c", "channel", "channels", "band", "bands"), "C"),
    **dict.fromkeys(("b", "batch"), "B"),
}
_TIMES = ("t", "time")


class Node(NamedTuple):
    """An array or a group.

    Attributes:
        folder: that it is.
        mark: name of the file that tells what it is.
        is_array: or a group.
        document: its metadata.
        attributes: what people have written down of it.
    """

    folder: Folder
    mark: str
    is_array: bool
    document: dict[str, Any]
    attributes: dict[str, Any]


class Listing(NamedTuple):
    """The arrays of a tree, and what was left out of them."""

    members: tuple[Member, ...]
    notes: tuple[str, ...]


def node_of(folder: Folder) -> Node | None:
    """Returns what a folder is; None where it is neither array nor group."""
    found = _document(folder, "zarr.json")
    if found is not None:
        attributes = found.get("attributes")
        return Node(folder, "zarr.json", found.get("node_type") == "array", found, _object(attributes))
    found = _document(folder, ".zarray")
    if found is not None:
        return Node(folder, ".zarray", True, found, _object(_document(folder, ".zattrs")))
    mark = next((mark for mark in _GROUPS_2 if folder.has(mark)), None)
    return None if mark is None else Node(folder, mark, False, {}, _object(_document(folder, ".zattrs")))


def node_at(root: Node, name: str, known: Sequence[str]) -> list[Node]:
    """Returns the nodes on the way from the root to an array, with both ends.

    Args:
        root: of the tree.
        name: names of groups and of the array, with `/` in between.
        known: names of arrays that are there.

    Raises:
        UnsupportedSource: where no array has this name.
    """
    way = [root]
    words = [word for word in name.split("/") if word]
    if len(words) > _MOST_DEEP:
        raise UnsupportedSource(
            f"{root.folder.name}: {shortened(name)!r} lies {len(words)} groups deep; at most {_MOST_DEEP} are read"
        )
    for word in words:
        folder = None if way[-1].is_array else way[-1].folder.folder(word)
        node = None if folder is None else node_of(folder)
        if node is None:
            raise members.no_such_member(root.folder.name, name, known)
        way.append(node)
    if not way[-1].is_array:
        inside = ", ".join(shortened(found.name, 40) for found in listed(way[-1], name.rstrip("/")).members[:6])
        raise UnsupportedSource(f"{root.folder.name}: {shortened(name)!r} is a group; choose an array in it: {inside}")
    return way


def listed(root: Node, prefix: str = "") -> Listing:
    """Lists the arrays of a tree, in the order of their names, each group in its place.

    Args:
        root: of the tree.
        prefix: what the names begin with.
    """
    found_members: list[Member] = []
    notes: dict[str, None] = {}
    for found in _walk(root, prefix, 0, notes):
        if len(found_members) == MAX_MEMBERS:
            notes[f"only the first {MAX_MEMBERS} members are listed"] = None
            break
        found_members.append(found)
    return Listing(tuple(found_members), tuple(notes))


def described(node: Node, name: str) -> Member:
    """Returns what an array is, or why it cannot be read."""
    try:
        array = parse_array(node.document, node.attributes, shortened(name, 60))
    except SourceError as error:
        return Member(name, str(error).split(": ", maxsplit=1)[-1], False)
    return Member(name, members.described(array.dtype.name, array.shape))


def letters_of(names: tuple[str, ...]) -> str | None:
    """Returns axis letters for names of axes; None where they are no layout of ours.

    Time beside rows and columns is a batch.
    """
    words = [name.lower() for name in names]
    time = "B" if any(_LETTERS.get(word, "") in ("H", "W") for word in words) else "T"
    known = _LETTERS | dict.fromkeys(_TIMES, time)
    try:
        return parse_axes("".join(known.get(word, "?") for word in words))
    except SettingsError:
        return None


def _walk(node: Node, name: str, depth: int, notes: dict[str, None]) -> Iterator[Member]:
    if depth == _MOST_DEEP:
        notes[f"groups more than {_MOST_DEEP} deep are left out"] = None
        return
    words, is_cut = node.folder.folders(_MOST_NAMES)
    if is_cut:
        notes[f"only the first {_MOST_NAMES} names of a group are looked at"] = None
    for word in sorted(words, key=_natural):
        beat()
        whole = f"{name}/{word}"
        try:
            folder = node.folder.folder(word)
            found = None if folder is None else node_of(folder)
        except SourceError as error:
            yield Member(whole, str(error).split(": ", maxsplit=1)[-1], False)
            continue
        if found is not None and found.is_array:
            yield described(found, whole)
        elif found is not None:
            yield from _walk(found, whole, depth + 1, notes)


def _natural(word: str) -> list[tuple[int, int, str]]:
    """Returns what sorts 10 after 9."""
    runs = re.findall(r"[0-9]{1,18}|[^0-9]+", word)
    return [(0, int(run), "") if run[0] in "0123456789" else (1, 0, run) for run in runs]


def _document(folder: Folder, name: str) -> dict[str, Any] | None:
    blob = folder.blob(name)
    if blob is None:
        return None
    with blob:
        if blob.size > MOST_METADATA:
            raise UnsupportedSource(
                f"{folder.name}/{name}: has {format_bytes(blob.size)} of metadata; at most "
                f"{format_bytes(MOST_METADATA)} are read"
            )
        return parse_json(blob.read(0, blob.size), f"{folder.name}/{name}")


def _object(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}
