"""What `show` returns: the array in the window, to be updated and closed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from padviewer.live.arrays import as_array
from padviewer.live.parcel import pack
from padviewer.live.settings import checked_axes
from padviewer.live.window import Entry, Letter, Window

# How often a handle opens another window where the one before did not end as it should.
_REOPENED = 3


class Handle:
    """An array in a window.

    Args:
        find: returns the window that is there now, or a new one.
        name: of the array; None takes one that no other has.
        settings: that it was shown with, as JSON holds them.
        axes: its axes, where they were told.
    """

    def __init__(
        self, find: Callable[[], Window], name: str | None, settings: dict[str, Any], axes: str | None
    ) -> None:
        self._find = find
        self._settings = settings
        self._axes = axes
        self._reopened = 0
        self._lock = threading.Lock()
        self._window = find()
        self._entry: Entry = self._window.entry(name)

    @property
    def name(self) -> str:
        """What the window's list calls the array."""
        return self._entry.name

    @property
    def closed(self) -> bool:
        """Whether the array is in no window, because it was closed here or there."""
        return self._entry.closed

    def update(self, x: Any, *, axes: str | None = None) -> bool:
        """Shows another version of the array; shape and dtype may differ, view and settings stay.

        It returns at once. Where versions come faster than the window shows them, it shows the newest.

        Args:
            x: as for `show`.
            axes: a letter for each axis; None takes those told before, where the rank is the same.

        Returns:
            False where the window, or the array in it, was closed: then nothing is done.

        Raises:
            UnsupportedArray: `x` is no array that can be shown.
            SettingsError: the axes do not fit it.
            ShowError: there is not enough memory for a copy.
        """
        if self.closed and not self._entry.lost:
            return False
        given = as_array(x)
        letters = checked_axes(axes, given.array.shape)
        if letters is None and len(self._axes or "") == given.array.ndim:
            letters = self._axes
        self._axes = letters or self._axes
        descriptor = pack(given, letters)
        reopened = self._reopen()
        self.put(descriptor, self._settings if reopened else {}, front=reopened)
        return not self.closed

    def close(self) -> None:
        """Takes the array off the window's list, and closes the window where that was the last; again is fine."""
        self._window.put(self._entry, Letter("close"))

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the array or the window is closed.

        Args:
            timeout: seconds after which it waits no more.

        Returns:
            Whether it is closed.
        """
        return self._window.wait(self._entry, timeout)

    def info(self, timeout: float | None = 60.0) -> dict[str, Any]:
        """Tells what the window holds, once the newest version has arrived there.

        Args:
            timeout: seconds after which it waits no more.

        Returns:
            `name`, `shape`, `axes`, `dtype`, `notes`, whether it is `on_screen`, the shapes `padded` and `feature`
            (None where they cannot be, for which `problem` tells why), and the window's `settings`.

        Raises:
            WindowClosed: it holds nothing any more.
            TimeoutError: it has not answered in time.
        """
        found = self._window.info(self._entry, timeout)
        for name in ("shape", "padded", "feature"):
            found[name] = None if found[name] is None else tuple(found[name])
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<padviewer {self.name!r}: {'closed' if self.closed else 'open'}>"

    def put(self, descriptor: int, settings: dict[str, Any], front: bool) -> None:
        """Sends a version of the array.

        Args:
            descriptor: of the version, which is given away.
            settings: that come with it, as JSON holds them.
            front: whether it comes on screen where another array is.
        """
        self._window.put(self._entry, Letter("array", descriptor, settings, front))

    def _reopen(self) -> bool:
        """Opens another window where the one before ended by itself, some times; returns whether it did."""
        with self._lock:
            if not self._entry.lost or self._reopened == _REOPENED:
                return False
            self._reopened += 1
            self._window = self._find()
            self._entry = self._window.entry(self.name)
            return True
