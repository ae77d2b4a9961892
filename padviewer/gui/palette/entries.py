"""What the command palette offers: actions of the menus, files and members that are open, and settings by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from padviewer.errors import SettingsError, shortened
from padviewer.gui.palette.action_list import SEPARATOR, action_entries
from padviewer.gui.palette.fuzzy import fit
from padviewer.gui.palette.setting_text import (
    BUDGET,
    CHOICES,
    SETTINGS,
    label_of,
    parse_setting,
    parse_value,
    write_value,
)
from padviewer.handed import shown_name

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow
    from padviewer.gui.session import Session

# A list of thousands of files is not searched at each key.
_MOST_FILES = 500
_USED_LATELY = 5.0


@dataclass(frozen=True)
class PaletteEntry:
    """One line of the palette.

    Attributes:
        text: what is searched and read.
        run: what it does; None where it cannot be done now.
        keys: the shortcut.
        completes: what the line that is typed becomes, instead of anything being done.
        note: why it cannot be done, or what is in force.
    """

    text: str
    run: Callable[[], Any] | None = None
    keys: str = ""
    completes: str = ""
    note: str = ""

    @property
    def usable(self) -> bool:
        """Whether choosing it does something."""
        return self.run is not None or bool(self.completes)


def window_entries(window: MainWindow) -> list[PaletteEntry]:
    """Returns what can be asked of a window, without what is typed for a setting."""
    return [*_actions(window), *_members(window.session), *_files(window.session), *_names(window.session)]


def found_entries(query: str, entries: list[PaletteEntry], session: Session, used: list[str]) -> list[PaletteEntry]:
    """Returns the entries that fit what is typed, the best first; a setting with its value before all others.

    Args:
        query: what is typed.
        entries: of `window_entries`.
        session: whose settings are edited.
        used: texts of those chosen lately, the last one first; they stand first while nothing is typed.
    """
    if not query.strip():
        known = {entry.text: entry for entry in entries if entry.usable}
        lately = [known[text] for text in used if text in known]
        return lately + _usable_first([entry for entry in entries if entry not in lately])
    settings = _setting(query, session)
    fits = [(_fit(query, entry, used), entry) for entry in entries]
    ranked = sorted((pair for pair in fits if pair[0] is not None), key=lambda pair: -(pair[0] or 0))
    found = settings + _usable_first([entry for _score, entry in ranked if entry.completes.strip() != query.strip()])
    return found or [PaletteEntry("Nothing fits")]


def _fit(query: str, entry: PaletteEntry, used: list[str]) -> float | None:
    found = fit(query.lower(), entry.text.lower())
    return found if found is None or entry.text not in used else found + _USED_LATELY


def _usable_first(entries: list[PaletteEntry]) -> list[PaletteEntry]:
    return sorted(entries, key=lambda entry: not entry.usable)


def _actions(window: MainWindow) -> list[PaletteEntry]:
    return [
        PaletteEntry(
            entry.path,
            entry.action.trigger if entry.enabled else None,
            entry.keys,
            note=("on" if entry.action.isChecked() else "") if entry.enabled else "not now",
        )
        for entry in action_entries(window.menuBar())
        if entry.action is not window.actions_.palette
    ]


def _members(session: Session) -> list[PaletteEntry]:
    members = [member for member in session.members if member.readable] if len(session.members) > 1 else []
    return [
        PaletteEntry(f"Member{SEPARATOR}{shortened(member.name, 80)}", partial(session.choose_member, member.name))
        for member in members[:_MOST_FILES]
    ]


def _files(session: Session) -> list[PaletteEntry]:
    found = []
    for index, entry in enumerate(session.files.entries[:_MOST_FILES]):
        path, member = entry.item
        name = shown_name(path) + (f"::{member}" if member else "")
        found.append(PaletteEntry(f"Files{SEPARATOR}{shortened(name, 80)}", partial(session.files.select, index)))
    return found


def _names(session: Session) -> list[PaletteEntry]:
    """Returns the names of the settings, which a person goes on to type a value for."""
    return [
        PaletteEntry(f"Set {label_of(name)}", completes=f"{label_of(name)} ", note=_in_force(session, name))
        for name in SETTINGS
    ]


def _in_force(session: Session, name: str) -> str:
    value = session.budget if name == BUDGET else getattr(session.spec, name)
    return shortened(write_value(name, value), 40)


def _setting(query: str, session: Session) -> list[PaletteEntry]:
    """Returns what a line such as `mode refl` sets, or why it sets nothing."""
    parsed = parse_setting(query)
    if parsed is None:
        return []
    name, text = parsed
    if name in CHOICES:
        fitting = [choice for choice in CHOICES[name] if choice.startswith(text.lower())]
        if fitting:
            return [_set(session, name, choice) for choice in fitting]
    if not text:
        return [PaletteEntry(f"{label_of(name)}: type a value", note=f"now {_in_force(session, name)}")]
    try:
        return [_set(session, name, parse_value(name, text))]
    except SettingsError as error:
        return [PaletteEntry(error.message, note="not set")]


def _set(session: Session, name: str, value: Any) -> PaletteEntry:
    edit = partial(session.edit, {name: value}, "")
    return PaletteEntry(f"Set {label_of(name)} {shortened(write_value(name, value), 60)}", edit)
