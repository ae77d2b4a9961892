"""Segments of an array that are decoded one by one: side by side, and kept for the next time."""

from __future__ import annotations

import itertools
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from padviewer.pulse import beat
from padviewer.sources.base import Array

# Threads that decode segments, and at most so many segments that wait for being copied.
_THREADS = 2
_AT_ONCE = 64

_Wanted = TypeVar("_Wanted")
_Read = TypeVar("_Read")


class SegmentCache:
    """Decoded segments of the pictures of one file; those go first that have not been asked for the longest.

    Args:
        allowed: bytes that they may take together; the last one is kept however large it is.
    """

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        self._segments: OrderedDict[tuple[object, int, int], Array] = OrderedDict()
        self._held = 0

    def find(self, owner: object, page: int, number: int) -> Array | None:
        """Returns a segment of a picture where it is kept, and keeps it for longer."""
        key = owner, page, number
        if key in self._segments:
            self._segments.move_to_end(key)
        return self._segments.get(key)

    def keep(self, owner: object, page: int, number: int, segment: Array) -> None:
        """Keeps a segment that is not kept yet."""
        self._segments[owner, page, number] = segment
        self._held += segment.nbytes
        while self._held > self.allowed and len(self._segments) > 1:
            self._held -= self._segments.popitem(last=False)[1].nbytes

    def make_room(self, nbytes: int) -> None:
        """Lets all segments go where one of `nbytes` is to come that may not stand beside them."""
        if nbytes > self.allowed:
            self.clear()

    def kept(self, owner: object) -> Counter[int]:
        """Returns how many segments of each page of a picture are kept."""
        return Counter(page for other, page, _number in self._segments if other is owner)

    def numbers(self, owner: object) -> list[int]:
        """Returns the numbers of the segments of a picture of one page that are kept."""
        return [number for other, _page, number in self._segments if other is owner]

    def clear(self) -> None:
        """Lets all segments go."""
        self._segments.clear()
        self._held = 0


def at_once(size: int, allowed: int) -> int:
    """Returns how many segments of `size` bytes may wait decoded where a cache may hold `allowed` bytes."""
    # Each thread has one at least, unless that is more than may be kept.
    fewest = _THREADS if _THREADS * size <= allowed else 1
    return max(fewest, min(_AT_ONCE, allowed // 4 // max(1, size)))


def read_all(wanted: Iterator[_Wanted], read: Callable[[_Wanted], _Read], most: int) -> Iterator[tuple[_Wanted, _Read]]:
    """Yields what is read of each that is wanted, in order, while those that follow are read by threads.

    Args:
        wanted: is asked for the next one when that is about to be read.
        read: is called by several threads; by this one, and for nothing that is not asked for, where `most` is 1.
        most: may be read and wait.
    """
    if most == 1:
        for found in wanted:
            one = [(found, read(found))]
            del found  # nothing of it stays while the next is read
            yield one.pop()
            beat()
        return
    first = list(itertools.islice(wanted, 2))
    if len(first) < 2:
        yield from ((found, read(found)) for found in first)
        return
    waiting: deque[tuple[_Wanted, Future[_Read]]] = deque()
    pool = ThreadPoolExecutor(_THREADS)
    try:
        for found in itertools.chain(first, wanted):
            waiting.append((found, pool.submit(read, found)))
            if len(waiting) >= most:
                yield _done(*waiting.popleft())
        while waiting:
            yield _done(*waiting.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _done(found: _Wanted, future: Future[_Read]) -> tuple[_Wanted, _Read]:
    result = future.result()
    beat()
    return found, result
