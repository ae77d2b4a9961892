"""Opens what is on the clipboard: files, a picture, a table of numbers, or paths. The work is done in a thread."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QImage

from padviewer.errors import PadviewerError, UnexpectedError, UnsupportedSource, shortened
from padviewer.formats import SUFFIXES
from padviewer.gui.files import FileEntry, Item
from padviewer.gui.number_table import parse_table
from padviewer.gui.open_dialog import named_items
from padviewer.gui.uri_list import parse_uri_list

_ADDRESS = "file:/"
_WEB = re.compile(r"(?!file:)[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_GRAY = (QImage.Format.Format_Grayscale8, QImage.Format.Format_Grayscale16)
_DEEP = 48  # bits of a pixel from which on a picture has more than a byte for each channel
# Of 100: the least that is written quickly. A PNG loses nothing at any of them.
_QUICKLY = 90


@dataclass(frozen=True)
class Pasted:
    """What a clipboard held: items to open, what cannot be opened, or the error that says why there is nothing."""

    items: tuple[Item, ...] = ()
    refused: tuple[FileEntry, ...] = ()
    error: PadviewerError | None = None


class Clipboard(QObject):
    """Makes files of what has none, in a private folder, and tells when they can be opened.

    Args:
        folder: returns where they lie; None makes a temporary one.
        clock: returns the time of day as `14:32`.
    """

    ready = Signal(object)  # Pasted

    def __init__(
        self,
        folder: Callable[[], Path | None],
        clock: Callable[[], str] = lambda: time.strftime("%H:%M"),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._clock = clock
        self._temporary: Path | None = None
        self._made: list[Path] = []
        self._thread: threading.Thread | None = None

    def paste(self, mime: QMimeData, what: str = "the clipboard") -> None:
        """Takes what a clipboard holds, or a drop; `ready` tells what became of it.

        Args:
            mime: its content.
            what: names it in an error.
        """
        items, refused = named_items(mime)
        if items or (refused and not mime.hasImage()):
            self.ready.emit(Pasted(tuple(items), tuple(refused)))
            return
        text = mime.text() if mime.hasText() else ""
        image = QImage(mime.imageData()) if mime.hasImage() else QImage()
        if not text.strip() and image.isNull():
            held = ", ".join(mime.formats()) or "nothing"
            error = f"{what} holds no picture, no files and no table of numbers; it holds {shortened(held)}"
            self.ready.emit(Pasted(error=UnsupportedSource(error)))
            return
        self._thread = threading.Thread(
            target=self._make, args=(text, image, what), name="padviewer clipboard", daemon=True
        )
        self._thread.start()

    def close(self, listed: Iterable[str]) -> None:
        """Removes what was made and is not listed any more; all of it where it is kept nowhere."""
        if self._thread is not None:
            self._thread.join(2)
        kept = set(listed)
        for path in self._made:
            if str(path) not in kept:
                path.unlink(missing_ok=True)
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def _make(self, text: str, image: QImage, what: str) -> None:
        try:
            pasted = Pasted(self._items(text, image, what))
        except PadviewerError as error:
            pasted = Pasted(error=error)
        except OSError as error:
            pasted = Pasted(error=PadviewerError(f"what {what} holds cannot be kept: {error}"))
        except Exception as error:  # noqa: BLE001 - whoever waits is answered, whatever it holds
            details = "".join(traceback.format_exception(error))
            pasted = Pasted(error=UnexpectedError(f"unexpected {type(error).__name__}: {error}", details))
        self.ready.emit(pasted)

    def _items(self, text: str, image: QImage, what: str) -> tuple[Item, ...]:
        """Returns what is to be opened: a spreadsheet's copy is a table, though it is offered as a picture too."""
        if not text.strip():
            return (self._picture(image),)
        if paths := paths_in(text):
            return tuple((path, None) for path in paths)
        try:
            table = parse_table(text)
        except UnsupportedSource as error:
            if not image.isNull():
                return (self._picture(image),)
            told = f"{what} holds a text that is no path and no table of numbers: {error.message}"
            raise UnsupportedSource(told) from error
        path = self._place(".npy")
        np.save(path, table)
        return ((str(path), None),)

    def _picture(self, image: QImage) -> Item:
        path = self._place(".png")
        if not as_shown(image).save(str(path), "PNG", _QUICKLY):  # type: ignore[call-overload]  # takes text too
            raise PadviewerError(f"{path}: the picture could not be written; is the disk full?")
        return str(path), None

    def _place(self, suffix: str) -> Path:
        """Returns a name that is free: the time of day."""
        folder = self._folder()
        if folder is None:
            folder = self._temporary = self._temporary or Path(tempfile.mkdtemp(prefix="padviewer-"))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stem, number = f"clipboard {self._clock()}", 1
        while (path := folder / (f"{stem}{suffix}" if number == 1 else f"{stem} ({number}){suffix}")).exists():
            number += 1
        self._made.append(path)
        return path


def paths_in(text: str) -> list[str]:
    """Returns the paths of a text that has one on each line; none where it is something else."""
    lines = [line.strip().strip('"') for line in text.strip().splitlines()]
    if len(lines) > 10_000 or not all(map(_is_path, lines)):
        return []
    return list(map(_path_of, lines))


def _path_of(line: str) -> str:
    if line.startswith(_ADDRESS):
        items, _refused = parse_uri_list(line.encode("utf-8", "surrogateescape"))
        return items[0][0] if items else line
    return os.path.expanduser(line)  # noqa: PTH111 - a Path raises where there is no home


def as_shown(image: QImage) -> QImage:
    """Returns a picture with the channels that it makes use of: gray, colours, or colours and opacity."""
    if image.format() in _GRAY:
        return image
    deep = image.depth() >= _DEEP
    if image.hasAlphaChannel() and not _is_opaque(image):
        return image.convertToFormat(QImage.Format.Format_RGBA64 if deep else QImage.Format.Format_RGBA8888)
    return image.convertToFormat(QImage.Format.Format_RGBX64 if deep else QImage.Format.Format_RGB888)


def _is_opaque(image: QImage) -> bool:
    alpha = image.convertToFormat(QImage.Format.Format_Alpha8)
    rows = np.frombuffer(alpha.constBits(), np.uint8).reshape(alpha.height(), alpha.bytesPerLine())
    return bool((rows[:, : alpha.width()] == 255).all())


def _is_path(line: str) -> bool:
    if len(line) > 4096 or _WEB.match(line):
        return False
    return line.startswith(("/", "~/", _ADDRESS)) or line.lower().endswith((*SUFFIXES, ".padviewer"))
