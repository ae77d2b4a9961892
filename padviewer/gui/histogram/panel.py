"""The histogram of what a pane shows, and its levels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from padviewer.errors import PadviewerError
from padviewer.gui import screen
from padviewer.gui.histogram.plot import HistogramPlot
from padviewer.gui.labels import ElidedLabel
from padviewer.gui.plane_count import Counted, PlaneCount
from padviewer.gui.rendering import Levels
from padviewer.gui.stage_choice import StageChoice
from padviewer.gui.statistics_text import looked_at, zeros_text
from padviewer.gui.theme import Theme
from padviewer.gui.words import joined
from padviewer.plan import Stage
from padviewer.workers.histogram import Bins, CountBins, Histogram, bins_between
from padviewer.workers.statistics import Summary

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

# Percentiles that a button sets the levels to, by the share that is left out at either end.
_CUTS = (0.001, 0.01, 0.05)
_SHARES = tuple(share for cut in _CUTS for share in (cut, 1 - cut))


class HistogramPanel(QFrame):
    """Shows the histogram of one pane while it is open; its lines set the levels of that pane.

    Args:
        window: whose panes are counted.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._window = window
        self._count = PlaneCount(window.session.digests, "histogram", Histogram.joined)
        self._summary: Counted | None = None
        self._found: Counted | None = None
        self._quantiles: tuple[float, ...] = ()
        self.choice = StageChoice(window.panes, "histogram")
        self.plot = HistogramPlot()
        self.scale = QComboBox()
        self._low, self._high = QLineEdit(), QLineEdit()
        self._info = ElidedLabel("muted")
        self._build()
        self.plot.set_theme(window.theme)
        window.theme_changed.connect(self._on_window_theme_changed)
        window.statistics.changed.connect(self._on_statistics_changed)
        self.choice.stage_chosen.connect(lambda _stage: self._restart())
        self.plot.levels_edited.connect(self._set_levels)
        self.scale.currentIndexChanged.connect(lambda index: self.plot.set_log(index == 0))
        for pane in window.panes.panes.values():
            pane.drawn.connect(lambda pane=pane: self._on_pane_drawn(pane.stage))

    @property
    def stage(self) -> Stage:
        """Whose histogram it is."""
        return self.choice.stage

    @property
    def info_text(self) -> str:
        """What is said beside the bars."""
        return self._info.text()

    # ---- parts

    def _build(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(4)
        first = QHBoxLayout()
        first.addWidget(self.choice, 1)
        self.scale.addItems(["Log counts", "Linear counts"])
        self.scale.setAccessibleName("Scale of the counts")
        first.addWidget(self.scale, 1)
        levels = QHBoxLayout()
        levels.setSpacing(4)
        for field, name in ((self._low, "first"), (self._high, "last")):
            field.setAccessibleName(f"Value of the {name} colour")
            field.setToolTip(f"The value that the {name} colour stands for")
            field.setMinimumWidth(48)
            field.editingFinished.connect(self._on_field_edited)
            levels.addWidget(field, 1)
        buttons = QGridLayout()
        buttons.setSpacing(4)
        for place, cut in enumerate(_CUTS):
            tip = f"Levels at the {_percent(cut)} and the {_percent(1 - cut)} percentile"
            buttons.addWidget(self._button(f"{_percent(cut)} %", tip, partial(self._cut_off, cut)), 0, place)
        buttons.addWidget(self._button("Range", "Levels at the least and the largest value", self._show_all), 0, 3)
        buttons.addWidget(self._button("Auto", "The levels that the pane chooses by itself", self._leave), 0, 4)
        side.addLayout(first)
        side.addLayout(levels)
        side.addLayout(buttons)
        side.addStretch(1)
        column = QWidget()
        column.setLayout(side)
        side.setContentsMargins(0, 0, 0, 0)
        column.setFixedWidth(248)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        bars = QVBoxLayout()
        bars.setSpacing(4)
        bars.addWidget(self.plot, 1)
        bars.addWidget(self._info)
        layout.addLayout(bars, 1)
        layout.addWidget(column)
        self.setTabOrder(self.plot, self.choice)

    def _button(self, text: str, tip: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName("small")
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        # Qt tells whether it is checked, which it never is.
        button.clicked.connect(lambda _checked=False: slot())
        return button

    # ---- counting

    def _restart(self) -> None:
        self._summary = None
        self._follow()
        self._on_pane_drawn(self.stage)

    def _follow(self) -> None:
        """Counts what the statistics tell of: they know the range."""
        counted = self._window.statistics.found(self.stage)
        if not self.isVisible() or (counted is not None and counted is self._summary):
            return
        self._summary = counted
        self._count.stop()
        plan, plane = self._window.session.plan, self._window.statistics.plane(self.stage)
        if counted is None or plan is None or plane is None:
            self._show_nothing("" if plane is None else "counting…")
            return
        summary: Summary = counted.answer
        if summary.minimum is None or summary.maximum is None:
            self.plot.set_counts(None, np.zeros(0, np.int64))
            self._quantiles = ()
            self._info.setText(self._text(counted))
            return
        kind = np.dtype(plan.require(self.stage).dtype).kind
        bins = bins_between(summary.minimum, summary.maximum, integers=kind in "iub")
        digest = CountBins(bins, self._window.statistics.part(self.stage), _SHARES)
        self.plot.set_old(True)
        self._count.start(
            plan,
            self.stage,
            plane,
            digest,
            self._receiver(bins),
            self._on_count_failed,
            whole=replace(digest, shares=()),
            # Of a sample, the range is not known that all elements have.
            refines=counted.one_in == 1,
        )

    def _receiver(self, bins: Bins) -> Callable[[Counted], None]:
        def found(counted: Counted) -> None:
            histogram: Histogram = counted.answer
            self._found = counted
            self._quantiles = histogram.quantiles or self._quantiles
            self.plot.set_counts(bins, histogram.counts)
            self._info.setText(self._text(counted))

        return found

    def _text(self, counted: Counted) -> str:
        """Returns what the bars do not show."""
        if self._summary is None:
            return ""
        summary: Summary = self._summary.answer
        plan, cut = self._window.session.plan, self._window.session.cut
        parts = [f"NaN {summary.nans}  Inf {summary.infs}", *([zeros_text(summary)] if summary.finite else [])]
        if plan is not None and self.stage is not Stage.FEATURE and screen.shows_colours(plan, cut):
            parts.append("all channels together")
        if self.stage is Stage.PADDED:
            parts.append("padding counts too")
        if plan is not None and plan.require(self.stage).dtype.startswith("complex"):
            parts.append(self._window.statistics.part(self.stage))
        parts += looked_at(counted)
        return joined(parts if summary.finite else [*parts, "nothing finite"])

    def _show_nothing(self, text: str) -> None:
        self.plot.set_old(True)
        if not text:
            self.plot.set_counts(None, np.zeros(0, np.int64))
        self._info.setText(text)

    # ---- levels

    def _set_levels(self, levels: Levels) -> None:
        pane = self._window.pane(self.stage)
        if levels[0] < levels[1]:
            pane.edit_look(replace(pane.look, rule="custom", custom=levels))

    def _cut_off(self, cut: float) -> None:
        if self._quantiles:
            at = 2 * _CUTS.index(cut)
            low, high = self._quantiles[at], self._quantiles[at + 1]
            self._set_levels((low, high if high > low else low + 1))

    def _show_all(self) -> None:
        pane = self._window.pane(self.stage)
        pane.edit_look(replace(pane.look, rule="data"))

    def _leave(self) -> None:
        pane = self._window.pane(self.stage)
        pane.edit_look(replace(pane.look, rule="auto"))

    # ---- slots

    def _on_pane_drawn(self, stage: Stage) -> None:
        if stage is not self.stage or not self.isVisible():
            return
        pane = self._window.pane(stage)
        self.plot.set_levels(pane.levels, pane.colours)
        for field, level in zip((self._low, self._high), pane.levels, strict=True):
            if not field.isModified():
                field.setText(f"{level:.9g}")
                field.setCursorPosition(0)

    def _on_field_edited(self) -> None:
        self._low.setModified(False)
        self._high.setModified(False)
        try:
            levels = float(self._low.text()), float(self._high.text())
        except ValueError:
            levels = (0.0, 0.0)
        shown = tuple(f"{level:.9g}" for level in self._window.pane(self.stage).levels)
        if not levels[0] < levels[1] or not np.isfinite(levels).all():
            self._low.setText(shown[0])
            self._high.setText(shown[1])
        elif (self._low.text(), self._high.text()) != shown:
            self._set_levels(levels)

    def _on_statistics_changed(self, stage: Stage) -> None:
        if stage is self.stage:
            self._follow()

    def _on_count_failed(self, _error: PadviewerError) -> None:
        # The picture's own request tells of it.
        self._summary = None
        self._show_nothing("")

    def _on_window_theme_changed(self, theme: Theme) -> None:
        self.plot.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what was shown meanwhile."""
        super().showEvent(event)
        self._restart()

    def hideEvent(self, event: QHideEvent) -> None:
        """Counts nothing that nobody sees."""
        super().hideEvent(event)
        self._count.stop()
        self._summary = None


def _percent(share: float) -> str:
    return f"{100 * share:g}"
