"""The verb `buckets`: the target shapes that waste least, and what they save."""

from __future__ import annotations

import argparse

from padviewer.errors import SettingsError
from padviewer.options import add_content, padding_of
from padviewer.verbs import FAILED
from padviewer.verbs.choosing import add_choosing, buckets_of, collected, table_of, write_text
from padviewer.verbs.measuring import complain_of
from padviewer.verbs.streams import say, tell

SUMMARY = "Find the target shapes that waste least padding for a data set, from headers alone."
# As `snippets.bucketing.CODE`, which is not loaded to show a help.
_CODE = ("keras", "keras-plain", "tf-data")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's options."""
    add_choosing(parser)
    add_content(parser.add_argument_group("padding, for the code and for padviewer batch --buckets").add_argument)
    add = parser.add_argument_group("output").add_argument
    add("--json", action="store_true", help="print the buckets and all figures as JSON")
    add("--code", choices=_CODE, help="print code that pads each input to its bucket")
    add("-o", "--output", metavar="FILE", help="write the buckets as JSON, for padviewer batch --buckets; or the code")
    add("--force", action="store_true", help="write over a file that exists")


def run(options: argparse.Namespace) -> int:
    """Tells the buckets; returns `FAILED` where an item has no size."""
    if options.json and options.code:
        raise SettingsError("--json and --code both print on standard output; give one of them")
    padding = padding_of(options)
    items = collected(options)
    from padviewer.dataset.comparison import compare  # noqa: PLC0415 - loads numpy
    from padviewer.dataset.comparison_text import comparison_lines  # noqa: PLC0415
    from padviewer.dataset.plan_file import BucketPlan  # noqa: PLC0415
    from padviewer.dataset.summary import counted  # noqa: PLC0415
    from padviewer.snippets.bucketing import CODE  # noqa: PLC0415

    refused = [item for item in items if item.error]
    complain_of(refused)
    table = table_of(items)
    buckets = buckets_of(options, table)
    found = compare(table, buckets.choice, options.batch_size, options.dtype, buckets.gap)
    plan = BucketPlan(table.letters, buckets.choice, padding)
    figures = plan.to_json(found.figures())
    code = CODE[options.code](plan) if options.code else None
    if options.output:
        write_text(options.output, code or figures, options.force)
        say(f"{options.output}: written")
    if options.json:
        tell(figures, end="")
    elif code is None:
        head = f"{' '.join(table.letters)}: {counted(len(table), 'item')}"
        tell("\n".join([head, "", *comparison_lines(found)]))
    elif not options.output:
        tell(code, end="")
    return FAILED if refused else 0
