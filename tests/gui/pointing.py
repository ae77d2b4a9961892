"""Moves and clicks of the mouse over elements of a pane, as a person makes them."""

from __future__ import annotations

import time

from driving import settle
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from padviewer.gui.main_window import MainWindow
from padviewer.gui.screen import axes_on_screen, to_padded
from padviewer.plan import Stage

PLAIN, CTRL, SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


def place(window: MainWindow, stage: Stage, row: float, column: float) -> tuple[QWidget, QPoint]:
    """The pixel of a pane over the middle of an element."""
    plan = window.session.plan
    down, across = axes_on_screen(plan, window.session.cut)
    scale, offset = to_padded(plan, stage, down)
    y = offset + scale * (row + 0.5)
    scale, offset = to_padded(plan, stage, across)
    x = offset + scale * (column + 0.5)
    canvas = window.pane(stage).canvas
    point = canvas._box.mapViewToDevice(QPointF(x, y))
    return canvas.viewport(), QPoint(round(point.x()), round(point.y()))


def hover(qtbot: QtBot, window: MainWindow, stage: Stage, row: float, column: float) -> None:
    viewport, point = place(window, stage, row, column)
    QTest.mouseMove(viewport, point + QPoint(1, 0))
    time.sleep(0.02)  # pyqtgraph drops moves that come too soon after another
    QTest.mouseMove(viewport, point)
    settle(qtbot, window)


def click(qtbot: QtBot, window: MainWindow, stage: Stage, row: float, column: float, held=PLAIN) -> None:
    viewport, point = place(window, stage, row, column)
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, held, point)
    settle(qtbot, window)


def sweep(qtbot: QtBot, window: MainWindow, stage: Stage, first: tuple[int, int], last: tuple[int, int]) -> None:
    """A drag with Shift from one element to another."""
    viewport, start = place(window, stage, *first)
    _viewport, end = place(window, stage, *last)
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, SHIFT, start)
    QTest.mouseMove(viewport, (start + end) / 2)
    QTest.mouseMove(viewport, end)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, SHIFT, end)
    settle(qtbot, window)
