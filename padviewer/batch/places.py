"""What an export of many writes to, and how it is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from padviewer.batch.collection import Group
from padviewer.batch.hdf5_datasets import Hdf5Datasets
from padviewer.batch.padding import Entry, Padding
from padviewer.batch.parts import There
from padviewer.batch.record import Record
from padviewer.batch.separate_files import SeparateFiles
from padviewer.batch.tfrecord_shards import TfrecordShards
from padviewer.batch.zarr_arrays import ZarrArrays


class Place(Protocol):
    """What items are written to, one by one; picklable, and used in any process at any time."""

    def write(self, entry: Entry, padding: Padding) -> Record:
        """Writes one item; where that fails, what was there before is there still, or nothing."""

    def holds(self, record: Record, there: There) -> bool:
        """Whether an item that is noted as written is still there."""


class Collection(Protocol):
    """A place of few files for many items, which may have room made for them first."""

    def begun(self, labels: Mapping[str, Sequence[str]], spec_json: str) -> Collection:
        """Makes room for all items where there is none; returns what writes there.

        Args:
            labels: of the items of each array, in their order.
            spec_json: the settings.
        """

    def holds(self, record: Record, there: There) -> bool:
        """Whether an item that is noted as written is still there."""

    def finish(self, written: Mapping[str, Sequence[bool]]) -> None:
        """Tells which items of each array are written, and takes away what is left of the others."""


# By the names of formats: of the files that hold one item, and of the collections that hold many.
EXTENSIONS = {"npy": ".npy", "npz": ".npz", "png": ".png", "tif": ".tif", "safetensors": ".safetensors"}
COLLECTIONS: dict[str, Callable[[str, Mapping[str, Group], bool], Collection]] = {
    "zarr": ZarrArrays,
    "hdf5": Hdf5Datasets,
    "tfrecord": TfrecordShards,
}
FORMATS = (*EXTENSIONS, *COLLECTIONS)


def collection_of(name: str, folder: str, groups: Sequence[Group], mask: bool) -> Collection:
    """Returns the collection of a format, with an array for each group."""
    return COLLECTIONS[name](folder, {group.name: group for group in groups}, mask)


def files_of(name: str, folder: str, mask: bool, budget: int) -> SeparateFiles:
    """Returns what writes a file of a format for each item."""
    return SeparateFiles(folder, EXTENSIONS[name], mask, budget)
