"""What was edited, step by step, so that it can be undone and done again. Settings are; what is looked at is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from padviewer.axes import SPATIAL_SETS
from padviewer.errors import SettingsError
from padviewer.gui.files import Item
from padviewer.gui.palette.setting_text import changed_rows, describe_change, values_from_json, values_to_json

LIMIT = 1000
# Edits of the same setting that follow each other so closely, in seconds, are one: typing, and keys held down.
TOGETHER_S = 1.0
_FIELDS = {"before", "after", "letters", "path", "member", "what"}


@dataclass(frozen=True)
class Step:
    """One edit.

    Attributes:
        before, after: values of the settings that it changed, by name.
        letters: the spatial axes of the array that was shown, such as `HW`; empty where none was.
        item: path and member of that array.
        what: says what it was, where it was more than the edit of a field: a remedy, a reset.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    letters: str = ""
    item: Item | None = None
    what: str = ""

    @property
    def text(self) -> str:
        """What was changed, such as `target H 128 → 256`."""
        return self.what or describe_change(self.before, self.after, self.letters)

    @property
    def key(self) -> tuple[Any, ...]:
        """What another step must have in common with it to be the same edit going on."""
        rows = changed_rows(self.before["target"], self.after["target"]) if "target" in self.after else ()
        return (tuple(self.after), rows, self.letters, self.item, self.what)

    def to_json(self) -> dict[str, Any]:
        """Returns it as JSON can hold it."""
        path, member = self.item or (None, None)
        values = {"before": values_to_json(self.before), "after": values_to_json(self.after)}
        return {**values, "letters": self.letters, "path": path, "member": member, "what": self.what}

    @classmethod
    def from_json(cls, values: Any) -> Step:
        """Returns the step of `to_json`; raises a `SettingsError` where it could be none."""
        if not isinstance(values, dict) or set(values) != _FIELDS:
            raise SettingsError(f"a step of the history: expected an object of {', '.join(sorted(_FIELDS))}")
        before, after = values_from_json(values["before"]), values_from_json(values["after"])
        path, member, letters, what = (values[name] for name in ("path", "member", "letters", "what"))
        fits = letters in ("", *SPATIAL_SETS) and isinstance(what, str) and before.keys() == after.keys() != set()
        if not fits or not isinstance(path, str | None) or not isinstance(member, str | None):
            raise SettingsError("a step of the history: expected texts, and the same settings before and after")
        return cls(before, after, letters, None if path is None else (path, member), what)


class History:
    """The steps that were done, and those that were undone.

    Args:
        clock: seconds.
        limit: of the steps that are kept; the oldest are forgotten.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, limit: int = LIMIT) -> None:
        self._clock = clock
        self._limit = limit
        self._last: float | None = None
        self.done: list[Step] = []
        self.undone: list[Step] = []

    def add(self, step: Step) -> None:
        """Takes a step that was done; the last one grows instead where it is the same edit going on."""
        now = self._clock()
        last = self.done[-1] if self.done and self._last is not None else None
        going_on = last is not None and last.key == step.key and not step.what and now - (self._last or 0) < TOGETHER_S
        self.undone.clear()
        self._last = now
        if last is None or not going_on:
            self.done.append(step)
            del self.done[: -self._limit]
        elif repr(last.before) == repr(step.after):
            del self.done[-1]  # back to where it began
            self.seal()
        else:
            self.done[-1] = replace(last, after=step.after)

    @property
    def last_done(self) -> Step | None:
        """What would be undone next."""
        return self.done[-1] if self.done else None

    @property
    def last_undone(self) -> Step | None:
        """What would be done again next."""
        return self.undone[-1] if self.undone else None

    def undo(self) -> Step | None:
        """Returns the last step that was done, whose `before` is to be set; None where there is none."""
        return self._move(self.done, self.undone)

    def redo(self) -> Step | None:
        """Returns the last step that was undone, whose `after` is to be set; None where there is none."""
        return self._move(self.undone, self.done)

    def seal(self) -> None:
        """The next step is one of its own, whatever it changes."""
        self._last = None

    def restore(self, done: tuple[Step, ...], undone: tuple[Step, ...]) -> None:
        """Takes the steps of an earlier session."""
        self.done, self.undone = list(done)[-self._limit :], list(undone)[-self._limit :]
        self.seal()

    def _move(self, source: list[Step], target: list[Step]) -> Step | None:
        self.seal()
        if not source:
            return None
        step = source.pop()
        target.append(step)
        return step
