"""An INI file that Qt keeps. One that cannot be read is set aside and said so."""

from __future__ import annotations

import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

_LEFT_S = 60


class IniFile:
    """Values by their names; each read is of the kind that is asked for, whatever stands there.

    Args:
        path: of the file; None takes the user's own.

    Attributes:
        path: of the file.
        complaint: what was wrong with the file when it was opened; empty where nothing was.
    """

    def __init__(self, path: str | None = None) -> None:
        self.complaint = ""
        self._settings = _open(path)
        self.path = file = Path(self._settings.fileName())
        _remove_left(file)
        status = self._settings.status()
        holds_nothing = not self._settings.allKeys() and _size(file) > 0
        if status == QSettings.Status.AccessError:
            self.complaint = (
                f"the settings file {file} cannot be read, so it is left as it is; are there rights to read it?"
            )
        elif holds_nothing or status == QSettings.Status.FormatError:
            self._set_aside(path)

    def text(self, name: str, usual: str = "") -> str:
        """Returns a text."""
        return str(self._settings.value(name, usual))

    def choice(self, name: str, choices: tuple[str, ...], usual: str) -> str:
        """Returns one of some texts, the usual one where another stands there."""
        found = self.text(name, usual)
        return found if found in choices else usual

    def flag(self, name: str, usual: bool) -> bool:
        """Returns whether something is so."""
        return bool(self._settings.value(name, usual, type=bool))

    def number(self, name: str, usual: int, low: int, high: int) -> int:
        """Returns a whole number within limits."""
        try:
            return min(max(int(self.text(name, str(usual))), low), high)
        except ValueError:
            return usual

    def texts(self, name: str) -> list[str]:
        """Returns a list of texts."""
        value = self._settings.value(name, [])
        # An INI file gives a list of one back as the one.
        found = value if isinstance(value, list) else [value]
        return [text for text in found if isinstance(text, str)]

    def data(self, name: str) -> QByteArray | None:
        """Returns bytes; None where there are none."""
        value = self._settings.value(name)
        return value if isinstance(value, QByteArray) else None

    def keep(self, name: str, value: object) -> None:
        """Sets a value."""
        self._settings.setValue(name, value)

    def forget(self, name: str) -> None:
        """Takes a value, or a group of them, away."""
        self._settings.remove(name)

    def save(self) -> None:
        """Writes what has changed now, instead of when Qt finds the time."""
        self._settings.sync()

    @property
    def refusal(self) -> str:
        """Why what was changed last is not in the file; empty where it is, or will be as soon as Qt finds the time."""
        if self._settings.status() != QSettings.Status.AccessError:
            return ""
        return f"the settings cannot be saved in {self.path}; is the disk full, or are there no rights?"

    def _set_aside(self, path: str | None) -> None:
        name, backup = self.path, f"{self.path}.damaged"
        try:
            shutil.move(name, backup)
        except OSError as error:
            self.complaint = f"the settings file {name} could not be read, nor set aside ({error.strerror})"
            return
        self.complaint = f"the settings file could not be read; it was kept as {backup} and padviewer starts afresh"
        self._settings = _open(path)


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
