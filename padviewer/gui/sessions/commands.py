"""Sessions by hand: a new one, one that was saved to a file, and those that were left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from padviewer.assets import samples
from padviewer.errors import PadviewerError, SettingsError, shortened
from padviewer.gui.open_dialog import ask_session, ask_session_path
from padviewer.gui.options import DEMONSTRATION
from padviewer.gui.sessions import store as session_store
from padviewer.gui.sessions.saved_session import MAX_BYTES, SavedSession
from padviewer.gui.sessions.store import Slot

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

# Looking into larger ones would hold the menu up.
_QUICK_BYTES = 1 << 20
Offer = tuple[str, Callable[[], object]]


class SessionCommands:
    """Carries out what a person asks of sessions.

    Args:
        window: whose session is another then.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session

    def new_session(self) -> None:
        """Starts afresh, as at the first start; the session that was shown stays among the earlier ones."""
        sample = (str(samples()[0][1]), None)
        self._restore(SavedSession(items=(sample,), shown=sample, spec=DEMONSTRATION), self._new_slot())

    def reopen(self, saved: SavedSession, unclean_starts: int, only_offers: bool, more: Sequence[Offer] = ()) -> None:
        """Opens the session that was left last, or offers it.

        Args:
            saved: the session.
            unclean_starts: how often the program was started with it and did not end properly.
            only_offers: whether that is too often.
            more: what else is offered where it did not.
        """
        keeper, message = self._window.keeper, self._window.message
        afresh = ("Start afresh", self.new_session)
        if only_offers:
            keeper.hold(saved)
            text = f"padviewer ended unexpectedly {unclean_starts} times with the last session ({saved.title})."
            message.show_offer(text, [("Open it all the same", lambda: self._reopen(saved)), afresh, *more])
            return
        keeper.restore(saved)
        if unclean_starts:
            message.show_offer("padviewer ended unexpectedly last time; this is as it was.", [afresh, *more])

    def _reopen(self, saved: SavedSession) -> None:
        self._window.message.clear()
        self._window.keeper.restore(saved)

    def open_session(self, path: str) -> None:
        """Opens a session that was saved to a file."""

        def read(text: str) -> None:
            try:
                saved = SavedSession.from_json(text)
            except SettingsError as error:
                self._window.message.show_error(PadviewerError(f"{shortened(path)}: {error.message}"))
            else:
                self._restore(saved, self._new_slot())

        self._session.read_text(path, MAX_BYTES, read)

    def open_earlier(self, folder: Path) -> None:
        """Opens a session that was left, and goes on keeping it where it is kept."""
        slot = None
        try:
            slot = session_store.take(folder)
            saved = SavedSession.from_json(slot.read()) if slot else None
        except (OSError, ValueError) as error:
            saved = None
            self._window.message.show_error(PadviewerError(f"the session cannot be opened: {shortened(str(error))}"))
        else:
            if saved is None:
                self._window.status.say("this session is open in another window")
        if saved is not None:
            self._restore(saved, slot)
        elif slot is not None:
            slot.leave()

    def ask_open_session(self) -> None:
        """Asks for a session's file."""
        path = ask_session(self._window)
        if path:
            self.open_session(path)

    def ask_save_session(self) -> None:
        """Asks for a name and saves the session to it."""
        path = ask_session_path(self._window)
        if path:
            self.save_session(path)

    def save_session(self, path: str) -> None:
        """Saves the session to a file."""
        self._window.keeper.save_as(path)

    def earlier(self) -> list[tuple[str, Path]]:
        """Returns what the sessions that were left show, and the folder of each, the last one first."""
        slot = self._window.keeper.slot
        files = session_store.earlier_sessions(slot.folder.parent) if slot is not None else []
        return [(_title(file), file.parent) for file in files if slot is None or file.parent != slot.folder]

    def _new_slot(self) -> Slot | None:
        """Returns a place for another session; None where sessions are not kept."""
        slot = self._window.keeper.slot
        try:
            return None if slot is None else session_store.take_new(slot.folder.parent)
        except OSError as error:
            self._window.status.say(f"sessions cannot be kept: {shortened(str(error))}")
            return None

    def _restore(self, saved: SavedSession, slot: Slot | None) -> None:
        keeper = self._window.keeper
        keeper.move_to(slot)
        self._window.message.clear()
        keeper.restore(saved)


def _title(file: Path) -> str:
    try:
        if file.stat().st_size > _QUICK_BYTES:
            return "a session of many files"
        return SavedSession.from_json(session_store.read_session(file)).title
    except (OSError, ValueError):
        return "a session that cannot be read"
