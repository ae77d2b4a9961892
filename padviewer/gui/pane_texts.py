"""The texts of a pane: the ledger over the picture, the honesty line and the statistics under it."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QVBoxLayout

from padviewer.gui import ledger
from padviewer.gui.axis_names import Names
from padviewer.gui.conv_padding_text import conv_padding_lines
from padviewer.gui.labels import ElidedLabel, FittingLabel, LinesLabel
from padviewer.gui.notes import notes_lines
from padviewer.gui.plain_tip import plain_tip
from padviewer.gui.theme import monospaced
from padviewer.plan import Plan, Stage
from padviewer.workers.messages import Computed

# Under the shape, at least what the number of contamination and two lines need.
_DETAIL_LINES = 3


class Room(IntEnum):
    """How many lines a pane has for each of its texts: more of them, the narrower it is."""

    WIDE = 2
    NARROW = 3
    TINY = 4


class PaneTexts:
    """Lays the texts of a stage out at any width.

    Args:
        stage: whose texts they are.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._names: Names = {}
        self._title = QLabel(ledger.TITLES[stage])
        self._title.setObjectName("title")
        self.shape = ElidedLabel("shape")
        self.shape.setFont(monospaced(9))
        self.badge = ElidedLabel("badge")
        self.badge.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.badge.setVisible(False)
        self.share = FittingLabel("padding")
        self.detail = LinesLabel("muted") if stage is not Stage.INPUT else FittingLabel("muted", _DETAIL_LINES)
        self.honesty = LinesLabel("muted")
        self.statistics = LinesLabel("muted")
        self.statistics.setAccessibleName(f"Statistics of {ledger.TITLES[stage].lower()}")
        for label in (self.honesty, self.statistics):
            policy = label.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            label.setSizePolicy(policy)
        self._head, self._details = QHBoxLayout(), QHBoxLayout()
        self._room, self._is_low = Room.WIDE, False
        self._has_share = False

    def add_over(self, layout: QVBoxLayout) -> None:
        """Adds what stands over the picture."""
        self._head.addWidget(self._title)
        self._head.addWidget(self.shape, 1)
        self._head.addWidget(self.badge, 1)
        # Without a share, it takes no width.
        self._details.addWidget(self.share, 0, Qt.AlignmentFlag.AlignTop)
        self._details.addWidget(self.detail, 1)
        layout.addLayout(self._head)
        layout.addLayout(self._details)

    def add_under(self, layout: QVBoxLayout) -> None:
        """Adds what stands under the picture."""
        layout.addWidget(self.honesty)
        layout.addWidget(self.statistics)

    def set_room(self, room: Room, low: bool = False) -> None:
        """Gives the texts the lines that they need at a width; one each where the pane is low.

        What does not fit is told by their tooltips: the picture needs the room more.
        """
        self._room, self._is_low = room, low
        beside, under = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._head.setDirection(under if room is Room.TINY else beside)
        self._head.setSpacing(0 if room is Room.TINY else 8)
        is_beside = low or (room is Room.WIDE and self._stage is Stage.PADDED)
        self._details.setDirection(beside if is_beside else under)
        self._details.setSpacing(12 if is_beside else 0)
        self.honesty.set_lines(1 if low else 3 if room is Room.TINY else 2)
        self.statistics.set_lines(1 if low else 2)
        # All panes have as many lines over their pictures; a share that stands over the others takes some of them.
        self.share.set_short(low)
        self.share.set_lines(2 if room is Room.TINY and self._stage is Stage.FEATURE and not low else 1)
        over = self.share.lines if self._has_share and not is_beside else 0
        self.detail.set_lines(1 if low else max(room, _DETAIL_LINES) - over)

    def set_names(self, names: Names) -> None:
        """Takes the names that a person gave axes."""
        self._names = names

    def show_plan(self, plan: Plan, computed: Computed | None = None) -> None:
        """Shows the ledger of a plan."""
        self.shape.setText(ledger.shape_text(plan, self._stage, self._names))
        shares = ledger.share_texts(plan, self._stage)
        self.share.set_texts(shares)
        self.share.setVisible(bool(shares))
        self._has_share = bool(shares)
        self.set_room(self._room, self._is_low)
        how = (computed.device, computed.milliseconds) if computed else ()
        if isinstance(self.detail, FittingLabel):
            self._show_input(self.detail, plan)
        else:
            self.detail.setText(ledger.detail_text(plan, self._stage, *how))
        if self._stage is Stage.FEATURE and (lines := conv_padding_lines(plan)):
            self.detail.setToolTip(plain_tip("\n".join([self.detail.text(), "", *lines])))

    @staticmethod
    def _show_input(detail: FittingLabel, plan: Plan) -> None:
        """Shows what the reader says; what there is no room for is counted, and a click shows it."""
        detail.set_texts(ledger.input_texts(plan))
        notes = plan.info.notes
        if notes:
            tip = "\n".join([ledger.input_texts(plan)[-1], *notes_lines(notes), "Click for all details"])
            detail.setToolTip(plain_tip(tip))
        else:
            detail.setToolTip(f"{detail.text()}\nClick for all details")
        detail.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_badge(self, text: str) -> None:
        """Says whose picture it is where it is another's, which the other lines say nothing of; empty says nothing."""
        self.badge.setText(f" {text}" if text else "")
        self.badge.setVisible(bool(text))
        for label in (self.shape, self.honesty, self.statistics):
            label.setVisible(not text)

    def show_statistics(self, text: str, exact: str) -> None:
        """Shows the statistics, and all digits of them as a tooltip."""
        self.statistics.setText(text)
        self.statistics.setToolTip(exact)
