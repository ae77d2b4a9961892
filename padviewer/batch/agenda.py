"""What is to be done in an export of many, and what is done already: of files, and of collections."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

from padviewer.batch import hdf5_datasets, zarr_arrays
from padviewer.batch.bucketing import Bucketing
from padviewer.batch.collection import Group, total_bytes
from padviewer.batch.layout import Layout, groups_of, is_inside, is_sound, told_groups
from padviewer.batch.manifest import Manifest
from padviewer.batch.names import absolute, labels_of, mask_beside, outputs_of, root_of
from padviewer.batch.padding import Entry
from padviewer.batch.parts import There, unpublish
from padviewer.batch.places import EXTENSIONS, collection_of, files_of
from padviewer.batch.record import WRITTEN, Record
from padviewer.batch.run import in_groups
from padviewer.batch.settings import Settings, check_same
from padviewer.batch.source_state import Listed, has_changed
from padviewer.bytecount import format_bytes
from padviewer.dataset.measured import Item, Measured
from padviewer.errors import ExportError
from padviewer.export.place import display_name
from padviewer.objects import is_url
from padviewer.workers.sizes import measured

# Items of one call: one message for so many, and so many are done again where one of them ends its process.
_MOST, _CALLS_EACH = 32, 8
# Bytes of the items of one call, where their sizes are known.
_MOST_BYTES = 1 << 28
# The file or folder of all arrays; TFRecord has files of its own for each.
_OUTPUTS = {"zarr": zarr_arrays.NAME, "hdf5": hdf5_datasets.NAME, "tfrecord": ""}


class Agenda:
    """What an export has to do, where each item has a file of its own.

    Args:
        folder: of the export.
        settings: what decides the bytes.
        budget: bytes that one item may take.
        items: each once.
        manifest: of the folder.
        listed: what the stores of objects tell of them.

    Attributes:
        labels: of the items.
        place: that workers write to; set by `begin` and `resume`.
        written: items that need not be done.
        refused: items that cannot be done, which is noted already.
        changed: how many items are to be done again because their sources are others since they were written.
    """

    def __init__(
        self,
        folder: str,
        settings: Settings,
        budget: int,
        items: Sequence[Item],
        manifest: Manifest,
        listed: Listed,
    ) -> None:
        self.folder, self.settings, self.budget, self.items, self.manifest = folder, settings, budget, items, manifest
        self._listed = listed
        self._root = root_of(items)
        self.labels = self._labelled()
        self.place: Any = None
        self.changed = 0
        self._outputs: dict[Item, str] = {}
        self.written: set[Item] = set()
        self.refused: dict[Item, Record] = {}

    def begin(self, executor: Executor, memory: str | None) -> None:
        """Makes the manifest of a new export.

        Args:
            executor: measures items where their places depend on their sizes.
            memory: name of the file that remembers sizes; None remembers none.
        """
        del executor, memory
        self.manifest.create({**self.settings.told(), "root": self._root})
        self.place = files_of(self.settings.format, self.folder, self.settings.mask, self.budget)
        self._taken: set[str] = set()

    def resume(self) -> None:
        """Reads the manifest of an export that was begun.

        Raises:
            ExportError: it was begun with other settings, or is damaged.
        """
        self.place = files_of(self.settings.format, self.folder, self.settings.mask, self.budget)
        held = self._read()
        there = There(self.folder)
        found = {item for item, record in held.items() if record.outcome == WRITTEN and self.place.holds(record, there)}
        kept = self._unchanged(found, held)
        # Files of items that are not asked for any more stay, and keep their names.
        self._taken = {held[item].output for item in kept}
        self.written = kept & self.labels.keys()
        again = [item for item in self.items if item in held and item not in kept and held[item].outcome == WRITTEN]
        for item in again:
            self._write_again(item, held[item].output)

    def groups(self, count: int) -> Iterator[list[Entry]]:
        """Yields what is left to do, in the groups in which it is done best by so many processes."""
        left = [item for item in self.items if item not in self.written and item not in self.refused]
        extension = EXTENSIONS[self.settings.format]
        new = [item for item in left if item not in self._outputs]
        outputs = dict(zip(new, outputs_of(new, self._root, extension, self._taken), strict=True)) | self._outputs
        # One by one: of a million items those that are under way are enough.
        entries = (Entry(*item, self.labels[item], outputs[item]) for item in left)
        return in_groups(entries, max(1, min(_MOST, len(left) // (_CALLS_EACH * count))))

    def settle(self, record: Record) -> None:
        """Takes notice of what has become of an item."""

    def finish(self) -> None:
        """Does what comes last."""

    def _read(self) -> dict[Item, Record]:
        """Returns the newest record of each item."""
        held: dict[Item, Record] = {}
        records = self.manifest.read()
        first = next(records, None)
        check_same(self.folder, self.manifest.settings, self.settings.told())
        self._keep_root(self.manifest.settings.get("root", self._root))
        for record in () if first is None else (first, *records):
            self._take(record)
            held[record.item] = record
        return held

    def _write_again(self, item: Item, output: str) -> None:
        """Gives an item the file that it had, and takes that away: it may be of another source than is noted then."""
        extension = EXTENSIONS[self.settings.format]
        if output in self._taken or not output.endswith(extension) or not is_inside(self.folder, output):
            return
        self._outputs[item] = output
        self._taken.add(output)
        for name in (output, mask_beside(output, extension)):
            unpublish(os.path.join(self.folder, name))  # noqa: PTH118 a Path cannot hold every name

    def _keep_root(self, root: str) -> None:
        """Calls items as they were called at first: by their path from the folder that all had in common then.

        Raises:
            ExportError: one lies elsewhere, so that it could be called as another one is.
        """
        if root == self._root:
            return
        outside = next((path for path, _member in self.items if not absolute(path).startswith(str(root))), None)
        if outside is not None or not isinstance(root, str):
            raise ExportError(
                f"{display_name(self.folder)}: was begun with items below {display_name(str(root))}, by which they are "
                f"called; {display_name(outside or 'the manifest')} does not lie there. Give the same PATHs to resume "
                "it, start over with --force, or choose another folder"
            )
        self._root = root
        self.labels = self._labelled()

    def _labelled(self) -> dict[Item, str]:
        return dict(zip(self.items, labels_of(self.items, self._root), strict=True))

    def _unchanged(self, written: set[Item], held: Mapping[Item, Record]) -> set[Item]:
        """Returns those written items whose sources are still as they were read; the others are counted."""
        changed = {item for item in written & self.labels.keys() if has_changed(held[item], self._listed)}
        self.changed = len(changed)
        return written - changed

    def _take(self, record: Record) -> None:
        """Takes what a line of the manifest says of an item's place."""


class CollectionAgenda(Agenda):
    """What an export has to do, where many items lie in one array.

    Where each goes is decided from sizes before anything is written, and stands in the manifest: so a resumed export
    puts it there, whatever has become of other items meanwhile.
    """

    def begin(self, executor: Executor, memory: str | None) -> None:
        """Measures all items, gives each a place, and makes room."""
        found: dict[Item, Measured] = {}
        for group in measured(executor, self.items, self.budget, memory, states=self._listed):
            found |= {each.item: each for each in group}
        bucketing = Bucketing(self.settings.spec, self.settings.targets, self.budget)
        layout = Layout(bucketing, _OUTPUTS[self.settings.format], self.settings.shard)
        groups, records = layout.records(found[item] for item in self.items)
        self._check_space(groups)
        self._begin_with(groups)
        told = {**self.settings.told(), "root": self._root, "arrays": told_groups(groups)}
        self.manifest.create(told, records)
        for record in records:
            self._take(record)
        self._make_room()

    def resume(self) -> None:
        """Reads where each item goes, and which are there."""
        held = self._read()
        if held.keys() != self.labels.keys():
            more, fewer = len(self.labels.keys() - held.keys()), len(held.keys() - self.labels.keys())
            raise ExportError(
                f"{display_name(self.folder)}: was begun with other items ({more:,} are new, {fewer:,} are missing), "
                "and has no room for others. Give the same ones to resume it, start over with --force, or choose "
                "another folder"
            )
        self._make_room()
        there = There(self.folder)
        found = {item for item, record in held.items() if record.outcome == WRITTEN and self.place.holds(record, there)}
        self.written = self._unchanged(found, held)
        if not _OUTPUTS[self.settings.format]:
            # A file of which an item is missing is written anew, with all of its items.
            lacking = {record.output for item, record in held.items() if record.array and item not in self.written}
            self.written = {item for item in self.written if held[item].output not in lacking}
        for item in self.written:
            self._flag(self._planned[item])

    def groups(self, count: int) -> Iterator[list[Entry]]:
        """Yields what is left to do; items of a file of many come together."""
        left = self._planned.keys() - self.written
        entries = [self._entry(self._planned[item]) for item in self.items if item in left]
        if _OUTPUTS[self.settings.format]:
            largest = max((group.nbytes for group in self._groups.values()), default=0)
            fitting = max(1, _MOST_BYTES // max(1, largest))
            yield from in_groups(entries, max(1, min(_MOST, fitting, len(entries) // (_CALLS_EACH * count))))
            return
        shards: dict[str, list[Entry]] = {}
        for entry in entries:
            shards.setdefault(entry.output, []).append(entry)
        yield from map(together, shards.values())

    def settle(self, record: Record) -> None:
        """Takes notice of an item that is written."""
        if record.outcome == WRITTEN:
            self._flag(self._planned[record.item])

    def finish(self) -> None:
        """Tells in the collection which items are there."""
        self.place.finish(self._flags)

    def _read(self) -> dict[Item, Record]:
        self._groups: dict[str, Group] = {}
        return super()._read()

    def _take(self, record: Record) -> None:
        if not self._groups:
            self._begin_with(groups_of(self.manifest.settings))
        if not is_sound(record, self._groups, _OUTPUTS[self.settings.format]):
            raise ExportError(f"{display_name(self.manifest.path)}: is damaged; start over with --force")
        if record.array:
            # The first line of an item tells its place in the array; later ones may tell that in a file.
            self._planned.setdefault(record.item, record)
        else:
            self.refused[record.item] = record

    def _begin_with(self, groups: Iterable[Group]) -> None:
        self._groups = {group.name: group for group in groups}
        self._flags = {group.name: [False] * group.count for group in self._groups.values()}
        self._planned: dict[Item, Record] = {}

    def _make_room(self) -> None:
        labels: dict[str, list[str]] = {name: [] for name in self._groups}
        for item in self.items:
            if item in self._planned:
                labels[self._planned[item].array].append(self.labels[item])
        collection = collection_of(self.settings.format, self.folder, [*self._groups.values()], self.settings.mask)
        self.place = collection.begun(labels, self.settings.spec.to_json())

    def _check_space(self, groups: Sequence[Group]) -> None:
        if is_url(self.folder):
            return
        needed, free = total_bytes(groups, self.settings.mask), shutil.disk_usage(self.folder).free
        if needed > free:
            raise ExportError(
                f"{display_name(self.folder)}: the arrays take {format_bytes(needed)}, but {format_bytes(free)} are "
                "free on the disk; make room, choose another disk, or a smaller target"
            )

    def _entry(self, record: Record) -> Entry:
        return Entry(*record.item, self.labels[record.item], record.output, record.array, record.index)

    def _flag(self, record: Record) -> None:
        if record.index is not None:
            self._flags[record.array][record.index] = True


def together(entries: Sequence[Entry]) -> list[Entry]:
    """Returns items that are written to one file in one go, in the order in which they lie in it."""
    ordered = sorted(entries, key=lambda entry: entry.index or 0)
    return [replace(entry, together=len(entries)) for entry in ordered]


def agenda_of(
    folder: str, settings: Settings, budget: int, items: Sequence[Item], manifest: Manifest, listed: Listed
) -> Agenda:
    """Returns the agenda of an export."""
    kind = CollectionAgenda if settings.is_collection else Agenda
    return kind(folder, settings, budget, items, manifest, listed)
