"""From dot to dot by arrow keys: which one lies next in a direction."""

from __future__ import annotations

import numpy as np

from padviewer.gui.dataset.frame import Numbers

# A dot aside counts as so much further away.
_ASIDE = 2.0
# Dots that lie closer along the direction lie beside.
_LEAST = 0.5


def next_towards(at: tuple[Numbers, Numbers], start: tuple[float, float], right: int, down: int) -> int | None:
    """Returns the number of the dot that lies next; None where there is none.

    Args:
        at: (dots,) pixels across and down; those that are not seen are not finite.
        start: pixel across and down.
        right, down: the direction, -1, 0 or 1; both 0 is any.
    """
    across, below = at[0] - start[0], at[1] - start[1]
    if not right and not down:
        away = np.hypot(across, below)
    else:
        along = across * right + below * down
        aside = np.abs(across * down) + np.abs(below * right)
        away = np.where(along > _LEAST, along + _ASIDE * aside, np.inf)
    away = np.where(np.isfinite(away), away, np.inf)
    nearest = int(away.argmin()) if len(away) else 0
    return nearest if len(away) and np.isfinite(away[nearest]) else None
