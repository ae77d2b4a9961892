"""A figure of the three panes for papers and tickets: what it holds, taken from the window at one moment."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QPicture
from PySide6.QtWidgets import QStyleOptionGraphicsItem

from padviewer import __version__
from padviewer.axes import CHANNELS
from padviewer.errors import shortened
from padviewer.gui import ledger, screen
from padviewer.gui.canvas import Canvas
from padviewer.gui.pane import Pane
from padviewer.gui.rendering import INF_COLOUR, NAN_COLOUR, Levels, Pixels
from padviewer.gui.theme import Theme
from padviewer.gui.words import joined
from padviewer.plan import Plan, Stage
from padviewer.snippets import settings

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

_LONGEST_NAME = 60
# Logical pixels that stay above and below pictures.
_AROUND = 12.0


@dataclass(frozen=True)
class FigurePane:
    """What one pane shows. Places are in its canvas' logical pixels.

    Attributes:
        title, shape, share, detail, place, honesty: its texts; `place` tells the indices of axes that are not shown.
        note: what is said in place of a picture.
        size: width and height of the canvas.
        picture: its pixels, and the rectangle that they cover; None where there is none.
        over: what is drawn over the picture.
        covered: the rectangle that holds both; empty where there is nothing.
        levels: the numbers of the first and the last colour; None where colours are the elements' own.
        colours: 256 RGBA colours, uint8 of shape (256, 4).
        not_finite: the colours of elements that are seen and are no finite numbers, by their names.
    """

    title: str
    shape: str
    share: str
    detail: str
    place: str
    honesty: str
    note: str
    size: tuple[int, int]
    picture: tuple[QImage, QRectF] | None
    over: QPicture
    covered: QRectF
    levels: Levels | None
    colours: Pixels
    not_finite: dict[str, tuple[int, int, int, int]]


@dataclass(frozen=True)
class Figure:
    """Three panes, the name of what they show, the settings, and the colours that they are drawn in.

    Attributes:
        panes: what each shows.
        rows: from where to where canvases are shown, in their logical pixels.
        headline, settings, made_by: texts around them.
        theme: the colours.
    """

    panes: tuple[FigurePane, ...]
    rows: tuple[float, float]
    headline: str
    settings: str
    made_by: str
    theme: Theme


def take_figure(window: MainWindow, theme: Theme, trims: bool = True) -> Figure | None:
    """Returns the figure of what a window shows; None where it shows nothing.

    Args:
        window: its panes are taken as they are.
        theme: the colours of the figure.
        trims: whether to leave out what is empty above and below all pictures.
    """
    plan = window.session.plan
    if plan is None:
        return None
    before = window.theme
    _paint_in(window, theme)
    try:
        panes = tuple(_taken(pane, plan, window.session.cut) for pane in window.panes.panes.values())
    finally:
        _paint_in(window, before)
    # By its name alone: where it lies is nobody else's business.
    name = os.path.basename(plan.info.path)  # noqa: PTH119
    named = replace(plan.info, path=shortened(name, _LONGEST_NAME))
    command = ["padviewer", settings.argument(named), *settings.options(plan.spec)]
    text = " ".join(map(settings.quoted, command))
    rows = _filled_rows(panes) if trims else (0.0, float(max(pane.size[1] for pane in panes)))
    return Figure(panes, rows, ledger.headline(plan), text, f"padviewer {__version__}", theme)


def _filled_rows(panes: tuple[FigurePane, ...]) -> tuple[float, float]:
    """Returns from where to where there is something in a pane, and a little around it."""
    height = float(max(pane.size[1] for pane in panes))
    rects = [pane.covered for pane in panes if not pane.covered.isEmpty()]
    # A pane without a picture says why from its top on.
    if not rects or any(pane.note for pane in panes):
        return 0.0, height
    top = max(0.0, min(rect.top() for rect in rects) - _AROUND)
    bottom = min(height, max(rect.bottom() for rect in rects) + _AROUND)
    return (top, bottom) if bottom - top > _AROUND else (0.0, height)


def _paint_in(window: MainWindow, theme: Theme) -> None:
    """Gives pictures and what lies over them the colours of a theme; nothing is shown of it."""
    window.panes.set_theme(theme)
    window.theme_changed.emit(theme)


def _taken(pane: Pane, plan: Plan, cut: screen.Cut) -> FigurePane:
    canvas = pane.canvas
    pixels = canvas.pixels
    has_levels = pixels is not None and (pane.stage is Stage.FEATURE or not screen.shows_colours(plan, cut))
    return FigurePane(
        ledger.TITLES[pane.stage],
        pane.title_text,
        pane.share_text,
        pane.detail_text,
        _place(pane, plan, cut),
        pane.honesty_text,
        pane.note_text,
        (canvas.width(), canvas.height()),
        None if pixels is None else (_image(pixels), canvas.picture_rect),
        _recorded(canvas),
        _covered(canvas),
        pane.levels if has_levels else None,
        pane.colours,
        {} if pixels is None else _not_finite(pixels),
    )


def _place(pane: Pane, plan: Plan, cut: screen.Cut) -> str:
    """Returns the indices of the axes that are not on screen: `D 3 of 40  filter 0 of 32`."""
    stage, words = pane.stage, []
    if plan.stage(stage) is None:
        return ""
    colours = stage is not Stage.FEATURE and screen.shows_colours(plan, cut)
    for letter in screen.hidden_axes(plan, stage, cut):
        size = plan.require(stage).extent(letter)
        index = screen.fixed_index(plan, stage, cut, letter)
        if size > 1 and index is not None and not (letter == CHANNELS and colours):
            name = "filter" if letter == CHANNELS and stage is Stage.FEATURE else letter
            words.append(f"{name} {index} of {size}")
    return joined(words)


def _image(pixels: Pixels) -> QImage:
    rows, columns = pixels.shape[:2]
    # A copy: the array may be drawn anew while the figure is.
    return QImage(pixels.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()


def _recorded(canvas: Canvas) -> QPicture:
    """Records what lies over a picture, as the canvas would draw it."""
    picture = QPicture()
    painter = QPainter(picture)
    painter.setRenderHints(canvas.renderHints())
    for item in canvas.drawn_over:
        painter.save()
        painter.setOpacity(item.effectiveOpacity())
        painter.setWorldTransform(item.sceneTransform() * canvas.viewportTransform())
        item.paint(painter, QStyleOptionGraphicsItem(), canvas.viewport())
        painter.restore()
    painter.end()
    return picture


def _covered(canvas: Canvas) -> QRectF:
    """Returns what a picture and what lies over it cover."""
    rects = [canvas.viewportTransform().mapRect(item.sceneBoundingRect()) for item in canvas.drawn_over]
    if canvas.pixels is not None:
        rects.append(canvas.picture_rect)
    covered = QRectF()
    for rect in rects:
        covered = covered.united(rect)
    return covered.intersected(QRectF(canvas.rect()))


def _not_finite(pixels: Pixels) -> dict[str, tuple[int, int, int, int]]:
    seen = pixels.view("<u4")
    named = {"NaN": NAN_COLOUR, "Inf": INF_COLOUR}
    return {name: colour for name, colour in named.items() if (seen == int.from_bytes(bytes(colour), "little")).any()}
