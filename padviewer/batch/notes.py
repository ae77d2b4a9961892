"""What is noted of an export while it runs: first the disk, then the manifest, for many items at once.

To wait for the disk after each file costs more than to decode, pad and write it. Files are put in their places by
renaming, so what is there is whole in any case; but after the power went, a name may be there without its bytes. So
nothing is noted before it is on the disk: about once a second the whole file system is waited for (`syncfs`), then
lines are appended for what was written before that, and the manifest is waited for. An export that is killed does again
what was written and not yet noted: the work of about a second.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from types import TracebackType
from typing import Self

from padviewer.batch.manifest import Manifest
from padviewer.batch.record import Record
from padviewer.errors import PadviewerError
from padviewer.export.place import told
from padviewer.objects import is_url

_EACH_S = 1.0


class Notes:
    """Takes records from one thread, and notes them from another.

    Args:
        manifest: that they are noted in; open.
        folder: what is written lies on its file system.
        each: seconds between two notes.
    """

    def __init__(self, manifest: Manifest, folder: str, each: float = _EACH_S) -> None:
        self._manifest, self._folder, self._each = manifest, folder, each
        self._held: list[Record] = []
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._error: PadviewerError | None = None
        self._thread = threading.Thread(target=self._run, name="padviewer notes", daemon=True)

    def add(self, records: list[Record]) -> None:
        """Takes records, to be noted soon.

        Raises:
            ExportError: earlier ones could not be noted.
        """
        if self._error:
            raise self._error
        with self._lock:
            self._held += records

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        if self._error is None:
            with contextlib.suppress(*(() if kind is None else (PadviewerError,))):
                self._note()
        elif kind is None:
            raise self._error

    def _run(self) -> None:
        while not self._ending.wait(self._each):
            try:
                self._note()
            except PadviewerError as error:
                self._error = error
                return

    def _note(self) -> None:
        with self._lock:
            records, self._held = self._held, []
        if records:
            sync_disk(self._folder)
            self._manifest.append(records)


def sync_disk(folder: str) -> None:
    """Waits until all that was written to the file system of a folder is on the disk.

    Raises:
        ExportError: the system says that it is not.
    """
    if is_url(folder):
        return  # what the store has taken, it keeps
    wait = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if wait is None:
        os.sync()
        return
    with told(folder):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if wait(descriptor) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), folder)
        finally:
            os.close(descriptor)
