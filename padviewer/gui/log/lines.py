"""Lines of the log: the newest few thousand in memory. Loads no Qt."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from padviewer.errors import printable, traceback_of

ROOT = "padviewer"
LIMIT = 5000
# One line, and what belongs to it, may take so many characters.
MAX_TEXT, MAX_DETAILS = 2000, 16_000
LEVELS = {
    logging.DEBUG: "debug",
    logging.INFO: "info",
    logging.WARNING: "warning",
    logging.ERROR: "error",
    logging.CRITICAL: "critical",
}
# What one source may say in a second before lines are left out and counted.
_AT_ONCE = 100


class Line(NamedTuple):
    """A line of the log.

    Attributes:
        number: counts from 1.
        time: seconds since 1970.
        level: one of `LEVELS`.
        source: `window`, `reader`, `engine`, `qt`, or another part.
        text: on one line, printable.
        details: more of it on several lines, such as a traceback; empty where there is none.
    """

    number: int
    time: float
    level: int
    source: str
    text: str
    details: str = ""

    @property
    def level_name(self) -> str:
        """How bad it is, in a word."""
        return LEVELS.get(self.level, str(self.level))

    @property
    def clock(self) -> str:
        """Local time of the day, with milliseconds."""
        return f"{time.strftime('%H:%M:%S', time.localtime(self.time))}.{int(self.time * 1000) % 1000:03d}"

    def to_text(self) -> str:
        """Returns the line as it stands in files and on the clipboard; details follow, indented."""
        day = time.strftime("%Y-%m-%d", time.localtime(self.time))
        head = f"{day} {self.clock}  {self.level_name:<8} {self.source:<9} {self.text}"
        return "\n".join([head, *(f"    {detail}" for detail in self.details.splitlines())])


def line_of(record: logging.LogRecord, number: int = 0) -> Line:
    """Returns what a record says; a traceback becomes text, so that nothing of its frames is kept."""
    source = record.name.removeprefix(f"{ROOT}.") if record.name != ROOT else "window"
    details = getattr(record, "details", "")
    if not details and record.exc_info and record.exc_info[1] is not None:
        details = traceback_of(record.exc_info[1])
    text = printable(record.getMessage())
    text = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
    if left_out := getattr(record, "left_out", 0):
        text = f"{text}  ({left_out:,} lines were left out before this one)"
    return Line(number, record.created, record.levelno, source, text, _cut(details))


def _cut(details: str) -> str:
    """Returns details within bounds: where they begin and how they end tells most."""
    half = MAX_DETAILS // 2
    return details if len(details) <= MAX_DETAILS else f"{details[:half]}\n…\n{details[-half:]}"


class LogLines(logging.Handler):
    """Keeps the newest lines.

    Args:
        limit: how many.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        super().__init__()
        self.limit = limit
        self.addFilter(FloodGate())
        self._lines: deque[Line] = deque(maxlen=limit)
        self._count = 0

    @property
    def count(self) -> int:
        """How many lines there have been."""
        return self._count

    def attach(self) -> None:
        """Takes what padviewer says from now on, until `detach`."""
        logger = logging.getLogger(ROOT)
        logger.setLevel(logging.INFO)
        logger.addHandler(self)

    def detach(self) -> None:
        """Takes no more."""
        logging.getLogger(ROOT).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a line; called by `logging`, which holds the lock, in any thread."""
        try:
            self._lines.append(line_of(record, self._count + 1))
            self._count += 1
        except Exception:  # noqa: BLE001 - a log must not be what ends the program
            pass

    def since(self, number: int) -> list[Line]:
        """Returns the lines that came after one, which are kept still, in order."""
        with self._held():
            if number >= self._count:
                return []
            new = self._count - number
            lines = list(self._lines)
        return lines[-new:] if new < len(lines) else lines

    def clear(self) -> None:
        """Forgets the lines."""
        with self._held():
            self._lines.clear()

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keeps threads that log waiting."""
        self.acquire()
        try:
            yield
        finally:
            self.release()


class FloodGate(logging.Filter):
    """Lets each source say so much in a second; says then how many lines were left out."""

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        super().__init__()
        self._at_once = at_once
        self._seconds: dict[str, tuple[int, int]] = {}
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is let through."""
        second, count = self._seconds.get(record.name, (0, 0))
        now = int(record.created)
        self._seconds[record.name] = (now, count + 1) if now == second else (now, 1)
        if now == second and count >= self._at_once and record.levelno < logging.CRITICAL:
            self._left_out += 1
            return False
        # Not in the message: other handlers get the same record, and have gates of their own.
        record.left_out, self._left_out = self._left_out, 0
        return True


def as_text(lines: Iterable[Line]) -> str:
    """Returns lines as a file or the clipboard takes them."""
    return "".join(f"{line.to_text()}\n" for line in lines)
