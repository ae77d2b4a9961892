"""How the window of a data set is looked at: what is remembered between starts."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from padviewer.axes import SPATIAL_SETS
from padviewer.errors import SettingsError
from padviewer.gui.dataset.places import FILES, axis_names
from padviewer.gui.dataset.target_panel import MOST_IN_BATCH
from padviewer.gui.sessions import record


@dataclass(frozen=True)
class DatasetLook:
    """What is shown, and how.

    Attributes:
        axes: spatial axes, and what is shown across and up of files that have them.
        log: whether sizes are shown by their logarithm.
        lines: whether lines of equal waste are shown.
        batch_size: files of a batch.
        output: the folder that was exported to last, where what was stopped is resumed.
    """

    axes: tuple[tuple[str, str, str], ...] = ()
    log: bool = False
    lines: bool = True
    batch_size: int = 32
    output: str = ""

    def names(self, letters: str) -> tuple[str, str]:
        """Returns what is shown across and up of files with these spatial axes."""
        for known, across, up in self.axes:
            if known == letters:
                return across, up
        return (letters, FILES) if len(letters) == 1 else ("W", "H")

    def with_names(self, letters: str, across: str, up: str) -> DatasetLook:
        """Returns it with other axes for files with these spatial axes."""
        others = tuple(entry for entry in self.axes if entry[0] != letters)
        return replace(self, axes=(*others, (letters, across, up)))

    def to_json(self) -> str:
        """Returns it as JSON."""
        return json.dumps(record.to_json(self))

    @classmethod
    def from_json(cls, text: str) -> DatasetLook:
        """Returns what was remembered; the usual where it is damaged or of another version."""
        try:
            values = json.loads(text) if text else {}
            values["axes"] = tuple(tuple(entry) for entry in values.get("axes", ()))
            look = record.from_json(cls, values, "data set")
        except (ValueError, TypeError, AttributeError, RecursionError, SettingsError):
            return cls()
        known = tuple(entry for entry in look.axes if _can_be(*entry))
        return replace(look, axes=known, batch_size=min(max(1, look.batch_size), MOST_IN_BATCH))


def _can_be(letters: str, across: str, up: str) -> bool:
    return letters in SPATIAL_SETS and across in axis_names(letters) and up in (*axis_names(letters), FILES)
