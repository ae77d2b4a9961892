"""While Shift is held, PADDED and FEATURE show the reference; the content stays where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QKeyEvent
from PySide6.QtWidgets import QApplication, QGraphicsRectItem

from padviewer.errors import PadviewerError, PlanError
from padviewer.geometry import Region
from padviewer.gui.difference.reference import Reference
from padviewer.gui.difference.reference_plane import ReferencePlane
from padviewer.gui.difference.reference_work import elements_job
from padviewer.gui.element_values import ElementValues
from padviewer.gui.newest import NewestJob
from padviewer.gui.padding_marks import PaddingMarks
from padviewer.gui.pane import Pane
from padviewer.gui.provenance import provenance_of
from padviewer.gui.rendering import choose_map, lookup_table, paint
from padviewer.gui.session import Session
from padviewer.gui.theme import Theme
from padviewer.plan import Stage
from padviewer.workers.messages import Array

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

_STAGES = (Stage.PADDED, Stage.FEATURE)
# Over everything that is drawn of the settings in force.
_DEPTH = 100
_MODIFIERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
_KEYS = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)


class ReferenceView(QObject):
    """Listens for Shift over a picture.

    Args:
        window: whose panes show the reference.
        reference: what they show.
    """

    def __init__(self, window: MainWindow, reference: Reference) -> None:
        super().__init__(window)
        self._window = window
        self._reference = reference
        self._pictures = {stage: ReferencePicture(window.pane(stage), window.session, reference) for stage in _STAGES}
        self.shown = False
        self._on_window_theme_changed(window.theme)
        window.theme_changed.connect(self._on_window_theme_changed)
        reference.changed.connect(lambda: self.show_reference(False))
        window.session.cut_changed.connect(lambda _cut: self.show_reference(False))
        window.installEventFilter(self)
        for pane in window.panes.panes.values():
            # The canvas takes arrow keys, and its viewport buttons, before the window hears of them.
            pane.canvas.installEventFilter(self)
            pane.canvas.viewport().installEventFilter(self)

    def show_reference(self, shown: bool) -> None:
        """Shows the reference in place of the settings in force, or no longer."""
        shown = shown and self._reference.plan is not None and self._window.session.plan is not None
        if shown != self.shown:
            self.shown = shown
            for picture in self._pictures.values():
                picture.set_shown(shown)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Follows Shift; a button that is pressed with it draws a selection, on what is in force."""
        kind = event.type()
        if kind in _KEYS and isinstance(event, QKeyEvent) and not event.isAutoRepeat():
            alone = event.key() == Qt.Key.Key_Shift and not event.modifiers() & _MODIFIERS
            self.show_reference(kind == QEvent.Type.KeyPress and alone and self._is_pointed_at())
        elif kind in (QEvent.Type.WindowDeactivate, QEvent.Type.MouseButtonPress):
            self.show_reference(False)
        return False

    def _is_pointed_at(self) -> bool:
        canvases = [pane.canvas for pane in self._window.panes.panes.values()]
        focused = any(canvas.hasFocus() for canvas in canvases)
        free = QApplication.mouseButtons() == Qt.MouseButton.NoButton
        # Not `underMouse`, which is not taken back where the pointer leaves without an event.
        pointer = QCursor.pos()
        return free and (focused or any(canvas.rect().contains(canvas.mapFromGlobal(pointer)) for canvas in canvases))

    def _on_window_theme_changed(self, theme: Theme) -> None:
        for picture in self._pictures.values():
            picture.set_theme(theme)


class ReferencePicture(QObject):
    """Lays the reference over the picture of a pane.

    Args:
        pane: of PADDED or FEATURE.
        session: what is in force.
        reference: what is shown instead.
    """

    def __init__(self, pane: Pane, session: Session, reference: Reference) -> None:
        super().__init__(pane)
        self.pane = pane
        self._session, self._reference = session, reference
        self._jobs = NewestJob(session.clients, f"reference {pane.stage}")
        self._newest: tuple[ReferencePlane, Region, Array] | None = None
        self._plane: ReferencePlane | None = None
        self._is_marked = False
        self._cover = QGraphicsRectItem()
        self._cover.setPen(pg.mkPen(None))
        self._image = pg.ImageItem(autoDownsample=False)
        self._marks, self._values = PaddingMarks(), ElementValues()
        self._items = (self._cover, self._image, self._marks, self._values)
        for number, item in enumerate(self._items):
            item.setVisible(False)
            pane.canvas.add_item(item, _DEPTH + number)
        pane.canvas.view_changed.connect(self._ask)

    @property
    def pixels(self) -> Array | None:
        """The RGBA pixels that are shown; None where there are none."""
        found: Array | None = self._image.image if self._image.isVisible() else None
        return found

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._cover.setBrush(QColor(theme.canvas))
        self._marks.set_theme(theme)
        self._values.set_background(theme.canvas)

    def set_shown(self, shown: bool) -> None:
        """Shows the reference, or what is in force."""
        plan, other = self._session.plan, self._reference.plan
        self._plane = None
        self._show_marks_in_force(not shown)
        if not shown or plan is None or other is None:
            self._show_items(False)
            self.pane.show_texts("", None)
            return
        badge = f"reference: {self._reference.name}"
        try:
            self._plane = ReferencePlane.of(plan, other, self.pane.stage, self._session.cut)
        except PlanError as error:
            self.pane.show_texts(f"{badge} — {error.message}", other)
            return
        self.pane.show_texts(badge, other)
        self._ask()

    def _ask(self) -> None:
        plane = self._plane
        if plane is None:
            return
        region = plane.region(self.pane.canvas.view, self.pane.canvas.size_in_pixels)
        newest = self._newest
        if newest is not None and newest[0] == plane and newest[1] == region:
            self._draw(*newest)
            return

        def deliver(data: Array) -> None:
            self._newest = (plane, region, data)
            if self._plane is plane:
                self._draw(plane, region, data)

        def fail(error: PadviewerError) -> None:
            if self._plane is plane:
                self.pane.show_texts(f"reference: {self._reference.name} — {error.message}", plane.other)

        self._jobs.run(lambda: elements_job(plane.other, plane.stage, region), deliver, fail)

    def _draw(self, plane: ReferencePlane, region: Region, data: Array) -> None:
        look = self.pane.look
        name, levels = choose_map(look, plane.stage is Stage.FEATURE, self.pane.levels, data.dtype.kind == "c")
        elements = plane.pixels_of(region, data)
        pixels = paint(elements, lookup_table(name), levels, look.part)
        rect = QRectF(*plane.rect(region))
        left, top, width, height = self.pane.canvas.view
        self._cover.setRect(QRectF(left - width, top - height, 3 * width, 3 * height))
        self._image.setImage(pixels, autoLevels=False, levels=None)
        self._image.setRect(rect)
        if all(span.step == 1 for span in region):
            self._values.set_elements(elements, pixels, rect)
        else:
            self._values.clear()
        self._mark(plane)
        self._show_items(True)

    def _show_marks_in_force(self, shown: bool) -> None:
        """Takes rulers and marks of the settings in force away for the while, where they are shown."""
        canvas = self.pane.canvas
        if not shown:
            self._is_marked = any(canvas.marks[0])
        if self._is_marked:
            canvas.set_provenance_shown(shown)

    def _mark(self, plane: ReferencePlane) -> None:
        """Marks the padding of the reference where that of the settings in force is marked."""
        shown = provenance_of(plane.other, plane.stage, plane.cut) if self._is_marked else None
        self._marks.set_provenance(shown)
        self._marks.setPos(-plane.shift[0], -plane.shift[1])
        outer, kept = self._marks.rects
        self._values.set_hatched(outer != kept)

    def _show_items(self, shown: bool) -> None:
        for item in self._items:
            item.setVisible(shown)
