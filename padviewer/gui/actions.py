"""Every action of the window, once: menus, shortcuts, tooltips and screen readers agree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from padviewer.assets import samples
from padviewer.errors import shortened
from padviewer.gui.axes_menu import AxesMenu
from padviewer.plan import Stage

EXPORTS = {Stage.PADDED: "Padded tensor…", Stage.FEATURE: "Feature map…", Stage.MASK: "Pixel mask…"}
_THEMES = {"system": "As the desktop", "dark": "Dark", "light": "Light"}


class Actions:
    """Builds the menus of a window whose slots are given by name.

    Args:
        window: gets the menus; its attributes named in the menus below are called.
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self.export: dict[Stage, QAction] = {}
        self.themes: dict[str, QAction] = {}
        bar = window.menuBar()
        self._build_file(bar.addMenu("&File"))
        self._build_edit(bar.addMenu("&Edit"))
        self._build_view(bar.addMenu("&View"))
        self._build_tools(bar.addMenu("&Tools"))
        self._build_window(bar.addMenu("&Window"))
        self._build_help(bar.addMenu("&Help"))

    def set_recent(self, paths: list[str]) -> None:
        """Lists the files that were opened lately."""
        self._recent.clear()
        for path in paths:
            action = self._recent.addAction(shortened(path, 80))
            action.triggered.connect(lambda _checked=False, path=path: self._call("open_paths")([path]))
        self._recent.addSeparator()
        self._add(self._recent, "Clear the list", "clear_recent")
        self._recent.setEnabled(bool(paths))

    def set_theme(self, name: str) -> None:
        """Marks the theme that was chosen; one that is not known, from a file that was edited, is the desktop's."""
        self.themes.get(name, self.themes["system"]).setChecked(True)

    def _build_file(self, menu: QMenu) -> None:
        self._add(menu, "&Open…", "ask_open", "Ctrl+O")
        self._add(menu, "Open &folder…", "ask_open_folder", "Ctrl+Shift+O")
        self._recent = menu.addMenu("Open &recent")
        self._build_samples(menu.addMenu("Open &sample"))
        menu.addSeparator()
        self.reload = self._add(menu, "Re&load", "reload", "F5")
        self.close_file = self._add(menu, "&Close file", "close_file", "Ctrl+W")
        menu.addSeparator()
        self.export_menu = menu.addMenu("&Export")
        for stage, text in EXPORTS.items():
            action = QAction(text, self._window)
            if stage is Stage.PADDED:
                action.setShortcut("Ctrl+S")
            action.triggered.connect(lambda _checked=False, stage=stage: self._call("ask_export")(stage))
            self.export_menu.addAction(action)
            self.export[stage] = action
        menu.addSeparator()
        self._add(menu, "&Quit", "close", "Ctrl+Q")

    def _build_samples(self, menu: QMenu) -> None:
        for title, path in samples():
            action = menu.addAction(title)
            action.triggered.connect(lambda _checked=False, path=path: self._call("open_sample")(path))

    def _build_edit(self, menu: QMenu) -> None:
        self._add(menu, "&Copy picture of the pane", "copy_picture", QKeySequence.StandardKey.Copy)
        self._add(menu, "Copy picture of &all panes", "copy_panes", "Ctrl+Shift+C")
        menu.addSeparator()
        self._add(menu, "&Reset all settings", "reset_settings")

    def _build_view(self, menu: QMenu) -> None:
        self._add(menu, "&Fit", "fit", "F")
        self._add(menu, "&Actual size", "actual_size", "Ctrl+0")
        self._add(menu, "Zoom &in", "zoom_in", "+", "=", "Ctrl++")
        self._add(menu, "Zoom &out", "zoom_out", "-", "Ctrl+-")
        menu.addSeparator()
        self.axes = AxesMenu("A&xes on screen", menu)
        menu.addMenu(self.axes)
        self.average = self._checkable(menu, "A&verage when zoomed out", "set_averaging", "M")
        menu.addSeparator()
        self.show_files = self._checkable(menu, "F&iles", "set_files_shown", "F8")
        self.show_settings = self._checkable(menu, "&Settings", "set_settings_shown", "F9")
        self.show_settings.setChecked(True)
        menu.addSeparator()
        themes = menu.addMenu("&Theme")
        group = QActionGroup(self._window)
        for name, text in _THEMES.items():
            action = QAction(text, self._window)
            action.setCheckable(True)
            group.addAction(action)
            themes.addAction(action)
            action.triggered.connect(lambda _checked=False, name=name: self._call("choose_theme")(name))
            self.themes[name] = action

    def _build_tools(self, menu: QMenu) -> None:
        self._add(menu, "&Cancel the convolution", "cancel_feature", "Ctrl+.")
        self._add(menu, "&Restart workers", "restart_workers")

    def _build_window(self, menu: QMenu) -> None:
        self._add(menu, "&Minimise", "showMinimized", "Ctrl+M")
        self.full_screen = self._checkable(menu, "&Full screen", "set_full_screen", "F11")

    def _build_help(self, menu: QMenu) -> None:
        self._add(menu, "&What you see", "show_welcome", "F1")
        self._add(menu, "&About padviewer", "show_about")

    def _add(self, menu: QMenu, text: str, slot: str, *shortcuts: str | QKeySequence.StandardKey) -> QAction:
        action = QAction(text, self._window)
        action.setShortcuts([QKeySequence(shortcut) for shortcut in shortcuts])
        action.triggered.connect(lambda _checked=False: self._call(slot)())
        menu.addAction(action)
        return action

    def _checkable(self, menu: QMenu, text: str, slot: str, shortcut: str) -> QAction:
        action = QAction(text, self._window)
        action.setCheckable(True)
        action.setShortcut(shortcut)
        action.triggered.connect(self._call(slot))
        menu.addAction(action)
        return action

    def _call(self, slot: str) -> Callable[..., Any]:
        found: Callable[..., Any] = getattr(self._window, slot)
        return found


def suggested_name(path: str, stage: Stage) -> str:
    """Returns the name that an export of a file is offered."""
    source = Path(path)
    return str(source.with_name(f"{source.stem}_{stage.value}.npy"))
