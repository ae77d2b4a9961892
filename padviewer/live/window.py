"""A window as seen from the Python that shows arrays in it: a process, the line to it, and what has not arrived yet.

Nothing here waits for the window, whatever it does: of each array one version is on its way, and the newest of those
that came since waits for the answer, so that memory and time of a loop that updates do not grow. One thread listens.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from padviewer.errors import WindowClosed
from padviewer.live.link import Message
from padviewer.live.process import Process, start_process

# Messages that are on their way at a time: fewer than a line holds, so that sending never waits.
_UNDER_WAY = 2
# A Python that ends waits so long for a window that says nothing; it takes longer to start where all processors work.
_ENDING_S, _STARTING_S = 10.0, 60.0
_log = logging.getLogger("padviewer")


@dataclass(frozen=True)
class Letter:
    """What is to be sent of an array: a version of it, or that it is closed.

    Attributes:
        kind: `array` or `close`.
        descriptor: of the version.
        settings: that come with it.
        front: whether it is to come on screen, wherever the person was.
    """

    kind: str
    descriptor: int | None = None
    settings: dict[str, Any] | None = None
    front: bool = False

    def drop(self) -> None:
        """Gives the version back."""
        if self.descriptor is not None:
            os.close(self.descriptor)


class Entry:
    """An array in a window.

    Attributes:
        name: in the window's list.
        number: in messages.
        closed: whether it is in no window any more.
        lost: whether that is because the window's process ended by itself.
    """

    def __init__(self, name: str, number: int) -> None:
        self.name, self.number = name, number
        self.closed = self.lost = False


class Window:
    """Sends arrays to a window and hears what becomes of them; every method may be called from any thread.

    Args:
        start: starts the window's process.
    """

    def __init__(self, start: Callable[[], Process] | None = None) -> None:
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._entries: dict[int, Entry] = {}
        self._waiting: dict[int, Letter] = {}
        self._under_way: set[int] = set()
        self._answers: dict[int, Any] = {}
        self._farewell = self._opened = False
        self._forgotten = False
        self._failure = self.problem = ""
        self.ended = False
        self._process = (start or start_process)()
        threading.Thread(target=self._listen, name="padviewer show", daemon=True).start()

    def entry(self, name: str | None) -> Entry:
        """Returns the array of a name, or a new one; without a name, a new one whose name nothing has."""
        with self._changed:
            shown = {entry.name: entry for entry in self._entries.values() if not entry.closed}
            if name is None:
                names = ("array" if n == 1 else f"array {n}" for n in itertools.count(1))
                name = next(name for name in names if name not in shown)
            if name not in shown:
                number = next(self._numbers)
                shown[name] = self._entries[number] = Entry(name, number)
                if self.ended:
                    shown[name].closed = shown[name].lost = True
            return shown[name]

    def put(self, entry: Entry, letter: Letter) -> bool:
        """Sends a version of an array as soon as the one before was taken; a newer one takes its place until then.

        Returns:
            Whether the array is in the window still; the letter is given back where it is not.
        """
        with self._changed:
            if entry.closed:
                letter.drop()
                return False
            older = self._waiting.get(entry.number)
            if older is not None:
                older.drop()
                settings = {**(older.settings or {}), **(letter.settings or {})}
                letter = replace(letter, settings=settings, front=letter.front or older.front)
            self._waiting[entry.number] = letter
            entry.closed = letter.kind == "close"
            self._post()
            self._changed.notify_all()
            return True

    def info(self, entry: Entry, timeout: float | None) -> dict[str, Any]:
        """Asks the window what it holds of an array, once the newest version is there.

        Raises:
            WindowClosed: it holds nothing of it any more.
            TimeoutError: it has not answered in time.
        """
        with self._changed:
            number = next(self._numbers)
            self._wait(lambda: entry.closed or not self._busy(entry.number), timeout)
            if not entry.closed:
                with contextlib.suppress(OSError):  # the listening thread tells that the window has ended
                    self._process.link.send("info", entry=entry.number, question=number)
                self._wait(lambda: number in self._answers or self.ended, timeout)
            answer = self._answers.pop(number, None)
        if answer is None:
            because = f": {self.problem}" if self.problem else ""
            raise WindowClosed(f"{entry.name} is in no window any more{because}; show it again")
        return dict(answer)

    def wait(self, entry: Entry, timeout: float | None) -> bool:
        """Waits until an array is closed; returns whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: entry.closed, timeout)

    def leave(self) -> None:
        """Python ends: sends what waits, and lets the window live on."""
        with self._changed:
            while self._waiting and not self.ended:
                if not self._changed.wait(_ENDING_S if self._opened else _STARTING_S):
                    break
        self._process.leave()

    def forget(self) -> None:
        """This process is a fork: the window belongs to its parent."""
        self._changed, self._forgotten = threading.Condition(), True
        self._process.link.close()
        with self._changed:
            self._end(lost=False)
        self._process.leave()

    # ---- inside

    def _busy(self, number: int) -> bool:
        return number in self._waiting or number in self._under_way

    def _wait(self, condition: Callable[[], bool], timeout: float | None) -> None:
        if not self._changed.wait_for(condition, timeout):
            raise TimeoutError(f"the window has not answered within {timeout} s")

    def _post(self) -> None:
        """Sends what may be sent; the lock is held."""
        for number, letter in list(self._waiting.items()):
            if len(self._under_way) >= _UNDER_WAY:
                return
            if number in self._under_way:
                continue
            del self._waiting[number]
            self._under_way.add(number)
            content = {"settings": letter.settings or {}, "front": letter.front} if letter.kind == "array" else {}
            with contextlib.suppress(OSError):  # the listening thread tells that the window has ended
                name = self._entries[number].name
                self._process.link.send(letter.kind, letter.descriptor, entry=number, name=name, **content)
            letter.drop()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while (message := self._process.link.receive()) is not None:
                with self._changed:
                    self._hear(message)
                    self._changed.notify_all()
        self._process.link.close()
        if not self._farewell:
            self.problem = self._failure or f"the window ended{self._process.reason()}"
        lost = bool(self.problem) and not self._failure and self._opened
        if self.problem and not self._forgotten:
            _log.warning("padviewer: %s%s", self.problem, "; the next update opens another" if lost else "")
        with self._changed:
            self._end(lost)
        if self._farewell:
            self._process.reason()

    def _hear(self, message: Message) -> None:
        """Takes note of what the window says; the lock is held."""
        message.close()
        content = message.content
        number = content.get("entry")
        match message.kind:
            case "opened":
                self._opened = True
            case "taken":
                self._under_way.discard(number)
                self._post()
            case "closed" if number in self._entries:
                self._close(self._entries.pop(number))
                self._under_way.discard(number)
                self._post()
            case "answer":
                self._answers[content.get("question", -1)] = content.get("info")
            case "failed":
                self._failure = str(content.get("text"))
            case "farewell":
                self._farewell = True

    def _close(self, entry: Entry) -> None:
        entry.closed = True
        waiting = self._waiting.pop(entry.number, None)
        if waiting is not None:
            waiting.drop()

    def _end(self, lost: bool) -> None:
        self.ended = True
        for entry in self._entries.values():
            entry.lost = lost and not entry.closed
            self._close(entry)
        self._entries.clear()
        self._changed.notify_all()
