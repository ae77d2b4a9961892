"""An export of many items into a folder: begun or resumed, done by an executor, and noted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from padviewer.batch.agenda import Agenda, agenda_of, together
from padviewer.batch.dataset_folder import check_free, owned, remove_export
from padviewer.batch.mirror import manifest_of
from padviewer.batch.names import absolute
from padviewer.batch.notes import Notes, sync_disk
from padviewer.batch.padding import Entry
from padviewer.batch.parts import begin_parts, end_parts, refusal
from padviewer.batch.record import FAILED, STOPPED, TRIED, WRITTEN, Record
from padviewer.batch.run import Done, run
from padviewer.batch.settings import Settings
from padviewer.batch.source_state import Listed, with_listed
from padviewer.batch.work import Task, pad_items
from padviewer.dataset.measured import Item
from padviewer.errors import ExportStopped
from padviewer.export.place import told
from padviewer.workers.blame import refusal_of

RESUMABLE = "what is written stays; the same command with --resume goes on"
# Of a kind of executor that does not say how many processes it has.
_USUAL = 16
# How often a file of many items is begun: items that end a process are left out of the next one.
_ATTEMPTS = 4
_NOTHING: Listed = MappingProxyType({})


class Progress(NamedTuple):
    """How far an export is.

    Attributes:
        done: items that are written, those of earlier runs too.
        failed: items that cannot be.
        total: of both, and of those that wait.
        skipped: how many of `done` an earlier run has written.
        failures: what failed since the last time.
        changed: items that are done again because their sources are others since an earlier run has written them.
    """

    done: int
    failed: int
    total: int
    skipped: int
    failures: tuple[Record, ...] = ()
    changed: int = 0


@dataclass(frozen=True)
class Export:
    """An export of many items.

    Attributes:
        folder: made where it is missing; the manifest lies in it.
        settings: what decides the bytes.
        budget: bytes that one item may take.
        memory: name of the file that remembers sizes; None remembers none.
    """

    folder: str
    settings: Settings
    budget: int
    memory: str | None = None

    def run(
        self,
        items: Sequence[Item],
        executor: Executor,
        *,
        resume: bool = False,
        force: bool = False,
        listed: Listed = _NOTHING,
    ) -> Iterator[Progress]:
        """Writes all items; yields how far it is, each time that it is further.

        Whoever stops taking answers, or is killed, can resume the export.

        Args:
            items: each once, in the order in which they lie in collections.
            executor: of any kind.
            resume: whether to go on with an export that is in the folder.
            force: whether to start over where one is, or anything else.
            listed: time and size of objects, by their URLs, as their stores have just told: what has changed since an
                earlier run is done again.

        Raises:
            TargetExists: something is in the folder, and neither was asked for.
            ExportStopped: the place is full or gone.
            ExportError: it was begun with other settings.
        """
        with owned(self.folder), manifest_of(self.folder) as manifest:
            if force:
                remove_export(self.folder, manifest)
            elif not (resume and manifest.exists):
                check_free(self.folder, manifest)
            with told(self.folder):
                begin_parts(self.folder)
            agenda = agenda_of(self.folder, self.settings, self.budget, items, manifest, listed)
            try:
                yield Progress(0, 0, len(items), 0)
                yield from self._done(agenda, executor, listed)
            except OSError as error:
                raise refusal(self.folder, self.folder, error) from error
            end_parts(self.folder)

    def _done(self, agenda: Agenda, executor: Executor, listed: Listed) -> Iterator[Progress]:
        if agenda.manifest.exists:
            agenda.resume()
        else:
            agenda.begin(executor, self.memory)
        skipped = len(agenda.written)
        done, failed = skipped, len(agenda.refused)
        yield Progress(done, failed, len(agenda.items), skipped, tuple(agenda.refused.values()), agenda.changed)
        with Notes(agenda.manifest, self.folder) as notes:
            for records in self._settled(agenda, executor):
                notes.add([with_listed(record, listed) for record in records])
                failures = tuple(record for record in records if record.outcome == FAILED)
                done, failed = done + len(records) - len(failures), failed + len(failures)
                for record in records:
                    agenda.settle(record)
                yield Progress(done, failed, len(agenda.items), skipped, failures, agenda.changed)
        agenda.finish()
        sync_disk(self.folder)
        agenda.manifest.put_in_order(agenda.items)

    def _settled(self, agenda: Agenda, executor: Executor) -> Iterator[list[Record]]:
        """Yields what becomes of items, a group at a time."""
        task = Task(self.settings.spec, self.settings.targets, self.budget, agenda.place, self.settings.checksum)
        groups = agenda.groups(getattr(executor, "count", _USUAL))
        for attempt in range(_ATTEMPTS):
            again: dict[str, list[Entry]] = {}
            for answer in run(executor, partial(pad_items, task=task), groups):
                records = _records(answer)
                if attempt == _ATTEMPTS - 1:
                    records = [_given_up(record) if record.outcome == TRIED else record for record in records]
                for entry, record in zip(answer.group, records, strict=True):
                    if record.outcome == TRIED:
                        again.setdefault(entry.output, []).append(entry)
                if settled := [record for record in records if record.outcome in (WRITTEN, FAILED)]:
                    yield settled
                stopped = next((record for record in records if record.outcome == STOPPED), None)
                if stopped is not None:
                    raise ExportStopped(f"{stopped.reason}; {RESUMABLE}")
            if not again:
                return
            # Files of many items, one of which has ended its process: without that one now.
            groups = map(together, again.values())


def _given_up(record: Record) -> Record:
    return record._replace(outcome=FAILED, reason=f"{record.output}: the process that wrote it ended several times")


def _records(done: Done[Entry, list[Record]]) -> list[Record]:
    if done.answer is not None:
        return done.answer
    entry = done.group[0]
    return [entry.record(FAILED, refusal_of(entry.path, done.error).message)]


def is_within(path: str, folder: str) -> bool:
    """Whether a path lies in the folder of an export, whose own files are no items of it."""
    return absolute(path).startswith(f"{absolute(folder)}/")
