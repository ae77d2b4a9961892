"""Signs of life that long work gives, for whoever waits for it with a limit of time; nobody has to listen."""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[int], None]


def _nobody(_nbytes: int) -> None:
    pass


_listeners: list[Listener] = [_nobody]


def listen(listener: Listener) -> None:
    """Has the signs of this process told to `listener`, in place of the one before; from any thread."""
    _listeners[0] = listener


def beat(nbytes: int = 0) -> None:
    """Tells that work goes on.

    Args:
        nbytes: how many bytes are about to be read or decoded without a further sign.
    """
    _listeners[0](nbytes)
