"""NIfTI: any array that has elements, in its place in space, with its settings in a comment."""

from __future__ import annotations

import io
import math
import os
import zlib
from contextlib import suppress
from typing import Any

import numpy as np

from padviewer import __version__, formats
from padviewer.errors import ExportError
from padviewer.export.grid import Shape, row_tile
from padviewer.export.payload import Array, Payload, Space, in_space
from padviewer.export.store import FlatStore, opening
from padviewer.geometry import Region, counts

_DTYPES = (
    "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64",
    "complex64", "complex128",
)  # fmt: skip
# Sizes of a NIfTI-1 have 16 bits.
_SHORT = 2**15 - 1
# That the matrix leads to the space of another image: the input's.
_ALIGNED = 2
# As nibabel compresses: images of tissue gain little from more, and it takes three times as long.
_LEVEL = 1


def check_nifti(payload: Payload) -> None:
    """Raises an `ExportError` where NIfTI cannot hold the array."""
    if 0 in payload.shape:
        raise ExportError(f"the {payload.name} has no elements, and a NIfTI has at least one. Use .npy, .npz or .h5")
    if payload.dtype not in _DTYPES:
        raise ExportError(
            f"NIfTI has no {payload.dtype}; {payload.described}. Use .npy, .h5 or .zarr, or open the input as float32"
        )
    formats.library("nibabel", "nifti", "to write NIfTI")


def nifti_order(payload: Payload) -> Shape:
    """Returns the axes from the one that is stored last to the one whose elements are neighbours in the file.

    A NIfTI has its axes in their order, and its first one runs fastest.
    """
    return tuple(payload.axes.index(letter) for letter in reversed(_letters(payload)) if letter in payload.axes)


def nifti_tile(payload: Payload, limit: int) -> Shape:
    """Returns a tile whose elements lie in one run of the file."""
    order = nifti_order(payload)
    stored = row_tile(tuple(payload.shape[axis] for axis in order), np.dtype(payload.dtype).itemsize, limit)
    return tuple(stored[order.index(axis)] for axis in range(len(order)))


def nifti_store(payload: Payload, path: str, _tile: Shape, resumed: bool) -> FlatStore:
    """Returns what writes a `.nii` file. Booleans become bytes of 0 and 1."""
    header = _header(payload)
    with opening(path, resumed) as file:
        if resumed and file.read(len(header)) != header:
            raise ValueError("another array is there")
        if not resumed:
            file.write(header)
            file.truncate(len(header) + payload.nbytes)
        return FlatStore(payload, file, len(header), nifti_order(payload))


class GzippedNiftiStore:
    """Writes a `.nii.gz` file, tile after tile in the order of the file; a tile is in memory until it is complete.

    Args:
        payload: what is written.
        path: of the file to make.
        tile: shape of a tile.
    """

    scattered = False

    def __init__(self, payload: Payload, path: str, tile: Shape, _resumed: bool) -> None:
        self._shape, self._tile, self._order = payload.shape, tile, nifti_order(payload)
        # A stream as of `gzip`, with no time and no name in it: the same array makes the same bytes.
        self._compressed = zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        self._held: Array | None = None
        self._lacking = 0
        with opening(path, False) as self._file:
            self._file.write(self._compressed.compress(_header(payload)))

    def put(self, region: Region, data: Array) -> None:
        """Takes the elements of a tile, or of a part of it."""
        start = [span.start // step * step for span, step in zip(region, self._tile, strict=True)]
        if self._held is None:
            sizes = zip(start, self._tile, self._shape, strict=True)
            shape = [min(step, size - first) for first, step, size in sizes]
            self._held, self._lacking = np.empty(shape, data.dtype), math.prod(shape)
        place = zip(region, start, strict=True)
        self._held[tuple(slice(span.start - first, span.stop - first) for span, first in place)] = data
        self._lacking -= math.prod(counts(region))
        if self._lacking == 0:
            stored = np.ascontiguousarray(self._held.transpose(self._order))
            self._file.write(self._compressed.compress(stored.reshape(-1).view(np.uint8).data))
            self._held = None

    def holds(self, _value: Array) -> bool:
        """Never: a stream has no holes."""
        return False

    def sync(self) -> None:
        """Waits for the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Writes the end of the stream."""
        self._file.write(self._compressed.flush())

    def close(self) -> None:
        """Closes the file, whatever it lacks."""
        with suppress(OSError):
            self._file.close()


def _space(payload: Payload) -> Space:
    if payload.space is not None:
        return payload.space
    return Space(in_space(payload.axes), tuple(np.eye(4).ravel().tolist()), False)


def _letters(payload: Payload) -> str:
    """Returns the letters of the axes of the file: first those in space, then the others in their order."""
    inside = _space(payload).letters
    return inside + "".join(letter for letter in payload.axes if letter not in inside)


def _sizes(payload: Payload) -> Shape:
    """Returns the sizes of the axes of the file: three in space before any other, each at least 1."""
    size = dict(zip(payload.axes, payload.shape, strict=True))
    inside = len(_space(payload).letters)
    found = [size.get(letter, 1) for letter in _letters(payload)]
    lacking = 3 - inside if len(found) > inside else 0
    return (*found[:inside], *(1,) * lacking, *found[inside:])


def _header(payload: Payload) -> bytes:
    nibabel = formats.library("nibabel", "nifti", "to write NIfTI")
    sizes = _sizes(payload)
    form = nibabel.Nifti1Header if max(sizes) <= _SHORT else nibabel.Nifti2Header
    header: Any = form(endianness="<")
    header.set_data_dtype(np.uint8 if payload.dtype == "bool" else payload.dtype)
    header.set_data_shape(sizes)
    header.set_slope_inter(1, 0)
    header["descrip"] = f"padviewer {__version__}, {payload.name} {payload.axes}"[:79].encode()
    space = _space(payload)
    matrix = np.array(space.affine).reshape(4, 4)
    header.set_xyzt_units("mm" if space.is_known else "unknown")
    header.set_sform(matrix, _ALIGNED)
    lengths = np.sqrt((matrix[:3, :3] ** 2).sum(axis=0))
    header["pixdim"][1:4] = np.where(lengths > 0, lengths, 1)
    header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", payload.spec_json.encode()))
    header.set_data_offset(header.single_vox_offset + header.extensions.get_sizeondisk())
    out = io.BytesIO()
    header.write_to(out)
    text = out.getvalue()
    return text + bytes(int(header.get_data_offset()) - len(text))
