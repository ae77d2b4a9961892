"""A figure as a file: PNG of pixels; SVG and PDF of text and lines, with pictures in them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter

from padviewer.errors import ExportError, shortened
from padviewer.export.target import replacing
from padviewer.gui.figure.drawing import draw, draw_over
from padviewer.gui.figure.figure import Figure
from padviewer.gui.figure.layout import UNITS_PER_MM, Placed, lay_out

SUFFIXES = {"PNG picture (*.png)": ".png", "SVG drawing (*.svg)": ".svg", "PDF document (*.pdf)": ".pdf"}
_PER_INCH = 96
# Qt's hatches as lines of vectors: its own are squares behind a mask, which some programs do not show.
_HATCHES = {"12": "M-1,1 L1,-1 M-1,9 L9,-1 M7,9 L9,7", "13": "M-1,-1 L9,9 M-1,7 L1,9 M7,-1 L9,1"}
_HATCHES["14"] = f"{_HATCHES['12']} {_HATCHES['13']}"
_MASK = re.compile(r"<mask id=\"patternmask1[234]\".*?</mask>\s*", re.DOTALL)
_PATTERN = re.compile(r"(<pattern id=\"fillpattern(1[234])_(\w{6})\"[^>]*>).*?</pattern>", re.DOTALL)


def write_figure(figure: Figure, path: str, width_mm: float, dpi: float) -> None:
    """Writes a figure, over a file that exists.

    Args:
        figure: what is drawn.
        path: ends in `.png`, `.svg` or `.pdf`.
        width_mm: of the page.
        dpi: pixels for each inch, of the whole of a PNG, and of the pictures in the others.

    Raises:
        ExportError: the file cannot be written.
    """
    makers = {".png": png_of, ".svg": svg_of, ".pdf": pdf_of}
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122
    if suffix not in makers:
        raise ExportError(f"{shortened(path)}: a figure is a .png, .svg or .pdf file; choose one of these names")
    made = makers[suffix](figure, width_mm, dpi)
    with replacing(path, overwrite=True) as file:
        file.write(made)


def image_of(figure: Figure, width_mm: float, dpi: float) -> QImage:
    """Returns a figure as pixels."""
    layout, ratio = lay_out(figure, width_mm * UNITS_PER_MM), dpi / _PER_INCH
    size = QSize(round(layout.width * ratio), round(layout.height * ratio))
    image = QImage(size, QImage.Format.Format_RGB32)
    if image.isNull():
        raise ExportError(f"{size.width()} x {size.height()} pixels are more than a picture can have; use fewer dpi")
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.scale(ratio, ratio)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    draw(painter, layout, figure.theme, ratio)
    painter.end()
    image.setDotsPerMeterX(round(dpi / 0.0254))
    image.setDotsPerMeterY(round(dpi / 0.0254))
    return image


def png_of(figure: Figure, width_mm: float, dpi: float) -> bytes:
    """Returns a figure as a PNG."""
    buffer = _buffer()
    image_of(figure, width_mm, dpi).save(buffer, "PNG")  # type: ignore[call-overload]  # the stub knows bytes, Qt text
    return bytes(buffer.data().data())


def pdf_of(figure: Figure, width_mm: float, dpi: float) -> bytes:
    """Returns a figure as a PDF of one page of its size."""
    layout = lay_out(figure, width_mm * UNITS_PER_MM)
    buffer = _buffer()
    writer = QPdfWriter(buffer)
    writer.setTitle(figure.headline)
    writer.setCreator(figure.made_by)
    writer.setResolution(_PER_INCH)
    page = QSizeF(layout.width / UNITS_PER_MM, layout.height / UNITS_PER_MM)
    size = QPageSize(page, QPageSize.Unit.Millimeter, "figure", QPageSize.SizeMatchPolicy.ExactMatch)
    writer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF()))
    painter = QPainter(writer)
    draw(painter, layout, figure.theme, dpi / _PER_INCH)
    painter.end()
    return bytes(buffer.data().data())


def svg_of(figure: Figure, width_mm: float, dpi: float) -> bytes:
    """Returns a figure as an SVG. What lies over a picture is a group of its own, which ends at its borders."""
    layout = lay_out(figure, width_mm * UNITS_PER_MM)
    page = QRectF(0, 0, layout.width, layout.height)
    whole = _svg(page, figure, lambda painter: draw(painter, layout, figure.theme, dpi / _PER_INCH, over=False))
    end = whole.rindex("</svg>")
    return (
        whole[:end] + "".join(_part(number, placed, figure) for number, placed in enumerate(layout.panes)) + whole[end:]
    ).encode("utf-8")


def _svg(page: QRectF, figure: Figure, paint: Callable[[QPainter], None]) -> str:
    from PySide6.QtSvg import QSvgGenerator  # noqa: PLC0415 - a library of its own

    buffer = _buffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(_PER_INCH)
    generator.setSize(QSize(math.ceil(page.width()), math.ceil(page.height())))
    generator.setViewBox(page)
    generator.setTitle(figure.headline)
    generator.setDescription(f"{figure.settings}\n{figure.made_by}")
    painter = QPainter(generator)
    paint(painter)
    painter.end()
    size = f'width="{page.width() / UNITS_PER_MM:.4f}mm" height="{page.height() / UNITS_PER_MM:.4f}mm"'
    text = re.sub(r'width="[^"]*mm" height="[^"]*mm"', size, bytes(buffer.data().data()).decode("utf-8"), count=1)
    return _PATTERN.sub(_hatch, _MASK.sub("", text))


def _part(number: int, placed: Placed, figure: Figure) -> str:
    """Returns what lies over a picture as a group that ends at its borders; Qt's generator knows no clipping."""
    canvas = placed.canvas
    page = QRectF(0, 0, canvas.width(), canvas.height())
    text = _svg(page, figure, lambda painter: draw_over(painter, placed, page))
    body = text[text.index("<defs>") : text.rindex("</svg>")]
    clip = f'<clipPath id="pane{number}"><rect width="{canvas.width()}" height="{canvas.height()}"/></clipPath>'
    place = f'transform="translate({canvas.x()},{canvas.y()})" clip-path="url(#pane{number})"'
    return f"<defs>{clip}</defs>\n<g {place}>{body}</g>\n"


def _hatch(found: re.Match[str]) -> str:
    head, style, colour = found.groups()
    return f'{head}<path d="{_HATCHES[style]}" stroke="#{colour}" stroke-width="1" fill="none"/></pattern>'


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer
