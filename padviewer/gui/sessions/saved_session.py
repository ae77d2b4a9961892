"""A session as it was left, to and from JSON: what is open, how it is set and how it is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from padviewer.errors import SettingsError, printable, shortened
from padviewer.gui.files import MAX_FILES, Item
from padviewer.gui.history import LIMIT, Step
from padviewer.gui.rectangles import Rect
from padviewer.gui.rendering import COLOUR_MAPS, LEVEL_RULES, Look
from padviewer.gui.screen import Cut
from padviewer.gui.sessions import record
from padviewer.handed import shown_name
from padviewer.plan import Stage
from padviewer.spec import PipelineSpec

SUFFIX = ".padviewer"
FORMAT, VERSION = "padviewer session", 1
# What a person could have saved is far smaller; more would only keep the window busy.
MAX_BYTES = 32 << 20
_MAX_NAME = 1 << 16


@dataclass(frozen=True)
class SavedSession:
    """A session as it was left.

    Attributes:
        items: the files that are open, in the list's order.
        shown: the one on screen.
        spec: the settings.
        kept: the settings that other numbers of spatial axes had, by that number.
        axes: the letters that were told for arrays that are not on screen.
        budget: bytes that one result may take; None is what the program finds.
        cut: the plane on screen.
        view: the rectangle on screen; None shows everything.
        looks: colours of each pane.
        toggles: what of the menus is on or off, by its path.
        layout: of panels and the window's place, as Qt writes them, in base 64.
        geometry: the window's place, likewise.
        done, undone: the last steps of the history.
    """

    items: tuple[Item, ...] = ()
    shown: Item | None = None
    spec: PipelineSpec = field(default_factory=PipelineSpec)
    kept: Mapping[int, PipelineSpec] = field(default_factory=dict)
    axes: Mapping[Item, str] = field(default_factory=dict)
    budget: int | None = None
    cut: Cut = field(default_factory=Cut)
    view: Rect | None = None
    looks: Mapping[Stage, Look] = field(default_factory=dict)
    toggles: Mapping[str, bool] = field(default_factory=dict)
    layout: str = ""
    geometry: str = ""
    done: tuple[Step, ...] = ()
    undone: tuple[Step, ...] = ()

    def to_json(self) -> str:
        """Returns the session as one JSON object, in ASCII: names of any bytes can be in it.

        Names that no file can have, and files beyond what is read back, are left out.
        """
        items = list(_writable(self.items))
        shown = self.shown if self.shown is not None and _can_be(self.shown) else None
        values = {
            "format": FORMAT,
            "version": VERSION,
            "items": items,
            "shown": None if shown is None else list(shown),
            "spec": json.loads(self.spec.to_json()),
            "kept": {str(rank): json.loads(spec.to_json()) for rank, spec in self.kept.items()},
            "axes": [[*item, letters] for item, letters in self.axes.items() if _can_be(item)][:MAX_FILES],
            "budget": self.budget,
            "cut": record.to_json(self.cut),
            "view": None if self.view is None else list(self.view),
            "looks": {stage.value: record.to_json(look) for stage, look in self.looks.items()},
            "toggles": dict(self.toggles),
            "layout": self.layout,
            "geometry": self.geometry,
            "done": [step.to_json() for step in self.done],
            "undone": [step.to_json() for step in self.undone],
        }
        return json.dumps(values)

    @classmethod
    def from_json(cls, text: str) -> SavedSession:
        """Returns the session of `text`; unknown names and wrong types are errors, missing names take defaults.

        Raises:
            SettingsError: where it is no session, one of a newer program, or one that nobody could have saved.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"session: expected a JSON object; {shortened(str(error))}") from error
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise SettingsError("session: this is no session of padviewer; save one by File, Save session as")
        version = values.get("version")
        if version != VERSION or isinstance(version, bool):
            given = shortened(repr(version), 20)
            raise SettingsError(f"session: it has version {given} and not {VERSION}; open it with what saved it")
        unknown = sorted(set(values) - set(_READ) - {"format", "version"})
        if unknown:
            raise SettingsError(f"session: unknown names {shortened(', '.join(unknown))}")
        found: dict[str, Any] = {name: read(values[name]) for name, read in _READ.items() if name in values}
        return cls(**found)

    def without(self, items: set[Item]) -> SavedSession:
        """Returns the session without some of its files."""
        kept = tuple(item for item in self.items if item not in items)
        return replace(self, items=kept, shown=None if self.shown in items else self.shown)

    @property
    def title(self) -> str:
        """What a menu calls it: the file on screen and how many others there are."""
        shown = self.shown or (self.items[0] if self.items else None)
        if shown is None:
            return "nothing open"
        name = shortened(shown_name(shown[0]), 40)
        others = len(self.items) - 1
        return f"{name} and {others} more" if others > 0 else name


def _can_be(item: Item) -> bool:
    return max(len(word or "") for word in item) <= _MAX_NAME


def _writable(items: Iterable[Item]) -> Iterator[list[str | None]]:
    """Yields the items that can be read back, as long as there is room for them in a file."""
    room = MAX_BYTES * 3 // 4
    for item in islice(filter(_can_be, items), MAX_FILES):
        room -= len(json.dumps(item)) + 2
        if room < 0:
            return
        yield list(item)


def _item(value: Any) -> Item:
    texts = isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)
    if not texts or not isinstance(value[1], str | None) or max(len(word or "") for word in value) > _MAX_NAME:
        raise SettingsError(f"session: {shortened(repr(value), 60)}: expected a path, and a member or null")
    return value[0], value[1]


def _items(value: Any) -> tuple[Item, ...]:
    if not isinstance(value, list) or len(value) > MAX_FILES:
        raise SettingsError(f"session: items: expected a list of at most {MAX_FILES} files")
    return tuple(dict.fromkeys(map(_item, value)))


def _spec(value: Any) -> PipelineSpec:
    return PipelineSpec.from_json(json.dumps(value))


def _kept(value: Any) -> dict[int, PipelineSpec]:
    found = _object("kept", value)
    if not set(found) <= {"1", "2", "3"}:
        raise SettingsError("session: kept: expected settings for 1, 2 or 3 spatial axes")
    return {int(rank): _spec(spec) for rank, spec in found.items()}


def _axes(value: Any) -> dict[Item, str]:
    if not isinstance(value, list) or len(value) > MAX_FILES:
        raise SettingsError(f"session: axes: expected a list of at most {MAX_FILES} files with their letters")
    if not all(isinstance(line, list) and len(line) == 3 for line in value):
        raise SettingsError("session: axes: expected path, member and letters of each")
    return {_item(line[:2]): PipelineSpec(axes=line[2]).axes or "" for line in value}


def _budget(value: Any) -> int | None:
    if value is not None and (not record.fits(value, int) or value < 1):
        raise SettingsError(f"session: budget {shortened(repr(value), 40)}: expected a number of bytes or null")
    return None if value is None else int(value)


def _cut(value: Any) -> Cut:
    cut = record.from_json(Cut, value, "session: cut")
    indices = [number for number in record.to_json(cut).values() if isinstance(number, int)]
    pair = cut.axes is None or (len(set(cut.axes)) == len(cut.axes) == 2 and set(cut.axes) <= set("BDHWTC"))
    if any(number < 0 for number in indices) or not pair:
        raise SettingsError("session: cut: expected indices from 0, and two letters such as HW or null")
    return cut


def _view(value: Any) -> Rect | None:
    if value is None:
        return None
    numbers = tuple(value) if isinstance(value, list) else ()
    if not record.fits(numbers, Rect) or min(numbers[2:]) <= 0 or max(map(abs, numbers)) > 1e15:
        raise SettingsError("session: view: expected left, top, width and height, or null")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _looks(value: Any) -> dict[Stage, Look]:
    found = _object("looks", value)
    stages = {stage.value: stage for stage in Stage}
    if not set(found) <= set(stages):
        raise SettingsError(f"session: looks: expected some of {', '.join(stages)}")
    return {stages[name]: _look(look) for name, look in found.items()}


def _look(value: Any) -> Look:
    look = record.from_json(Look, value, "session: look")
    if look.colour_map not in COLOUR_MAPS or look.rule not in LEVEL_RULES or not look.custom[0] < look.custom[1]:
        raise SettingsError("session: look: expected a known colour map, a known rule, and two levels in order")
    return look


def _toggles(value: Any) -> dict[str, bool]:
    found = _object("toggles", value)
    if len(found) > LIMIT or not all(isinstance(on, bool) for on in found.values()):
        raise SettingsError("session: toggles: expected true or false for each")
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.isascii() or printable(value) != value:
        raise SettingsError("session: layout: expected a text in base 64")
    return value


def _shown(value: Any) -> Item | None:
    return None if value is None else _item(value)


def _steps(value: Any) -> tuple[Step, ...]:
    if not isinstance(value, list) or len(value) > LIMIT:
        raise SettingsError(f"session: history: expected a list of at most {LIMIT} steps")
    return tuple(map(Step.from_json, value))


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"session: {name}: expected a JSON object, got {type(value).__name__}")
    return value


_READ: dict[str, Callable[[Any], Any]] = {
    "items": _items,
    "shown": _shown,
    "spec": _spec,
    "kept": _kept,
    "axes": _axes,
    "budget": _budget,
    "cut": _cut,
    "view": _view,
    "looks": _looks,
    "toggles": _toggles,
    "layout": _text,
    "geometry": _text,
    "done": _steps,
    "undone": _steps,
}
