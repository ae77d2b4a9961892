"""HDF5: one dataset whose elements lie in one run, with axes and settings as its attributes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np

from padviewer import __version__
from padviewer.export.payload import Payload
from padviewer.export.runs import write_all
from padviewer.export.store import FlatStore, opening


def hdf5_store(payload: Payload, path: str, _tile: tuple[int, ...], resumed: bool) -> FlatStore:
    """Returns what writes an HDF5 file, whose dataset is called as the stage is.

    The library writes all but the elements, into memory; where it left room for these, they can be put anywhere, and
    what is zero is a hole.

    Raises:
        ValueError: where the file is resumed and is not such a file.
    """
    with opening(path, resumed) as file:
        if not resumed:
            write_structure([payload], file)
        return FlatStore(payload, file, offsets_of([payload], file)[0])


def write_structure(
    payloads: Sequence[Payload], file: BinaryIO, names: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Writes an HDF5 file but for its elements, for which there is room.

    Args:
        payloads: a dataset each, called as the payload is.
        file: new, open to write.
        names: datasets of text, by their names.
    """
    # In memory, what was not written takes nothing, so the room for the elements is free here too.
    with os.fdopen(os.memfd_create("hdf5", os.MFD_CLOEXEC), "w+b") as made:
        _make(payloads, names or {}, made)
        made.flush()
        length = os.fstat(made.fileno()).st_size
        file.truncate(length)
        for start, stop in _written(made.fileno(), length):
            write_all(file.fileno(), memoryview(os.pread(made.fileno(), stop - start, start)), start)


def offsets_of(payloads: Sequence[Payload], file: BinaryIO) -> list[int]:
    """Returns where in a file the elements of each dataset begin.

    Raises:
        ValueError: where they are not there.
    """
    import h5py  # noqa: PLC0415 loaded when first needed

    file.seek(0)
    with h5py.File(file, "r") as written:
        return [_offset(payload, written.get(payload.name)) for payload in payloads]


def _make(payloads: Sequence[Payload], names: Mapping[str, Sequence[str]], file: BinaryIO) -> None:
    import h5py  # noqa: PLC0415 loaded when first needed

    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_layout(h5py.h5d.CONTIGUOUS)
    layout.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    layout.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    layout.set_obj_track_times(False)  # the same array makes the same bytes
    with h5py.File(file, "w") as made:
        for payload in payloads:
            kind = h5py.h5t.py_create(np.dtype(payload.dtype), logical=True)
            space = h5py.h5s.create_simple(payload.shape)
            dataset = h5py.Dataset(h5py.h5d.create(made.id, payload.name.encode(), kind, space, layout))
            for axis, letter in zip(dataset.dims, payload.axes, strict=True):
                axis.label = letter
            dataset.attrs["axes"] = payload.axes
            dataset.attrs["settings"] = payload.spec_json
            dataset.attrs["software"] = f"padviewer {__version__}"
        for name, lines in names.items():
            texts = [line.encode() for line in lines]
            kind = h5py.string_dtype("utf-8", max(map(len, texts), default=1) or 1)
            made.create_dataset(name, data=np.array(texts, kind), track_times=False)


def _written(descriptor: int, length: int) -> Iterator[tuple[int, int]]:
    """Yields the ranges of a file that are no holes."""
    at = 0
    while at < length:
        try:
            start = os.lseek(descriptor, at, os.SEEK_DATA)
        except OSError:  # nothing but a hole follows
            return
        at = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, at


def _offset(payload: Payload, dataset: Any) -> int:
    import h5py  # noqa: PLC0415 loaded when first needed

    if not isinstance(dataset, h5py.Dataset) or (dataset.shape, dataset.dtype.name) != (payload.shape, payload.dtype):
        raise ValueError("another array is there")
    found: int | None = dataset.id.get_offset()
    if found is None and payload.nbytes:
        raise ValueError("the elements lie nowhere")
    return found or 0
