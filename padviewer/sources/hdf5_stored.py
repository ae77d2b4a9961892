"""How the elements of an HDF5 data set are stored, checked against the file before one of them is read."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from h5py import h5d, h5s

from padviewer.axes import MAX_RANK
from padviewer.bytecount import format_bytes
from padviewer.errors import DamagedSource, OversizedSource, UnsupportedSource
from padviewer.sources.base import Array
from padviewer.sources.hdf5_chunks import ChunkReader
from padviewer.sources.hdf5_filters import Filter, Pipeline
from padviewer.sources.hdf5_types import Elements, elements_of

_MAX_SIZE = 2**63 - 1
_MOST_FILTERS = 32


class Limits(NamedTuple):
    """What a data set is held against.

    Attributes:
        size: of the file, in bytes.
        budget: bytes that decoding may spend.
        user_block: bytes of the file before the first one of HDF5.
    """

    size: int
    budget: int
    user_block: int = 0


class Stored(NamedTuple):
    """A data set whose declarations have been checked.

    Attributes:
        dataset: h5py's identifier.
        label: its name, for messages.
        elements: what they are.
        shape: sizes of the axes, those of each element included.
        chunk: sizes of a chunk on the same axes; empty where the data set is not stored in chunks.
        pipeline: undoes the filters; None where there are none.
        limits: that it has been held against.
    """

    dataset: Any
    label: str
    elements: Elements
    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    pipeline: Pipeline | None
    limits: Limits

    @property
    def has_elements(self) -> bool:
        """Whether a single element is stored, as far as that is told quickly; else all of them have the fill value."""
        if self.chunk:
            return ChunkReader(self).has_chunks
        return self.is_compact or self.dataset.get_offset() is not None

    @property
    def is_complete(self) -> bool:
        """Whether all elements are stored; where there are many chunks, this takes its time."""
        return bool(self.dataset.get_space_status() == h5d.SPACE_STATUS_ALLOCATED)

    @property
    def is_compact(self) -> bool:
        """Whether the elements, of 64 KiB at most, lie among the descriptions of the data set."""
        return bool(self.dataset.get_create_plist().get_layout() == h5d.COMPACT)

    def fill(self) -> Array:
        """Returns the value of elements that are not stored, of `elements.shown` and without axes."""
        properties, elements = self.dataset.get_create_plist(), self.elements
        if not self.has_fill or properties.fill_value_defined() == h5d.FILL_VALUE_DEFAULT:
            return np.zeros((), elements.shown)
        if elements.inner:
            raise UnsupportedSource(f"{self.label}: its elements are arrays with a fill value, which are not read")
        if elements.stored.kind == "V":
            value = np.zeros((), elements.shown)
            properties.get_fill_value(value)
            return value
        told = np.zeros((), self.dataset.dtype)
        properties.get_fill_value(told)
        return elements.read(np.frombuffer(told.tobytes(), elements.stored, 1)).reshape(())

    @property
    def has_fill(self) -> bool:
        """Whether the file tells what elements are that are not stored."""
        properties = self.dataset.get_create_plist()
        never = properties.get_fill_time() == h5d.FILL_TIME_NEVER
        return not never and properties.fill_value_defined() != h5d.FILL_VALUE_UNDEFINED

    def whole(self) -> Array:
        """Reads all elements of a data set that is not stored in chunks, as they are stored."""
        kind = self.dataset.get_type()
        found = np.zeros(self.shape[: len(self.shape) - len(self.elements.inner)], f"V{kind.get_size()}")
        self.dataset.read(h5s.ALL, h5s.ALL, found, kind)
        return np.frombuffer(found.tobytes(), self.elements.stored).reshape(self.shape)


def stored_of(dataset: Any, label: str, limits: Limits) -> Stored:
    """Checks what a data set declares.

    Args:
        dataset: h5py's identifier.
        label: its name, for messages.
        limits: of the file and the program.

    Raises:
        UnsupportedSource: it is not read.
        DamagedSource: it declares what the file does not hold.
        OversizedSource: one of its chunks takes more than the budget.
    """
    properties = dataset.get_create_plist()
    layout = properties.get_layout()
    if layout == h5d.VIRTUAL or properties.get_external_count():
        what = "is a virtual data set" if layout == h5d.VIRTUAL else "has external storage"
        raise UnsupportedSource(f"{label}: {what}: its numbers lie in another file, which is not read; save it whole")
    elements = elements_of(dataset, label)
    sizes = dataset.shape
    if sizes is None:
        raise UnsupportedSource(f"{label}: is empty (a null data space); there is nothing to show")
    shape = (*map(int, sizes), *elements.inner)
    if not 1 <= len(shape) <= MAX_RANK:
        told = " x ".join(map(str, shape)) or "of a single number"
        raise UnsupportedSource(
            f"{label}: has rank {len(shape)} (shape {told}); rank 1 to {MAX_RANK} is read. Save fewer axes"
        )
    if math.prod(shape) * max(elements.stored.itemsize, elements.shown.itemsize) > _MAX_SIZE:
        raise UnsupportedSource(f"{label}: declares {math.prod(shape)} elements, more than a file can hold")
    if layout == h5d.CHUNKED:
        chunk = (*map(int, properties.get_chunk()), *elements.inner)
        return _chunked(Stored(dataset, label, elements, shape, chunk, None, limits), properties)
    found = Stored(dataset, label, elements, shape, (), None, limits)
    _check_stored(found, layout)
    return found


def _check_stored(stored: Stored, layout: int) -> None:
    """Raises a `DamagedSource` where elements that are not stored in chunks do not lie in the file."""
    needed = math.prod(stored.shape) * stored.elements.stored.itemsize
    if layout == h5d.COMPACT:
        held = int(stored.dataset.get_storage_size())
    else:
        offset = stored.dataset.get_offset()
        held = needed if offset is None else max(0, stored.limits.size - int(offset))
    if needed > held:
        raise DamagedSource(
            f"{stored.label}: declares {needed} bytes, but {held} are stored; the file is cut short, copy or save it "
            "again"
        )


def _chunked(stored: Stored, properties: Any) -> Stored:
    count = properties.get_nfilters()
    if not 0 <= count <= _MOST_FILTERS or len(stored.chunk) != len(stored.shape) or not all(stored.chunk):
        raise DamagedSource(f"{stored.label}: has chunks of {stored.chunk} and {count} filters; save the file again")
    size = math.prod(stored.chunk) * stored.elements.stored.itemsize
    filters = []
    for number in range(count):
        code, _flags, settings, name = properties.get_filter(number)
        filters.append(Filter(int(code), tuple(map(int, settings)), name.decode("utf-8", "replace")))
    if not filters:
        return stored
    pipeline = Pipeline(filters, size, stored.label)
    # Elements that numpy does not read as they are, are made anew, by way of others where they are converted.
    shown = math.prod(stored.chunk) * stored.elements.shown.itemsize
    peak = max(pipeline.peak, size + (0 if stored.elements.is_plain else 3 * max(size, shown)))
    if peak > stored.limits.budget:
        sizes = " x ".join(map(str, stored.chunk))
        raise OversizedSource(
            f"{stored.label}: decoding one chunk ({sizes} {stored.elements.shown.name}) would take "
            f"{format_bytes(peak)} in memory, more than the budget of {format_bytes(stored.limits.budget)}; "
            "raise it with --budget, or rewrite the file with smaller chunks (h5repack -l CHUNK=...)"
        )
    return stored._replace(pipeline=pipeline)
