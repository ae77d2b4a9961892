"""The verb `batch`: the padded tensors of a data set, with a manifest; what is killed can be resumed."""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING

from padviewer.errors import ExportError, PadviewerError, SettingsError, shortened
from padviewer.options import add_budget, add_padding, budget_of, spec_of
from padviewer.verbs import FAILED
from padviewer.verbs.measuring import PATHS, add_workers, complain_of, workers_of
from padviewer.verbs.progress import Progress
from padviewer.verbs.streams import complain, say, tell

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor

    from padviewer.batch.exporting import Export
    from padviewer.batch.exporting import Progress as Reached
    from padviewer.batch.settings import Settings
    from padviewer.batch.source_state import Listed
    from padviewer.dataset.measured import Item
    from padviewer.dataset.plan_file import BucketPlan
    from padviewer.spec import PipelineSpec, Target

SUMMARY = "Write the padded tensors of a data set, with a manifest of what became of each item."
# As `places.FORMATS`, which is not loaded to show a help.
_FORMATS = ("npy", "npz", "png", "tif", "safetensors", "zarr", "hdf5", "tfrecord")
_OF_BUCKETS = ("target", "multiple_of", "overflow")
_CHECKSUMS = ("crc32", "sha256")
# Failed items that have a line each; of more, the number is told.
_NAMED = 20
_EVERY_S = 0.5
_PATTERN = {*"*?["}
_MOST_SHARD = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's options."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help=PATHS)
    add = parser.add_argument
    add("-o", "--output", required=True, metavar="OUT", help="folder or URL (s3://, gs://) to write to")
    add(
        "--format", choices=_FORMATS, default="npy",
        help="a file for each item, or one array (TFRecord: files of many items) for each padded shape (default: npy)",
    )  # fmt: skip
    add(
        "--mask", action="store_true",
        help="write pixel masks too: inside npz, safetensors, TFRecord; as arrays of their own in Zarr and HDF5; else "
        "as files beside, a.mask.npy",
    )  # fmt: skip
    add("--shard", type=int, default=256, metavar="N", help="items of a TFRecord file (default: 256)")
    add(
        "--checksum", choices=_CHECKSUMS, default=_CHECKSUMS[0],
        help="of each padded tensor, in the manifest: crc32 finds what a disk changed; sha256 takes longer, and also "
        "tells whether two are the same (default: crc32)",
    )  # fmt: skip
    add("--resume", action="store_true", help="go on with an export that was interrupted, and try what failed again")
    add("--force", action="store_true", help="start over: what an earlier export wrote there is removed")
    add("--json", action="store_true", help="tell how far it is on standard output, as JSON, each half second")
    add_workers(parser)
    add_padding(parser)
    parser.add_argument(
        "--buckets",
        metavar="FILE",
        help="several targets, as padviewer buckets -o writes them; each item takes the one "
        "that holds it with least elements",
    )
    add_budget(parser.add_argument_group("limits"), "one item")


def run(options: argparse.Namespace) -> int:
    """Writes all items; returns `FAILED` where one could not be written."""
    from padviewer.batch.executors import executor_of  # noqa: PLC0415
    from padviewer.batch.exporting import RESUMABLE, Export  # noqa: PLC0415
    from padviewer.workers.remembered import memory_path  # noqa: PLC0415

    if options.force and options.resume:
        raise SettingsError("--force starts over and --resume goes on; give one of them")
    budget = budget_of(options)
    memory = None if options.scheduler else memory_path()
    export = Export(_output_of(options), _settings_of(options), budget, memory)
    telling = _Telling(options.json)
    try:
        with executor_of(workers_of(options), options.scheduler, budget=budget) as pool:
            items, refused, listed = _items_of(options, export.folder, pool, budget)
            steps = export.run(items, pool, resume=options.resume, force=options.force, listed=listed)
            return telling.follow(export, steps, refused)
    except KeyboardInterrupt:
        telling.end()
        say(f"{options.output}: stopped; {RESUMABLE}")
        raise


def _output_of(options: argparse.Namespace) -> str:
    """Returns the folder to write to, or its URL."""
    from padviewer.batch.names import absolute  # noqa: PLC0415
    from padviewer.objects import checked, is_url  # noqa: PLC0415

    output: str = options.output
    if not output:
        raise SettingsError("-o: names no folder; write . for the one that you are in")
    if is_url(output):
        output = checked(output).rstrip("/") or "/"
    if is_url(output) and options.format == "hdf5":
        raise SettingsError(
            "hdf5 is written at many places of one file, and an object is written whole; choose --format zarr or "
            "tfrecord, or a folder of this machine"
        )
    return absolute(output)


def _settings_of(options: argparse.Namespace) -> Settings:
    from padviewer.batch.settings import Settings  # noqa: PLC0415

    if not 1 <= options.shard <= _MOST_SHARD:
        raise SettingsError(f"shard {options.shard}: expected a number of items from 1 to {_MOST_SHARD}")
    spec, targets = _targets_of(options)
    return Settings(options.format, spec, targets, options.mask, options.shard, options.checksum)


def _targets_of(options: argparse.Namespace) -> tuple[PipelineSpec, tuple[Target, ...]]:
    """Returns the settings, and the buckets of a file where one is given."""
    spec = spec_of(options)
    if options.buckets is None:
        return spec, ()
    from padviewer.dataset.plan_file import read_plan  # noqa: PLC0415

    given = [f"--{name.replace('_', '-')}" for name in _OF_BUCKETS if getattr(options, name) is not None]
    if given:
        raise SettingsError(f"--buckets: the file tells what {' and '.join(given)} would; leave one of them out")
    plan = read_plan(options.buckets)
    return plan.spec_from(_padding_of(options, spec, plan)), plan.choice.targets


def _padding_of(options: argparse.Namespace, spec: PipelineSpec, plan: BucketPlan) -> PipelineSpec:
    """Returns the settings with what the file of buckets says of padding; options go before it, which is told."""
    from padviewer.dataset.plan_file import PADDING  # noqa: PLC0415

    if plan.padding is None:
        return spec
    for name in PADDING:
        option = name.removesuffix("_value")
        said, wanted = getattr(plan.padding, name), getattr(spec, name)
        if getattr(options, option) is None:
            spec = spec.replace(**{name: said})
        elif str(said) != str(wanted):
            say(f"--{option.replace('_', '-')} {getattr(options, option)} in place of {said}, which the buckets name")
    return spec


def _items_of(options: argparse.Namespace, output: str, pool: Executor, budget: int) -> tuple[list[Item], int, Listed]:
    """Returns the items that paths mean, how many paths mean none, which are complained of, and what stores tell."""
    from padviewer.batch.exporting import is_within  # noqa: PLC0415
    from padviewer.batch.listing import list_items  # noqa: PLC0415
    from padviewer.batch.names import absolute  # noqa: PLC0415

    listing = list_items(options.paths, pool, budget)
    # Members that cannot be read are items too: the manifest tells why.
    members = [each for each in listing.refused if each.member is not None and not _PATTERN & {*each.member}]
    named = dict.fromkeys([*listing.items, *(each.item for each in members)])
    refused = [each for each in listing.refused if each.item not in named]
    complain_of(refused)
    # The manifest names what can be found from anywhere.
    found = [(absolute(path), member) for path, member in named]
    items = [item for item in found if not is_within(item[0], output)]
    if found and not items:
        raise ExportError(
            f"{shortened(output)}: all {len(found):,} items lie in the folder to write to, whose own files are never "
            "items; choose another one with -o"
        )
    if not items:
        raise ExportError("nothing to write: no path leads to an item; name files, folders or patterns")
    return items, len(refused), listing.states


class _Telling:
    """Tells how far an export is.

    Args:
        as_json: whether as JSON on standard output, for other programs.
    """

    def __init__(self, as_json: bool) -> None:
        self._json = as_json
        self._line = Progress("written", not as_json)
        self._told = 0.0
        self._named = 0

    def follow(self, export: Export, steps: Iterable[Reached], refused: int) -> int:
        """Follows an export to its end."""
        reached: Reached | None = None
        for reached in steps:
            for record in reached.failures:
                self._complain(record.reason)
            self._tell(reached, refused)
        self.end()
        if reached is None:
            return FAILED
        self._conclude(export, reached, refused)
        return FAILED if reached.failed or refused else 0

    def end(self) -> None:
        """Takes the line of progress away."""
        self._line.clear()
        if self._named > _NAMED:
            say(f"{self._named - _NAMED:,} more failed; the manifest tells why each did")

    def _tell(self, reached: Reached, refused: int) -> None:
        self._line.show(reached.done, reached.total, reached.failed)
        now = time.monotonic()
        if self._json and now - self._told > _EVERY_S:
            self._told = now
            tell(_as_json(reached, refused))

    def _complain(self, reason: str) -> None:
        self._named += 1
        if self._named <= _NAMED:
            self._line.clear()
            complain(PadviewerError(reason))

    def _conclude(self, export: Export, reached: Reached, refused: int) -> None:
        if self._json:
            tell(_as_json(reached, refused))
            return
        words = [f"{reached.done:,} of {reached.total:,} items written"]
        words += [f"{reached.skipped:,} of them before"] if reached.skipped else []
        words += [f"{reached.changed:,} again, whose sources had changed"] if reached.changed else []
        words += [f"{reached.failed:,} failed"] if reached.failed else []
        words += [f"{refused:,} refused, see above"] if refused else []
        tell(f"{', '.join(words)}: {export.folder}/manifest.jsonl")


def _as_json(reached: Reached, refused: int) -> str:
    return json.dumps(
        {
            "done": reached.done,
            "failed": reached.failed + refused,
            "skipped": reached.skipped,
            "changed": reached.changed,
            "total": reached.total + refused,
        }
    )
