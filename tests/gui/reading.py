"""What keeps a person from reading or reaching a widget of a window; run as a script, it tells that of a real one.

python reading.py WIDTHxHEIGHT THEME FILE
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QWidget,
)

from padviewer.gui.app import make_application, make_window
from padviewer.gui.labels import ElidedLabel, LinesLabel
from padviewer.gui.main_window import MainWindow
from padviewer.gui.options import WindowOptions
from padviewer.gui.preferences import Preferences
from padviewer.gui.snapshot import settle
from padviewer.spec import PipelineSpec

CONTROLS = (
    QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QAbstractSlider, QAbstractItemView, QTabBar,
)  # fmt: skip
# Space plays from anywhere, and the slider beside it is the one stop for the keyboard.
NO_STOPS = ("play",)


def controls(window: MainWindow) -> Iterator[QWidget]:
    """Yields what a person works with and can see, without the parts that Qt makes of it."""
    for widget in window.findChildren(QWidget):
        if isinstance(widget, CONTROLS) and not isinstance(widget, QScrollBar | QHeaderView) and widget.isVisible():
            parent = widget.parentWidget()
            inner = isinstance(parent, QComboBox | QAbstractSpinBox | QTabBar) or widget.objectName().startswith("qt_")
            if not inner and not _is_behind(widget):
                yield widget


def nameless(window: MainWindow) -> list[str]:
    """Returns the controls that a screen reader has no name for."""
    return [_told(widget) for widget in controls(window) if not _name(widget)]


def unreachable(window: MainWindow) -> list[str]:
    """Returns the controls that Tab does not lead to."""
    chain = {id(widget) for widget in tab_chain(window)}
    return [
        _told(widget)
        for widget in controls(window)
        if widget.isEnabled() and widget.objectName() not in NO_STOPS and id(_stop(widget)) not in chain
    ]


def tab_chain(window: MainWindow) -> list[QWidget]:
    """Returns where Tab leads, in its order, from the list of files on."""
    first = window.files._list
    found, widget = [first], first.nextInFocusChain()
    while widget is not first:
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled() and widget.isVisible()
        if takes and widget.focusProxy() is None:
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def cut_off(window: MainWindow) -> list[str]:
    """Returns what does not fit where it stands: texts of buttons and labels, and widgets outside of their parents."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or _is_behind(widget) or widget.window() is not window:
            continue
        if _is_too_narrow(widget) or _is_outside(widget):
            found.append(_told(widget))
    return found


def elided_silently(window: MainWindow) -> list[str]:
    """Returns texts that are cut off by an ellipsis and said nowhere."""
    return [
        _told(label)
        for label in window.findChildren(QLabel)
        if isinstance(label, ElidedLabel | LinesLabel) and label.text() and not label.toolTip()
    ]


def _is_too_narrow(widget: QWidget) -> bool:
    if isinstance(widget, ElidedLabel | LinesLabel):
        return False
    if isinstance(widget, QPushButton) and widget.text():
        return widget.width() < widget.minimumSizeHint().width() or widget.height() < widget.fontMetrics().height()
    if isinstance(widget, QLabel) and widget.text() and not widget.wordWrap():
        return widget.width() < widget.fontMetrics().horizontalAdvance(widget.text())
    return False


def _is_outside(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    scrolls = isinstance(parent, QAbstractScrollArea) or (
        parent is not None and isinstance(parent.parentWidget(), QScrollArea)
    )
    if parent is None or scrolls or widget.isWindow() or not isinstance(widget, (*CONTROLS, QLabel)):
        return False
    return not parent.rect().adjusted(-1, -1, 1, 1).contains(widget.geometry())


def _is_behind(widget: QWidget) -> bool:
    """Whether it lies in a panel behind another tab: Qt keeps these visible, outside of the window."""
    window = widget.window()
    return not window.rect().intersects(widget.rect().translated(widget.mapTo(window, QPoint())))


def _stop(widget: QWidget) -> QWidget:
    proxy = widget.focusProxy()
    return widget if proxy is None else proxy


def _name(widget: QWidget) -> str:
    return widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")


def _told(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QLabel | QAbstractButton | QLineEdit) else ""
    parents = f"{type(widget.parent()).__name__} > {type(widget).__name__}"
    return f"{parents} {widget.objectName()} {_name(widget)!r} {text!r} {widget.geometry().getRect()}"


def main() -> None:
    size, theme, file = sys.argv[1:4]
    app = make_application()
    with tempfile.TemporaryDirectory() as folder:
        preferences = Preferences(f"{folder}/padviewer.ini")
        preferences.theme = theme
        spec = PipelineSpec(target=(2, 2), overflow="crop")  # the bar over the panes is there too
        window = make_window(WindowOptions(((file, None),), spec, 4 << 30), preferences)
        window.resize(*map(int, size.split("x")))
        window.show()
        settle(window)
        QApplication.processEvents()
        for line in cut_off(window) + elided_silently(window):
            print(line)  # noqa: T201
        if len(sys.argv) > 4:
            window.grab().save(sys.argv[4])
        window.close()
        app.processEvents()
        preferences.save()


if __name__ == "__main__":
    main()
