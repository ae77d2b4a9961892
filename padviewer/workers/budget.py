"""How much memory one result may take where nobody has said."""

from __future__ import annotations

import psutil


def default_budget() -> int:
    """Returns half of the free memory, in bytes."""
    return int(psutil.virtual_memory().available // 2)
