"""What the verbs that work on data sets share: their paths and options, and the sizes of all items."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from padviewer.axes import parse_axes
from padviewer.dataset.measured import Item, Measured
from padviewer.errors import PadviewerError, SettingsError
from padviewer.options import add_budget, budget_of
from padviewer.verbs.progress import Progress
from padviewer.verbs.streams import complain, say

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from padviewer.batch.listing import Listing

# What processes import while items are listed.
_WORK = ("padviewer.workers.sizes", "padviewer.sources.remote")
# Refused items that have a line each; of more, the number is told.
_NAMED = 20
PATHS = (
    "file, folder, URL (s3://, gs://), pattern such as 'scans/**/*.png', or @list.txt with a path on each line (@- is "
    "standard input); file.h5::* takes all members"
)


def add_measuring(parser: argparse.ArgumentParser, nargs: str = "+") -> None:
    """Adds paths, and the options that say how sizes are measured."""
    parser.add_argument("paths", nargs=nargs, metavar="PATH", help=PATHS)
    parser.add_argument(
        "--axes", metavar="LETTERS", help="one letter for each axis: B, D, H, W or T, C; such as HWC (default: guessed)"
    )
    add_workers(parser)
    parser.add_argument("--fresh", action="store_true", help="read all headers anew, whatever is remembered")
    add_budget(parser, "one item")


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Adds who does the work: processes of this machine, or a cluster."""
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a processor, at most 16)")
    parser.add_argument(
        "--scheduler", metavar="URL", help="have the workers of a Dask cluster do it instead: tcp://host:8786"
    )


def workers_of(options: argparse.Namespace) -> int | None:
    """Returns the number of processes; None where there is to be one for each processor."""
    found: int | None = options.workers
    if found is not None and not 1 <= found <= 1024:
        raise SettingsError(f"workers {found}: expected a number of processes from 1 to 1024")
    return found


class Measuring:
    """Lists the items that paths mean and measures them, with progress on the terminal.

    Args:
        options: with the arguments of `add_measuring`.
        shows_progress: whether the terminal is free for it.

    Attributes:
        total: items, and what cannot be listed; known when the first comes.
        left_out: files of folders whose names no reader takes.
        repeated: items that were named before.
    """

    def __init__(self, options: argparse.Namespace, shows_progress: bool = True) -> None:
        self._axes = parse_axes(options.axes) if options.axes else None
        self._budget, self._workers, self._fresh = budget_of(options), workers_of(options), options.fresh
        self._scheduler: str | None = options.scheduler
        self._paths: Sequence[str] = options.paths
        self._shows = shows_progress
        self.total = self.left_out = self.repeated = 0
        self._further = self._holding = 0

    def __iter__(self) -> Iterator[Measured]:
        """Yields what cannot be listed, then the items in their order, as soon as their sizes are known."""
        from padviewer.batch.executors import executor_of  # noqa: PLC0415
        from padviewer.workers.limits import HEADERS_SILENCE_S  # noqa: PLC0415

        pool = executor_of(self._workers, self._scheduler, budget=self._budget, silence=HEADERS_SILENCE_S, loads=_WORK)
        with pool, Progress("measured", self._shows) as progress:
            # While the processes load what opens files, which nobody needs here.
            from padviewer.batch.listing import list_items  # noqa: PLC0415

            listing = list_items(self._paths, pool, self._budget)
            self.left_out, self.repeated = listing.left_out, listing.repeated
            self.total = len(listing.items) + len(listing.refused)
            yield from listing.refused
            for item in self._measured(listing, pool, progress):
                self._further += item.further
                self._holding += item.further > 0
                yield item
        if self._further:
            holding = "1 file holds" if self._holding == 1 else f"{self._holding:,} files hold"
            more = "1 further array, which is" if self._further == 1 else f"{self._further:,} further arrays, which are"
            say(f"{holding} {more} left out; name the members, or all of them by file::*")

    def _measured(self, listing: Listing, pool: Executor, progress: Progress) -> Iterator[Measured]:
        from padviewer.workers.remembered import memory_path  # noqa: PLC0415
        from padviewer.workers.sizes import measured  # noqa: PLC0415

        # What is remembered is for this machine: no other one may write to that file at the same time.
        memory = None if self._scheduler else memory_path()
        waiting = iter(listing.items)
        wanted = next(waiting, None)
        found: dict[Item, Measured] = {}
        done = failed = len(listing.refused)
        for group in measured(pool, listing.items, self._budget, memory, self._fresh, listing.states):
            for each in group:
                found[each.item] = settled = each if self._axes is None else each.with_axes(self._axes)
                failed += bool(settled.error)
            done += len(group)
            progress.show(done, self.total, failed)
            while wanted is not None and wanted in found:
                yield found.pop(wanted)
                wanted = next(waiting, None)


def complain_of(refused: Sequence[Measured]) -> None:
    """Tells why items were refused, each of the first, and how many more there are."""
    for item in refused[:_NAMED]:
        complain(PadviewerError(item.error))
    if len(refused) > _NAMED:
        say(f"{len(refused) - _NAMED:,} more were refused; --json tells why each was")
