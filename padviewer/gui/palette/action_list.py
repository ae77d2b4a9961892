"""Every action of the menus with the path that leads to it: what palette, shortcut sheet and sessions go by."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

SEPARATOR = " › "


@dataclass(frozen=True)
class ActionEntry:
    """An action of a menu.

    Attributes:
        menus: titles of the menus that lead to it.
        text: its own, without marks of access keys.
        action: itself.
        enabled: whether it and every menu that leads to it can be used now.
    """

    menus: tuple[str, ...]
    text: str
    action: QAction
    enabled: bool

    @property
    def path(self) -> str:
        """Where it is found, such as `View › Theme › Dark`."""
        return SEPARATOR.join((*self.menus, self.text))

    @property
    def keys(self) -> str:
        """Its first shortcut, as people read it; empty where it has none."""
        return self.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def action_entries(bar: QMenuBar) -> list[ActionEntry]:
    """Returns the actions of all menus, in their order."""
    found: list[ActionEntry] = []
    for action in bar.actions():
        menu = action.menu()
        if isinstance(menu, QMenu):
            found += _inside(menu, (plain(action.text()),), action.isEnabled())
    return found


def plain(text: str) -> str:
    """Returns a menu's text without the marks of access keys."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def _inside(menu: QMenu, menus: tuple[str, ...], enabled: bool) -> list[ActionEntry]:
    found: list[ActionEntry] = []
    for action in menu.actions():
        usable = enabled and action.isEnabled()
        below = action.menu()
        if isinstance(below, QMenu):
            found += _inside(below, (*menus, plain(action.text())), usable)
        elif not action.isSeparator() and action.text():
            found.append(ActionEntry(menus, plain(action.text()), action, usable))
    return found
