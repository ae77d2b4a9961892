"""The verb `report`: the sizes and the waste of a data set, for people and for a build server."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from padviewer.errors import PadviewerError, SettingsError, printable
from padviewer.spec import parse_target
from padviewer.verbs import FAILED
from padviewer.verbs.choosing import add_choosing, buckets_of, collected, multiple_of_of, table_of, write_text
from padviewer.verbs.measuring import complain_of
from padviewer.verbs.streams import complain, say, tell

if TYPE_CHECKING:
    from padviewer.dataset.choice import Choice
    from padviewer.dataset.table import SizeTable

SUMMARY = "Tell how the sizes of a data set are spread and what padding wastes; fail where that is above a limit."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's options."""
    add_choosing(parser)
    add = parser.add_argument_group("report").add_argument
    add("--target", help="one target for all, such as 512x512, in place of the best buckets")
    add("--buckets", metavar="FILE", help="targets, as padviewer buckets -o writes them, in place of the best buckets")
    add(
        "--fail-over-waste", type=float, metavar="SHARE",
        help="exit with 1 where more than this share is padding, such as 0.4",
    )  # fmt: skip
    add("--json", action="store_true", help="print all figures as JSON")
    add("--html", metavar="FILE", help="write the report as one page too, with its plots inside")
    add("--force", action="store_true", help="write over a page that exists")


def run(options: argparse.Namespace) -> int:
    """Tells the report; returns `FAILED` where the waste is above the limit, or an item has no size."""
    limit: float | None = options.fail_over_waste
    if limit is not None and not 0 <= limit <= 1:
        raise SettingsError(f"fail over waste {limit}: expected a share from 0 to 1, such as 0.4")
    if options.target and options.buckets:
        raise SettingsError("--target and --buckets both say what the targets are; give one of them")
    items = collected(options)
    from padviewer.dataset.comparison import compare  # noqa: PLC0415 - loads numpy
    from padviewer.dataset.report import Report  # noqa: PLC0415
    from padviewer.dataset.report_page import report_page  # noqa: PLC0415

    refused = [item for item in items if item.error]
    complain_of(refused)
    table = table_of(items)
    choice, gap = _choice(options, table)
    report = Report.of(_title(options), compare(table, choice, options.batch_size, options.dtype, gap), limit, refused)
    if options.html:
        write_text(options.html, report_page(report), options.force)
        say(f"{options.html}: written")
    tell(json.dumps(report.record(), indent=2) if options.json else "\n".join(map(printable, report.lines())))
    if report.failed:
        return complain(PadviewerError(report.verdict))
    return FAILED if refused else 0


def _choice(options: argparse.Namespace, table: SizeTable) -> tuple[Choice, float | None]:
    """Returns the targets, and how far from the best possible they are where that is known."""
    from padviewer.dataset.choice import Choice  # noqa: PLC0415 - loads numpy
    from padviewer.dataset.plan_file import read_plan  # noqa: PLC0415

    if options.target:
        return Choice((parse_target(options.target),), multiple_of_of(options), options.overflow or "keep"), None
    if options.buckets:
        plan = read_plan(options.buckets)
        if plan.letters != table.letters:
            wrong = f"is for {' '.join(plan.letters)}, and the items have {' '.join(table.letters)}"
            raise SettingsError(f"{options.buckets}: {wrong}; give buckets for these axes")
        choice = plan.choice
        return Choice(choice.targets, choice.multiple_of, options.overflow or choice.overflow), None
    found = buckets_of(options, table)
    return found.choice, found.gap


def _title(options: argparse.Namespace) -> str:
    """Returns what was looked at."""
    paths = options.paths or [options.sizes]
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
