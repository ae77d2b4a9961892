"""The histogram of contamination, as rows of a bar and its exact numbers."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from padviewer.contamination import Bar, Contamination
from padviewer.gui.contamination.marks import hatch
from padviewer.gui.guarding import guarded
from padviewer.gui.padding_marks import PATTERNS
from padviewer.gui.theme import Theme, monospaced
from padviewer.gui.words import grouped, percent

_POINTS = 8.5
_GAP = 8.0
_NARROWEST_BAR = 48.0


def bar_label(bar: Bar) -> str:
    """Returns the shares that a bar counts: `0 %`, `under 10 %`, `10 – 20 %`, `100 %`."""
    low, high = (round(share * 100) for share in (bar.low, bar.high))
    if low == high:
        return f"{low} %"
    return f"under {high} %" if low == 0 else f"{low} – {high} %"


class ContaminationBars(QWidget):
    """One row for each bar; arrow keys and the pointer choose one, whose text is told."""

    row_chosen = Signal(str)  # the text of a row; empty where none is chosen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Histogram of contamination")
        self.setToolTip("Outputs by the share of their window that is padding. Up and down choose a row.")
        self._rows: list[tuple[str, str, str, float]] = []
        self._row: int | None = None
        self._theme: Theme | None = None
        self._font = monospaced(_POINTS)
        metrics = QFontMetricsF(self._font)
        self._digit, self._ascent, self._line = metrics.horizontalAdvance("0"), metrics.ascent(), metrics.height()

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme = theme
        self.update()

    def set_contamination(self, found: Contamination | None) -> None:
        """Shows the histogram of a feature map; None shows nothing."""
        bars = found.histogram if found else ()
        shares = [(bar, found.share(bar.outputs)) for bar in bars] if found else []
        self._rows = [(bar_label(bar), grouped(bar.outputs), percent(share), share) for bar, share in shares]
        self.setAccessibleDescription("\n".join(self.texts))
        self.updateGeometry()
        self._choose(self._row)

    @property
    def texts(self) -> list[str]:
        """The rows as a person reads them."""
        return [f"{label}: {n} {'output' if n == '1' else 'outputs'}, {share}" for label, n, share, _ in self._rows]

    @property
    def row(self) -> int | None:
        """The row that is chosen."""
        return self._row

    def sizeHint(self) -> QSize:
        return QSize(round(self._text_width + 3 * _NARROWEST_BAR), self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(round(self._text_width + _NARROWEST_BAR), round(len(self._rows) * self._line))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Chooses rows."""
        last = len(self._rows) - 1
        now = -1 if self._row is None else self._row
        moves = {
            Qt.Key.Key_Down: min(now + 1, last),
            Qt.Key.Key_Up: max(now - 1, 0),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if event.key() in moves and last >= 0:
            self._choose(moves[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the row under the pointer."""
        super().mousePressEvent(event)
        self._choose(int(event.position().y() / self._line))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Chooses none."""
        super().focusOutEvent(event)
        self._choose(None)

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the rows: label, bar, outputs and share."""
        if self._theme is None:
            return
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(PATTERNS)
        painter.setFont(self._font)
        labels, outputs, shares = self._columns
        left = labels * self._digit + _GAP
        right = self.width() - (outputs + shares) * self._digit - 2 * _GAP
        longest = max((row[3] for row in self._rows), default=1.0) or 1.0
        for number, (label, count, share_text, share) in enumerate(self._rows):
            top = number * self._line
            if number == self._row:
                painter.fillRect(QRectF(0, top, self.width(), self._line), QColor(theme.field))
            painter.setPen(QColor(theme.muted))
            self._write(painter, label, left - _GAP, top)
            # None of a window is no padding, and has another colour.
            self._paint_bar(painter, QRectF(left, top + 2, (right - left) * share / longest, self._line - 4), number)
            painter.setPen(QColor(theme.text if share else theme.muted))
            self._write(painter, count, self.width() - shares * self._digit - _GAP, top)
            self._write(painter, share_text, self.width(), top)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_bar(self, painter: QPainter, bar: QRectF, number: int) -> None:
        if self._theme is None or bar.width() <= 0:
            return
        # What is there at all is seen.
        bar.setWidth(max(1.0, bar.width()))
        tint = QColor(self._theme.muted if number == 0 else self._theme.padding)
        tint.setAlpha(150)
        painter.fillRect(bar, tint)
        if number == len(self._rows) - 1:
            painter.fillRect(bar, hatch(self._theme))

    def _write(self, painter: QPainter, text: str, right: float, top: float) -> None:
        width = QFontMetricsF(self._font).horizontalAdvance(text)
        painter.drawText(QPointF(right - width, top + self._ascent), text)

    @property
    def _columns(self) -> tuple[int, int, int]:
        """Characters of the labels, the outputs and the shares."""
        texts = list(zip(*(row[:3] for row in self._rows), strict=True)) or [(), (), ()]
        labels, outputs, shares = (max(map(len, column), default=0) for column in texts)
        return labels, outputs, shares

    @property
    def _text_width(self) -> float:
        return sum(self._columns) * self._digit + 3 * _GAP

    def _choose(self, row: int | None) -> None:
        self._row = None if row is None or not 0 <= row < len(self._rows) else row
        self.row_chosen.emit("" if self._row is None else self.texts[self._row])
        self.update()
