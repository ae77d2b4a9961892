"""What the verbs that choose targets for a data set share: the items, or their sizes from a file, and the buckets."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from padviewer.dataset.measured import Measured
from padviewer.errors import SettingsError, shortened
from padviewer.geometry import OVERFLOWS
from padviewer.spec import parse_sizes, parse_target
from padviewer.verbs.measuring import Measuring, add_measuring
from padviewer.verbs.streams import say

if TYPE_CHECKING:
    from padviewer.dataset.buckets import Buckets
    from padviewer.dataset.table import SizeTable


def add_choosing(parser: argparse.ArgumentParser) -> None:
    """Adds the items, and the options that say which buckets are wanted."""
    add_measuring(parser, "*")
    add = parser.add_argument
    add(
        "--sizes",
        metavar="FILE",
        help="what padviewer sizes --json has printed, in place of paths (- is standard input)",
    )
    group = parser.add_argument_group("buckets").add_argument
    group("--count", type=int, default=4, metavar="K", help="at most so many targets (default: 4)")
    group("--multiple-of", metavar="SIZES", help="targets are multiples of this, such as 32 or 32x8 (default: 1)")
    group("--overflow", choices=OVERFLOWS, help="what happens to an item that no target holds (default: keep)")
    group("--cover", type=float, default=1.0, metavar="SHARE", help="share of the items that must fit (default: 1)")
    group("--limit", metavar="SIZES", help="no target is larger, such as 1024x1024; none leaves an axis")
    group("--batch-size", type=int, default=32, metavar="N", help="items of a batch (default: 32)")
    group("--dtype", default="float32", help="of a batch, by numpy's name (default: float32)")
    group("--seed", type=int, default=0, help="of the search for buckets of several axes (default: 0)")


def collected(options: argparse.Namespace) -> list[Measured]:
    """Returns the items of the command line, measured or read from the file of sizes.

    Those without elements have an error in place of a size.
    """
    _check(options)
    return [item.with_elements() for item in _measured(options)]


def _measured(options: argparse.Namespace) -> list[Measured]:
    if options.sizes is None:
        return list(Measuring(options))
    from padviewer.dataset.records import read_records  # noqa: PLC0415 - loads numpy

    try:
        with nullcontext(sys.stdin.buffer) if options.sizes == "-" else open(options.sizes, "rb") as file:  # noqa: PTH123
            return list(read_records(file, options.sizes))
    except OSError as error:
        raise SettingsError(f"{shortened(options.sizes)}: the sizes cannot be read ({error.strerror})") from error


def table_of(items: list[Measured]) -> SizeTable:
    """Returns the table of the spatial axes that most items have; says how many have others.

    Raises:
        SettingsError: no item has a size.
    """
    from padviewer.dataset.table import tables_of  # noqa: PLC0415 - loads numpy

    tables = list(tables_of(items).values())
    if not tables:
        raise SettingsError("there is no item with a size; name files, folders or patterns")
    letters = " ".join(tables[0].letters)
    for other in tables[1:]:
        say(f"{len(other):,} with axes {' '.join(other.letters)} left out, as most items have {letters}")
    return tables[0]


def buckets_of(options: argparse.Namespace, table: SizeTable) -> Buckets:
    """Returns the best buckets that are found."""
    from padviewer.dataset.buckets import best_buckets  # noqa: PLC0415 - loads numpy

    return best_buckets(
        table,
        options.count,
        multiple_of_of(options),
        options.overflow or "keep",
        options.cover,
        parse_target(options.limit) if options.limit else None,
        options.batch_size,
        options.dtype,
        options.seed,
    )


def multiple_of_of(options: argparse.Namespace) -> tuple[int, ...]:
    """Returns the divisors of targets."""
    return parse_sizes("multiple_of", options.multiple_of) if options.multiple_of else (1,)


def write_text(path: str, text: str, overwrite: bool) -> None:
    """Writes a file, whole or not at all.

    Raises:
        ExportError: it cannot be written, or exists.
    """
    from padviewer.export.target import replacing  # noqa: PLC0415

    with replacing(path, overwrite) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def _check(options: argparse.Namespace) -> None:
    import numpy as np  # noqa: PLC0415

    if bool(options.paths) == (options.sizes is not None):
        raise SettingsError("give paths, or --sizes FILE with what padviewer sizes --json has printed")
    if not 1 <= options.batch_size <= 1 << 40:
        raise SettingsError(f"batch size {options.batch_size}: expected a whole number from 1, such as 32")
    if options.seed < 0:
        raise SettingsError(f"seed {options.seed}: expected a whole number from 0")
    try:
        kind = np.dtype(options.dtype).kind
    except (TypeError, ValueError):
        kind = ""
    if kind not in "biufc" or not kind:
        raise SettingsError(f"dtype {options.dtype!r}: expected a kind of numbers by numpy's name, such as float32")
