"""TFRecord: files of so many items of one group each, written in one go: a file is complete or not there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from padviewer.batch.collection import Group
from padviewer.batch.padding import Entry, Padding
from padviewer.batch.parts import There, part_of, publish, refusal, unpublish
from padviewer.batch.record import Record
from padviewer.errors import printable
from padviewer.export import Array
from padviewer.export.tfrecord import Framing, check_tfrecord, example_heads

EXTENSION = ".tfrecord"


def shard_name(array: str, number: int, count: int) -> str:
    """Returns the name of a file of a group."""
    return f"{array}-{number:05d}-of-{count:05d}{EXTENSION}"


class Shard:
    """A file of records that is being written.

    Args:
        file: new, open to write.
        mask: whether each record holds the pixel mask.
    """

    def __init__(self, file: BinaryIO, mask: bool) -> None:
        self._file, self._mask = file, mask
        self.count = 0

    def add(self, entry: Entry, padding: Padding) -> Record:
        """Writes the record of an item; where that fails, it is as if it had not begun."""
        start = self._file.tell()
        try:
            self._add(entry, padding)
        except BaseException:
            self._file.seek(start)
            self._file.truncate()
            raise
        self.count += 1
        record = padding.record(entry, "mask" if self._mask else "")
        return record._replace(index=self.count - 1)

    def _add(self, entry: Entry, padding: Padding) -> None:
        payload, mask = padding.payload, padding.mask
        check_tfrecord(payload, mask.nbytes if self._mask else 0)
        texts = {
            "axes": payload.axes,
            "dtype": payload.dtype,
            "item": printable(entry.label),
            "settings": payload.spec_json,
            "stage": payload.name,
        }
        blobs = ([("mask", mask.nbytes)] if self._mask else []) + [("data", payload.nbytes)]
        heads = example_heads(texts, payload.shape, blobs)
        framing = Framing(self._file, sum(map(len, heads)) + sum(nbytes for _name, nbytes in blobs))
        for head, tiles in zip(heads, ([padding.mask_tiles()] if self._mask else []) + [padding.tiles()], strict=True):
            framing.put(head)
            for _region, data in tiles:
                little = np.ascontiguousarray(data, data.dtype.newbyteorder("<"))
                framing.put(little.reshape(-1).view(np.uint8).data)
        framing.end()


@dataclass(frozen=True)
class TfrecordShards:
    """Writes files of `tf.train.Example`: `data` (little-endian, C order), `shape`, `axes`, `dtype`, `item`, `mask`.

    Attributes:
        folder: of the export.
        groups: by the names of their arrays.
        mask: whether pixel masks are written, as the feature `mask`: a byte for each place.
    """

    folder: str
    groups: Mapping[str, Group]
    mask: bool

    def begun(self, _labels: Mapping[str, Sequence[str]], _spec_json: str) -> TfrecordShards:
        """Does nothing: files are made whole."""
        return self

    def finish(self, _written: Mapping[str, Sequence[bool]]) -> None:
        """Does nothing: records of items that are not written are not there."""

    def write_shard(self, entries: Sequence[Entry], add: Callable[[Shard, Entry], Record]) -> list[Record]:
        """Writes a file of all of these items but those that fail.

        Args:
            entries: all items of the file.
            add: adds an item, or returns why it cannot be.
        """
        path = os.path.join(self.folder, entries[0].output)  # noqa: PTH118 a Path cannot hold every name
        try:
            with part_of(self.folder) as part:
                with open(part, "xb") as file:  # noqa: PTH123
                    shard = Shard(file, self.mask)
                    records = [add(shard, entry) for entry in entries]
                if shard.count:
                    publish(part, path)
                else:
                    unpublish(path)
        except OSError as error:
            raise refusal(self.folder, path, error) from error
        return records

    def holds(self, record: Record, there: There) -> bool:
        """Whether the file of an item that is noted as written is there."""
        return bool(record.output) and there.size(record.output) is not None


def probe(tiles: Iterable[tuple[object, Array]]) -> None:
    """Makes an item and keeps nothing of it: to see whether that can be done."""
    for _tile in tiles:
        pass
