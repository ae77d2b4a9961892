"""The sizes of many files: read from their headers, in groups, and remembered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from padviewer import sources
from padviewer.dataset.measured import Item, Measured
from padviewer.errors import PadviewerError
from padviewer.folders import state_of
from padviewer.objects import is_url
from padviewer.pulse import beat
from padviewer.sources.opened import many_decoded
from padviewer.workers.blame import refusal_of
from padviewer.workers.groups import in_groups, run
from padviewer.workers.remembered import Remembered
from padviewer.workers.serving import unexpected

if TYPE_CHECKING:
    from padviewer.plan import ArrayInfo, Member

# When a file was written last, and its bytes.
State = tuple[int, int]
# Files of a call: one message for so many, and so many are tried again where one of them ends its process.
_MOST, _CALLS_EACH = 128, 8


def measured(
    executor: Executor,
    items: Sequence[Item],
    budget: int,
    memory: str | None = None,
    fresh: bool = False,
    states: Mapping[str, State] | None = None,
) -> Iterator[list[Measured]]:
    """Measures items through an executor; yields groups of them as they come, each item once.

    Args:
        executor: a `Pool`, or one of a cluster.
        items: in any order; they come back in nearly the same.
        budget: bytes that one may take, as for opening it.
        memory: name of the file that remembers sizes; None remembers nothing.
        fresh: whether to read all headers, and to remember them anew.
        states: time and size of objects, by their URLs; without them, sizes of objects are not remembered.
    """
    count = getattr(executor, "count", 16)
    size = max(1, min(_MOST, len(items) // (_CALLS_EACH * count)))
    work = partial(_measure_stated, budget=budget, memory=memory, fresh=fresh)
    known = states or {}
    pairs = ((item, known.get(item[0])) for item in items)
    for done in run(executor, work, in_groups(pairs, size)):
        if done.answer is not None:
            yield done.answer
        else:
            ((item, _state),) = done.group
            yield [Measured(*item, error=refusal_of(item[0], done.error).message)]


def _measure_stated(
    pairs: Sequence[tuple[Item, State | None]], budget: int, memory: str | None, fresh: bool
) -> list[Measured]:
    items, states = zip(*pairs, strict=True)
    return measure(items, budget, memory, fresh, states)


def measure(
    items: Sequence[Item],
    budget: int,
    memory: str | None = None,
    fresh: bool = False,
    states: Sequence[State | None] = (),
) -> list[Measured]:
    """Returns the sizes of items in their order; one that cannot be measured has an error. Nothing is decoded.

    Args:
        items: paths and members.
        budget: bytes that one may take, as for opening it.
        memory: name of the file that remembers sizes; None remembers nothing.
        fresh: whether to read all headers, and to remember them anew.
        states: time and size of each where they are known; a file is asked for them where not.
    """
    found_states = [state or _state_of(item[0]) for item, state in zip_longest(items, states)]
    remembered = Remembered(memory)
    known = {} if fresh else remembered.find(items, found_states)
    unknown = [pair for pair in zip(items, found_states, strict=True) if pair[0] not in known]
    # Members of a file come together.
    files = groupby(unknown, lambda pair: pair[0][0])
    with many_decoded():
        found = [each for path, pairs in files for each in _measured(path, [*pairs], budget)]
    remembered.keep([each for each, lasts in found if lasts])
    read = iter(found)
    return [known[item] if item in known else next(read)[0] for item in items]


def members_of(path: str, budget: int) -> list[Member]:
    """Returns the members that a file or a tree has, readable or not; none where it holds one array.

    Raises:
        PadviewerError: where nothing in it can be read.
    """
    return list(sources.describe_item(path, None, budget).members)


def members_of_each(paths: Sequence[str], budget: int) -> list[list[Member] | str]:
    """Returns the members of each of several files, or why it cannot be read."""
    found: list[list[Member] | str] = []
    for path in paths:
        beat()
        try:
            found.append(members_of(path, budget))
        except PadviewerError as error:
            found.append(error.message)
        except Exception as error:  # noqa: BLE001 - one file never stops the others
            found.append(unexpected(error).message)
    return found


def _measured(path: str, pairs: Sequence[tuple[Item, State]], budget: int) -> list[tuple[Measured, bool]]:
    """Measures items of one file; each with whether time and size of the path tell when it changes."""
    beat()
    members = [member for (_path, member), _state in pairs]
    infos: list[ArrayInfo | PadviewerError]
    try:
        named = [member for member in members if member is not None]
        if len(named) == len(pairs) > 1:
            infos = sources.describe_items(path, named, budget)
        else:
            infos = [_described(path, member, budget) for member in members]
    except PadviewerError as error:
        infos = [error] * len(pairs)
    except Exception as error:  # noqa: BLE001 - one file never stops the others
        infos = [unexpected(error)] * len(pairs)
    return [_settled(item, state, info) for (item, state), info in zip(pairs, infos, strict=True)]


def _described(path: str, member: str | None, budget: int) -> ArrayInfo | PadviewerError:
    try:
        return sources.describe_item(path, member, budget)
    except PadviewerError as error:
        return error


def _settled(item: Item, state: State, info: ArrayInfo | PadviewerError) -> tuple[Measured, bool]:
    if isinstance(info, PadviewerError):
        modified, file_bytes = state
        return Measured(*item, file_bytes=file_bytes, modified=modified, error=info.message), False
    # The time of an object is that in its store, not of what was fetched.
    modified = state[0] if is_url(item[0]) else info.modified
    found = Measured(*item, info.shape, info.axes, info.dtype, info.format, info.file_bytes, modified)
    if item[1] is None and info.members:
        found = found._replace(further=max(0, sum(member.readable for member in info.members) - 1))
    # What is written deep in a folder changes nothing at its root.
    return found, not (info.member is not None and info.format.startswith("Zarr"))


def _state_of(path: str) -> State:
    """Returns time and size of a file; zeros where they cannot be had, which opening it tells why."""
    try:
        return state_of(path)
    except (OSError, ValueError):
        return 0, 0
