"""Labels that never push a window wider: what does not fit is elided and stays readable as a tooltip."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from padviewer.gui.guarding import guarded
from padviewer.gui.plain_tip import plain_tip

_HARD = "\u00a0"
# More lines than any text has.
_ANY = 99


class ElidedLabel(QLabel):
    """One line of text, cut off with an ellipsis where there is no room."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        """Sets the text, and the tooltip that holds all of it."""
        super().setText(text)
        self.setToolTip(plain_tip(text))

    def minimumSizeHint(self) -> QSize:
        """Qt asks how small it may be: any width."""
        return QSize(0, super().minimumSizeHint().height())

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws what fits."""
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(self.alignment()) | int(Qt.TextFlag.TextSingleLine), text)


class LinesLabel(QLabel):
    """Text that wraps to a number of lines, and no further: panes keep their heights whatever it says."""

    pressed = Signal()

    def __init__(self, name: str = "", lines: int = 2, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = lines
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.9)
        self.setFont(font)
        # One line is as wide as its text; more of them take what there is.
        policy = QSizePolicy.Policy.Preferred if lines == 1 else QSizePolicy.Policy.Ignored
        self.setSizePolicy(policy, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        """Sets the text, and the tooltip that holds all of it."""
        super().setText(text)
        self.setToolTip(plain_tip(text))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tells of a click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()

    @property
    def lines(self) -> int:
        """How many lines it has room for."""
        return self._lines

    def set_lines(self, lines: int) -> None:
        """Gives it room for a number of lines."""
        if lines != self._lines:
            self._lines = lines
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Qt asks how large it wants to be: its lines high."""
        metrics = self.fontMetrics()
        # A pixel more than the text: of fractions of one, the sum would be too wide.
        width = metrics.horizontalAdvance(self.text()) + 1 if self._lines == 1 else 80
        return QSize(width, self._lines * metrics.lineSpacing())

    def minimumSizeHint(self) -> QSize:
        """Qt asks how small it may be: any width."""
        return QSize(0, self.sizeHint().height())

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws what fits, the end of it elided."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        metrics = self.fontMetrics()
        for number, line in enumerate(self._wrapped(self._lines)):
            shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, self.width())
            # No dot before the ellipsis.
            shown = re.sub(f"[{_HARD} ·]+…$", "…", shown)
            painter.drawText(0, number * metrics.lineSpacing() + metrics.ascent(), shown)

    def hasHeightForWidth(self) -> bool:
        """The height is fixed."""
        return False

    def _wrapped(self, lines: int) -> list[str]:
        return wrapped(self.text(), lines, self.width(), self.fontMetrics().horizontalAdvance)


class FittingLabel(LinesLabel):
    """Says the longest of several texts that its lines hold; the first stays readable as a tooltip."""

    def __init__(self, name: str = "", lines: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(name, lines, parent)
        self._texts: tuple[str, ...] = ("",)
        self._is_short = False

    def set_texts(self, texts: tuple[str, ...]) -> None:
        """Sets texts that say the same, the longest first; none says nothing."""
        self._texts = texts or ("",)
        self.setText(self._texts[0])
        self.updateGeometry()

    def set_short(self, short: bool) -> None:
        """Whether it says the shortest two of its texts alone, and leaves the room to what stands beside it."""
        if short != self._is_short:
            self._is_short = short
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Qt asks how large it wants to be."""
        wanted = super().sizeHint()
        if self._is_short:
            wanted.setWidth(self.fontMetrics().horizontalAdvance(self._allowed[0]) + 1)
        return wanted

    @property
    def _allowed(self) -> tuple[str, ...]:
        return self._texts[-2:] if self._is_short else self._texts

    @property
    def shown_text(self) -> str:
        """The text that there is room for; the shortest where there is room for none."""
        measure = self.fontMetrics().horizontalAdvance
        for text in self._allowed:
            lines = wrapped(text, self._lines, self.width(), measure)
            if all(measure(line) <= self.width() for line in lines):
                return text
        return self._texts[-1]

    def _wrapped(self, lines: int) -> list[str]:
        return wrapped(self.shown_text, lines, self.width(), self.fontMetrics().horizontalAdvance)


class NoteLabel(LinesLabel):
    """Text that takes the lines that it needs, as far as there is room for them."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(name, _ANY, parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)

    def setText(self, text: str) -> None:
        """Sets the text, and the tooltip that holds all of it."""
        super().setText(text)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Qt asks how large it wants to be: as high as its text at this width."""
        return QSize(80, max(1, len(self._wrapped(_ANY))) * self.fontMetrics().lineSpacing())

    def minimumSizeHint(self) -> QSize:
        """Qt asks how small it may be: one line high."""
        return QSize(0, self.fontMetrics().lineSpacing())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Elides what there is no room for."""
        super().resizeEvent(event)
        self.set_lines(max(1, self.height() // self.fontMetrics().lineSpacing()))
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


def wrapped(text: str, lines: int, width: int, measure: Callable[[str], int]) -> list[str]:
    """Returns a text in lines, of which only the last may be too long.

    It is broken at spaces, at those that are marked unbreakable only where there is no other way; a dot between two
    parts is left off where a line ends.

    Args:
        text: words, some with unbreakable spaces in them.
        lines: how many there may be.
        width: of a line.
        measure: returns the width of a text.
    """
    words = []
    for word in re.findall("[^ ]+ *", text):
        broken = measure(_line(word)) > width
        words += re.findall(f"[^{_HARD} ]+[{_HARD} ]*·? *", word) if broken else [word]
    found = [""]
    for word in words:
        if found[-1] and len(found) < lines and measure(_line(found[-1] + word)) > width:
            found.append("")
        found[-1] += word
    return [_line(line) for line in found if line]


def _line(text: str) -> str:
    return text.strip(f" {_HARD}·")


def section_label(text: str) -> QLabel:
    """Returns the heading of a group."""
    label = QLabel(text.upper())
    label.setObjectName("section")
    return label
