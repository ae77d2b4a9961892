"""The formats that are written, and which of them a target's extension means."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from padviewer.bytecount import format_bytes
from padviewer.errors import ExportError, shortened
from padviewer.export.exr import ExrStore, check_exr
from padviewer.export.grid import Shape, even_tile, row_tile
from padviewer.export.hdf5 import hdf5_store
from padviewer.export.nifti import GzippedNiftiStore, check_nifti, nifti_order, nifti_store, nifti_tile
from padviewer.export.npy import NpzStore, npy_store
from padviewer.export.payload import USUAL, Payload, Portions
from padviewer.export.place import check_place, display_name
from padviewer.export.png import PngStore, check_png
from padviewer.export.safetensors import check_safetensors, safetensors_store
from padviewer.export.store import Store
from padviewer.export.tfrecord import TfrecordStore, check_tfrecord
from padviewer.export.tiff import check_tiff, tiff_store
from padviewer.export.zarr import ZarrStore


def _holds_anything(_payload: Payload) -> None:
    """Formats that hold every array that padviewer makes."""


def _rows(payload: Payload, limit: int) -> Shape:
    return row_tile(payload.shape, np.dtype(payload.dtype).itemsize, limit)


def _chunks(payload: Payload, limit: int) -> Shape:
    return even_tile(payload.axes, payload.shape, np.dtype(payload.dtype).itemsize, limit)


def _in_their_order(_payload: Payload) -> Shape:
    """Tiles come in the order of the axes."""
    return ()


class Format(NamedTuple):
    """A format.

    Attributes:
        title: what the dialog calls it; those with one title are one choice there.
        extension: of its files.
        check: raises an `ExportError` for an array that it cannot hold.
        tile: the tiles that it takes best, of at most so many bytes.
        store: opens what writes one: of a payload, at a path, in such tiles, and whether part of it is there.
        folder: whether it is a folder.
        whole: whether the array is in memory as a whole until it is written, twice at the end.
        order: the axes from the one along which tiles come last to the one that runs fastest.
        compressed: whether what is one value takes no room on the disk that is worth counting.
    """

    title: str
    extension: str
    check: Callable[[Payload], None]
    tile: Callable[[Payload, int], Shape]
    store: Callable[[Payload, str, Shape, bool], Store]
    folder: bool = False
    whole: bool = False
    order: Callable[[Payload], Shape] = _in_their_order
    compressed: bool = False


_TIFF, _HDF5 = "TIFF", "HDF5 dataset"
FORMATS = (
    Format("NumPy array", ".npy", _holds_anything, _rows, npy_store),
    Format("NumPy archive with the settings", ".npz", _holds_anything, _rows, NpzStore),
    Format("PNG picture", ".png", check_png, _rows, PngStore, whole=True, compressed=True),
    Format(_TIFF, ".tif", check_tiff, _rows, tiff_store),
    Format(_TIFF, ".tiff", check_tiff, _rows, tiff_store),
    Format("Zarr folder", ".zarr", _holds_anything, _chunks, ZarrStore, folder=True),
    Format(_HDF5, ".h5", _holds_anything, _rows, hdf5_store),
    Format(_HDF5, ".hdf5", _holds_anything, _rows, hdf5_store),
    Format("Safetensors", ".safetensors", check_safetensors, _rows, safetensors_store),
    Format("TFRecord of examples", ".tfrecord", check_tfrecord, _rows, TfrecordStore),
    Format("OpenEXR picture", ".exr", check_exr, _rows, ExrStore),
    Format("NIfTI image", ".nii", check_nifti, nifti_tile, nifti_store, order=nifti_order),
    Format(
        "NIfTI image, compressed",
        ".nii.gz",
        check_nifti,
        nifti_tile,
        GzippedNiftiStore,
        order=nifti_order,
        compressed=True,
    ),
)
# More would take days, and no file of most systems holds it.
_LARGEST = 1 << 46
EXTENSIONS = tuple(form.extension for form in FORMATS)


def check_target(path: str, overwrite: bool) -> None:
    """Checks a target before work is spent on it.

    Raises:
        TargetExists: where a file or link is there already and `overwrite` is not set.
        ExportError: where the extension is unknown or the file cannot be made.
    """
    check_place(path, overwrite, format_of(path).folder)


def check_payload(payload: Payload, path: str, portions: Portions = USUAL) -> None:
    """Raises an `ExportError` where a file of the format of `path` cannot hold the array, or memory cannot."""
    form = format_of(path)
    if payload.nbytes > _LARGEST:
        raise ExportError(
            f"{display_name(path)}: the {payload.name} of {' x '.join(map(str, payload.shape))} takes "
            f"{format_bytes(payload.nbytes)}; at most {format_bytes(_LARGEST)} are written. Set a smaller target"
        )
    form.check(payload)
    needed = 2 * payload.nbytes if form.whole else 0
    if needed > portions.memory:
        raise ExportError(
            f"{display_name(path)}: the {payload.name} takes {format_bytes(needed)} of memory as {form.extension[1:]}, "
            f"more than the budget of {format_bytes(portions.memory)}; use .npy, .tif or .zarr, or raise the budget"
        )


def format_of(path: str) -> Format:
    """Returns the format that a target's extension means; raises an `ExportError` where it means none."""
    extension = extension_of(path)
    for form in FORMATS:
        if form.extension == extension:
            return form
    known = ", ".join(EXTENSIONS)
    raise ExportError(
        f"{display_name(path)}: the extension {shortened(extension, 20)!r} is of no format that is written; "
        f"use one of {known}"
    )


def extension_of(path: str) -> str:
    """Returns the extension of a target in lower case, both of two that are one; what follows the last dot else."""
    name = os.path.basename(path).lower()  # noqa: PTH119 a Path cannot hold every name
    double = (found for found in EXTENSIONS if found.count(".") > 1 and name.endswith(found) and name != found)
    return next(double, os.path.splitext(name)[1])  # noqa: PTH122
