"""Makes the pictures of docs/data-sets.md by driving the real window: python scripts/make_data_set_pictures.py."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap

    from padviewer.gui.dataset.window import DatasetWindow

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "pictures" / "data-sets"
SIZE = (1100, 700)
BUDGET = 4 << 30
_TARGET, _BUCKETS, _EXPORT, _REFUSED = range(4)
_REST_MS = 500
# Of the page of the report, whose lists at the end are not shown.
_PAGE = (1160, 1130)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Tour:
    """A walk through the window of data sets, from which pictures are taken.

    Args:
        dataset: the window.
        mixed: the folder that the page is about.
    """

    def __init__(self, dataset: DatasetWindow, mixed: Path) -> None:
        self._dataset, self._mixed = dataset, mixed

    def take(self, name: str, width: int = 0, height: int = 0) -> None:
        """Keeps what the window shows, or the top of the tab in front, as large as it is told."""
        from PySide6.QtCore import QRect
        from PySide6.QtWidgets import QSplitter

        tabs = self._dataset.tabs
        splitter = tabs.parentWidget()
        assert isinstance(splitter, QSplitter)
        sizes = splitter.sizes()
        if width:
            splitter.setSizes([sum(sizes) - width, width])
        self._rest()
        save((tabs.grab(QRect(0, 0, width, height)) if width else self._dataset.grab()), name)
        splitter.setSizes(sizes)

    def open(self, name: str = "", **changes: Any) -> None:
        """Opens a folder in the mixed one, and changes the target."""
        self._dataset.tabs.setCurrentIndex(_TARGET)
        self._dataset.open((), [str(self._mixed / name)])
        self._rest()
        if changes:
            self._dataset.target.edit(changes)

    def press(self, text: str) -> None:
        """Presses a button."""
        from PySide6.QtWidgets import QPushButton

        buttons = self._dataset.findChildren(QPushButton)
        next(button for button in buttons if button.text().replace("&", "") == text and button.isEnabled()).click()

    def walk(self) -> None:
        """Goes the way of the page."""
        dataset = self._dataset
        self.open()
        self.take("dropped")
        dataset.tabs.setCurrentIndex(_REFUSED)
        self.take("refused", 680, 206)
        self.open("lines", target=(48, 320), multiple_of=(8,))
        self.take("target")
        dataset.tabs.setCurrentIndex(_BUCKETS)
        self.press("Find")
        self.take("buckets")
        self._export()
        self.open("photos", target=(256, 256), multiple_of=(1,), overflow="crop")
        self.take("photos")
        self.open("recordings", target=(16384,), multiple_of=(256,), overflow="keep")
        self.take("recordings")
        self.open("volumes", target=(16, 64, 64), multiple_of=(8,))
        self._choose_axes("W", "D")
        self.take("volumes")

    def _choose_axes(self, across: str, up: str) -> None:
        for combo, name in zip(self._dataset.choices.combos[1:], (across, up), strict=True):
            combo.setCurrentIndex(combo.findData(name))
            combo.activated.emit(combo.currentIndex())

    def _export(self) -> None:
        from PySide6.QtTest import QTest

        dataset = self._dataset
        dataset.tabs.setCurrentIndex(_EXPORT)
        targets, form, masks = dataset.export.fields
        targets.setCurrentText("the buckets")
        form.setCurrentText("zarr")
        masks.setChecked(True)
        with tempfile.TemporaryDirectory() as place:
            dataset.export.set_output(str(Path(place) / "padded"))
            self.press("Export all")
            while dataset.export.run.runs:
                QTest.qWait(50)
            self.take("export", 420, 412)

    def _rest(self) -> None:
        from PySide6.QtTest import QTest

        QTest.qWait(_REST_MS)
        while not self._dataset.settled:
            QTest.qWait(50)
        QTest.qWait(_REST_MS)


def save(picture: QPixmap, name: str) -> None:
    """Writes a picture, in the 256 colours that it has most of: a window has few."""
    from PIL import Image
    from PySide6.QtCore import QBuffer, QIODevice

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    with Image.open(io.BytesIO(buffer.data().data())) as whole:
        few = whole.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(FOLDER / f"{name}.png", optimize=True)


def make_window_pictures(mixed: Path) -> None:
    """Takes the pictures of the window."""
    # The window may be loaded only where it is drawn: its workers import this module again.
    from padviewer.gui.options import WindowOptions
    from padviewer.gui.snapshot import unseen_window
    from padviewer.spec import PipelineSpec

    items = ((str(mixed / "lines" / "Register" / "line 01.png"), None),)
    with unseen_window(WindowOptions(items, PipelineSpec(filters=4), BUDGET), SIZE, "light") as window:
        window.instruments.show_dataset()
        dataset = window.instruments.dataset
        assert dataset is not None
        dataset.resize(*SIZE)
        Tour(dataset, mixed).walk()


def make_report_picture() -> None:
    """Takes a picture of the page that `padviewer report --html` writes, by a browser; without one it stays."""
    from PySide6.QtGui import QPixmap

    from padviewer.cli import main as padviewer

    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        print(f"report.png stays as it is: none of {', '.join(_BROWSERS)} is installed", file=sys.stderr)
        return
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        padviewer(["buckets", "mixed/lines", "--count", "4", "--multiple-of", "8", "-o", "lines.json"])
        padviewer(["report", "mixed/lines", "--buckets", "lines.json", "--html", "lines.html"])
    options = [f"--window-size={_PAGE[0]},{_PAGE[1]}", "--screenshot=page.png", "--hide-scrollbars", "--disable-gpu"]
    profile = f"--user-data-dir={Path.cwd() / 'profile'}"
    command = [browser, "--headless", "--no-sandbox", profile, *options, Path("lines.html").resolve().as_uri()]
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    save(QPixmap("page.png"), "report")


def main() -> int:
    """Makes all pictures; returns 0."""
    from make_mixed_folder import make

    FOLDER.mkdir(parents=True, exist_ok=True)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        make(Path("mixed"))
        make_window_pictures(Path(place) / "mixed")
        make_report_picture()
    return 0


if __name__ == "__main__":
    sys.exit(main())
