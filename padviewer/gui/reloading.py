"""What happens when the file on screen changes: it is said and offered, or read again at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from padviewer.errors import shortened
from padviewer.gui.watch import FileWatch
from padviewer.handed import shown_name

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow


class Reloading(QObject):
    """Watches what a window shows.

    Args:
        window: its session and bars are there already.
        watch: what looks at the file.
    """

    def __init__(self, window: MainWindow, watch: FileWatch) -> None:
        super().__init__(window)
        self._window = window
        self._watch = watch
        self._told = ""
        self._again = False
        self.automatic = False
        watch.setParent(self)
        watch.changed.connect(self._on_watch_changed)
        window.session.source_changed.connect(self._on_session_source_changed)
        window.session.files.failed.connect(self._on_files_failed)

    def close(self) -> None:
        """Looks no more."""
        self._watch.close()

    def _on_session_source_changed(self) -> None:
        plan = self._window.session.plan
        if plan is None:
            return
        if self._told and self._window.message.message == self._told:
            self._window.message.clear()
        if self._again:
            self._window.status.say(f"{_name(plan.info.path)} has changed and was read again")
        self._told, self._again = "", False
        self._watch.watch(plan.info.path, (plan.info.modified, plan.info.file_bytes))

    def _on_watch_changed(self, path: str) -> None:
        plan, shown = self._window.session.plan, self._window.session.files.shown
        if plan is None or shown is None or plan.info.path != path or shown[0] != path:
            return
        if self.automatic:
            self._again = True
            self._window.session.files.reload()
            return
        self._told = f"{_name(path)} has changed."
        self._window.message.show_offer(self._told, [("Reload (F5)", self._window.commands.reload)])

    def _on_files_failed(self) -> None:
        self._again = False


def _name(path: str) -> str:
    return shortened(shown_name(path), 60)
