"""Work on many items through an executor: a bounded number of groups at a time, and an outcome for each item."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar

from padviewer.errors import ClusterLost

Item = TypeVar("Item")
Answer = TypeVar("Answer")
# Groups that are under way where the executor does not say how many processes it has.
_USUAL = 16


class Done(NamedTuple, Generic[Item, Answer]):
    """What became of a group.

    Attributes:
        group: the items; one alone where there is an error.
        answer: of the function; None where there is an error.
        error: what the function raised, or what ended its process, when it was called for this one item.
    """

    group: Sequence[Item]
    answer: Answer | None
    error: Exception | None


def run(
    executor: Executor,
    function: Callable[[Sequence[Item]], Answer],
    groups: Iterable[Sequence[Item]],
    in_flight: int | None = None,
) -> Iterator[Done[Item, Answer]]:
    """Calls a function for each group, and yields the answers as they come.

    Where a call fails, each of its items is tried once more, alone: so one that ends its process is found, and one that
    was only beside it is done. Where calls share a process (`shares_fate` of the executor), nothing else is under way
    meanwhile. Who stops taking answers takes back what has not begun.

    Args:
        executor: of any kind; processes on this machine, or those of a cluster.
        function: picklable; it may be called twice for an item whose process died.
        groups: taken from as there is room; none is empty.
        in_flight: how many groups are under way at a time; None takes two for each process, so that none waits.

    Raises:
        ClusterLost: nobody answers for the executor any more, for which no item is to blame.
    """
    bound = in_flight or 2 * getattr(executor, "count", _USUAL) + 1
    source = iter(groups)
    alone: deque[Sequence[Item]] = deque()
    running: dict[Future[Answer], tuple[Sequence[Item], bool]] = {}
    try:
        while True:
            while _has_room(executor, running, alone, bound) and (found := _next(alone, source)) is not None:
                running[executor.submit(function, found[0])] = found
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                group, is_last = running.pop(future)
                error = _error_of(future)
                if error is None:
                    yield Done(group, future.result(), None)
                elif is_last:
                    yield Done(group, None, error)
                else:
                    alone.extend([item] for item in group)
    finally:
        for future in running:
            future.cancel()


def in_groups(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yields items in groups of `size`; the last one may be smaller."""
    source = iter(items)
    while group := list(islice(source, size)):
        yield group


def _has_room(
    executor: Executor,
    running: dict[Future[Any], tuple[Sequence[Any], bool]],
    alone: deque[Sequence[Any]],
    bound: int,
) -> bool:
    """Whether another call may be under way beside those that are."""
    suspected = bool(alone) or any(is_last for _group, is_last in running.values())
    return not running if suspected and getattr(executor, "shares_fate", False) else len(running) < bound


def _next(alone: deque[Sequence[Any]], source: Iterator[Sequence[Any]]) -> tuple[Sequence[Any], bool] | None:
    """Returns what is to be asked next, and whether for the last time."""
    if alone:
        return alone.popleft(), True
    group = next(source, None)
    return None if group is None else (group, False)


def _error_of(future: Future[Any]) -> Exception | None:
    if future.cancelled():
        return CancelledError("the executor took the call back")
    error = future.exception()
    if error is not None and (isinstance(error, ClusterLost) or not isinstance(error, Exception)):
        raise error
    return error
