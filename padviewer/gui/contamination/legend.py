"""What the tints of contamination stand for."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from padviewer.gui.contamination.marks import hatch, tints
from padviewer.gui.contamination.slice import STEPS
from padviewer.gui.guarding import guarded
from padviewer.gui.padding_marks import PATTERNS
from padviewer.gui.theme import Theme, monospaced

LABELS = ("0 %", *(f"<{round(step * 100)}" for step in STEPS), "100 %")
_TITLE = "padding in the window"
_POINTS = 7.0
_SWATCH = (32, 10)
_MARGIN = 4
# A smaller picture needs all of its room.
_SMALLEST = (212, 140)
_ROOM_FOR_TITLE = 320


class ContaminationLegend(QWidget):
    """A row of tints with their shares, in the lower left corner of a picture. It lets the pointer through.

    Args:
        canvas: what it lies on.
    """

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Legend of contamination")
        self.setAccessibleDescription(f"Tints for a share of {', '.join(LABELS)} of a window; 100 % is hatched")
        self._canvas = canvas
        self._theme: Theme | None = None
        self._wanted = False
        self._has_title = True
        self._font = monospaced(_POINTS)
        self._line = QFontMetricsF(self._font).height()
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme = theme
        self.update()

    def set_shown(self, shown: bool) -> None:
        """Shows or hides it."""
        self._wanted = shown
        self.fit()

    def fit(self) -> None:
        """Takes its corner, unless the canvas is too small."""
        size = self._canvas.size()
        self._has_title = size.height() >= _ROOM_FOR_TITLE
        self.resize(self.sizeHint())
        self.move(_MARGIN, size.height() - self.height() - _MARGIN)
        self.setVisible(self._wanted and size.width() >= _SMALLEST[0] and size.height() >= _SMALLEST[1])

    def sizeHint(self) -> QSize:
        width = len(LABELS) * _SWATCH[0] + 2 * _MARGIN
        return QSize(width, round((1 + self._has_title) * self._line + _SWATCH[1] + 2 * _MARGIN))

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the tints on a plate; that of 0 % is none, and has the colour of its contour around it."""
        if self._theme is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(PATTERNS)
        plate = QColor(self._theme.panel)
        plate.setAlpha(235)
        painter.fillRect(self.rect(), plate)
        painter.setFont(self._font)
        painter.setPen(QColor(self._theme.text))
        title = QRectF(_MARGIN, _MARGIN, self.width() - 2 * _MARGIN, self._line if self._has_title else 0)
        if self._has_title:
            painter.drawText(title, Qt.AlignmentFlag.AlignLeft, _TITLE)
        for number, (label, tint) in enumerate(zip(LABELS, tints(self._theme), strict=True)):
            swatch = QRectF(_MARGIN + number * _SWATCH[0], title.bottom(), _SWATCH[0] - 2, _SWATCH[1])
            painter.fillRect(swatch, tint)
            if number == len(LABELS) - 1:
                painter.fillRect(swatch, hatch(self._theme))
            painter.setPen(QPen(QColor(self._theme.padding if number == 0 else self._theme.border), 1))
            painter.drawRect(swatch.adjusted(0.5, 0.5, -0.5, -0.5))
            painter.setPen(QColor(self._theme.text))
            below = QRectF(swatch.left(), swatch.bottom(), swatch.width(), self._line)
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, label)
