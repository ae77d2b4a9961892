"""An object as a file whose bytes are fetched where they are read: its beginning, then what a header points to."""

from __future__ import annotations

import io
from typing import Any, NoReturn

from padviewer.errors import SourceError, shortened
from padviewer.objects.store import opened, told
from padviewer.pulse import beat

_BLOCK = 1 << 16
# Fetched at once; most headers, and most pictures, are no longer.
_HEAD = 4
# Whoever asks for more, or for block after block, wants the whole object, which comes faster in one piece.
_MOST_REQUESTS, _MOST_BLOCKS, _MOST_IN_A_ROW = 32, 128, 4


class Ranges(io.RawIOBase):
    """The bytes of an object, for reading headers.

    Args:
        url: of the object.

    Attributes:
        size: bytes of the object.
        fetched: bytes that were asked for.
        gave_up: whether something was wanted that ranges do not give: what was read of the header may be wrong then.

    Raises:
        SourceError: the store refuses, or has no such object.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self.gave_up = False
        with told(url, SourceError):
            self._system, self._name = opened(url)
            head = bytes(self._system.cat_file(self._name, start=0, end=_HEAD * _BLOCK))
            whole = len(head) < _HEAD * _BLOCK
            self.size = len(head) if whole else int(self._system.size(self._name) or 0)
        self.fetched = len(head)
        self._blocks = {at // _BLOCK: head[at : at + _BLOCK] for at in range(0, len(head), _BLOCK)}
        self._at = self._requests = self._in_a_row = 0
        self._last = -1

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def seekable(self) -> bool:
        """Whether it can be read anywhere: yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves to a place; returns it."""
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if at < 0:
            raise ValueError(f"negative seek position {at}")
        self._at = at
        return at

    def tell(self) -> int:
        """Returns the place."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Reads as many bytes as the buffer holds, or as there are."""
        found = self.read_at(self._at, len(buffer))
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def read_at(self, start: int, count: int) -> bytes:
        """Returns bytes from a place on; fewer where the object ends.

        Raises:
            SourceError: the store refuses, or all of the object would have to be fetched.
        """
        stop = min(start + count, self.size)
        if stop <= start:
            return b""
        wanted = range(start // _BLOCK, (stop - 1) // _BLOCK + 1)
        if len(wanted) > _MOST_BLOCKS:
            self.give_up()
        missing = [block for block in wanted if block not in self._blocks]
        if missing:
            self._fetch(missing[0], missing[-1] + 1)
        data = b"".join(self._blocks[block] for block in wanted)
        return data[start - wanted.start * _BLOCK : stop - wanted.start * _BLOCK]

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _step = part.indices(self.size)
        return self.read_at(start, stop - start)

    def give_up(self) -> NoReturn:
        """Notes that ranges are not enough.

        Raises:
            SourceError: always.
        """
        self.gave_up = True
        raise SourceError(f"{shortened(self._url)}: is not read by ranges")

    def _fetch(self, first: int, stop: int) -> None:
        self._requests += 1
        self._in_a_row = self._in_a_row + 1 if first == self._last else 0
        self._last = stop
        length = min(stop * _BLOCK, self.size) - first * _BLOCK
        self.fetched += length
        many = self._requests > _MOST_REQUESTS or self._in_a_row >= _MOST_IN_A_ROW
        if many or self.fetched > (_MOST_BLOCKS + _HEAD) * _BLOCK:
            self.give_up()
        beat(length)
        try:
            with told(self._url, SourceError):
                data = bytes(self._system.cat_file(self._name, start=first * _BLOCK, end=first * _BLOCK + length))
        except SourceError:
            self.gave_up = True
            raise
        if len(data) != length:
            self.give_up()  # it was written to meanwhile
        for at in range(0, length, _BLOCK):
            self._blocks[first + at // _BLOCK] = data[at : at + _BLOCK]
