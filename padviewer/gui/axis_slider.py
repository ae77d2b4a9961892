"""A slider with its number, for an axis that is not on screen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QSlider, QToolButton, QWidget

from padviewer.gui.labels import ElidedLabel
from padviewer.gui.theme import monospaced

# The index of all elements at once.
TOGETHER = -1
_POSITIONS = 1 << 30
PLAY, PAUSE = "▶", "⏸"


class AxisSlider(QWidget):
    """Chooses an index of one axis; `index_edited` is sent when a person did.

    Args:
        letter: the axis.
        name: of the axis.
        together: what all elements of the axis at once are called; the slider has a first position for them then, which
            is the index `TOGETHER`.
    """

    index_edited = Signal(str, object)  # the axis, and an index that may have more than 31 bits
    used = Signal(str)
    play_clicked = Signal(str)
    play_menu_wanted = Signal(QPoint)

    def __init__(self, letter: str, name: str, together: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.letter = letter
        self._together = together
        self._size = 1
        # Elements that a step of the slider stands for: its positions are numbers of 31 bits.
        self._scale = 1
        self._index: int | None = None
        self._is_short = False
        self._name = _NameLabel("muted")
        self._slider = QSlider(Qt.Orientation.Horizontal)
        # Three panes stand side by side in a window of 720 pixels.
        self._slider.setMinimumWidth(24)
        self._slider.installEventFilter(self)
        self._play = QToolButton()
        self._play.setObjectName("play")
        self._play.setAutoRaise(True)
        # Space does the same from anywhere; the slider is the one stop for the keyboard.
        self._play.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._play.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._number = _NumberLabel()
        self._field = _NumberField(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._name)
        layout.addWidget(self._play)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._number)
        self.set_name(name)
        self.set_playing(False)
        self._slider.valueChanged.connect(self._on_slider_changed)
        self._play.clicked.connect(lambda: self.play_clicked.emit(self.letter))
        self._play.customContextMenuRequested.connect(lambda at: self.play_menu_wanted.emit(self._play.mapToGlobal(at)))
        self._number.clicked.connect(lambda: self._edit(""))
        self._field.number_typed.connect(self._on_field_number_typed)
        self._field.given_up.connect(self._slider.setFocus)

    def set_name(self, name: str) -> None:
        """Calls the axis by another name."""
        self._name.setText(name)
        self._slider.setAccessibleName(f"{name} shown")
        self._field.setAccessibleName(f"number of the {name} shown")
        first = f"; first all as {self._together}" if self._together else ""
        self._slider.setToolTip(f"Which {name} is shown{first}; arrow keys step, digits go to a number, Space plays")
        self._number.setToolTip(f"Which {name} is shown; click to type a number")

    @property
    def name_width(self) -> int:
        """The width that its name wants."""
        return self._name.sizeHint().width()

    def set_name_width(self, width: int) -> None:
        """Gives its name the width that those of other sliders want, so that they begin at one place."""
        self._name.setMinimumWidth(width)

    def set_short(self, short: bool) -> None:
        """Says the number in few letters, where there is little room."""
        self._is_short = short
        self._show(self._index)

    def set_playing(self, playing: bool) -> None:
        """Shows whether it steps by itself."""
        self._play.setText(PAUSE if playing else PLAY)
        what = f"{'Pause' if playing else 'Play'} {self._name.text()}"
        self._play.setAccessibleName(what)
        self._play.setToolTip(f"{what} (Space); right click for the speed")

    def set_index(self, index: int | None, size: int) -> None:
        """Shows an index of an axis; None where the stage has nothing there."""
        self._size, self._scale = size, -(-size // _POSITIONS)
        with QSignalBlocker(self._slider):
            self._slider.setRange(TOGETHER if self._together else 0, max(0, (size - 1) // max(1, self._scale)))
            self._slider.setPageStep(max(1, self._slider.maximum() // 10))
            if index is not None:
                self._slider.setValue(index // max(1, self._scale))
        self._show(index)

    def choose(self, index: int) -> None:
        """Chooses an index, as a person does."""
        if index != self._index:
            with QSignalBlocker(self._slider):
                self._slider.setValue(index // max(1, self._scale))
            self._tell(index)

    @property
    def index(self) -> int:
        """The index that is chosen."""
        return self._slider.value() if self._index is None else self._index

    @property
    def extent(self) -> int:
        """Elements of the axis."""
        return self._size

    @property
    def can_be_together(self) -> bool:
        """Whether it has a position for all elements at once."""
        return bool(self._together)

    @property
    def number_text(self) -> str:
        """What is said of the index."""
        return self._number.text().strip()

    @property
    def stop(self) -> QWidget:
        """What takes the keyboard."""
        return self._slider

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Digits open the field for the number; who has the keyboard is the one that Space plays."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
            if plain and event.text().isdecimal():
                self._edit(event.text())
                return True
        if event.type() == QEvent.Type.FocusIn:
            self.used.emit(self.letter)
        return super().eventFilter(watched, event)

    def _edit(self, text: str) -> None:
        self._field.open(self._number, text or str(self.index + 1), select=not text)

    def _show(self, index: int | None) -> None:
        self._index = index
        digits = len(str(self._size))
        between, together = ("/", "all") if self._is_short else (" of ", self._together)
        text = f"{'—' if index is None else index + 1:>{digits}}{between}{self._size}"
        if self._together:
            text = f"{together if index == TOGETHER else text:>{max(len(text), len(together))}}"
        self._number.setText(text)

    def _on_slider_changed(self, position: int) -> None:
        self._tell(position * max(1, self._scale))

    def _tell(self, index: int) -> None:
        self._show(index)
        self.used.emit(self.letter)
        self.index_edited.emit(self.letter, index)

    def _on_field_number_typed(self, number: int) -> None:
        self.choose(min(max(1, number), self._size) - 1)


class _NameLabel(ElidedLabel):
    """As wide as its text where there is room."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.9)
        self.setFont(font)


class _NumberLabel(QLabel):
    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFont(monospaced(8.5))
        self.setCursor(Qt.CursorShape.IBeamCursor)

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        self.clicked.emit()


class _NumberField(QLineEdit):
    """Lies over a number while another is typed: Return takes it, Esc and leaving the field do not."""

    number_typed = Signal(object)
    given_up = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("number")
        self.setFont(monospaced(8.5))
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setMaxLength(15)
        self.hide()
        self.returnPressed.connect(self._on_return_pressed)

    def open(self, over: QWidget, text: str, select: bool) -> None:
        """Takes the keyboard, over a widget."""
        place = over.geometry()
        size = QSize(max(place.width(), 36), max(place.height(), 18))
        self.setGeometry(place.right() + 1 - size.width(), place.center().y() - size.height() // 2, *size.toTuple())
        self.setText(text)
        self.show()
        self.raise_()
        self.setFocus()
        if select:
            self.selectAll()

    def event(self, event: QEvent) -> bool:
        """Keeps Esc to itself, which means something else elsewhere."""
        override = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride
        if isinstance(event, QKeyEvent) and override and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc gives the keyboard back."""
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: object) -> None:
        """Whoever leaves has thought better of it."""
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self.hide()

    def _on_return_pressed(self) -> None:
        text = self.text().strip()
        self.given_up.emit()
        if text.isdecimal():
            self.number_typed.emit(int(text))
