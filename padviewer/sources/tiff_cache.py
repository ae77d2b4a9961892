"""Decoded segments of a TIFF that are kept for the next time."""

from __future__ import annotations

from collections import Counter, OrderedDict

from padviewer.sources.base import Array


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

    def kept(self, owner: object) -> Counter[int]:
        """Returns how many segments of each page of a picture are kept."""
        return Counter(page for other, page, _number in self._segments if other is owner)

    def clear(self) -> None:
        """Lets all segments go."""
        self._segments.clear()
        self._held = 0
