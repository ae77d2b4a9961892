"""HDF5: one dataset for each group of items, in one run; several processes write into it at once, without the library.

The library writes the structure once. After that each item has its bytes at an offset that is known, and nobody else's
are touched.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import BinaryIO

import numpy as np

from padviewer.batch.collection import ITEMS, MASK, WRITTEN, Group
from padviewer.batch.padding import Entry, Padding
from padviewer.batch.parts import There, part_of, publish, refusal
from padviewer.batch.record import Record
from padviewer.errors import printable
from padviewer.export import Array
from padviewer.export.hdf5 import offsets_of, write_structure
from padviewer.export.runs import write_all
from padviewer.geometry import Region

NAME = "data.h5"
_ERASED = 1 << 20
Tiles = Iterator[tuple[Region, Array]]


@dataclass(frozen=True)
class Hdf5Datasets:
    """Writes items into the datasets of an HDF5 file.

    Attributes:
        folder: of the export.
        groups: by the names of their datasets.
        mask: whether pixel masks are written.
        offsets: where the elements of each dataset begin in the file; known when there is one.
    """

    folder: str
    groups: Mapping[str, Group]
    mask: bool
    offsets: Mapping[str, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The file."""
        return os.path.join(self.folder, NAME)  # noqa: PTH118 a Path cannot hold every name

    def begun(self, labels: Mapping[str, Sequence[str]], spec_json: str) -> Hdf5Datasets:
        """Writes the structure where there is none; returns what writes into it."""
        payloads = [payload for group in self.groups.values() for payload in group.payloads(spec_json, self.mask)]
        names = {name + ITEMS: [printable(label) for label in found] for name, found in labels.items()}
        if not os.path.lexists(self.path):
            with part_of(self.folder) as part:
                with open(part, "x+b") as file:  # noqa: PTH123
                    write_structure(payloads, file, names)
                publish(part, self.path)
        with open(self.path, "rb") as file:  # noqa: PTH123
            found = offsets_of(payloads, file)
        return replace(self, offsets={payload.name: offset for payload, offset in zip(payloads, found, strict=True)})

    def write(self, entry: Entry, padding: Padding) -> Record:
        """Writes the elements of an item, and those of its mask."""
        group = self.groups[entry.array]
        group.check(padding)
        mask = group.name + MASK if self.mask else ""
        with self._opened() as file:
            if mask:
                self._put(file, mask, entry.index, padding.mask.nbytes, padding.mask_tiles())
            self._put(file, group.name, entry.index, padding.payload.nbytes, padding.tiles())
        return padding.record(entry, mask)

    def finish(self, written: Mapping[str, Sequence[bool]]) -> None:
        """Writes which items are written; the elements of the others become zero."""
        with self._opened() as file:
            for name, flags in written.items():
                group = self.groups[name]
                for index, flag in enumerate(flags):
                    if not flag:
                        self._erase(file, group, index)
                write_all(file.fileno(), memoryview(bytes(flags)), self.offsets[name + WRITTEN])

    def holds(self, record: Record, there: There) -> bool:
        """Whether there is room for an item that is noted as written: the file was made once, as long as it is."""
        return record.array in self.groups and record.index is not None and there.size(NAME) is not None

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            with open(self.path, "r+b", 0) as file:  # noqa: PTH123
                yield file
        except OSError as error:
            raise refusal(self.folder, self.path, error) from error

    def _put(self, file: BinaryIO, name: str, index: int | None, nbytes: int, tiles: Tiles) -> None:
        at = self.offsets[name] + (index or 0) * nbytes
        for _region, data in tiles:
            # Tiles come in C order, so what they hold lies in one run.
            run = np.ascontiguousarray(data).reshape(-1).view(np.uint8)
            write_all(file.fileno(), run.data, at)
            at += run.nbytes

    def _erase(self, file: BinaryIO, group: Group, index: int) -> None:
        """Writes zeros over what is not zero: what was never written stays a hole."""
        names = [(group.name, group.nbytes), (group.name + MASK, math.prod(group.mask_shape))]
        for name, nbytes in names[: 1 + self.mask]:
            start = self.offsets[name] + index * nbytes
            for at in range(start, start + nbytes, _ERASED):
                count = min(_ERASED, start + nbytes - at)
                if any(os.pread(file.fileno(), count, at)):
                    write_all(file.fileno(), memoryview(bytes(count)), at)
