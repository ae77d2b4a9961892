"""Every action of the window, once: menus, shortcuts, tooltips and screen readers agree."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from padviewer.assets import samples
from padviewer.errors import shortened
from padviewer.gui.axes_menu import AxesMenu
from padviewer.gui.copy_menu import CopyMenu
from padviewer.gui.history import Step
from padviewer.gui.play_menu import PlayMenu
from padviewer.handed import file_beside
from padviewer.plan import Stage

if TYPE_CHECKING:
    from padviewer.gui.commands import Commands

EXPORTS = {Stage.PADDED: "Padded tensor…", Stage.FEATURE: "Feature map…", Stage.MASK: "Pixel mask…"}
_THEMES = {"system": "As the desktop", "dark": "Dark", "light": "Light"}


class Actions:
    """Builds the menus of a window.

    Args:
        window: gets the menus.
        commands: what they call.
    """

    def __init__(self, window: QMainWindow, commands: Commands) -> None:
        self._window = window
        self._commands = commands
        self.export: dict[Stage, QAction] = {}
        self.themes: dict[str, QAction] = {}
        self.menus: dict[str, QMenu] = {}
        builders = (
            ("File", self._build_file),
            ("Edit", self._build_edit),
            ("View", self._build_view),
            ("Tools", self._build_tools),
            ("Window", self._build_window),
            ("Help", self._build_help),
        )
        for title, build in builders:
            self.menus[title] = window.menuBar().addMenu(f"&{title}")
            build(self.menus[title])

    def add(
        self,
        menu: QMenu,
        text: str,
        slot: Callable[[], Any],
        *shortcuts: str | QKeySequence.StandardKey,
        before: QAction | None = None,
    ) -> QAction:
        """Adds an action to a menu.

        Args:
            menu: one of `menus`, or a menu in one.
            text: with an ampersand before the letter that chooses it.
            slot: called without arguments.
            shortcuts: the first is shown.
            before: the action that it stands before; None adds it at the end.
        """
        action = QAction(text, self._window)
        action.setShortcuts([QKeySequence(shortcut) for shortcut in shortcuts])
        action.triggered.connect(lambda _checked=False: slot())
        self._insert(menu, action, before)
        return action

    def add_toggle(
        self,
        menu: QMenu,
        text: str,
        slot: Callable[[bool], Any],
        shortcut: str = "",
        before: QAction | None = None,
    ) -> QAction:
        """Adds an action that is on or off; `slot` is called with which when a person chose."""
        action = QAction(text, self._window)
        action.setCheckable(True)
        action.setShortcut(shortcut)
        action.triggered.connect(slot)
        self._insert(menu, action, before)
        return action

    def _insert(self, menu: QMenu, action: QAction, before: QAction | None) -> None:
        if before is None:
            menu.addAction(action)
        else:
            menu.insertAction(before, action)

    def set_recent(self, paths: list[str]) -> None:
        """Lists the files that were opened lately."""
        self._recent.clear()
        for path in paths:
            action = self._recent.addAction(shortened(path, 80).replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, path=path: self._commands.open_paths([path]))
        self._recent.addSeparator()
        self.add(self._recent, "Clear the list", self._commands.clear_recent)
        self._recent.setEnabled(bool(paths))

    def set_steps(self, undo: Step | None, redo: Step | None) -> None:
        """Says what would be undone, and what done again."""
        for action, verb, step in ((self.undo, "&Undo", undo), (self.redo, "Re&do", redo)):
            action.setText(f"{verb} {step.text.replace('&', '&&')}" if step else verb)
            action.setEnabled(step is not None)

    def set_members(self, count: int) -> None:
        """Offers other members where a file has some."""
        for action in self.members:
            action.setEnabled(count > 1)

    def set_theme(self, name: str) -> None:
        """Marks the theme that was chosen; one that is not known, from a file that was edited, is the desktop's."""
        self.themes.get(name, self.themes["system"]).setChecked(True)

    def _build_file(self, menu: QMenu) -> None:
        self.add(menu, "&Open…", self._commands.ask_open, "Ctrl+O")
        self.add(menu, "Open &folder…", self._commands.ask_open_folder, "Ctrl+Shift+O")
        self.add(menu, "Open as ra&w…", self._commands.ask_raw)
        self.add(menu, "Open from clip&board", self._commands.paste, "Ctrl+N", QKeySequence.StandardKey.Paste)
        self._recent = menu.addMenu("Open &recent")
        self._build_samples(menu.addMenu("Open &sample"))
        self.add(menu, "&Weights from a file…", self._commands.ask_weights)
        menu.addSeparator()
        self._build_sessions(menu)
        menu.addSeparator()
        self.reload = self.add(menu, "Re&load", self._commands.reload, "F5")
        self.add(menu, "&Details of the file…", self._commands.show_input_details, "Ctrl+I")
        members = self._commands.members
        self.members = (
            self.add(menu, "Pic&k a member…", members.ask, "Ctrl+K"),
            self.add(menu, "Ne&xt member", lambda: members.step(1), "Alt+PgDown"),
            self.add(menu, "Pre&vious member", lambda: members.step(-1), "Alt+PgUp"),
        )
        self.set_members(0)
        self.watch = self.add_toggle(menu, "Reload on c&hange", self._commands.set_watching)
        self.close_file = self.add(menu, "&Close file", self._commands.close_file, "Ctrl+W")
        menu.addSeparator()
        self.export_menu = menu.addMenu("&Export")
        for stage, text in EXPORTS.items():
            action = QAction(text, self._window)
            if stage is Stage.PADDED:
                action.setShortcut("Ctrl+S")
            action.triggered.connect(lambda _checked=False, stage=stage: self._commands.ask_export(stage))
            self.export_menu.addAction(action)
            self.export[stage] = action
        self.save_model = self.add(menu, "Save as &model…", self._commands.results.ask_save_model)
        self.save_figure = self.add(menu, "Save fi&gure…", self._commands.results.ask_figure)
        menu.addSeparator()
        self.add(menu, "&Quit", self._commands.quit, "Ctrl+Q")

    def _build_sessions(self, menu: QMenu) -> None:
        sessions = self._commands.sessions
        self.add(menu, "&New session", sessions.new_session)
        self.add(menu, "Open sess&ion…", sessions.ask_open_session)
        self._earlier = menu.addMenu("Open earlie&r session")
        self._earlier.aboutToShow.connect(self.show_earlier)
        self.add(menu, "S&ave session as…", sessions.ask_save_session)

    def show_earlier(self) -> None:
        """Lists the sessions that were left."""
        self._earlier.clear()
        for title, folder in self._commands.sessions.earlier():
            open_it = partial(self._commands.sessions.open_earlier, folder)
            self.add(self._earlier, title.replace("&", "&&"), open_it)
        if self._earlier.isEmpty():
            self.add(self._earlier, "None yet", lambda: None).setEnabled(False)

    def _build_samples(self, menu: QMenu) -> None:
        for title, path in samples():
            action = menu.addAction(title)
            action.triggered.connect(lambda _checked=False, path=path: self._commands.open_sample(path))

    def _build_edit(self, menu: QMenu) -> None:
        self.undo = self.add(menu, "&Undo", self._commands.undo, "Ctrl+Z")
        self.redo = self.add(menu, "Re&do", self._commands.redo, "Ctrl+Shift+Z", "Ctrl+Y")
        self.set_steps(None, None)
        menu.addSeparator()
        self.add(menu, "&Copy picture of the pane", self._commands.copy_picture, QKeySequence.StandardKey.Copy)
        self.add(menu, "Copy picture of &all panes", self._commands.copy_panes, "Ctrl+Shift+C")
        self.add(menu, "Copy fi&gure of all panes", self._commands.results.copy_figure)
        self.copy_as = CopyMenu("Copy a&s", menu)
        self.copy_as.dialect_chosen.connect(self._commands.results.copy_as)
        menu.addMenu(self.copy_as)
        menu.addSeparator()
        self.add(menu, "&Reset all settings", self._commands.reset_settings)

    def _build_view(self, menu: QMenu) -> None:
        self.add(menu, "&Fit", self._commands.fit, "F")
        self.add(menu, "&Actual size", self._commands.actual_size, "Ctrl+0")
        self.add(menu, "Zoom &in", self._commands.zoom_in, "+", "=", "Ctrl++")
        self.add(menu, "Zoom &out", self._commands.zoom_out, "-", "Ctrl+-")
        menu.addSeparator()
        self.axes = AxesMenu("A&xes on screen", menu)
        menu.addMenu(self.axes)
        self.add(menu, "Axis &names…", self._commands.ask_axis_names)
        self.play = PlayMenu("P&lay", menu)
        menu.addMenu(self.play)
        self.average = self.add_toggle(menu, "A&verage when zoomed out", self._commands.set_averaging, "M")
        self.provenance = self.add_toggle(menu, "P&rovenance of padding", self._commands.set_provenance, "P")
        self.contamination = self.add_toggle(menu, "&Contamination of outputs", self._commands.set_contamination, "C")
        for action, tip in (
            (self.provenance, "Hatch padding, outline what was cropped, and measure both by rulers"),
            (self.contamination, "Tint each output by the share of its window that is padding"),
        ):
            action.setToolTip(tip)
            action.setStatusTip(tip)
        menu.addSeparator()
        self.show_files = self.add_toggle(menu, "F&iles", self._commands.set_files_shown, "F8")
        self.show_settings = self.add_toggle(menu, "&Settings", self._commands.set_settings_shown, "F9")
        self.show_settings.setChecked(True)
        menu.addSeparator()
        themes = menu.addMenu("&Theme")
        group = QActionGroup(self._window)
        for name, text in _THEMES.items():
            action = QAction(text, self._window)
            action.setCheckable(True)
            group.addAction(action)
            themes.addAction(action)
            action.triggered.connect(lambda _checked=False, name=name: self._commands.choose_theme(name))
            self.themes[name] = action

    def _build_tools(self, menu: QMenu) -> None:
        self.palette = self.add(menu, "Command &palette…", self._commands.show_palette, "Ctrl+Shift+P")
        self.add(menu, "&Data set…", self._commands.show_dataset, "Ctrl+D")
        menu.addSeparator()
        self.add(menu, "&Cancel the convolution", self._commands.cancel_feature, "Ctrl+.")
        self.add(menu, "&Restart workers", self._commands.restart_workers)

    def _build_window(self, menu: QMenu) -> None:
        self.add(menu, "&Minimise", self._commands.minimise, "Ctrl+M")
        self.full_screen = self.add_toggle(menu, "&Full screen", self._commands.set_full_screen, "F11")

    def _build_help(self, menu: QMenu) -> None:
        self.add(menu, "&What you see", self._commands.help.show_welcome, "F1")
        self.add(menu, "&Keys and gestures", self._commands.help.show_keys, "?")
        self.add(menu, "&Log", self._commands.help.show_log)
        self.add(menu, "&Doctor…", self._commands.help.show_doctor)
        self.add(menu, "&About padviewer", self._commands.help.show_about)


def suggested_name(path: str, stage: Stage) -> str:
    """Returns the name that an export of a file is offered."""
    return file_beside(path, f"_{stage.value}.npy")
