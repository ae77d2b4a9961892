"""`.npy` and `.npz`: readable without pickle."""

from __future__ import annotations

import io
import os
import zipfile
from contextlib import suppress
from functools import lru_cache
from typing import IO

import numpy as np

from padviewer.export.payload import Array, Payload
from padviewer.export.runs import write_all
from padviewer.export.store import FlatStore, opening
from padviewer.geometry import Region, Span


def npy_store(payload: Payload, path: str, _tile: tuple[int, ...], resumed: bool) -> FlatStore:
    """Returns what writes a `.npy` file."""
    header = _header(payload)
    with opening(path, resumed) as file:
        if not resumed:
            file.write(header)
            file.truncate(len(header) + payload.nbytes)
        return FlatStore(payload, file, len(header))


def write_npy(path: str, payload: Payload, data: Array, rows: Span) -> int:
    """Makes a `.npy` file of an array that is in memory; returns its bytes.

    Args:
        path: of the file, which is not there.
        payload: what is written.
        data: all of its elements, C-contiguous.
        rows: those along the first axis beside which all is zero: the rest is a hole.
    """
    header = _header(payload)
    total = len(header) + payload.nbytes
    run = data[rows.start : rows.stop].reshape(-1).view(np.uint8).data
    start = len(header) + rows.start * (payload.nbytes // max(1, len(data)))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        done = os.writev(descriptor, (header, run) if start == len(header) else (header,))
        write_all(descriptor, memoryview(header)[done:], done)
        done = max(0, done - len(header))
        write_all(descriptor, run[done:], start + done)
        if start + len(run) < total:
            os.ftruncate(descriptor, total)
    finally:
        os.close(descriptor)
    return total


class NpzStore:
    """Writes a `.npz` file: the array under the payload's name, and the settings' JSON as text under `spec`.

    Args:
        payload: what is written.
        path: of the file to make.
    """

    scattered = False

    def __init__(self, payload: Payload, path: str, _tile: tuple[int, ...], _resumed: bool) -> None:
        self._payload = payload
        with opening(path, False) as self._file:
            self._archive = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED)
            self._stream = self._begun(payload)

    def begin(self, payload: Payload) -> None:
        """Ends the array and begins another one, under its own name."""
        self._stream.close()
        self._stream = self._begun(payload)

    def put(self, _region: Region, data: Array) -> None:
        """Writes the elements that come next."""
        if data.size:
            self._stream.write(data.reshape(-1).view(np.uint8).data)

    def holds(self, _value: Array) -> bool:
        """Never: an archive has no holes."""
        return False

    def sync(self) -> None:
        """Waits for the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Writes the settings and the directory of the archive."""
        self._stream.close()
        text = io.BytesIO()
        np.lib.format.write_array(text, np.array(self._payload.spec_json), allow_pickle=False)
        self._archive.writestr(_member("spec"), text.getvalue())
        self._archive.close()
        self._file.flush()

    def close(self) -> None:
        """Closes the file, whatever the archive lacks."""
        for part in (self._stream, self._archive, self._file):
            with suppress(OSError, ValueError):
                part.close()

    def _begun(self, payload: Payload) -> IO[bytes]:
        stream = self._archive.open(_member(payload.name), "w", force_zip64=True)
        stream.write(_header(payload))
        return stream


def _member(name: str) -> zipfile.ZipInfo:
    # zip's own first day: the same array makes the same bytes.
    return zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))


def _header(payload: Payload) -> bytes:
    return _header_of(payload.dtype, payload.shape)


# Items of a data set are padded to few shapes.
@lru_cache(maxsize=64)
def _header_of(dtype: str, shape: tuple[int, ...]) -> bytes:
    fields = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, fields)
    return out.getvalue()
