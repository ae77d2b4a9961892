"""Sources whose stored elements become others when they are read: by scaling, conventions for signs, or palettes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from padviewer.geometry import Indices
from padviewer.plan import ArrayInfo
from padviewer.sources.base import Array, Source, check_indices

Convert = Callable[[Array], Array]


class ConvertedSource(Source):
    """Another source with each element, or each pixel, converted for itself.

    Args:
        stored: hands out what the file holds; closed with this source.
        info: of what comes out: the shape of `stored`, another dtype.
        convert: turns stored elements into those of `info.dtype`, in an array of the same shape.
        by_pixels: whether `convert` needs all of the last axis at once, as colours do.
    """

    def __init__(self, stored: Source, info: ArrayInfo, convert: Convert, by_pixels: bool = False) -> None:
        self._stored, self._convert, self._by_pixels = stored, convert, by_pixels
        self.info, self.decoded = info, stored.decoded

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors."""
        if not self._by_pixels:
            return self._convert(self._stored.take(indices))
        check_indices(self.info.shape, indices)
        pixels = self._stored.take((*indices[:-1], np.arange(self.info.shape[-1])))
        return np.ascontiguousarray(self._convert(pixels)[..., indices[-1]])

    def close(self) -> None:
        """Closes what holds the stored elements."""
        self._stored.close()


class PaletteSource(Source):
    """Another source with its values looked up in a table of colours, along a last axis.

    Args:
        stored: hands out numbers; closed with this source.
        info: of the colours.
        convert: turns what is stored into numbers.
        colors: table (entries, 3); numbers before the first and behind the last take that.
        first: the number of the first entry.
    """

    def __init__(self, stored: Source, info: ArrayInfo, convert: Convert, colors: Array, first: int) -> None:
        self._stored, self._convert = stored, convert
        self._colors, self._first = colors, first
        self.info, self.decoded = info, stored.decoded

    def take(self, indices: tuple[Indices, ...]) -> Array:
        """Reads the elements at the cross product of the index vectors."""
        check_indices(self.info.shape, indices)
        numbers = self._convert(self._stored.take(indices[:-1])).astype(np.int64) - self._first
        table = self._colors[:, indices[-1]]
        found: Array = table[np.clip(numbers, 0, len(table) - 1)]
        return found

    def close(self) -> None:
        """Closes what holds the numbers."""
        self._stored.close()


class Scaling:
    """Turns stored numbers into `stored * slope + intercept`.

    It is computed in float64 and rounded once, to float32 where that tells all stored numbers apart, else not at all.

    Args:
        stored: dtype of the stored numbers.
        slope, intercept: finite numbers.
        blank: the stored integer that stands for a missing number; it becomes NaN.

    Attributes:
        dtype: name of the dtype that comes out.
        note: what is done, for people.
    """

    def __init__(self, stored: np.dtype[Any], slope: float, intercept: float, blank: int | None = None) -> None:
        self._slope, self._intercept, self._blank = slope, intercept, blank
        self.dtype = _scaled_dtype(stored, slope, intercept)
        sign = "-" if intercept < 0 else "+"
        self.note = f"scaled: stored x {slope:.9g} {sign} {abs(intercept):.9g}, as {self.dtype}"

    def __call__(self, stored: Array) -> Array:
        """Scales an array."""
        with np.errstate(all="ignore"):
            wide = stored.astype(np.complex128 if stored.dtype.kind == "c" else np.float64)
            if self._slope != 1:
                wide *= self._slope
            if self._intercept != 0:
                wide += self._intercept
            if self._blank is not None:
                wide[stored == self._blank] = math.nan
            return wide.astype(self.dtype)


def flip_sign_bit(dtype: str) -> Convert:
    """Returns what adds half the range: how signed files hold unsigned integers, and the other way round.

    Args:
        dtype: of what comes out, of the width of what is stored.
    """

    def convert(stored: Array) -> Array:
        width = stored.dtype.itemsize
        bits = stored.view(f"u{width}") ^ np.array(1 << (8 * width - 1), f"u{width}")
        flipped: Array = bits.view(dtype)
        return flipped

    return convert


def _scaled_dtype(stored: np.dtype[Any], slope: float, intercept: float) -> str:
    if stored.kind == "c":
        return stored.newbyteorder("=").name
    if stored.itemsize > (2 if stored.kind in "iu" else 4):
        return "float64"
    if stored.kind == "f":
        return "float32"
    largest = abs(slope) * 2.0 ** (8 * stored.itemsize) + abs(intercept)
    is_told = largest <= abs(slope) * 2**24 and abs(slope) > 1e-30 and largest < 1e38
    return "float32" if is_told else "float64"
