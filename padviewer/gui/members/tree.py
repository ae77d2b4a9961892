"""Members of a file as a tree: groups are the parts of their names. Plain Python, any number of members."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from padviewer.errors import printable, shortened
from padviewer.plan import Member

# Groups in groups, so deep; what is left of a name after that is one leaf.
_DEEPEST = 16
_SHOWN = 200


class Node:
    """A group, a member, or the root of all.

    Attributes:
        text: what is shown of it.
        way: its name from the root on: parts between slashes.
        member: None for a group.
        parent: None for the root.
        row: its place among its siblings.
        children: of a group.
        count: how many members are below it.
    """

    __slots__ = ("children", "count", "member", "parent", "row", "text", "way")

    def __init__(self, text: str, way: str, member: Member | None, parent: Node | None) -> None:
        self.text = text
        self.way = way
        self.member = member
        self.parent = parent
        self.row = 0 if parent is None else len(parent.children)
        self.children: list[Node] = []
        self.count = 0
        above = parent if member is not None else None
        while above is not None:
            above.count += 1
            above = above.parent
        if parent is not None:
            parent.children.append(self)


def tree_of(members: Iterable[Member]) -> Node:
    """Returns the root of the tree that names with slashes make; siblings stand in the order of the members."""
    root = Node("", "", None, None)
    groups: dict[str, Node] = {"": root}
    for member in members:
        *ways, last = _parts(member.name)
        parent, way = root, ""
        for part in ways:
            way = f"{way}/{part}"
            if way not in groups:
                groups[way] = Node(_shown(part), way, None, parent)
            parent = groups[way]
        Node(_shown(last), f"{way}/{last}", member, parent)
    return root


def list_of(members: Iterable[Member]) -> Node:
    """Returns a root with all members below it, by their whole names."""
    root = Node("", "", None, None)
    for member in members:
        Node(_shown(member.name), member.name, member, root)
    return root


def is_tree(members: Sequence[Member]) -> bool:
    """Whether names have groups."""
    return any(len(_parts(member.name)) > 1 for member in members)


def members_with(words: str, members: Sequence[Member]) -> list[Member]:
    """Returns the members whose name or description has each of some words in it, whatever their case."""
    wanted = words.lower().split()
    return [member for member in members if all(word in f"{member.name} {member.described}".lower() for word in wanted)]


def neighbour(members: Sequence[Member], current: str | None, by: int) -> int | None:
    """Returns the place of the next member that can be opened, or of the one before; None where there is none.

    Args:
        members: in their order.
        current: name of the one that is shown.
        by: 1 or -1.
    """
    names = [member.name for member in members]
    place = names.index(current) if current in names else (-1 if by > 0 else len(names))
    place += by
    while 0 <= place < len(members):
        if members[place].readable:
            return place
        place += by
    return None


def _parts(name: str) -> list[str]:
    return name.removeprefix("/").split("/", _DEEPEST)


def _shown(part: str) -> str:
    return shortened(printable(part), _SHOWN) or "(no name)"
