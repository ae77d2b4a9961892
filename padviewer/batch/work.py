"""The work of an export of many: one function of some items, which any process of any machine can call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from padviewer.batch.bucketing import Bucketing
from padviewer.batch.checksum import CHECKSUMS
from padviewer.batch.layout import unplanned
from padviewer.batch.opening import Opening
from padviewer.batch.padding import Entry, Padding
from padviewer.batch.record import FAILED, STOPPED, TRIED, Record
from padviewer.batch.tfrecord_shards import Shard, TfrecordShards, probe
from padviewer.errors import ExportStopped, PadviewerError, PlanError
from padviewer.pulse import beat
from padviewer.spec import PipelineSpec, Target
from padviewer.workers.serving import unexpected


@dataclass(frozen=True)
class Task:
    """What is done with each item.

    Attributes:
        spec: the settings.
        targets: the buckets; none is the target of the settings.
        budget: bytes that one result may take.
        place: what is written to.
        checksum: one of `checksum.CHECKSUMS`.
    """

    spec: PipelineSpec
    targets: tuple[Target, ...]
    budget: int
    place: Any
    checksum: str = CHECKSUMS[0]


def pad_items(entries: Sequence[Entry], task: Task) -> list[Record]:
    """Pads and writes items; returns what became of each. What an item raises is told of it and stops no other.

    Items of a shard are written together. Where only some of those come, because one of them ended its process, they
    are made and not written: their outcome is `tried`.
    """
    with Opening(task.budget) as opening:
        return _padded(entries, task, opening)


def _padded(entries: Sequence[Entry], task: Task, opening: Opening) -> list[Record]:
    work = partial(_one, opening, _bucketing(task.spec, task.targets, task.budget), task.checksum)
    if not isinstance(task.place, TfrecordShards):
        return _until_stopped(entries, lambda entry: work(entry, partial(task.place.write, entry)))
    if len(entries) < entries[0].together:
        return _until_stopped(entries, lambda entry: work(entry, partial(_tried, entry)))

    def add(shard: Shard, entry: Entry) -> Record:
        return work(entry, partial(shard.add, entry))

    try:
        return task.place.write_shard(entries, add)
    except PadviewerError as error:
        outcome = STOPPED if isinstance(error, ExportStopped) else FAILED
        return [entry.record(outcome, error.message) for entry in entries]


@lru_cache(maxsize=4)
def _bucketing(spec: PipelineSpec, targets: tuple[Target, ...], budget: int) -> Bucketing:
    return Bucketing(spec, targets, budget)


def _until_stopped(entries: Sequence[Entry], work: Callable[[Entry], Record]) -> list[Record]:
    records: list[Record] = []
    for entry in entries:
        stopped = records and records[-1].outcome == STOPPED
        records.append(entry.record(STOPPED, records[-1].reason) if stopped else work(entry))
    return records


def _one(
    opening: Opening, bucketing: Bucketing, checksum: str, entry: Entry, write: Callable[[Padding], Record]
) -> Record:
    beat()
    try:
        with opening.source(entry.path, entry.member) as source:
            return write(Padding(source, bucketing.plan(source.info, entry.label), checksum))
    except PlanError as error:
        return entry.record(FAILED, unplanned(entry.item, error.message))
    except ExportStopped as error:
        return entry.record(STOPPED, error.message)
    except PadviewerError as error:
        return entry.record(FAILED, error.message)
    except MemoryError:
        return entry.record(FAILED, "not enough memory to pad it; raise the budget with --budget, or use fewer workers")
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - one item never stops the others
        return entry.record(FAILED, unexpected(error).message)


def _tried(entry: Entry, padding: Padding) -> Record:
    probe(padding.tiles())
    return entry.record(TRIED)
