"""The line between a running Python and its window: small JSON messages, each with at most one open descriptor.

A pair of connected sockets, one end of which the window's process inherits. It has no address, so no other process can
speak on it, nothing has to be cleaned up, and each side sees at once when the other has ended, whatever ended it.
Nothing that arrives is run; messages of another form are dropped.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from typing import Any, NamedTuple

# Bytes of one message. A line holds three of them before the side that sends has to wait.
MAX_MESSAGE = 1 << 16
_MAX_DESCRIPTORS = 4


class Message(NamedTuple):
    """What arrived.

    Attributes:
        kind: what it is about.
        content: its other fields.
        descriptor: to be closed by whoever receives it; None where there is none.
    """

    kind: str
    content: dict[str, Any]
    descriptor: int | None

    def close(self) -> None:
        """Closes the descriptor, of a message that nobody wants."""
        if self.descriptor is not None:
            os.close(self.descriptor)


class Link:
    """One end of the line."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    @classmethod
    def pair(cls) -> tuple[Link, Link]:
        """Returns both ends of a new line."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(ours), cls(theirs)

    @classmethod
    def inherited(cls, descriptor: int) -> Link:
        """Returns the end that this process was started with; its own children do not inherit it."""
        end = socket.socket(fileno=descriptor)
        end.set_inheritable(False)
        return cls(end)

    def fileno(self) -> int:
        """The descriptor of this end."""
        return self._end.fileno()

    def set_blocking(self, blocking: bool) -> None:
        """Sets whether `send` and `receive` wait; else they raise a `BlockingIOError`."""
        self._end.setblocking(blocking)

    def send(self, kind: str, descriptor: int | None = None, **content: Any) -> None:
        """Sends a message; the descriptor stays open here.

        Raises:
            OSError: the other side has ended.
            ValueError: the message is too long.
        """
        data = json.dumps({"kind": kind, **content}).encode()
        if len(data) > MAX_MESSAGE:
            raise ValueError(f"a message of {len(data)} bytes; at most {MAX_MESSAGE} are sent")
        socket.send_fds(self._end, [data], [] if descriptor is None else [descriptor], socket.MSG_NOSIGNAL)

    def receive(self) -> Message | None:
        """Returns the next message; None where the other side has ended.

        Raises:
            BlockingIOError: there is none, and this end does not wait.
        """
        while True:
            try:
                data, descriptors, flags, _address = socket.recv_fds(
                    self._end, MAX_MESSAGE, _MAX_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC
                )
            except ConnectionResetError:
                # The other side has ended with messages unread, which is told once, and before its own last ones.
                continue
            if not data:
                return None
            message = _parse(data) if not flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) else None
            if message is not None and len(descriptors) <= 1:
                kind, content = message
                return Message(kind, content, descriptors[0] if descriptors else None)
            for descriptor in descriptors:
                os.close(descriptor)

    def close(self) -> None:
        """Hangs up; again is fine."""
        with contextlib.suppress(OSError):
            self._end.close()


def _parse(data: bytes) -> tuple[str, dict[str, Any]] | None:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return None
    kind = content.pop("kind", None) if isinstance(content, dict) else None
    return (kind, content) if isinstance(kind, str) else None
