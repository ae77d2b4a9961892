"""`.npy` and `.npz`: written block by block, readable without pickle."""

from __future__ import annotations

import io
import zipfile
from typing import IO, BinaryIO

import numpy as np

from padviewer.export.payload import Payload, Progress


def write_npy(payload: Payload, file: BinaryIO, progress: Progress) -> None:
    """Writes a `.npy` file."""
    _write_array(payload, file, progress)


def write_npz(payload: Payload, file: BinaryIO, progress: Progress) -> None:
    """Writes a `.npz` file: the array under the payload's name, and the settings' JSON as text under `spec`."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        with archive.open(_member(payload.name), "w", force_zip64=True) as stream:
            _write_array(payload, stream, progress)
        text = io.BytesIO()
        np.lib.format.write_array(text, np.array(payload.spec_json), allow_pickle=False)
        archive.writestr(_member("spec"), text.getvalue())


def _member(name: str) -> zipfile.ZipInfo:
    # zip's own first day: the same array makes the same bytes.
    return zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))


def _write_array(payload: Payload, file: IO[bytes], progress: Progress) -> None:
    dtype = np.dtype(payload.dtype)
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": payload.shape}
    np.lib.format.write_array_header_1_0(file, header)
    for block in payload.checked_blocks(progress):
        if block.size:
            file.write(block.reshape(-1).view(np.uint8).data)
