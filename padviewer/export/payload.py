"""What is written: an array that comes in blocks, so that it need never be in memory as a whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Payload:
    """An array to write.

    Attributes:
        name: `padded`, `feature` or `mask`.
        axes: one letter for each axis.
        shape: sizes of the axes.
        dtype: numpy's name.
        blocks: yields consecutive blocks along axis 0, which together are the array.
        spec_json: the settings that made it, which formats that can hold text keep with it.
    """

    name: str
    axes: str
    shape: tuple[int, ...]
    dtype: str
    blocks: Callable[[], Iterator[Array]]
    spec_json: str

    @property
    def nbytes(self) -> int:
        """Bytes of the elements."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize

    def checked_blocks(self, progress: Progress) -> Iterator[Array]:
        """Yields C-contiguous blocks of the declared dtype, and reports (done, total) bytes after each.

        Raises:
            ValueError: where the blocks do not make up the declared shape and dtype.
        """
        done, rows = 0, 0
        for block in self.blocks():
            if block.dtype != np.dtype(self.dtype) or block.shape[1:] != self.shape[1:]:
                raise ValueError(f"block {block.shape} {block.dtype}, expected rows of {self.shape} {self.dtype}")
            rows += len(block)
            yield np.ascontiguousarray(block)
            done += block.nbytes
            progress(done, self.nbytes)
        if rows != self.shape[0]:
            raise ValueError(f"the blocks have {rows} rows, expected {self.shape[0]}")

    def whole(self, progress: Progress) -> Array:
        """Returns the array in one piece, for formats that cannot be streamed."""
        out = np.empty(self.shape, self.dtype)
        at = 0
        for block in self.checked_blocks(progress):
            out[at : at + len(block)] = block
            at += len(block)
        return out
