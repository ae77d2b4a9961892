"""What menus, buttons and shortcuts do: one method for each, without a decision of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from padviewer.errors import PadviewerError, shortened
from padviewer.gui.files import Item, one_of_all
from padviewer.gui.help_commands import HelpCommands
from padviewer.gui.history import Step
from padviewer.gui.members.choice import MemberChoice
from padviewer.gui.open_dialog import ask_files, ask_folder
from padviewer.gui.result_commands import ResultCommands
from padviewer.gui.sessions.commands import SessionCommands
from padviewer.gui.sessions.saved_session import SUFFIX
from padviewer.handed import parse_handed, shown_name
from padviewer.plan import Stage
from padviewer.spec import PipelineSpec

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow


class Commands:
    """Carries out what a person asks of a window.

    Args:
        window: whose session, panes and bars are used.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session
        self.sessions = SessionCommands(window)
        self.results = ResultCommands(window)
        self.members = MemberChoice(window)
        self.help = HelpCommands(window)

    # ---- files

    def ask_open(self) -> None:
        """Asks for files."""
        self.open_paths(ask_files(self._window))

    def ask_open_folder(self) -> None:
        """Asks for a folder."""
        self.open_paths(ask_folder(self._window))

    def ask_raw(self) -> None:
        """Asks how the elements of a file lie, and opens it so."""
        from padviewer.gui.raw_dialog import ask_raw  # noqa: PLC0415 - only when it is needed

        ask_raw(self._window)

    def ask_weights(self) -> None:
        """Asks for a file of weights, and for a layer of it."""
        self._window.weights.ask()

    def open_paths(self, paths: list[str]) -> None:
        """Opens files."""
        self.open_items([(path, None) for path in paths])

    def open_items(self, items: list[Item]) -> None:
        """Opens files and members, or a session that was saved to a file."""
        sessions = [path for path, _member in items if path.lower().endswith(SUFFIX)]
        if len(sessions) == len(items) == 1:
            self.sessions.open_session(sessions[0])
            return
        if sessions:
            text = f"{shortened(sessions[0])}: is a session, which takes the place of what is open; open it by itself"
            self._window.message.show_error(PadviewerError(text))
        others = [item for item in items if item[0] not in sessions]
        self._session.files.open(self._window.weights.take(others))

    def open_sample(self, path: Path) -> None:
        """Opens one of the bundled samples."""
        self.open_paths([str(path)])

    def clear_recent(self) -> None:
        """Forgets the files that were opened."""
        self._window.preferences.clear_recent()
        self._window.actions_.set_recent([])

    def reload(self) -> None:
        """Reads the file once more."""
        plan = self._session.plan
        if plan is not None and parse_handed(plan.info.path) is not None:
            name = shortened(shown_name(plan.info.path), 60)
            self._window.status.say(f"{name}: nothing to read again; update() there shows another version")
        else:
            self._session.files.reload()

    def show_input_details(self) -> None:
        """Says all that is known of the file on screen."""
        from padviewer.gui.input_details import InputDetails  # noqa: PLC0415 - not needed for the first picture

        if self._session.plan is not None:
            dialog = InputDetails(self._session.plan, len(self._session.members), self._window)
            dialog.finished.connect(dialog.deleteLater)
            dialog.open()

    def set_watching(self, watches: bool) -> None:
        """Reads a file that changes again by itself, or offers to; it is remembered."""
        self._window.preferences.watches = watches
        self._window.reloading.automatic = watches

    def paste(self) -> None:
        """Opens what is on the clipboard."""
        self._window.clipboard.paste(QApplication.clipboard().mimeData())

    def close_file(self) -> None:
        """Takes the marked file off the list."""
        self._session.files.close(self._window.files.chosen)

    def ask_export(self, stage: Stage) -> None:
        """Asks for a name and writes a stage to it."""
        from padviewer.gui.export_dialog import ask_export_path  # noqa: PLC0415 - not needed for the first picture

        plan = self._session.plan
        if plan is None or plan.stage(stage) is None:
            problem = plan.problem if plan and plan.problem else PadviewerError("nothing is open to export")
            self._window.message.show_error(problem)
            return
        path = ask_export_path(self._window, plan, stage)
        if path:
            self.export(stage, path)

    def export(self, stage: Stage, path: str) -> None:
        """Writes a stage to a file."""
        self._window.status.show_export(path)
        self._session.export(stage, path)

    def look_for_unfinished(self) -> None:
        """Removes what exports that were killed have left, and offers to continue what can be."""
        from padviewer.export import notes  # noqa: PLC0415 - most starts find nothing

        if notes():
            from padviewer.gui.unfinished import UnfinishedExports  # noqa: PLC0415

            UnfinishedExports(self._window)

    # ---- edit

    def undo(self) -> None:
        """Takes the last edit of a setting back."""
        self._tell_step("undone", self._session.undo())

    def redo(self) -> None:
        """Does again what was undone last."""
        self._tell_step("done again", self._session.redo())

    def copy_picture(self) -> None:
        """Copies the picture of the pane that the pointer was in last."""
        self._window.panes.active.copy_picture()

    def copy_panes(self) -> None:
        """Copies the picture of all panes with their labels."""
        QApplication.clipboard().setPixmap(self._window.panes.grab())
        self._window.status.say("picture of all panes copied")

    def reset_settings(self) -> None:
        """Goes back to the defaults."""
        defaults = PipelineSpec()
        changes = {name: getattr(defaults, name) for name in PipelineSpec.__dataclass_fields__}
        self._session.edit(changes, "reset of all settings")

    def _tell_step(self, what: str, step: Step | None) -> None:
        if step is None:
            return
        shown = self._session.files.shown
        elsewhere = step.item is not None and (shown is None or one_of_all(step.item) != one_of_all(shown))
        place = f" (of {shortened(shown_name(step.item[0]), 40)})" if step.item and elsewhere else ""
        self._window.status.say(f"{what}: {step.text}{place}")

    # ---- view

    def fit(self) -> None:
        """Shows everything."""
        self._window.panes.fit()

    def actual_size(self) -> None:
        """Shows one element as one pixel."""
        self._window.panes.actual_size()

    def zoom_in(self) -> None:
        """Zooms in."""
        self._window.panes.zoom(1.5)

    def zoom_out(self) -> None:
        """Zooms out."""
        self._window.panes.zoom(1 / 1.5)

    def choose_axes(self, axes: str) -> None:
        """Shows the axes of two letters, rows first."""
        self._session.set_cut(replace(self._session.cut, axes=axes))

    def ask_axis_names(self) -> None:
        """Asks what the axes are called."""
        from padviewer.gui.axis_names import ask_axis_names  # noqa: PLC0415

        plan, names = self._session.plan, self._window.axis_names
        if plan is None:
            return
        chosen = ask_axis_names(self._window, plan.input.axes, names.of(plan))
        if chosen is not None:
            names.set_names(plan, chosen)

    def play(self) -> None:
        """Plays or pauses the slider that was used last."""
        self._window.panes.play()

    def set_play_rate(self, rate: int) -> None:
        """Plays so many indices in a second, at the most, and remembers it."""
        self._window.preferences.play_rate = rate
        self._window.show_play_settings()

    def set_bouncing(self, bounces: bool) -> None:
        """Plays back and forth, or from the end to the start, and remembers it."""
        self._window.preferences.play_bounces = bounces
        self._window.show_play_settings()

    def set_averaging(self, averages: bool) -> None:
        """Shows pictures that are seen from afar by means of blocks, or by samples."""
        self._window.preferences.averages = averages
        self._session.set_averaging(averages)

    def set_provenance(self, shown: bool) -> None:
        """Marks padding and cropping on the pictures, or not."""
        self._window.preferences.provenance = shown
        self._window.panes.set_provenance_shown(shown)

    def set_contamination(self, shown: bool) -> None:
        """Lays contamination over the feature map, or not."""
        self._window.preferences.contamination = shown
        self._window.instruments.show_contamination(shown)

    def set_files_shown(self, shown: bool) -> None:
        """Shows or hides the list of files."""
        self._window.set_files_shown(shown)

    def set_settings_shown(self, shown: bool) -> None:
        """Shows or hides the settings."""
        self._window.form.setVisible(shown)

    def choose_theme(self, name: str) -> None:
        """Takes a theme and remembers it."""
        self._window.preferences.theme = name
        self._window.set_theme(self._window.theme_in_force())

    # ---- tools

    def show_dataset(self) -> None:
        """Shows the sizes of many files, and what a target costs them."""
        self._window.instruments.show_dataset()

    def cancel_feature(self) -> None:
        """Ends the convolution that is running."""
        self._session.cancel_feature()

    def restart_workers(self) -> None:
        """Starts reader and engine anew."""
        self._session.restart_workers()

    def show_palette(self) -> None:
        """Offers every command, file and setting by a few letters of it."""
        from padviewer.gui.palette.palette import CommandPalette  # noqa: PLC0415 - not needed for the first picture

        self._window.actions_.show_earlier()
        CommandPalette(self._window).open()

    # ---- window

    def minimise(self) -> None:
        """Puts the window away."""
        self._window.showMinimized()

    def quit(self) -> None:
        """Closes the window."""
        self._window.close()

    def set_full_screen(self, full: bool) -> None:
        """Fills the screen, or not."""
        self._window.setWindowState(Qt.WindowState.WindowFullScreen if full else Qt.WindowState.WindowNoState)
