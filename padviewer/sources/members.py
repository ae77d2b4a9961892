"""Members of a file that holds several arrays: how they are described, listed and missed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from padviewer.errors import UnsupportedSource, shortened

# More members of one file are not listed; they open by their name all the same.
MAX_MEMBERS = 10_000
_NAMED, _NEAR = 12, 3


def described(dtype: str, shape: Iterable[int]) -> str:
    """Returns what a list of members says of one: `float32 64 x 64`."""
    return f"{dtype} {' x '.join(map(str, shape))}".rstrip()


def listed(total: int) -> tuple[str, ...]:
    """Returns the note on members that are not listed; none where all are."""
    left_out = total - MAX_MEMBERS
    return (f"{left_out} of {total} members not listed; name one by ::",) if left_out > 0 else ()


def unique_name(name: str, taken: dict[str, int]) -> str:
    """Returns a name that is not taken yet; `taken` holds for each name the number that was tried last."""
    found, count = name, taken.get(name, 1)
    while found in taken:
        count += 1
        found = f"{name} ({count})"
    taken[name] = count
    taken.setdefault(found, 1)
    return found


def no_such_member(file_name: str, asked: str, names: Sequence[str]) -> UnsupportedSource:
    """Returns the error of a member that a file does not have, with names that come near to it.

    Args:
        file_name: of the file, as messages call it.
        asked: the member.
        names: of the members that there are.
    """
    known = ", ".join(shortened(name, 40) for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    has = f"it has {known}{more}" if names else "it has none"
    near = " or ".join(repr(shortened(name, 60)) for name in _near(asked, names))
    question = f"; did you mean {near}?" if near else ""
    return UnsupportedSource(f"{file_name}: has no member {shortened(asked)!r}; {has}{question}")


def _near(asked: str, names: Sequence[str]) -> list[str]:
    """Returns the members that were meant, perhaps: of another case, the last part of a way, or nearly the same."""
    some = [name for name in names[:MAX_MEMBERS] if len(name) <= 2 * len(asked) + 80]
    word = asked.strip("/").lower()
    same = [name for name in some if name.strip("/").lower() == word]
    ends = [name for name in some if word and name.lower().rsplit("/", 1)[-1] == word.rsplit("/", 1)[-1]]
    found = dict.fromkeys(same or ends)
    if not found and len(asked) <= 400:
        alike = difflib.get_close_matches(asked, some[:1000], _NEAR, 0.6)
        found |= dict.fromkeys(alike)
    return list(found)[:_NEAR]
