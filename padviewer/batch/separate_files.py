"""A file for each item: `.npy`, `.npz`, `.png`, `.tif` or `.safetensors`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

import numpy as np

from padviewer.batch.names import mask_beside
from padviewer.batch.padding import TILE, Entry, Padding
from padviewer.batch.parts import There, part_of, publish, refusal
from padviewer.batch.record import Record
from padviewer.export import Array, Payload, Portions, check_payload
from padviewer.export.formats import format_of
from padviewer.export.npy import NpzStore, write_npy
from padviewer.export.safetensors import check_safetensors, safetensors_stores
from padviewer.export.store import Store
from padviewer.geometry import Region, Span

# Formats whose files hold several arrays: the pixel mask is one of them, called `mask`.
INSIDE = (".npz", ".safetensors")
_NPY = ".npy"
Tiles = Iterator[tuple[Region, Array]]


@dataclass(frozen=True)
class SeparateFiles:
    """Writes a file for each item.

    The pixel mask is an array in the same file, or a file beside it, whichever the format allows.

    Attributes:
        folder: of the export.
        extension: of the files.
        mask: whether pixel masks are written.
        budget: bytes of memory that encoding one file may take.
    """

    folder: str
    extension: str
    mask: bool
    budget: int

    def write(self, entry: Entry, padding: Padding) -> Record:
        """Writes the file of an item, and that of its mask."""
        path = os.path.join(self.folder, entry.output)  # noqa: PTH118 a Path cannot hold every name
        check_payload(padding.payload, path, Portions(memory=self.budget))
        try:
            if self.mask and self.extension in INSIDE:
                nbytes = self._write_both(padding, path)
                return padding.record(entry, "mask", nbytes)
            mask = mask_beside(entry.output, self.extension) if self.mask else ""
            if mask:
                # First, so that an item whose file is there has its mask too.
                mask_path = os.path.join(self.folder, mask)  # noqa: PTH118
                self._write(padding.mask, padding.mask_tiles(), mask_path, padding)
            nbytes = self._write(padding.payload, padding.tiles(), path, padding)
            return padding.record(entry, mask, nbytes)
        except OSError as error:
            raise refusal(self.folder, path, error) from error

    def holds(self, record: Record, there: There) -> bool:
        """Whether the file of an item that is noted as written is there, as long as it was, and its mask."""
        if not record.output or there.size(record.output) != record.nbytes:
            return False
        return not self.mask or self.extension in INSIDE or there.size(record.mask) is not None

    def _write(self, payload: Payload, tiles: Tiles, path: str, padding: Padding) -> int:
        with part_of(self.folder) as part:
            if self.extension == _NPY and payload.nbytes <= TILE:
                nbytes = _write_whole(payload, tiles, part, padding)
            else:
                with closing(format_of(path).store(payload, part, payload.shape, False)) as store:
                    _put(store, tiles, padding)
                    store.finish()
                nbytes = os.stat(part).st_size  # noqa: PTH116
            publish(part, path)
        return nbytes

    def _write_both(self, padding: Padding, path: str) -> int:
        payloads = [padding.payload, padding.mask]
        with part_of(self.folder) as part, ExitStack() as opened:
            if self.extension == ".npz":
                archive = opened.enter_context(closing(NpzStore(padding.payload, part, padding.payload.shape, False)))
                _put(archive, padding.tiles())
                archive.begin(padding.mask)
                _put(archive, padding.mask_tiles())
                archive.finish()
            else:
                _put_each(opened, payloads, part, padding)
            nbytes = os.stat(part).st_size  # noqa: PTH116
            publish(part, path)
        return nbytes


def _put_each(opened: ExitStack, payloads: Sequence[Payload], part: str, padding: Padding) -> None:
    for payload in payloads:
        check_safetensors(payload)
    stores = [opened.enter_context(closing(store)) for store in safetensors_stores(payloads, part)]
    for store, tiles in zip(stores, (padding.tiles(), padding.mask_tiles()), strict=True):
        _put(store, tiles)


def _write_whole(payload: Payload, tiles: Tiles, part: str, padding: Padding) -> int:
    """Writes an array of one tile, but for the zeros at its ends; returns the bytes of the file."""
    found = [(padding.kept(region), data) for region, data in tiles]
    kept, data = found[0] if found else (Span(0, 0), np.empty(payload.shape, payload.dtype))
    return write_npy(part, payload, data, kept)


def _put(store: Store, tiles: Tiles, padding: Padding | None = None) -> None:
    """Puts tiles; of a store whose elements can be put anywhere only the rows of data: what is never put is zero."""
    for region, data in tiles:
        if padding is None or not store.scattered:
            store.put(region, data)
            continue
        kept, first = padding.kept(region), region[0].start
        place = Span(first + kept.start, first + kept.stop)
        store.put((place, *region[1:]), data[kept.start : kept.stop])
