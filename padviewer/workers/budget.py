"""How much memory one result may take where nobody has said."""

from __future__ import annotations

import psutil

# Reader, scout, exporter and engine may hold one result each, and what they hold must fit together.
_PROCESSES = 4


def default_budget() -> int:
    """Returns a quarter of the free memory, in bytes."""
    return int(psutil.virtual_memory().available // _PROCESSES)
