"""A line on the terminal that tells how far long work has come."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

_EVERY_S = 0.2


class Progress:
    """Shows a line on standard error while work goes on; nothing where that is no terminal.

    Args:
        does: what is done to items: `measured`.
        shows: whether it may.
    """

    def __init__(self, does: str, shows: bool = True) -> None:
        self._does = does
        self._shows = shows and bool(sys.stderr and sys.stderr.isatty())
        self._told = 0.0
        self._width = 0

    def show(self, done: int, total: int, failed: int) -> None:
        """Tells how many items are done, of how many, and how many of those failed; at most five times a second."""
        now = time.monotonic()
        if self._shows and now - self._told > _EVERY_S:
            self._told = now
            bad = f", {failed:,} refused" if failed else ""
            self._write(f"{done:,} of {total:,} {self._does}{bad}")

    def clear(self) -> None:
        """Takes the line away, so that something else may be told."""
        if self._width:
            self._write("")
            self._width = 0

    def _write(self, text: str) -> None:
        print(f"\r{text:<{self._width}}\r{text}", end="", file=sys.stderr, flush=True)  # noqa: T201
        self._width = len(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()
