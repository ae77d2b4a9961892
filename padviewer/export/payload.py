"""What is written: the description of an array, and where its elements come from."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from padviewer.geometry import Region

Array = npt.NDArray[Any]
Progress = Callable[[int, int], None]


class Space(NamedTuple):
    """Where an array lies in space.

    Attributes:
        letters: of at most three axes, in the order in which `affine` takes them; the array may lack some.
        affine: the 16 numbers, row by row, of the 4 x 4 matrix from indices along these axes to millimetres, or to
            elements of the input.
        is_known: whether it is millimetres.
    """

    letters: str
    affine: tuple[float, ...]
    is_known: bool


@dataclass(frozen=True)
class Payload:
    """An array to write.

    Attributes:
        name: `padded`, `feature` or `mask`.
        axes: one letter for each axis.
        shape: sizes of the axes.
        dtype: numpy's name.
        spec_json: the settings that made it, which formats that can hold text keep with it.
        origin: what tells its elements from those of any other array that is described alike, such as the input's
            path and time; empty where nothing does, and an export that was interrupted cannot be continued.
        fill_value: what most of its padding is; formats that can leave elements out leave these out.
        space: where it lies; None where nobody says.
    """

    name: str
    axes: str
    shape: tuple[int, ...]
    dtype: str
    spec_json: str
    origin: str = ""
    fill_value: complex = 0
    space: Space | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of the elements."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize

    @property
    def described(self) -> str:
        """What it is, for a sentence: `the padded is HWC 7 x 5 x 3 float32`."""
        return f"the {self.name} is {self.axes} {' x '.join(map(str, self.shape))} {self.dtype}"


def in_space(axes: str) -> str:
    """Returns the spatial letters among `axes` as x, y and z: columns, rows, depth."""
    return "".join(letter for letter in "TWHD" if letter in axes)


def squeezed(payload: Payload) -> tuple[str, tuple[int, ...]]:
    """Returns axes and shape without those axes of one element that are neither height, width nor channels."""
    pairs = [p for p in zip(payload.axes, payload.shape, strict=True) if p[1] != 1 or p[0] in "HWC"]
    return "".join(letter for letter, _ in pairs), tuple(size for _, size in pairs)


@dataclass(frozen=True)
class Portions:
    """How many bytes are handled at a time.

    Attributes:
        tile: are made and written in one piece.
        noted: are written from one note of the journal to the next: what a power cut may cost.
        kept: arrays of at least so many are kept where their export is interrupted, and continued.
        memory: may be taken by a format that needs the whole array in memory.
    """

    tile: int = 1 << 24
    noted: int = 1 << 28
    kept: int = 1 << 30
    memory: int = sys.maxsize


USUAL = Portions()


class Content(Protocol):
    """Where the elements of an array come from."""

    def read(self, region: Region) -> Array:
        """Returns the elements of a region (steps of 1) in the array's dtype."""

    def constant(self, region: Region) -> Array | None:
        """Returns what a region is filled with: one element on each axis, or one for each channel.

        None where it is not known to be constant.
        """
