"""Sizes that were read before, in a small database: valid for as long as a file has the same size and time."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from padviewer import __version__
from padviewer.axes import parse_axes
from padviewer.dataset.measured import Item, Measured
from padviewer.state import state_folder

_NAME = "sizes.sqlite"
# Some 150 bytes each.
MOST = 500_000
# Seconds that others may take to write.
_PATIENCE_S = 2.0
# A file that is written to again so soon may have the same time: clocks of files tick in steps.
_FRESH_NS = 2_000_000_000
# With what told the sizes; a file that another version has read is read again.
_VERSION = f"{__version__}/1"
# The number is that of the layout: one of another layout is another table. Times are texts, as some are beyond 64 bits.
_TABLE = """
CREATE TABLE IF NOT EXISTS sizes_2 (
    path BLOB NOT NULL, member BLOB NOT NULL, version TEXT NOT NULL, modified TEXT NOT NULL, bytes TEXT NOT NULL,
    shape TEXT NOT NULL, axes TEXT NOT NULL, dtype TEXT NOT NULL, format TEXT NOT NULL, further TEXT NOT NULL,
    UNIQUE (path, member)
)
"""
_FIND = """
SELECT shape, axes, dtype, format, further FROM sizes_2
WHERE path = ? AND member = ? AND version = ? AND modified = ? AND bytes = ?
"""
_KEEP = "INSERT OR REPLACE INTO sizes_2 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FORGET = "DELETE FROM sizes_2 WHERE rowid <= (SELECT max(rowid) FROM sizes_2) - ?"


def memory_path() -> str | None:
    """Returns the name of the database of this user; None where there is no place for one."""
    folder = state_folder()
    return None if folder is None else str(folder / _NAME)


class Remembered:
    """The sizes of files that were measured before. Whatever goes wrong with the database, nothing is known then.

    Several processes may use it at once. One that is damaged is moved aside, and begun anew.

    Args:
        path: of the database; None remembers nothing.
        most: so many sizes are kept; those that were read first go first.
    """

    def __init__(self, path: str | None, most: int = MOST) -> None:
        self._path, self._most = path, most

    def find(self, items: Sequence[Item], states: Sequence[tuple[int, int]]) -> dict[Item, Measured]:
        """Returns what is known of items.

        Args:
            items: paths and members.
            states: of each its time and its bytes now.
        """
        found: dict[Item, Measured] = {}

        def look(database: sqlite3.Connection) -> None:
            for item, state in zip(items, states, strict=True):
                row = database.execute(_FIND, (*_key(item), _VERSION, *map(str, state))).fetchone()
                known = row and _measured(item, state, *row)
                if known:
                    found[item] = known

        self._use(look)
        return found

    def keep(self, measured: Sequence[Measured]) -> None:
        """Remembers sizes; refusals are not, as what they lack may come."""
        newest = time.time_ns() - _FRESH_NS
        rows = [
            (
                *_key(each.item),
                *(_VERSION, str(each.modified), str(each.file_bytes)),
                *(str([*each.shape]), each.axes, each.dtype, each.format, str(each.further)),
            )
            for each in measured
            if not each.error and each.modified and each.modified < newest
        ]

        def write(database: sqlite3.Connection) -> None:
            with database:
                database.executemany(_KEEP, rows)
                database.execute(_FORGET, (self._most,))

        if rows:
            self._use(write)

    def _use(self, use: Callable[[sqlite3.Connection], None]) -> None:
        """Calls `use` with the database, if there can be one."""
        if self._path is None:
            return
        identity = _identity(self._path)
        try:
            with closing(_connected(self._path)) as database:
                use(database)
        except (sqlite3.OperationalError, OSError):
            return  # it is locked for long, the disk is full, or nothing may be written there
        except sqlite3.DatabaseError:
            self._move_aside(identity)

    def _move_aside(self, identity: tuple[int, int] | None) -> None:
        """Renames a damaged database, unless another process has begun a new one meanwhile."""
        if self._path is None or identity is None or _identity(self._path) != identity:
            return
        # Its journal first: a new one must not be rolled back by it.
        for suffix in ("-journal", ""):
            with contextlib.suppress(OSError):
                os.replace(f"{self._path}{suffix}", f"{self._path}.damaged{suffix}")  # noqa: PTH105


def _connected(path: str) -> sqlite3.Connection:
    Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=_PATIENCE_S)
    try:
        # What a loss of power damages is begun anew: a sync for each group would take longer than the headers.
        database.execute("PRAGMA synchronous = OFF")
        database.execute(_TABLE)
    except BaseException:
        database.close()
        raise
    return database


def _identity(path: str) -> tuple[int, int] | None:
    try:
        state = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return state.st_dev, state.st_ino


def _key(item: Item) -> tuple[bytes, bytes]:
    """Returns what an item is found by: its whole path, and its member, as bytes, which any name has."""
    path, member = item
    absolute = os.path.abspath(path)  # noqa: PTH100 a Path cannot hold every name
    return _bytes(absolute), b"" if member is None else b"=" + _bytes(member)


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")


def _measured(
    item: Item, state: tuple[int, int], shape: object, axes: object, dtype: object, form: object, further: object
) -> Measured | None:
    """Returns what a row tells; None where somebody has written something else there."""
    try:
        sizes = json.loads(str(shape))
        modified, file_bytes = state
        others = int(str(further))
        whole = others >= 0 and all(type(size) is int and size >= 0 for size in sizes)
        if not whole or len(sizes) != len(parse_axes(str(axes))):
            return None
    except (ValueError, TypeError):
        return None
    return Measured(*item, tuple(sizes), str(axes), str(dtype), str(form), file_bytes, modified, further=others)
