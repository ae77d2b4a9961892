"""The picture of one stage: a tile at its place with its values, what marks padding, and a cross-hair."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtWidgets import QGraphicsItem, QWidget

from padviewer.gui.element_text import Lines
from padviewer.gui.element_values import Cells, ElementValues
from padviewer.gui.padding_marks import PaddingMarks
from padviewer.gui.pointed_view import PointedView
from padviewer.gui.provenance import Provenance
from padviewer.gui.rectangles import Rect
from padviewer.gui.rendering import Pixels
from padviewer.gui.rulers import Rulers
from padviewer.gui.theme import Theme
from padviewer.plan import Stage

pg.setConfigOptions(imageAxisOrder="row-major", antialias=False)
# Zooming in ends at this many elements of PADDED across a pane: the longest of numbers can be read then.
_CLOSEST = 1


class Canvas(PointedView):
    """Shows pixels in the coordinates that all panes share."""

    view_changed = Signal()  # the rectangle shown, or the size
    resized = Signal()
    moved_by_user = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._laid: list[QGraphicsItem] = []
        self._image = pg.ImageItem(autoDownsample=False)
        self._image.setVisible(False)
        self._marks = PaddingMarks()
        self._rulers = Rulers(self)
        self._provenance: Provenance | None = None
        self._is_provenance_shown = True
        self._is_tinted = False
        self._cross = [pg.InfiniteLine(angle=angle, movable=False) for angle in (90, 0)]
        self._values = ElementValues()
        for depth, item in enumerate((self._image, self._marks, self._values, *self._cross)):
            self.add_item(item, depth)
        self._hide_cross()
        self._box.sigRangeChanged.connect(self._on_box_range_changed)
        self._box.sigRangeChangedManually.connect(self._on_box_moved)
        # Where there is little room, the lines around it keep theirs.
        self.setMinimumSize(96, 24)
        # Drops are the window's.
        self.setAcceptDrops(False)

    def add_item(self, item: QGraphicsItem, depth: float) -> None:
        """Lays an item over the picture, in the coordinates of the panes; the view does not grow for it.

        Args:
            item: what is drawn.
            depth: 0 is the picture, 1 the hatch, 2 the values written on elements; what is higher lies over them.
        """
        item.setZValue(depth)
        self._laid.append(item)
        self._box.addItem(item, ignoreBounds=True)

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self.setBackground(theme.canvas)
        self._marks.set_theme(theme)
        self._rulers.set_theme(theme)
        self._values.set_background(theme.canvas)
        self.set_ring_colour(theme.accent)
        for line in self._cross:
            line.setPen(pg.mkPen(theme.accent, width=1, style=Qt.PenStyle.DotLine))

    def set_filled(self, rows: bool, columns: bool) -> None:
        """Whether all rows, or all columns, are shown at any zoom; else elements are as wide as they are high."""
        self._box.setAspectLocked(not (rows or columns), ratio=1.0)
        self._box.setMouseEnabled(x=not columns, y=not rows)

    def set_pixels(self, pixels: Pixels, rect: Rect, values: npt.NDArray[Any] | None = None) -> None:
        """Shows RGBA pixels, uint8 of shape (rows, columns, 4), over a rectangle on screen.

        Args:
            pixels, rect: the picture and its place.
            values: the element of each pixel, to be written on it; None where a pixel stands for several.
        """
        self._image.setImage(pixels, autoLevels=False, levels=None)
        self._image.setRect(QRectF(*rect))
        if values is None:
            self._values.clear()
        else:
            self._values.set_elements(values, pixels, QRectF(*rect))
        self.set_faded(False)
        self._image.setVisible(True)

    def set_faded(self, faded: bool) -> None:
        """Fades the picture while a newer one is on its way."""
        for item in (self._image, self._values):
            item.setOpacity(0.35 if faded else 1.0)

    def clear_pixels(self) -> None:
        """Shows nothing."""
        self._image.setVisible(False)
        self._values.clear()

    @property
    def has_grid(self) -> bool:
        """Whether the elements are large enough for a grid between them."""
        return self._visible_cells() is not None

    @property
    def texts(self) -> dict[tuple[int, int], Lines]:
        """The values that are written, by row and column of the tile."""
        cells = self._visible_cells()
        return {} if cells is None else {place: lines for place, lines, _dark in self._values.texts(cells)}

    @property
    def has_pixels(self) -> bool:
        """Whether a picture is shown."""
        return bool(self._image.isVisible())

    @property
    def pixels(self) -> Pixels | None:
        """The RGBA pixels that are shown."""
        image: Pixels | None = self._image.image if self.has_pixels else None
        return image

    def set_provenance(self, provenance: Provenance | None) -> None:
        """Marks what is padding and what was cropped; None marks nothing."""
        self._provenance = provenance
        self._show_provenance()

    def set_provenance_shown(self, shown: bool) -> None:
        """Whether provenance is marked at all."""
        self._is_provenance_shown = shown
        self._show_provenance()

    def set_tinted(self, tinted: bool) -> None:
        """Whether something tints the picture: texts on elements get a plate of the element's colour then."""
        self._is_tinted = tinted
        self._show_plates()

    @property
    def picture_rect(self) -> QRectF:
        """The rectangle that the picture covers, in logical pixels of the canvas."""
        scene = self._image.mapRectToScene(self._image.boundingRect())
        return QRectF(self.viewportTransform().mapRect(scene))

    @property
    def drawn_over(self) -> list[QGraphicsItem]:
        """What is drawn over the picture now, but for the cross-hair, the lowest first."""
        over = [item for item in self._laid if item.isVisible() and item not in (self._image, *self._cross)]
        return sorted(over, key=lambda item: item.zValue())

    @property
    def marks(self) -> tuple[Rect, Rect]:
        """The stage, and the part of it that is data, as they are marked; empty where nothing is."""
        return self._marks.rects

    @property
    def rulers(self) -> Rulers:
        """What measures the picture of PADDED."""
        return self._rulers

    def set_limits(self, everything: Rect, rows: bool, columns: bool) -> None:
        """Keeps the view near what there is to see.

        Args:
            everything: the rectangle that holds all stages.
            rows, columns: whether all of them are shown at any zoom.
        """
        reach = 8 * max(everything[2], everything[3], 1.0)
        width = (None, None) if columns else (_CLOSEST, reach)
        height = (None, None) if rows or not columns else (_CLOSEST, reach)
        self._box.setLimits(minXRange=width[0], maxXRange=width[1], minYRange=height[0], maxYRange=height[1])

    @property
    def view(self) -> Rect:
        """The rectangle that is shown: left, top, width, height."""
        (left, right), (top, bottom) = self._box.viewRange()
        return left, top, right - left, bottom - top

    def set_view(self, rect: Rect) -> None:
        """Shows a rectangle; wider or higher where the aspect is locked."""
        left, top, width, height = rect
        self._box.setRange(xRange=(left, left + width), yRange=(top, top + height), padding=0, disableAutoRange=True)

    def zoom(self, factor: float) -> None:
        """Zooms in, or out by a factor below 1, around the middle."""
        across, down = self._box.state["mouseEnabled"]
        self._box.scaleBy((1 / factor if across else 1, 1 / factor if down else 1))
        self.moved_by_user.emit()

    @property
    def size_in_pixels(self) -> tuple[int, int]:
        """Width and height of the picture, in the device's pixels."""
        ratio = self.devicePixelRatioF()
        return max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))

    @property
    def pixel(self) -> tuple[float, float]:
        """Width and height of a logical pixel, in the coordinates that panes share."""
        _left, _top, width, height = self.view
        return width / max(1, self.width()), height / max(1, self.height())

    def set_cross(self, place: tuple[float, float] | None) -> None:
        """Draws a cross-hair; None draws none."""
        if place is None:
            self._hide_cross()
            return
        for line, position in zip(self._cross, place, strict=True):
            line.setValue(position)
            line.setVisible(True)

    def resizeEvent(self, event: Any) -> None:
        """Another part is visible."""
        super().resizeEvent(event)
        # pyqtgraph calls this while it is being constructed, before there are rulers.
        if event is not None and hasattr(self, "_rulers"):
            self._rulers.fit()
            self.view_changed.emit()
            self.resized.emit()

    def _show_provenance(self) -> None:
        shown = self._provenance if self._is_provenance_shown else None
        self._marks.set_provenance(shown)
        self._rulers.set_provenance(shown if shown and shown.stage is Stage.PADDED else None)
        self._show_plates()

    def _show_plates(self) -> None:
        outer, kept = self._marks.rects
        self._values.set_hatched(self._is_tinted or outer != kept)

    def _visible_cells(self) -> Cells | None:
        transform = self._values.sceneTransform() * self.viewportTransform()
        return self._values.cells(transform, self.viewport().size(), self.devicePixelRatioF())

    def _hide_cross(self) -> None:
        for line in self._cross:
            line.setVisible(False)

    def _on_box_range_changed(self, *_arguments: Any) -> None:
        self._rulers.set_view(*self.view)
        self.view_changed.emit()

    def _on_box_moved(self, *_arguments: Any) -> None:
        self.moved_by_user.emit()
