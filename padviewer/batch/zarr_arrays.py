"""Zarr: one array for each group of items, at least one chunk for each item, so that no two writers share a chunk."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from padviewer.batch.collection import MASK, WRITTEN, Group
from padviewer.batch.padding import TILE, Entry, Padding
from padviewer.batch.parts import There, part_of, publish, refusal, unpublish
from padviewer.batch.record import Record
from padviewer.errors import printable
from padviewer.export import Array
from padviewer.export.grid import Grid, row_tile
from padviewer.export.runs import write_runs
from padviewer.export.zarr import METADATA, array_metadata
from padviewer.geometry import Region, Span
from padviewer.objects import is_url, put

NAME = "data.zarr"
_SEPARATOR = "."


@dataclass(frozen=True)
class ZarrArrays:
    """Writes items into the arrays of a Zarr group, version 3.

    A chunk is a file, complete or not there. Items of more than 16 MiB have several, one run of rows each.

    Attributes:
        folder: of the export.
        groups: by the names of their arrays.
        mask: whether pixel masks are written.
    """

    folder: str
    groups: Mapping[str, Group]
    mask: bool

    @property
    def path(self) -> str:
        """The folder of the Zarr."""
        return os.path.join(self.folder, NAME)  # noqa: PTH118 a Path cannot hold every name

    def begun(self, labels: Mapping[str, Sequence[str]], spec_json: str) -> ZarrArrays:
        """Writes the metadata where there is none; the labels of an array's items are its attribute `items`."""
        if There(self.path).size(METADATA) is not None:
            return self
        with part_of(self.folder) as part:
            root = {"zarr_format": 3, "node_type": "group", "attributes": {}}
            _write_json(Path(part), root)
            for group in self.groups.values():
                told: dict[str, Any] = {"items": [printable(label) for label in labels[group.name]]}
                for payload in group.payloads(spec_json, self.mask):
                    chunk = payload.shape if payload.name.endswith(WRITTEN) else _chunk(payload.shape, payload.dtype)
                    described = array_metadata(payload, tuple(max(1, n) for n in chunk), _SEPARATOR, told)
                    _write_json(Path(part, payload.name), described)
                    told = {}
            if is_url(self.path):
                self._put_metadata(part)
            else:
                os.rename(part, self.path)  # noqa: PTH104
        return self

    def _put_metadata(self, part: str) -> None:
        """Puts the metadata into a store, that of the root last: where it is, all is."""
        for path in sorted(Path(part).rglob(METADATA), key=lambda found: len(found.parts), reverse=True):
            put(str(path), f"{self.path}/{path.relative_to(part)}")

    def write(self, entry: Entry, padding: Padding) -> Record:
        """Writes the chunks of an item, and those of its mask."""
        group = self.groups[entry.array]
        group.check(padding)
        mask = group.name + MASK if self.mask else ""
        try:
            if mask:
                self._write(mask, group.mask_shape, "uint8", entry, padding.mask_tiles())
            self._write(group.name, group.shape, group.dtype, entry, padding.tiles())
        except BaseException:
            self._remove(group, entry.index)
            raise
        return padding.record(entry, mask)

    def finish(self, written: Mapping[str, Sequence[bool]]) -> None:
        """Writes which items are written; the chunks of the others are removed."""
        for name, flags in written.items():
            for index, flag in enumerate(flags):
                if not flag:
                    self._remove(self.groups[name], index)
            self._put(name + WRITTEN, "0", (len(flags),), (Span(0, len(flags)),), np.array(flags, np.uint8))

    def holds(self, record: Record, there: There) -> bool:
        """Whether the chunks of an item that is noted as written are there."""
        group = self.groups.get(record.array)
        if group is None or record.index is None:
            return False
        return all(there.size(f"{NAME}/{name}") is not None for name in self._chunks(group, record.index))

    def _write(
        self, name: str, shape: tuple[int, ...], dtype: str, entry: Entry, tiles: Iterator[tuple[Region, Array]]
    ) -> None:
        chunk = _chunk((1, *shape), dtype)[1:]
        for region, data in tiles:
            place = _SEPARATOR.join(
                str(at) for at in (entry.index, *(span.start // step for span, step in zip(region, chunk, strict=True)))
            )
            self._put(name, place, chunk, region, data)

    def _put(self, name: str, place: str, chunk: tuple[int, ...], region: Region, data: Array) -> None:
        path = os.path.join(self.path, name, f"c{_SEPARATOR}{place}")  # noqa: PTH118
        try:
            with part_of(self.folder) as part:
                descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
                try:
                    # A chunk is whole even where the array ends inside of it.
                    os.ftruncate(descriptor, math.prod(chunk) * data.itemsize)
                    start = tuple(span.start % step for span, step in zip(region, chunk, strict=True))
                    little = np.ascontiguousarray(data, data.dtype.newbyteorder("<"))
                    write_runs(descriptor, 0, chunk, start, little)
                finally:
                    os.close(descriptor)
                publish(part, path)
        except OSError as error:
            raise refusal(self.folder, path, error) from error

    def _chunks(self, group: Group, index: int) -> Iterator[str]:
        found = [(group.name, group.shape, group.dtype)]
        found += [(group.name + MASK, group.mask_shape, "uint8")] if self.mask else []
        for name, shape, dtype in found:
            grid = Grid((1, *shape), _chunk((1, *shape), dtype))
            for number in range(grid.count):
                place = _SEPARATOR.join(map(str, (index, *grid.place(number)[1:])))
                yield f"{name}/c{_SEPARATOR}{place}"

    def _remove(self, group: Group, index: int | None) -> None:
        for name in self._chunks(group, index or 0):
            unpublish(os.path.join(self.path, name))  # noqa: PTH118


def _chunk(shape: tuple[int, ...], dtype: str) -> tuple[int, ...]:
    """Returns the shape of a chunk of an array of items: the tiles that items are made in."""
    return (1, *(max(1, size) for size in row_tile(shape[1:], np.dtype(dtype).itemsize, TILE)))


def _write_json(folder: Path, metadata: Mapping[str, Any]) -> None:
    folder.mkdir()
    (folder / METADATA).write_text(json.dumps(metadata, indent=2), "ascii")
