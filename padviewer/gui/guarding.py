"""Guards handlers of Qt's events: what goes wrong in one is told, and the window goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., Any])


def guarded(handler: Handler) -> Handler:
    """Returns a handler that raises nothing; exceptions go to `sys.excepthook`.

    PySide6 would print what leaves a handler, too late: the traceback keeps the frame alive, and with it a `QPainter`
    that must end before Qt goes on. What leaves a handler that Python called by `sendEvent` ends the process in some
    versions. A handler that answers whether it has used an event answers no.
    """

    @wraps(handler)
    def call(*arguments: Any) -> Any:
        try:
            return handler(*arguments)
        except Exception:  # noqa: BLE001 - the boundary to Qt
            sys.excepthook(*sys.exc_info())
        return False if handler.__name__ in ("event", "eventFilter") else None

    return call  # type: ignore[return-value]
