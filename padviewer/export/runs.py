"""Elements at their offsets: regions of an array that lies in C order in a file."""

from __future__ import annotations

import math
import os

import numpy as np

from padviewer.export.payload import Array


def write_runs(descriptor: int, offset: int, shape: tuple[int, ...], start: tuple[int, ...], data: Array) -> None:
    """Writes a box of elements into an array in a file, one call of the system for each run of bytes.

    Args:
        descriptor: of the file.
        offset: of the array in the file, in bytes.
        shape: of the array in the file, which has the dtype of `data`.
        start: where the first element of `data` goes.
        data: the box, C-contiguous.
    """
    if not data.size:
        return
    rank = len(shape)
    whole = rank
    while whole > 1 and data.shape[whole - 1] == shape[whole - 1]:
        whole -= 1
    # The axes before `lead` step from run to run; the rest lies in one piece.
    lead = whole - 1
    steps = [math.prod(shape[axis + 1 :]) * data.itemsize for axis in range(rank)]
    first = offset + sum(at * step for at, step in zip(start, steps, strict=True))
    runs = data.reshape(math.prod(data.shape[:lead]), -1).view(np.uint8)
    at = np.full(1, first, np.int64)
    for axis in range(lead):
        at = (at[:, np.newaxis] + np.arange(data.shape[axis], dtype=np.int64) * steps[axis]).ravel()
    for place, run in zip(at.tolist(), runs, strict=True):
        write_all(descriptor, run.data, place)


def write_all(descriptor: int, data: memoryview, offset: int) -> None:
    """Writes bytes at an offset, in as many calls as the system takes for them."""
    done = 0
    while done < len(data):
        done += os.pwrite(descriptor, data[done:], offset + done)
