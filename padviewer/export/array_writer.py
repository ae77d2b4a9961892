"""An array on its way into a file, tile by tile: what is done, what is left, and how it ends."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import numpy as np

from padviewer import __version__
from padviewer.errors import ExportError, PadviewerError, shortened
from padviewer.export.abandoned import kept_share
from padviewer.export.formats import check_payload, format_of
from padviewer.export.grid import Grid
from padviewer.export.journal import Journal
from padviewer.export.payload import USUAL, Array, Content, Payload, Portions, Progress
from padviewer.export.place import check_place, check_space, display_name, failed
from padviewer.export.store import Store
from padviewer.export.target import Part
from padviewer.geometry import Region, counts

# How many digits of the digest are in a part's name.
_DIGITS = 16


class ArrayWriter:
    """Writes an array into a part beside the target, which it becomes when it is complete.

    Tiles are written by a thread, so that the next one is made meanwhile. Where the body of `with` fails, what was
    written of a large array stays, to be continued by the same export; else nothing does.

    Args:
        payload: what is written.
        path: the target; its extension chooses the format.
        overwrite: whether an existing file may be replaced.
        portions: how many bytes are handled at a time.
        fresh: whether to start over where an earlier export could be continued.

    Attributes:
        grid: the tiles.
        resumed: bytes that an earlier export has written already.
        done: bytes that are written or handed over, with those.

    Raises:
        TargetExists: where a file or link is there already and `overwrite` is not set.
        ExportError: where the format cannot hold the array, or the system refuses.
    """

    def __init__(
        self, payload: Payload, path: str, *, overwrite: bool, portions: Portions = USUAL, fresh: bool = False
    ) -> None:
        form = format_of(path)
        check_place(path, overwrite, form.folder)
        check_payload(payload, path, portions)
        self.payload = payload
        self._path, self._overwrite, self._portions = path, overwrite, portions
        self.grid = Grid(payload.shape, form.tile(payload, portions.tile), form.order(payload))
        digest = self._digest(form.extension)
        self._pool = ThreadPoolExecutor(2, "padviewer writer")
        self._pending: Future[None] | None = None
        self._noting: Future[None] | None = None
        self._unnoted = 0
        self._filling: tuple[tuple[int, ...], bytes, Array] | None = None
        try:
            self._part = Part(path, digest[:_DIGITS], self._about() if digest else None)
            try:
                self._journal = Journal(self._part.journal, digest, self.grid.count)
                self._store = self._opened(fresh)
            except BaseException:
                self._part.discard()
                raise
        except (OSError, ValueError) as error:
            raise failed(path, error) from error
        self._compressed = form.compressed
        self._keeps = bool(digest) and self._store.scattered
        self._tiles = self._safe = self._journal.done
        self.resumed = self.done = sum(self._bytes(self.grid.region(number)) for number in range(self._tiles))

    def _opened(self, fresh: bool) -> Store:
        form = format_of(self._path)
        if self._journal.done and not fresh:
            with suppress(OSError, ValueError):
                return form.store(self.payload, self._part.content, self.grid.tile, True)
        self._journal.forget()
        self._part.clear()
        return form.store(self.payload, self._part.content, self.grid.tile, False)

    def check_space(self, constant: Callable[[Region], Array | None]) -> None:
        """Raises an `ExportError` where the disk has no room for what is left.

        Args:
            constant: what a tile is filled with, if it is known; what the format leaves out takes no room.
        """
        needed = 0
        for _number, region in self.left():
            value = constant(region)
            if value is None or not (self._compressed or self._store.holds(value)):
                needed += self._bytes(region)
        check_space(self._path, needed)

    def left(self) -> Iterator[tuple[int, Region]]:
        """Yields number and region of the tiles that are not done, in the order in which they must be written."""
        for number in range(self._tiles, self.grid.count):
            yield number, self.grid.region(number)

    def put(self, region: Region, data: Array) -> None:
        """Hands over the elements of a tile, or of a part of it; parts come in the order of their elements.

        `data` must stay as it is until the next call that hands something over, or `wait`, returns.
        """
        if data.shape != counts(region) or data.dtype != np.dtype(self.payload.dtype):
            raise ValueError(f"got {data.shape} {data.dtype}, expected {counts(region)} {self.payload.dtype}")
        held = np.ascontiguousarray(data)
        self._submit(lambda: self._store.put(region, held))
        self._unnoted += data.nbytes

    def fill(self, region: Region, value: Array) -> None:
        """Writes a tile that is one value, or one for each channel, unless the format can leave it out."""
        if self._store.holds(value):
            return
        shape, key = counts(region), value.tobytes()
        if self._filling is None or self._filling[:2] != (shape, key):
            self._filling = (shape, key, np.ascontiguousarray(np.broadcast_to(value, shape)))
        self.put(region, self._filling[2])

    def complete(self, number: int) -> None:
        """Says that all of a tile has been handed over."""
        self._tiles = number + 1
        self.done += self._bytes(self.grid.region(number))
        if self._keeps and self._unnoted >= self._portions.noted and (self._noting is None or self._noting.done()):
            # Meanwhile more is written: waiting for the disk takes long.
            self._await_note()
            self._unnoted = 0
            self._noting = self._pool.submit(self._note, self._safe)

    def wait(self) -> None:
        """Waits until what was handed over is written."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()
        self._safe = self._tiles

    def finish(self) -> int:
        """Completes the file and puts it in the target's place; returns its bytes."""
        self.wait()
        self._await_note()
        if self._tiles != self.grid.count:
            raise ValueError(f"{self._tiles} tiles of {self.grid.count} were written")
        self._store.finish()
        self._store.sync()
        size = _size(self._part.content)
        self._part.publish(self._overwrite)
        self._store.close()
        self._part.discard()
        return size

    def abandon(self) -> None:
        """Removes what was written: it is of no use to a later export."""
        self._keeps = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        kept = error is not None and self._end(error)
        self._pool.shutdown()
        if error is None or isinstance(error, PadviewerError) or not isinstance(error, Exception):
            return
        raise self._told(error, kept) from error

    def _end(self, error: BaseException) -> bool:
        """Keeps or removes the part; returns whether it is kept."""
        with suppress(Exception):
            self.wait()
            self._await_note()
            # After a refusal of the disk nothing tells what of the newest is on it; earlier notes hold.
            if self._keeps and not isinstance(error, OSError):
                self._note(self._safe)
        with suppress(OSError, ValueError):
            self._store.close()
        if self._keeps and self._journal.done:
            self._part.leave()
            return True
        self._part.discard()
        return False

    def _await_note(self) -> None:
        noting, self._noting = self._noting, None
        if noting is not None:
            noting.result()

    def _note(self, done: int) -> None:
        if done > self._journal.done:
            self._store.sync()
            self._journal.note(done)

    def _submit(self, task: Callable[[], None]) -> None:
        self.wait()
        self._pending = self._pool.submit(task)

    def _bytes(self, region: Region) -> int:
        return math.prod(counts(region)) * np.dtype(self.payload.dtype).itemsize

    def _digest(self, extension: str) -> str:
        """Returns what tells this export from any other; empty where it is not continued."""
        payload = self.payload
        if not payload.origin or payload.nbytes < self._portions.kept:
            return ""
        told: list[Any] = [__version__, extension, os.path.realpath(self._path), self.grid.tile]
        told += [payload.name, payload.axes, payload.shape, payload.dtype, payload.spec_json, payload.origin]
        told.append(payload.space)
        return hashlib.sha256(json.dumps(told).encode("ascii")).hexdigest()

    def _about(self) -> dict[str, str]:
        """Returns what it takes to continue the export at another start."""
        return {"stage": self.payload.name, "settings": self.payload.spec_json, "origin": self.payload.origin}

    def _told(self, error: Exception, kept: bool) -> ExportError:
        name = display_name(self._path)
        if isinstance(error, MemoryError):
            return ExportError(f"{name}: not enough memory to encode it; use .npy, which needs none")
        if not isinstance(error, OSError):
            cause = shortened(f"{type(error).__name__}: {error}", 300)
            return ExportError(f"{name}: the {self.payload.name} cannot be encoded ({cause})")
        continued = f"; what is written stays, and {continues(self._path)}" if kept else ""
        return ExportError(f"{failed(self._path, error)}{continued}")


def continues(path: str) -> str | None:
    """Returns how an export to `path` that was interrupted goes on; None where nothing is left of one."""
    share = kept_share(path)
    return None if share is None else f"the same export again continues at {100 * share:.0f} %"


def write(
    payload: Payload,
    content: Content,
    path: str,
    *,
    overwrite: bool,
    progress: Progress,
    portions: Portions = USUAL,
    fresh: bool = False,
) -> int:
    """Writes an array to a file, which is the old one or the complete new one at any moment.

    Args:
        payload: what is written.
        content: where its elements come from.
        path, overwrite, portions, fresh: as for `ArrayWriter`.
        progress: is called with (done, total) bytes of the array after each tile. What it raises ends the export.

    Returns:
        Bytes of the file.

    Raises:
        TargetExists: where a file or link is there already and `overwrite` is not set.
        ExportError: where the format cannot hold the array, or the system refuses.
    """
    with ArrayWriter(payload, path, overwrite=overwrite, portions=portions, fresh=fresh) as writer:
        write_left(writer, content, progress)
        return writer.finish()


def write_left(writer: ArrayWriter, content: Content, progress: Progress) -> None:
    """Writes the tiles that are not done yet."""
    writer.check_space(content.constant)
    for number, region in writer.left():
        value = content.constant(region)
        if value is None:
            writer.put(region, content.read(region))
        else:
            writer.fill(region, value)
        writer.complete(number)
        progress(writer.done, writer.payload.nbytes)


def _size(path: str) -> int:
    if not os.path.isdir(path):  # noqa: PTH112
        return os.stat(path).st_size  # noqa: PTH116
    return sum(
        os.stat(os.path.join(folder, name)).st_size  # noqa: PTH116, PTH118
        for folder, _folders, names in os.walk(path)
        for name in names
    )
