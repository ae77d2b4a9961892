"""The verb `snapshot`: the window as a picture."""

from __future__ import annotations

import argparse

from padviewer.errors import SettingsError, shortened
from padviewer.options import add_paths, add_pipeline
from padviewer.spec import parse_sizes
from padviewer.verbs.window import render, window_of

SUMMARY = "Render the window to a picture."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's options."""
    add_paths(parser, 1)
    parser.add_argument("-o", "--output", required=True, metavar="OUT.png", help="the picture to write")
    parser.add_argument(
        "--size", default="1400x900", metavar="WxH", help="of the window, in pixels (default: 1400x900)"
    )
    parser.add_argument("--theme", choices=("dark", "light"), default="dark", help="(default: dark)")
    parser.add_argument("--force", action="store_true", help="write over a file that exists")
    add_pipeline(parser)


def run(options: argparse.Namespace) -> int:
    """Renders the window; raises a `SettingsError` or an `ExportError` before anything is started."""
    from padviewer.export import check_target  # noqa: PLC0415

    if not options.output.lower().endswith(".png"):
        raise SettingsError(f"-o {shortened(options.output)}: a snapshot is a PNG; give a name that ends in .png")
    size = parse_sizes("size", options.size)
    if len(size) != 2 or not all(200 <= side <= 16384 for side in size):
        raise SettingsError(f"size {options.size!r}: expected width x height from 200 to 16384, such as 1400x900")
    check_target(options.output, overwrite=options.force)
    return render(window_of(options), options.output, (size[0], size[1]), options.theme)
