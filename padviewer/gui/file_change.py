"""When a file is another than the one that was read, and has come to rest: stat results in, yes or no out."""

from __future__ import annotations

# A file that has not changed for so many seconds is taken for written.
REST_S = 0.3
# Time of the last change in nanoseconds, and size in bytes; None where the name leads nowhere.
State = tuple[int, int] | None


class ChangeDetector:
    """Looks at one file again and again.

    A file that is gone has not changed: what was read stays, and when something stands there again that is a change.
    One that is written slowly is told at each rest; whoever reads it then may find it cut short, and reads it again.

    Args:
        read: the state of the file when it was read.
    """

    def __init__(self, read: State) -> None:
        self._known = read
        self._seen: State = None
        self._since = 0.0

    @property
    def restless(self) -> bool:
        """Whether the file has changed and not come to rest yet: the next look should be soon."""
        return self._seen is not None

    def look(self, now: float, state: State) -> bool:
        """Returns whether there is something new to read; each change is told once.

        Args:
            now: seconds of any clock that runs on.
            state: of the file now.
        """
        if state is None or state == self._known:
            self._seen = None
            return False
        if state != self._seen:
            self._seen, self._since = state, now
            return False
        if now - self._since < REST_S:
            return False
        self._known, self._seen = state, None
        return True
