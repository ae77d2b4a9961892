"""The verb `doctor`: what is there, and what is missing."""

from __future__ import annotations

import argparse
import json

from padviewer.verbs import FAILED
from padviewer.verbs.streams import tell

SUMMARY = "Tell versions, limits and devices, and what is missing."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's options."""
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    # For the window, whose engine runs already.
    parser.add_argument("--no-devices", action="store_true", help="start no engine to ask it for its devices")


def run(options: argparse.Namespace) -> int:
    """Tells one finding a line; returns `FAILED` where one is not fine."""
    from padviewer.doctor import examine  # noqa: PLC0415
    from padviewer.workers.crew import Crew, default_budget  # noqa: PLC0415

    fine = True
    with Crew() as crew:
        for found in examine(None if options.no_devices else crew, default_budget()):
            fine &= found.fine
            sign = "  " if found.fine else "! "
            tell(json.dumps(found._asdict()) if options.json else f"{sign}{found.what:<20}{found.finding}")
    return 0 if fine else FAILED
