"""The sizes of many files: read from their headers, in groups, and remembered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from functools import partial

from padviewer.dataset.measured import Item, Measured
from padviewer.errors import PadviewerError
from padviewer.folders import state_of
from padviewer.plan import Member
from padviewer.pulse import beat
from padviewer.sources import describe_source
from padviewer.workers.blame import refusal_of
from padviewer.workers.groups import in_groups, run
from padviewer.workers.remembered import Remembered
from padviewer.workers.serving import unexpected

# A header is a few reads; a process that is silent for longer hangs.
SILENCE_S = 30.0
# Files of a call: one message for so many, and so many are tried again where one of them ends its process.
_MOST, _CALLS_EACH = 128, 8


def measured(
    executor: Executor, items: Sequence[Item], budget: int, memory: str | None = None, fresh: bool = False
) -> Iterator[list[Measured]]:
    """Measures items through an executor; yields groups of them as they come, each item once.

    Args:
        executor: a `Pool`, or one of a cluster.
        items: in any order; they come back in nearly the same.
        budget: bytes that one may take, as for opening it.
        memory: name of the file that remembers sizes; None remembers nothing.
        fresh: whether to read all headers, and to remember them anew.
    """
    count = getattr(executor, "count", 16)
    size = max(1, min(_MOST, len(items) // (_CALLS_EACH * count)))
    work = partial(measure, budget=budget, memory=memory, fresh=fresh)
    for done in run(executor, work, in_groups(items, size)):
        if done.answer is not None:
            yield done.answer
        else:
            (item,) = done.group
            yield [Measured(*item, error=refusal_of(item[0], done.error).message)]


def measure(items: Sequence[Item], budget: int, memory: str | None = None, fresh: bool = False) -> list[Measured]:
    """Returns the sizes of items in their order; one that cannot be measured has an error. Nothing is decoded.

    Args:
        items: paths and members.
        budget: bytes that one may take, as for opening it.
        memory: name of the file that remembers sizes; None remembers nothing.
        fresh: whether to read all headers, and to remember them anew.
    """
    states = [_state_of(path) for path, _member in items]
    remembered = Remembered(memory)
    known = {} if fresh else remembered.find(items, states)
    found = [
        known[item] if item in known else _measured(item, state, budget)
        for item, state in zip(items, states, strict=True)
    ]
    remembered.keep([each for each in found if each.item not in known])
    return found


def members_of(path: str, budget: int) -> list[Member]:
    """Returns the members that a file or a tree has, readable or not; none where it holds one array.

    Raises:
        PadviewerError: where nothing in it can be read.
    """
    return list(describe_source(path, budget=budget).members)


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


def _measured(item: Item, state: tuple[int, int], budget: int) -> Measured:
    beat()
    modified, file_bytes = state
    try:
        info = describe_source(*item, budget=budget)
    except PadviewerError as error:
        return Measured(*item, file_bytes=file_bytes, modified=modified, error=error.message)
    except Exception as error:  # noqa: BLE001 - one item never stops the others
        return Measured(*item, file_bytes=file_bytes, modified=modified, error=unexpected(error).message)
    return Measured(*item, info.shape, info.axes, info.dtype, info.format, info.file_bytes, info.modified)


def _state_of(path: str) -> tuple[int, int]:
    """Returns time and size of a file; zeros where they cannot be had, which opening it tells why."""
    try:
        return state_of(path)
    except (OSError, ValueError):
        return 0, 0
