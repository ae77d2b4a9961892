"""What the reader did to the numbers of a file, in lines."""

from __future__ import annotations

from collections.abc import Sequence

from padviewer.errors import shortened

_SHOWN, _LONGEST = 12, 200


def notes_lines(notes: Sequence[str], shown: int = _SHOWN) -> list[str]:
    """Returns a line for each note, and one for those that are too many."""
    lines = [f"– {shortened(note, _LONGEST)}" for note in notes[:shown]]
    left = len(notes) - shown
    return [*lines, f"– and {left} more"] if left > 0 else lines
