"""Where padviewer keeps what it remembers between starts: sessions, and the log."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path | None:
    """Returns padviewer's folder in the user's state directory; None where the user has no directory of their own."""
    given = os.environ.get("XDG_STATE_HOME", "")
    try:
        # What is not absolute is to be ignored, the specification says.
        state = Path(given) if given.startswith("/") else Path.home() / ".local" / "state"
    except RuntimeError:
        return None
    return state / "padviewer"
