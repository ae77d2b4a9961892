"""What is remembered between starts, in an INI file. A file that cannot be read is set aside and said so."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from PySide6.QtCore import QByteArray, QSettings

from padviewer.gui.files import absolute
from padviewer.gui.player import RATES

MAX_RECENT = 12
# Before the bytes of a path that is no text.
_BYTES = "bytes:"
_LEFT_S = 60
# The least and the most of figures: millimetres, and pixels for each inch.
FIGURE_WIDTHS, FIGURE_DPI = (90, 600), (72, 1200)


class Preferences:
    """Theme, averaging, overlays, watching, recent files and commands, notes that were read, the window's place.

    Args:
        path: of the INI file; None takes the user's own.
    """

    def __init__(self, path: str | None = None) -> None:
        self.complaint = ""
        self._settings = _open(path)
        file = Path(self._settings.fileName())
        _remove_left(file)
        status = self._settings.status()
        holds_nothing = not self._settings.allKeys() and _size(file) > 0
        if status == QSettings.Status.AccessError:
            self.complaint = (
                f"the settings file {file} cannot be read, so it is left as it is; are there rights to read it?"
            )
        elif holds_nothing or status == QSettings.Status.FormatError:
            self._set_aside(path)

    @property
    def theme(self) -> str:
        """`dark`, `light`, or `system`."""
        name = str(self._settings.value("theme", "system"))
        return name if name in ("system", "dark", "light") else "system"

    @theme.setter
    def theme(self, name: str) -> None:
        self._settings.setValue("theme", name)

    @property
    def averages(self) -> bool:
        """Whether pictures that are seen from afar show means of blocks."""
        return bool(self._settings.value("averages", True, type=bool))

    @averages.setter
    def averages(self, averages: bool) -> None:
        self._settings.setValue("averages", averages)

    @property
    def figure_width(self) -> int:
        """Width of figures in millimetres."""
        return self._number("figure/width", 180, *FIGURE_WIDTHS)

    @figure_width.setter
    def figure_width(self, width: int) -> None:
        self._settings.setValue("figure/width", width)

    @property
    def figure_dpi(self) -> int:
        """Pixels for each inch of figures."""
        return self._number("figure/dpi", 300, *FIGURE_DPI)

    @figure_dpi.setter
    def figure_dpi(self, dpi: int) -> None:
        self._settings.setValue("figure/dpi", dpi)

    @property
    def figure_theme(self) -> str:
        """`light`, `dark`, or `screen` for that of the window."""
        name = str(self._settings.value("figure/theme", "light"))
        return name if name in ("light", "dark", "screen") else "light"

    @figure_theme.setter
    def figure_theme(self, name: str) -> None:
        self._settings.setValue("figure/theme", name)

    @property
    def figure_trims(self) -> bool:
        """Whether figures leave out what is empty above and below the pictures."""
        return bool(self._settings.value("figure/trims", True, type=bool))

    @figure_trims.setter
    def figure_trims(self, trims: bool) -> None:
        self._settings.setValue("figure/trims", trims)

    def _number(self, key: str, usual: int, low: int, high: int) -> int:
        """Returns a number that was kept, within limits: the file may have been edited."""
        try:
            return min(max(int(str(self._settings.value(key, usual))), low), high)
        except ValueError:
            return usual

    @property
    def play_rate(self) -> int:
        """How many indices of a slider are played in a second, at the most."""
        kept = str(self._settings.value("play/rate", 10))
        return next((rate for rate in RATES if kept == str(rate)), 10)

    @play_rate.setter
    def play_rate(self, rate: int) -> None:
        self._settings.setValue("play/rate", rate)

    @property
    def play_bounces(self) -> bool:
        """Whether a slider is played back and forth."""
        return bool(self._settings.value("play/bounces", False, type=bool))

    @play_bounces.setter
    def play_bounces(self, bounces: bool) -> None:
        self._settings.setValue("play/bounces", bounces)

    @property
    def brushes(self) -> bool:
        """Whether what is under the pointer is marked in all panes."""
        return bool(self._settings.value("brushes", True, type=bool))

    @brushes.setter
    def brushes(self, brushes: bool) -> None:
        self._settings.setValue("brushes", brushes)

    @property
    def provenance(self) -> bool:
        """Whether padding and cropping are marked."""
        return bool(self._settings.value("provenance", True, type=bool))

    @provenance.setter
    def provenance(self, shown: bool) -> None:
        self._settings.setValue("provenance", shown)

    @property
    def contamination(self) -> bool:
        """Whether contamination is laid over the feature map."""
        return bool(self._settings.value("contamination", False, type=bool))

    @contamination.setter
    def contamination(self, shown: bool) -> None:
        self._settings.setValue("contamination", shown)

    @property
    def raw_layout(self) -> str:
        """The layout that a raw file was opened with last; empty where there was none."""
        return str(self._settings.value("raw", ""))

    @raw_layout.setter
    def raw_layout(self, layout: str) -> None:
        self._settings.setValue("raw", layout)

    def axis_names(self, axes: str) -> dict[str, str]:
        """Returns the names that a person gave axes, by their letters."""
        kept = {letter: self._settings.value(f"axis_names/{axes}/{letter}", "") for letter in axes}
        return {letter: name for letter, name in kept.items() if isinstance(name, str) and name}

    def set_axis_names(self, axes: str, names: Mapping[str, str]) -> None:
        """Keeps names for these axes, and forgets those that they had."""
        self._settings.remove(f"axis_names/{axes}")
        for letter, name in names.items():
            self._settings.setValue(f"axis_names/{axes}/{letter}", name)

    @property
    def recent(self) -> list[str]:
        """Paths that were opened, the newest first."""
        return list(map(_read, self._texts("recent")[:MAX_RECENT]))

    def add_recent(self, path: str) -> None:
        """Puts a path first."""
        path = absolute(path)
        recent = [path, *(p for p in self.recent if p != path)][:MAX_RECENT]
        self._settings.setValue("recent", list(map(_written, recent)))

    def clear_recent(self) -> None:
        """Forgets the paths."""
        self._settings.remove("recent")

    @property
    def commands(self) -> list[str]:
        """What was chosen in the command palette, the last one first."""
        return self._texts("commands")[:MAX_RECENT]

    def add_command(self, text: str) -> None:
        """Puts a command first."""
        self._settings.setValue("commands", [text, *(t for t in self.commands if t != text)][:MAX_RECENT])

    @property
    def watches(self) -> bool:
        """Whether files that change are read again by themselves."""
        return bool(self._settings.value("watches", False, type=bool))

    @watches.setter
    def watches(self, watches: bool) -> None:
        self._settings.setValue("watches", watches)

    def has_read(self, note: str) -> bool:
        """Whether a note was dismissed."""
        return bool(self._settings.value(f"notes/{note}", False, type=bool))

    def set_read(self, note: str) -> None:
        """Shows a note never again."""
        self._settings.setValue(f"notes/{note}", True)

    @property
    def geometry(self) -> QByteArray | None:
        """The window's place, as Qt writes it."""
        value = self._settings.value("geometry")
        return value if isinstance(value, QByteArray) else None

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._settings.setValue("geometry", value)

    @property
    def dataset(self) -> str:
        """How the window of a data set was looked at, as JSON; empty where it never was."""
        return str(self._settings.value("dataset/look", ""))

    @dataset.setter
    def dataset(self, text: str) -> None:
        self._settings.setValue("dataset/look", text)

    @property
    def dataset_geometry(self) -> QByteArray | None:
        """The place of the window of a data set, as Qt writes it."""
        value = self._settings.value("dataset/geometry")
        return value if isinstance(value, QByteArray) else None

    @dataset_geometry.setter
    def dataset_geometry(self, value: QByteArray) -> None:
        self._settings.setValue("dataset/geometry", value)

    def save(self) -> None:
        """Writes what has changed now, instead of when Qt finds the time."""
        self._settings.sync()

    @property
    def refusal(self) -> str:
        """Why what was changed last is not in the file; empty where it is, or will be as soon as Qt finds the time."""
        if self._settings.status() != QSettings.Status.AccessError:
            return ""
        return f"the settings cannot be saved in {self._settings.fileName()}; is the disk full, or are there no rights?"

    def _texts(self, name: str) -> list[str]:
        value = self._settings.value(name, [])
        # An INI file gives a list of one back as the one.
        texts = value if isinstance(value, list) else [value]
        return [text for text in texts if isinstance(text, str)]

    def _set_aside(self, path: str | None) -> None:
        name = self._settings.fileName()
        backup = f"{name}.damaged"
        try:
            shutil.move(name, backup)
        except OSError as error:
            self.complaint = f"the settings file {name} could not be read, nor set aside ({error.strerror})"
            return
        self.complaint = f"the settings file could not be read; it was kept as {backup} and padviewer starts afresh"
        self._settings = _open(path)


def _written(path: str) -> str:
    """Returns a path as Qt keeps it: of names that are no text it would lose bytes."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return _BYTES + quote_from_bytes(os.fsencode(path))
    return path


def _read(text: str) -> str:
    return os.fsdecode(unquote_to_bytes(text.removeprefix(_BYTES))) if text.startswith(_BYTES) else text


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except OSError:
        return 0


def _remove_left(file: Path) -> None:
    """Removes what Qt leaves beside the settings where it is killed while it writes them."""
    left = re.compile(re.escape(file.name) + r"\.[A-Za-z]{6}")
    with suppress(OSError):
        for found in file.parent.iterdir():
            # What is younger may be another window's, writing now.
            if left.fullmatch(found.name) and time.time() - found.stat().st_mtime > _LEFT_S:
                found.unlink()


def _open(path: str | None) -> QSettings:
    if path is not None:
        return QSettings(path, QSettings.Format.IniFormat)
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "padviewer", "padviewer")
