"""The slice that a pane shows, as a table of exact elements."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QModelIndex, QSignalBlocker
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
)

from padviewer.axes import CHANNELS
from padviewer.errors import PadviewerError, SettingsError
from padviewer.geometry import Span
from padviewer.gui import screen
from padviewer.gui.axis_names import axis_label
from padviewer.gui.form.fields import SettingEdit
from padviewer.gui.labels import ElidedLabel
from padviewer.gui.stage_choice import StageChoice
from padviewer.gui.table.copying import TableCopy
from padviewer.gui.table.model import WINDOW, TableModel
from padviewer.gui.table.plane import TablePlane, table_plane
from padviewer.gui.table.view import CellsView
from padviewer.gui.theme import Theme
from padviewer.plan import Stage
from padviewer.workers.digests import Elements
from padviewer.workers.messages import Digested, DigestRequest

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

# Letters that elements of a dtype take at the most, as far as a column is made for them.
_LETTERS = {"b": 5, "c": 26, "f": 13}
_DOUBLE = 20


class TablePanel(QFrame):
    """Shows the elements of one pane while it is open, and follows the probe.

    Args:
        window: whose panes are shown.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._window = window
        self._key: Any = None
        self._asked = 0
        self._is_asking = False
        self.model = TableModel(self)
        self.view = CellsView(self.model)
        self.choice = StageChoice(window.panes, "table")
        self.channel = QComboBox()
        # Spin boxes end at 31 bits, and axes do not.
        self._first = [SettingEdit(_parse_first, str, _step_first) for _axis in range(2)]
        self._first_labels = [QLabel("rows from"), QLabel("columns from")]
        self._info = ElidedLabel("muted")
        self._copy = TableCopy(window.session.digests, window.status.say)
        self._build()
        self._connect()

    @property
    def info_text(self) -> str:
        """What is said of the table."""
        return self._info.text()

    # ---- parts

    def _build(self) -> None:
        self.channel.setVisible(False)
        self.channel.setAccessibleName("Channel of the table")
        self.channel.setToolTip("Which of the colours the table shows")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.choice)
        head.addWidget(self.channel)
        for label, field, what in zip(self._first_labels, self._first, ("row", "column"), strict=True):
            label.setObjectName("muted")
            field.setAccessibleName(f"First {what} of the table")
            field.setFixedWidth(104)
            field.edited.connect(partial(self._on_first_edited, what))
            for widget in (label, field):
                # Until an axis is that long: the dock takes its width from what is shown first.
                widget.setVisible(False)
                head.addWidget(widget)
        head.addWidget(self._info, 1)
        for text, tip, slot in (
            ("Copy", "Copy the cells that are selected as TSV, without headings (Ctrl+C)", self.copy_selection),
            ("Copy all on screen", "Copy all elements that the pane shows as TSV, without headings", self.copy_view),
        ):
            button = QPushButton(text)
            button.setObjectName("small")
            button.setToolTip(tip)
            button.clicked.connect(lambda _checked=False, slot=slot: slot())
            head.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)

    def _connect(self) -> None:
        window, session = self._window, self._window.session
        self.model.set_theme(window.theme)
        window.theme_changed.connect(self._on_window_theme_changed)
        session.cut_changed.connect(self._on_session_changed)
        session.feature_changed.connect(self._on_session_changed)
        session.probed.connect(self._on_session_probed)
        window.axis_names.changed.connect(self._on_axis_names_changed)
        self.choice.stage_chosen.connect(self._on_session_changed)
        self.channel.currentIndexChanged.connect(self._on_session_changed)
        self.model.blocks_missing.connect(self._ask)
        self.view.copy_wanted.connect(self.copy_selection)
        self.view.cell_chosen.connect(self._on_view_cell_chosen)
        self.view.activated.connect(self._on_view_activated)

    # ---- what is shown

    def _refresh(self) -> None:
        if not self.isVisible():
            return
        self._show_channels()
        plane = self._plane()
        key = None if plane is None else (plane.plan.content(plane.stage), plane.region, plane.letters)
        if key is not None and key == self._key:
            return
        self._key = key
        self._asked += 1
        self._is_asking = False
        self.view.following = True
        self.model.set_names(self._window.axis_names.of(self._window.session.plan))
        self.model.set_plane(plane)
        self.view.following = False
        self._show_firsts()
        if plane is None:
            self._info.setText("nothing to show here")
            return
        self.view.horizontalHeader().setDefaultSectionSize(self._column_width(plane))
        self._info.setText(self._described(plane))

    def _plane(self) -> TablePlane | None:
        session, stage = self._window.session, self.choice.stage
        if session.plan is None or (stage is Stage.FEATURE and not session.feature.state.ready):
            return None
        return table_plane(session.plan, stage, session.cut, max(0, self.channel.currentIndex()))

    def _described(self, plane: TablePlane) -> str:
        names = self._window.axis_names.of(plane.plan)
        down, across = (axis_label(names, letter, plane.stage) for letter in tuple(plane.letters))
        rows, columns = plane.shape
        padding = "   hatched: padding" if plane.stage is Stage.PADDED and plane.plan.padding_share else ""
        return f"{down} ↓ {rows}   {across} → {columns}{padding}"

    def _column_width(self, plane: TablePlane) -> int:
        dtype = np.dtype(plane.plan.require(plane.stage).dtype)
        letters = _LETTERS.get(dtype.kind, 0)
        if dtype.kind in "iu":
            letters = max(len(str(np.iinfo(dtype).min)), len(str(np.iinfo(dtype).max)))
        elif dtype == np.float64:
            letters = _DOUBLE
        return self.view.fontMetrics().horizontalAdvance("0") * max(5, letters) + 12

    def _show_channels(self) -> None:
        plan, cut = self._window.session.plan, self._window.session.cut
        colours = plan is not None and self.choice.stage is not Stage.FEATURE and screen.shows_colours(plan, cut)
        self.channel.setVisible(colours)
        count = plan.input.extent(CHANNELS) if plan is not None and colours else 0
        if count and self.channel.count() != count:
            with QSignalBlocker(self.channel):
                self.channel.clear()
                self.channel.addItems([f"channel {number}" for number in range(count)])

    def _show_firsts(self) -> None:
        plane = self.model.plane
        shape = plane.shape if plane else (0, 0)
        for label, field, size, first in zip(self._first_labels, self._first, shape, self.model.first, strict=True):
            for widget in (label, field):
                widget.setVisible(size > WINDOW)
            field.set_value(first)

    # ---- elements

    def _ask(self) -> None:
        """Asks for one block at a time, that which was looked at last."""
        plane = self.model.plane
        if self._is_asking or plane is None:
            return
        missing = self.model.take_missing()
        if missing is None:
            return
        block, rows, columns = missing
        asked, self._is_asking = self._asked, True

        def found(digested: Digested) -> None:
            if asked == self._asked:
                self._is_asking = False
                self.model.set_block(block, plane.block(digested.answer))
                self._ask()

        def failed(_error: PadviewerError) -> None:
            if asked == self._asked:
                # The picture's own request tells of it; the table asks again when something has changed.
                self._is_asking, self._key = False, None

        request = DigestRequest(plane.plan, plane.stage, plane.part(rows, columns), Elements())
        self._window.session.digests.ask("table", request, found, failed)

    def copy_selection(self) -> None:
        """Copies the cells that are selected."""
        plane, chosen = self.model.plane, self.view.selectionModel().selection()
        if plane is None or chosen.isEmpty():
            self._window.status.say("nothing is selected to copy")
            return
        down, across = self.model.first
        ranges = [chosen.at(number) for number in range(chosen.count())]
        rows = Span(min(r.top() for r in ranges) + down, max(r.bottom() for r in ranges) + down + 1)
        columns = Span(min(r.left() for r in ranges) + across, max(r.right() for r in ranges) + across + 1)
        self._copy.copy(plane, rows, columns)

    def copy_view(self) -> None:
        """Copies all elements that the pane shows."""
        plane = self.model.plane
        if plane is not None:
            self._copy.copy(plane, *plane.visible(self._window.pane(plane.stage).canvas.view))

    # ---- slots

    def _on_session_changed(self, _what: object) -> None:
        self._refresh()

    def _on_axis_names_changed(self) -> None:
        self._key = None
        self._refresh()

    def _on_window_theme_changed(self, theme: Theme) -> None:
        self.model.set_theme(theme)
        self.view.viewport().update()

    def _on_session_probed(self, found: dict[Stage, Any]) -> None:
        """Goes to the element under the pointer; what is selected stays so."""
        plane = self.model.plane
        if plane is None or not self.isVisible() or plane.stage not in found or self.view.hasFocus():
            return
        cell = plane.cell(found[plane.stage][0])
        if cell is None:
            return
        self.view.following = True
        index = self.model.index_of(*cell)
        self.view.go_to(index)
        self._show_firsts()

    def _on_view_cell_chosen(self, index: QModelIndex) -> None:
        plane = self.model.plane
        if plane is not None:
            self._window.panes.point_at(plane.stage, *plane.place(*self.model.cell_at(index)))

    def _on_view_activated(self, index: QModelIndex) -> None:
        """Pins the element, as pressing it in the pane does."""
        plane = self.model.plane
        if plane is not None:
            self._window.panes.clicked.emit(plane.stage, *plane.place(*self.model.cell_at(index)), False)

    def _on_first_edited(self, what: str, first: int) -> None:
        row, column = self.model.first
        self.model.set_first(*((first, column) if what == "row" else (row, first)))

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what was shown meanwhile."""
        super().showEvent(event)
        self._refresh()


def _parse_first(text: str) -> int:
    if not text.strip().isdecimal():
        raise SettingsError(f"{text!r} is no index; type a whole number from 0 on")
    return int(text)


def _step_first(first: int, by: int) -> int:
    return max(0, first + by * (WINDOW // 2))
