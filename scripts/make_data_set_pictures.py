"""Makes the pictures of docs/data-sets.md by driving the real window: python scripts/make_data_set_pictures.py."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QPixmap

    from padviewer.gui.dataset.window import DatasetWindow

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "pictures" / "data-sets"
SIZE = (1100, 700)
BUDGET = 4 << 30
_TARGET, _BUCKETS, _EXPORT, _REFUSED = range(4)
_REST_MS = 500
# The page of the report and its plots are drawn so wide.
_PAGE, _PLOT = 760, 440
# Of `padviewer.dataset.report_page`, which Qt's text knows no variables for.
_VARIABLE = re.compile(r"var\((--\w+)\)")
_OF_PLOTS = re.compile(r"\.(?:axis|grid|dot|cell|target) \{[^}]*\}")


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
    """Draws the page that `padviewer report --html` writes, by Qt, as no browser may be here."""
    from PySide6.QtCore import QRectF, QSizeF, Qt
    from PySide6.QtGui import QImage, QPainter, QPixmap, QTextDocument

    from padviewer.cli import main as padviewer

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        padviewer(["buckets", "mixed/lines", "--count", "4", "--multiple-of", "8", "-o", "lines.json"])
        padviewer(["report", "mixed/lines", "--buckets", "lines.json", "--html", "lines.html"])
    page = Path("lines.html").read_text("utf-8")
    body = re.search(r"<body>(.*)</body>", page, re.DOTALL)
    colours = dict(re.findall(r"(--\w+): (#\w+)", page.partition("@media")[0]))
    assert body is not None
    body_text = body[1]
    rules = _VARIABLE.sub(lambda match: colours[match[1]], " ".join(_OF_PLOTS.findall(page)))
    text = QTextDocument()
    text.setDocumentMargin(24)
    text.setDefaultStyleSheet(
        f"* {{ font-family: sans-serif; font-size: 13px; }} .soft, th {{ color: {colours['--soft']}; }}"
        "h1 { font-size: 20px; } h2 { font-size: 15px; margin-top: 16px; } th { font-weight: normal; }"
        "td, th { text-align: right; padding: 2px 16px 2px 0; }"
    )
    names: list[str] = []

    def placed(match: re.Match[str]) -> str:
        from PySide6.QtCore import QUrl

        names.append(f"plot{len(names)}")
        drawn = match[0].replace(">", f"><style>{rules}</style>", 1)
        text.addResource(QTextDocument.ResourceType.ImageResource, QUrl(names[-1]), svg_image(drawn))
        return f'<img src="{names[-1]}">'

    # Qt's text has no rule for the first cell of a row.
    for cell in ("td", "th"):
        body_text = body_text.replace(f"<tr><{cell}>", f'<tr><{cell} style="text-align: left">')
    text.setHtml(re.sub(r"<svg.*?</svg>", placed, body_text, flags=re.DOTALL))
    text.setTextWidth(_PAGE)
    size = QSizeF(text.size())
    image = QImage(_PAGE, int(size.height()), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    text.drawContents(painter, QRectF(0, 0, _PAGE, size.height()))
    painter.end()
    save(QPixmap.fromImage(image), "report")


def svg_image(drawn: str) -> QImage:
    """Renders a plot of the page."""
    from PySide6.QtCore import QRectF, Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    drawn = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" ', 1)
    renderer = QSvgRenderer(drawn.encode())
    size = renderer.defaultSize() * _PLOT / renderer.defaultSize().width()
    image = QImage(size.width(), size.height(), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(image.rect()))
    painter.end()
    return image


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
