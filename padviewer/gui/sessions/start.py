"""Which session a window starts with: the one that was left last, or a new one. Loads no Qt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from padviewer.errors import SettingsError, shortened
from padviewer.gui.options import WindowOptions
from padviewer.gui.sessions.saved_session import SavedSession
from padviewer.gui.sessions.store import Slot, take_last, take_new


def with_session(options: WindowOptions, folder: Path) -> WindowOptions:
    """Returns the options with a place for the session; where nothing was asked for, with the one that was left last.

    Args:
        options: what the command line asked for.
        folder: of all sessions.
    """
    try:
        slot = take_last(folder) if options.reopens else None
        if slot is None:
            return replace(options, slot=_begun(take_new(folder)))
        return _with_last(options, slot)
    except OSError as error:
        # A window without a memory is better than none.
        return replace(options, complaint=f"sessions cannot be kept: {shortened(str(error))}")


def _with_last(options: WindowOptions, slot: Slot) -> WindowOptions:
    unclean = slot.unclean_starts
    try:
        saved = SavedSession.from_json(slot.read())
    except (SettingsError, ValueError, OSError) as error:
        kept = slot.set_aside()
        text = f"the last session could not be read and was kept as {kept}: {shortened(str(error))}"
        return replace(options, slot=_begun(slot), complaint=text)
    if not saved.items:
        return replace(options, slot=_begun(slot))
    return replace(options, slot=_begun(slot), saved=saved, unclean_starts=unclean)


def _begun(slot: Slot) -> Slot:
    slot.begin()
    return slot
