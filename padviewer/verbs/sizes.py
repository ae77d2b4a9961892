"""The verb `sizes`: how the sizes of a data set are spread, or the size of each item."""

from __future__ import annotations

import argparse
import json
import sys

from padviewer.dataset.measured import Measured
from padviewer.verbs import FAILED
from padviewer.verbs.measuring import Measuring, add_measuring, complain_of
from padviewer.verbs.streams import say, tell

SUMMARY = "Tell how the sizes of a data set are spread, from headers alone; what was read before is remembered."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's options."""
    add_measuring(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object for each item, in order, one per line")


def run(options: argparse.Namespace) -> int:
    """Measures all items; returns `FAILED` where one has no size."""
    shown = options.json and sys.stdout is not None and sys.stdout.isatty()
    measuring = Measuring(options, shows_progress=not shown)
    found: list[Measured] = []
    for item in measuring:
        if options.json:
            tell(json.dumps(_record(item)))
        found.append(item)
    if not options.json:
        _tell_summary(found, measuring)
    refused = [item for item in found if item.error]
    complain_of(refused)
    if not found:
        say("nothing to measure: no path leads to an item")
    return FAILED if refused or not found else 0


def _tell_summary(found: list[Measured], measuring: Measuring) -> None:
    from padviewer.dataset.summary import counted, summary_lines  # noqa: PLC0415

    refused = sum(bool(item.error) for item in found)
    words = [counted(len(found) - refused, "item") + " measured"]
    words += [f"{refused:,} refused"] if refused else []
    words += [f"{counted(measuring.repeated, 'item')} named twice"] if measuring.repeated else []
    words += [f"{counted(measuring.left_out, 'file')} of other formats left out"] if measuring.left_out else []
    lines = summary_lines(found)
    tell("\n".join([", ".join(words), *(["", *lines] if lines else [])]))


def _record(item: Measured) -> dict[str, object]:
    """Returns an item for JSON, whose texts hold no bytes that are none."""
    record = item.record()
    for name in ("path", "member"):
        text = record[name]
        record[name] = text and text.encode("utf-8", "backslashreplace").decode()
    return record
