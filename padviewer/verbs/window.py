"""The window, which opens where no verb is given; a picture of it where there is no display."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from padviewer import __version__
from padviewer.options import add_paths, add_pipeline, budget_of, follows_of, items_of, spec_of
from padviewer.verbs.streams import say, tell

if TYPE_CHECKING:
    from padviewer.gui.options import WindowOptions

SUMMARY = "See what padding does: input, padded tensor and feature map side by side."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the window's options."""
    add_paths(parser, "*")
    parser.add_argument("--version", action="version", version=f"padviewer {__version__}")
    parser.add_argument("--watch", action="store_true", help="read files that change again by themselves")
    # Not for people: `padviewer.show` starts the window with the descriptor of its end of a line.
    parser.add_argument("--from-python", type=int, help=argparse.SUPPRESS)
    parser.add_argument(
        "--scheduler", metavar="URL", help="offer the devices of a Dask cluster for the feature map: tcp://host:8786"
    )
    add_pipeline(parser)


def run(options: argparse.Namespace) -> int:
    """Opens the window and waits for its end."""
    if options.from_python is not None:
        from padviewer.gui.from_python import open_for_python  # noqa: PLC0415

        return open_for_python(options.from_python, budget_of(options))
    window = window_of(options)
    from padviewer.display import inspect_display  # noqa: PLC0415

    report = inspect_display()
    if not report.can_show_window:
        return _without_display(window, report.reason or "there is no display")
    from padviewer.gui.launch import launch  # noqa: PLC0415

    return launch(window)


def window_of(options: argparse.Namespace) -> WindowOptions:
    """Returns the window that the options ask for."""
    from padviewer.gui.options import window_options  # noqa: PLC0415 - loads no Qt

    watches, follows = getattr(options, "watch", False), follows_of(options)
    found = window_options(items_of(options), spec_of(options), budget_of(options), watches, follows=follows)
    return replace(found, scheduler=getattr(options, "scheduler", None))


def render(window: WindowOptions, output: str, size: tuple[int, int] = (1400, 900), theme: str = "dark") -> int:
    """Writes what the window would show, of width and height in pixels, to a PNG, and tells where it is."""
    from padviewer.gui.snapshot import render_snapshot  # noqa: PLC0415

    render_snapshot(window, output, size, theme)
    tell(output)
    return 0


def _without_display(window: WindowOptions, reason: str) -> int:
    """Renders what the window would show to a picture, and says where it is."""
    import tempfile  # noqa: PLC0415

    output = os.path.join(tempfile.mkdtemp(prefix="padviewer-"), "padviewer.png")  # noqa: PTH118 - one join
    say(f"no window: {reason}. The same three panes are rendered to a picture instead.")
    return render(window, output)
