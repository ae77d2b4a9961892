"""Which files a filter leaves: text, a pattern with stars, or a regular expression, tried by a process with a limit.

A regular expression may take for ever over some names, and holds Python's lock meanwhile: a thread would freeze the
window.
"""

from __future__ import annotations

import fnmatch
import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from padviewer.errors import Cancelled, PadviewerError, SettingsError, WorkerDied, shortened
from padviewer.workers.matching import matches
from padviewer.workers.pool import Pool

Flags = npt.NDArray[np.bool_]
LIMIT_S = 3.0
LONGEST = 1000


@dataclass(frozen=True)
class Filter:
    """What is looked for in the names of files; capitals are as small letters.

    Attributes:
        text: as it was typed.
        pattern: a regular expression in Python's words.
        is_free: whether a person wrote it, so that nobody knows how long it takes.
    """

    text: str
    pattern: str
    is_free: bool = False


def parse_filter(text: str) -> Filter | None:
    """Returns what a filter finds; None where it is empty.

    Text is found anywhere in a name, folders included. With `*` or `?` it stands for the whole name of a file, or for
    the whole path. Between slashes it is a regular expression.

    Raises:
        SettingsError: it is no regular expression.
    """
    text = text.strip()
    if not text:
        return None
    if len(text) > 1 and text.startswith("/") and text.endswith("/"):
        try:
            re.compile(text[1:-1], re.IGNORECASE)
        except (re.error, RecursionError, OverflowError) as error:
            raise SettingsError(
                f"filter {shortened(text)}: expected a regular expression between slashes; {error}"
            ) from error
        return Filter(text, text[1:-1], is_free=True)
    if "*" in text or "?" in text:
        return Filter(text, rf"(?:^|(?<=/)){fnmatch.translate(text)}")
    return Filter(text, re.escape(text))


class Sieve:
    """Tries filters on names, one at a time. Its calls may come from any thread.

    Args:
        make_pool: makes what runs regular expressions.
    """

    def __init__(self, make_pool: Callable[[], Pool] | None = None) -> None:
        self._make_pool = make_pool or (lambda: Pool(1, silence=LIMIT_S))
        self._lock = threading.Lock()
        self._pool: Pool | None = None
        self._closed = False

    def kept(self, wanted: Filter, names: Sequence[str]) -> Flags:
        """Returns which names a filter finds, (names,) bool.

        Raises:
            SettingsError: it took too long.
            Cancelled: `stop` was called meanwhile.
        """
        if not wanted.is_free:
            return np.array(matches(wanted.pattern, names), bool)
        with self._lock:
            if self._closed:
                raise Cancelled("filter: the window is closed")
            pool = self._pool = self._pool or self._make_pool()
        try:
            return np.array(pool.submit(matches, wanted.pattern, tuple(names)).result(), bool)
        except (WorkerDied, CancelledError, RuntimeError, PadviewerError) as error:
            with self._lock:
                stopped = self._pool is not pool
            if stopped:
                raise Cancelled("filter: another one was typed") from error
            raise SettingsError(
                f"filter {shortened(wanted.text)}: was given up after {LIMIT_S:g} s; write it without nested "
                "repetitions such as (a+)+, or filter by plain text"
            ) from error

    def stop(self) -> None:
        """Gives up what is tried, without waiting for it."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            threading.Thread(target=pool.kill, name="padviewer filter", daemon=True).start()

    def close(self) -> None:
        """Ends its process, and waits for that."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.kill()
