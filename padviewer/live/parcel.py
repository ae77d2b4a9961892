"""A copy of an array in memory that has no name: whoever holds a descriptor reads it, and it ends with the last."""

from __future__ import annotations

import fcntl
import io
import json
import math
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.bytecount import format_bytes
from padviewer.errors import ShowError
from padviewer.live.arrays import Given

# Below this the free memory is not looked at.
_LARGE = 1 << 26
# Bytes that are cast, or brought into order, at a time.
_PORTION = 1 << 20


def pack(given: Given, axes: str | None) -> int:
    """Copies an array, once.

    Args:
        given: the array, in any memory order and byte order, and what its elements are cast to.
        axes: a letter for each axis; None where they are to be guessed.

    Returns:
        A descriptor of `.npy` data and, after it, the axes and notes as JSON. Nobody can write to it.

    Raises:
        ShowError: there is not enough memory.
    """
    array, dtype, notes = given
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    head = _header(array.shape, dtype, fortran)
    remarks = json.dumps({"axes": axes, "notes": notes}).encode()
    nbytes = math.prod(array.shape) * dtype.itemsize
    _check_memory(nbytes)
    try:
        descriptor = os.memfd_create("padviewer", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except OSError as error:
        raise ShowError(f"no memory could be had for a copy of {format_bytes(nbytes)}: {error}") from error
    try:
        os.ftruncate(descriptor, len(head) + nbytes + len(remarks))
        os.pwrite(descriptor, head, 0)
        os.pwrite(descriptor, remarks, len(head) + nbytes)
        if nbytes:
            _fill(descriptor, len(head), array, dtype, fortran)
        # One that could be cut short would end the process that reads it by SIGBUS.
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _fill(descriptor: int, offset: int, array: npt.NDArray[Any], dtype: np.dtype[Any], fortran: bool) -> None:
    """Writes the elements in portions: into memory that is new, that is faster than to map and assign."""
    portions = np.nditer(  # type: ignore[call-overload]  # numpy's stubs call the flag "contig" "config"
        array,
        flags=["external_loop", "buffered"],
        op_flags=[["readonly", "contig"]],
        op_dtypes=[dtype],
        order="F" if fortran else "C",
        casting="unsafe",
        buffersize=_PORTION // dtype.itemsize,
    )
    with np.errstate(all="ignore"), portions:  # of a long double beyond the range of float64
        for portion in portions:
            left = memoryview(portion).cast("B")
            while left:
                written = os.pwrite(descriptor, left, offset)
                offset, left = offset + written, left[written:]


def _header(shape: tuple[int, ...], dtype: np.dtype[Any], fortran: bool) -> bytes:
    file = io.BytesIO()
    fields = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": fortran, "shape": shape}
    np.lib.format.write_array_header_1_0(file, fields)
    return file.getvalue()


def _check_memory(nbytes: int) -> None:
    """Raises where a copy would have the system end some process for want of memory."""
    if nbytes < _LARGE:
        return
    import psutil  # noqa: PLC0415 - takes longer to import than a small array to copy

    free = psutil.virtual_memory().available
    if nbytes > free:
        raise ShowError(
            f"a copy of {format_bytes(nbytes)} for the window does not fit the {format_bytes(free)} of free memory; "
            "show a part of the array, or numpy.save it and open the file in padviewer, which reads what is on screen"
        )
