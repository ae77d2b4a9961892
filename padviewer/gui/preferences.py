"""What is remembered between starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import quote_from_bytes, unquote_to_bytes

from PySide6.QtCore import QByteArray

from padviewer.gui.files import absolute
from padviewer.gui.ini_file import IniFile
from padviewer.gui.player import RATES

MAX_RECENT = 12
# Before the bytes of a path that is no text.
_BYTES = "bytes:"
# The least and the most of figures: millimetres, and pixels for each inch.
FIGURE_WIDTHS, FIGURE_DPI = (90, 600), (72, 1200)


class Preferences:
    """Theme, averaging, overlays, watching, recent files and commands, notes that were read, the window's place.

    Args:
        path: of the INI file; None takes the user's own.
    """

    def __init__(self, path: str | None = None) -> None:
        self._file = IniFile(path)

    @property
    def complaint(self) -> str:
        """What was wrong with the file when it was opened; empty where nothing was."""
        return self._file.complaint

    @property
    def theme(self) -> str:
        """`dark`, `light`, or `system`."""
        return self._file.choice("theme", ("system", "dark", "light"), "system")

    @theme.setter
    def theme(self, name: str) -> None:
        self._file.keep("theme", name)

    @property
    def averages(self) -> bool:
        """Whether pictures that are seen from afar show means of blocks."""
        return self._file.flag("averages", True)

    @averages.setter
    def averages(self, averages: bool) -> None:
        self._file.keep("averages", averages)

    @property
    def figure_width(self) -> int:
        """Width of figures in millimetres."""
        return self._file.number("figure/width", 180, *FIGURE_WIDTHS)

    @figure_width.setter
    def figure_width(self, width: int) -> None:
        self._file.keep("figure/width", width)

    @property
    def figure_dpi(self) -> int:
        """Pixels for each inch of figures."""
        return self._file.number("figure/dpi", 300, *FIGURE_DPI)

    @figure_dpi.setter
    def figure_dpi(self, dpi: int) -> None:
        self._file.keep("figure/dpi", dpi)

    @property
    def figure_theme(self) -> str:
        """`light`, `dark`, or `screen` for that of the window."""
        return self._file.choice("figure/theme", ("light", "dark", "screen"), "light")

    @figure_theme.setter
    def figure_theme(self, name: str) -> None:
        self._file.keep("figure/theme", name)

    @property
    def figure_trims(self) -> bool:
        """Whether figures leave out what is empty above and below the pictures."""
        return self._file.flag("figure/trims", True)

    @figure_trims.setter
    def figure_trims(self, trims: bool) -> None:
        self._file.keep("figure/trims", trims)

    @property
    def play_rate(self) -> int:
        """How many indices of a slider are played in a second, at the most."""
        kept = self._file.text("play/rate", "10")
        return next((rate for rate in RATES if kept == str(rate)), 10)

    @play_rate.setter
    def play_rate(self, rate: int) -> None:
        self._file.keep("play/rate", rate)

    @property
    def play_bounces(self) -> bool:
        """Whether a slider is played back and forth."""
        return self._file.flag("play/bounces", False)

    @play_bounces.setter
    def play_bounces(self, bounces: bool) -> None:
        self._file.keep("play/bounces", bounces)

    @property
    def brushes(self) -> bool:
        """Whether what is under the pointer is marked in all panes."""
        return self._file.flag("brushes", True)

    @brushes.setter
    def brushes(self, brushes: bool) -> None:
        self._file.keep("brushes", brushes)

    @property
    def provenance(self) -> bool:
        """Whether padding and cropping are marked."""
        return self._file.flag("provenance", True)

    @provenance.setter
    def provenance(self, shown: bool) -> None:
        self._file.keep("provenance", shown)

    @property
    def contamination(self) -> bool:
        """Whether contamination is laid over the feature map."""
        return self._file.flag("contamination", False)

    @contamination.setter
    def contamination(self, shown: bool) -> None:
        self._file.keep("contamination", shown)

    @property
    def raw_layout(self) -> str:
        """The layout that a raw file was opened with last; empty where there was none."""
        return self._file.text("raw")

    @raw_layout.setter
    def raw_layout(self, layout: str) -> None:
        self._file.keep("raw", layout)

    def axis_names(self, axes: str) -> dict[str, str]:
        """Returns the names that a person gave axes, by their letters."""
        kept = {letter: self._file.texts(f"axis_names/{axes}/{letter}") for letter in axes}
        return {letter: names[0] for letter, names in kept.items() if len(names) == 1 and names[0]}

    def set_axis_names(self, axes: str, names: Mapping[str, str]) -> None:
        """Keeps names for these axes, and forgets those that they had."""
        self._file.forget(f"axis_names/{axes}")
        for letter, name in names.items():
            self._file.keep(f"axis_names/{axes}/{letter}", name)

    @property
    def recent(self) -> list[str]:
        """Paths that were opened, the newest first."""
        return list(map(_read, self._file.texts("recent")[:MAX_RECENT]))

    def add_recent(self, path: str) -> None:
        """Puts a path first."""
        path = absolute(path)
        recent = [path, *(p for p in self.recent if p != path)][:MAX_RECENT]
        self._file.keep("recent", list(map(_written, recent)))

    def clear_recent(self) -> None:
        """Forgets the paths."""
        self._file.forget("recent")

    @property
    def commands(self) -> list[str]:
        """What was chosen in the command palette, the last one first."""
        return self._file.texts("commands")[:MAX_RECENT]

    def add_command(self, text: str) -> None:
        """Puts a command first."""
        self._file.keep("commands", [text, *(t for t in self.commands if t != text)][:MAX_RECENT])

    @property
    def watches(self) -> bool:
        """Whether files that change are read again by themselves."""
        return self._file.flag("watches", False)

    @watches.setter
    def watches(self, watches: bool) -> None:
        self._file.keep("watches", watches)

    def has_read(self, note: str) -> bool:
        """Whether a note was dismissed."""
        return self._file.flag(f"notes/{note}", False)

    def set_read(self, note: str) -> None:
        """Shows a note never again."""
        self._file.keep(f"notes/{note}", True)

    @property
    def geometry(self) -> QByteArray | None:
        """The window's place, as Qt writes it."""
        return self._file.data("geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._file.keep("geometry", value)

    @property
    def dataset(self) -> str:
        """How the window of a data set was looked at, as JSON; empty where it never was."""
        return self._file.text("dataset/look")

    @dataset.setter
    def dataset(self, text: str) -> None:
        self._file.keep("dataset/look", text)

    @property
    def dataset_geometry(self) -> QByteArray | None:
        """The place of the window of a data set, as Qt writes it."""
        return self._file.data("dataset/geometry")

    @dataset_geometry.setter
    def dataset_geometry(self, value: QByteArray) -> None:
        self._file.keep("dataset/geometry", value)

    def save(self) -> None:
        """Writes what has changed now, instead of when Qt finds the time."""
        self._file.save()

    @property
    def refusal(self) -> str:
        """Why what was changed last is not in the file; empty where it is, or will be as soon as Qt finds the time."""
        return self._file.refusal


def _written(path: str) -> str:
    """Returns a path as Qt keeps it: of names that are no text it would lose bytes."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return _BYTES + quote_from_bytes(os.fsencode(path))
    return path


def _read(text: str) -> str:
    return os.fsdecode(unquote_to_bytes(text.removeprefix(_BYTES))) if text.startswith(_BYTES) else text
