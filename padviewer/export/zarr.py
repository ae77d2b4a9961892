"""Zarr, version 3: a folder with one uncompressed array, a file for each chunk that is not all fill value."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from padviewer import __version__
from padviewer.export.payload import Array, Payload
from padviewer.export.runs import write_runs
from padviewer.geometry import Region

METADATA = "zarr.json"


class ZarrStore:
    """Writes a Zarr array; a tile is a chunk.

    Args:
        payload: what is written.
        folder: where it goes; not there yet, unless it is resumed.
        tile: shape of a chunk.
        resumed: whether the folder has its metadata and some chunks, of which some are written again.

    Raises:
        ValueError: where the folder is resumed and holds another array.
    """

    scattered = True

    def __init__(self, payload: Payload, folder: str, tile: tuple[int, ...], resumed: bool) -> None:
        self._folder = Path(folder)
        self._dtype = np.dtype(payload.dtype).newbyteorder("<")
        self._fill = _fill_of(payload)
        self._tile = tile
        # Tiles are put while another thread waits for the disk.
        self._lock = threading.Lock()
        self._unsynced: set[Path] = set()
        metadata = json.dumps(array_metadata(payload, tile), indent=2).encode()
        if not resumed:
            self._folder.mkdir()
            (self._folder / METADATA).write_bytes(metadata)
            self._unsynced.add(self._folder / METADATA)
        elif (self._folder / METADATA).read_bytes() != metadata:
            raise ValueError("another array is there")

    def put(self, region: Region, data: Array) -> None:
        """Writes the elements of a region, which lies in one chunk."""
        place = tuple(span.start // step for span, step in zip(region, self._tile, strict=True))
        start = tuple(span.start % step for span, step in zip(region, self._tile, strict=True))
        path = self._folder.joinpath("c", *map(str, place))
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except FileNotFoundError:
            self._make(path.parent)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            # A chunk is whole even where the array ends inside of it.
            os.ftruncate(descriptor, math.prod(self._tile) * self._dtype.itemsize)
            write_runs(descriptor, 0, self._tile, start, np.ascontiguousarray(data, self._dtype))
        finally:
            os.close(descriptor)
        with self._lock:
            self._unsynced.add(path)

    def holds(self, value: Array) -> bool:
        """Whether `value` is the fill value, to the bit."""
        return all(number.tobytes() == self._fill.tobytes() for number in value.ravel())

    def sync(self) -> None:
        """Waits for the chunks written since, and for the folders that they are in."""
        with self._lock:
            paths, self._unsynced = self._unsynced, set()
        folders = {folder for path in paths for folder in path.parents if folder.is_relative_to(self._folder)}
        for path in (*paths, *folders):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def finish(self) -> None:
        """Does nothing: all is written already."""

    def close(self) -> None:
        """Does nothing: no file is open between two chunks."""

    def _make(self, folder: Path) -> None:
        """Makes a folder of chunks and those that it is in; not the array's own, which somebody may have removed."""
        try:
            folder.mkdir(exist_ok=True)
        except FileNotFoundError:
            if folder.parent == self._folder:
                raise
            self._make(folder.parent)
            folder.mkdir(exist_ok=True)


def array_metadata(
    payload: Payload, chunk: tuple[int, ...], separator: str = "/", told: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Returns the metadata of an array of uncompressed chunks, little-endian.

    Args:
        payload: the array.
        chunk: shape of a chunk.
        separator: between the numbers of a chunk in its name.
        told: attributes beside those about padviewer.
    """
    settings = {"version": __version__, "stage": payload.name, "settings": json.loads(payload.spec_json)}
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": payload.shape,
        "data_type": payload.dtype,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": separator}},
        "fill_value": _json_number(_fill_of(payload).item()),
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        "dimension_names": list(payload.axes),
        "attributes": {"padviewer": settings, **(told or {})},
    }


def _fill_of(payload: Payload) -> Array:
    with np.errstate(over="ignore"):  # a float that rounds to infinity is what the dtype holds
        return np.full((), payload.fill_value, payload.dtype)


def is_zarr(folder: str) -> bool:
    """Whether a folder may be replaced by a Zarr: it is one, or it is empty."""
    known = (METADATA, ".zarray", ".zgroup")
    names = os.listdir(folder)  # noqa: PTH208 a Path cannot hold every name
    return not names or any(name in known for name in names)


def _json_number(value: complex) -> Any:
    """Returns a number as Zarr's JSON has it."""
    if isinstance(value, complex):
        return [_json_number(value.real), _json_number(value.imag)]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
