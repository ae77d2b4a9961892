"""Keeps the session of a window while it runs, and brings back one that was left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, QTimer, Signal

from padviewer.gui.files import Item, absolute
from padviewer.gui.history import Step
from padviewer.gui.options import demonstration_of
from padviewer.gui.palette.action_list import ActionEntry, action_entries
from padviewer.gui.sessions.background_writer import BackgroundWriter
from padviewer.gui.sessions.saved_session import SavedSession
from padviewer.gui.sessions.store import Slot
from padviewer.spec import PipelineSpec

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

# Steps of the history that are kept.
_STEPS = 100
_LOOK_MS = 1000
# What ends the program after so long is not the file that was opened.
_SURVIVED_MS = 10_000
_PATIENCE_S = 2.0
# Watching is remembered for all sessions; where the window is on the screen is kept with its place.
_NOT_KEPT = ("File", "Window", "Help")


class SessionKeeper(QObject):
    """Looks once a second whether something has changed, and has it written in the background.

    The state is spread over widgets, some of which are made when they are first opened. Asking all of them takes less
    than a millisecond and forgets none; signals would.

    Args:
        window: whose session is kept.
        slot: where; None keeps nothing.
    """

    refused = Signal(str)  # why a session could not be written
    saved_as = Signal(str)  # the file that a person named

    def __init__(self, window: MainWindow, slot: Slot | None) -> None:
        super().__init__(window)
        self._window = window
        self._slot = slot
        self._written: SavedSession | None = None
        self._pending: SavedSession | None = None
        self._held = self._arrived = False
        self._told = ""  # of settings that could not be written
        self._writer = BackgroundWriter(lambda error: self.refused.emit(str(error)))
        self.refused.connect(self._on_refused)
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self.keep)
        self._survived = QTimer(self, singleShot=True, interval=_SURVIVED_MS)
        self._survived.timeout.connect(self._on_survived_timeout)
        window.session.source_changed.connect(self._on_session_source_changed)
        window.session.cut_changed.connect(self._on_session_cut_changed)
        window.session.files.failed.connect(self._on_files_failed)
        if slot is not None:
            self._look.start()
            self._survived.start()

    @property
    def slot(self) -> Slot | None:
        """Where the session is kept."""
        return self._slot

    def state(self) -> SavedSession:
        """Returns the session as it is."""
        if self._pending is not None:
            return self._pending
        window = self._window
        saved = window.session.save()
        return replace(
            saved,
            spec=_with_absolute_weights(saved.spec),
            axes={_absolute(item): letters for item, letters in saved.axes.items()},
            view=window.panes.view,
            looks={stage: pane.look for stage, pane in window.panes.panes.items()},
            toggles={entry.path: entry.action.isChecked() for entry in self._toggles()},
            layout=_text(window.saveState()),
            geometry=_text(window.saveGeometry()),
            done=tuple(_absolute_step(step) for step in saved.done[-_STEPS:]),
            undone=tuple(_absolute_step(step) for step in saved.undone[-_STEPS:]),
        )

    def restore(self, saved: SavedSession) -> None:
        """Shows a session in place of the one that is shown: panels and zoom come when its file is there."""
        for stage, look in saved.looks.items():
            if (pane := self._window.panes.panes.get(stage)) is not None:
                pane.set_look(look)
        if saved.geometry:
            self._window.restoreGeometry(_bytes(saved.geometry))
        self._pending, self._held, self._arrived = saved, False, False
        if self._slot is not None:
            self._survived.start()
        self._window.session.restore(saved, demonstration_of(saved.items))

    def hold(self, saved: SavedSession) -> None:
        """Keeps a session as it is, without opening it, until it is restored or left."""
        self._pending, self._held = saved, True
        self._survived.stop()

    def keep(self) -> None:
        """Has the session written where it has changed."""
        self._tell_of_settings()
        if self._slot is None or self._pending is not None:
            return
        state = self.state()
        if state != self._written:
            self._written = state
            slot = self._slot
            self._writer.put("session", lambda: slot.write(state.to_json()))

    def save_as(self, path: str) -> None:
        """Has the session written to a file of a person's choice, over one that exists."""
        from padviewer.export.target import replacing  # noqa: PLC0415 - not needed for the first picture

        state = self.state()

        def write() -> None:
            with replacing(path, overwrite=True) as file:
                file.write(state.to_json().encode("ascii"))
            self.saved_as.emit(path)

        self._writer.put(path, write)

    def move_to(self, slot: Slot | None) -> None:
        """Keeps what comes from now on elsewhere; what is shown now stays where it was kept."""
        self.keep()
        self._writer.wait(_PATIENCE_S)
        if self._slot is not None:
            self._slot.end()  # also one that was only offered: a person has declined it
        self._slot, self._written, self._pending, self._held = slot, None, None, False
        if slot is not None:
            slot.begin()
            self._look.start()
            self._survived.start()

    def close(self) -> None:
        """Writes the session as it is now, and notes that it ended properly."""
        self._look.stop()
        self._survived.stop()
        self.keep()
        self._writer.close(_PATIENCE_S)
        slot, self._slot = self._slot, None
        if slot is not None and self._held:
            slot.leave()  # whether it can be opened is not known yet
        elif slot is not None:
            slot.end()

    def _tell_of_settings(self) -> None:
        """Says once that settings, which Qt writes by itself, are refused by the system."""
        refusal = self._window.preferences.refusal
        if refusal and refusal != self._told:
            self._window.status.say(refusal)
        self._told = refusal

    def _toggles(self) -> Iterator[ActionEntry]:
        """Yields what is on or off, but for what is one of several choices."""
        for entry in action_entries(self._window.menuBar()):
            if entry.action.isCheckable() and entry.action.actionGroup() is None and entry.menus[0] not in _NOT_KEPT:
                yield entry

    def _on_session_source_changed(self) -> None:
        self._arrived = True

    def _on_session_cut_changed(self) -> None:
        """The file of a session is on screen."""
        saved = self._pending
        if saved is None or self._held or not self._arrived:
            return
        self._pending = None
        for entry in self._toggles():
            if saved.toggles.get(entry.path, entry.action.isChecked()) != entry.action.isChecked():
                entry.action.trigger()
        if saved.layout:
            self._window.restoreState(_bytes(saved.layout))
        if saved.view is not None and self._window.session.files.shown == saved.shown:
            self._window.panes.set_view(saved.view)

    def _on_files_failed(self) -> None:
        if not self._held:
            self._pending = None

    def _on_refused(self) -> None:
        """What could not be written is tried again at the next look, and when the window closes."""
        self._written = None

    def _on_survived_timeout(self) -> None:
        if self._slot is not None:
            slot = self._slot
            self._writer.put("survived", slot.survive)


def _absolute(item: Item) -> Item:
    return item if item[0].startswith("/") else (absolute(item[0]), item[1])


def _with_absolute_weights(spec: PipelineSpec) -> PipelineSpec:
    """Returns settings that find their file of weights wherever the program is started."""
    file = spec.weights_file
    return spec if file is None else spec.replace(weights_file=absolute(file))


def _absolute_step(step: Step) -> Step:
    return step if step.item is None else replace(step, item=_absolute(step.item))


def _text(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode("ascii")


def _bytes(text: str) -> QByteArray:
    return QByteArray.fromBase64(QByteArray(text.encode("ascii")))
