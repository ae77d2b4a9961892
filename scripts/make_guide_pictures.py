"""Makes the pictures of docs/guide.md by driving the real window: python scripts/make_guide_pictures.py [NAME ...]."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from padviewer.gui.main_window import MainWindow

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "resources" / "samples"
FOLDER = ROOT / "docs" / "pictures" / "guide"
BUDGET = 4 << 30
# For what follows a pointer, and what waits before it says that it works.
REST_MS = 400


@dataclass(frozen=True)
class Scene:
    """A picture: a sample, settings, and what a person does then.

    Attributes:
        sample: name of the bundled sample.
        settings: of the pipeline.
        do: drives the window.
        size: of the window, in pixels.
    """

    sample: str
    settings: dict[str, Any]
    do: Callable[[MainWindow], None] = lambda _window: None
    size: tuple[int, int] = (1280, 760)


EDGES = {"target": (64, 256), "position": "center", "weights": "sobel", "filters": 1, "activation": "linear"}
HALVING = {"strides": (2,), "conv_padding": "same", "filters": 8}
# Around the middle of the upper border of the text line, in the coordinates that all panes share.
BORDER = (120.0, 8.0, 10.0, 10.0)
# The output whose window has its last row on the first row of the line.
OUTPUT = (124.5, 12.5)


def hover(window: MainWindow, x: float, y: float, click: bool = False) -> None:
    """Moves the pointer over FEATURE, to a place in the coordinates that all panes share, and clicks there."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    from padviewer.plan import Stage

    canvas = window.pane(Stage.FEATURE).canvas
    left, top, width, height = canvas.view
    viewport = canvas.viewport()
    place = QPoint(
        round((x - left) / width * viewport.width()),
        round((y - top) / height * viewport.height()),
    )
    QTest.mouseMove(viewport, place)
    if click:
        QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)


def look_at(window: MainWindow, rect: tuple[float, float, float, float]) -> None:
    """Shows a rectangle, as zooming and dragging there would."""
    from padviewer.gui.snapshot import settle
    from padviewer.plan import Stage

    settle(window)
    canvas = window.pane(Stage.PADDED).canvas
    canvas.set_view(rect)
    canvas.moved_by_user.emit()


def find_the_edge(window: MainWindow) -> None:
    """Points at the false edge."""
    hover(window, *OUTPUT)


def see_contamination(window: MainWindow) -> None:
    """Tints the outputs that see padding, and counts them."""
    window.instruments.show_panel("contamination")
    trigger(window, "Contamination of outputs")


def explain_the_edge(window: MainWindow) -> None:
    """Opens the card of an output on the edge, seen closely."""
    window.instruments.show_panel("card")
    look_at(window, BORDER)
    rest(window)
    hover(window, *OUTPUT, click=True)


def compare_modes(window: MainWindow) -> None:
    """Compares the settings with those that made the edge."""
    window.instruments.show_panel("difference")
    window.instruments.reference.compare_with("mode", "constant")


def trigger(window: MainWindow, text: str) -> None:
    """Chooses an entry of the menus."""
    from PySide6.QtGui import QAction

    next(action for action in window.findChildren(QAction) if action.text().replace("&", "") == text).trigger()


def rest(window: MainWindow) -> None:
    """Lets everything come on screen."""
    from PySide6.QtTest import QTest

    from padviewer.gui.snapshot import settle

    settle(window)
    QTest.qWait(REST_MS)
    settle(window)


SCENES = {
    "edge": Scene("line.png", EDGES, find_the_edge),
    "edge-contamination": Scene("line.png", EDGES, see_contamination),
    "edge-card": Scene("line.png", EDGES, explain_the_edge, (1280, 860)),
    "edge-mended": Scene("line.png", {**EDGES, "mode": "edge"}, compare_modes, (1280, 860)),
    "unet": Scene("line.png", HALVING),
    "unet-mended": Scene("line.png", {**HALVING, "multiple_of": (8,), "position": "center", "mode": "edge"}),
    "multiple-8": Scene("line.png", {"multiple_of": (8,)}),
    "multiple-64": Scene("line.png", {"multiple_of": (64,)}),
}


def main() -> int:
    """Renders the pictures that are named, or all; returns 0."""
    # The window may be loaded only where it is drawn: its workers import this module again.
    from padviewer.gui.options import WindowOptions
    from padviewer.gui.snapshot import unseen_window, write_picture
    from padviewer.spec import PipelineSpec

    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or SCENES:
        scene = SCENES[name]
        items = ((str(SAMPLES / scene.sample), None),)
        with unseen_window(WindowOptions(items, PipelineSpec(**scene.settings), BUDGET), scene.size, "light") as window:
            scene.do(window)
            rest(window)
            write_picture(window, str(FOLDER / f"{name}.png"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
