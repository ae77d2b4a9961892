"""The real numbers that are shown and counted of an array: one part of complex numbers, booleans as 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

MAGNITUDE, PHASE, REAL, IMAGINARY = "magnitude", "phase", "real", "imaginary"
PARTS = (MAGNITUDE, PHASE, REAL, IMAGINARY)


def part_of(data: npt.NDArray[Any], part: str = MAGNITUDE) -> npt.NDArray[Any]:
    """Returns the numbers that stand for elements.

    Args:
        data: any shape, of booleans, integers, real or complex numbers.
        part: of complex numbers, one of `PARTS`; the phase is in radians, −π to π. Other numbers stand for themselves.

    Returns:
        An array of the same shape; of complex numbers, of the float that they are made of.
    """
    if data.dtype.kind == "b":
        return data.view(np.uint8)
    if data.dtype.kind != "c":
        return data
    if part == REAL:
        return data.real
    if part == IMAGINARY:
        return data.imag
    found: npt.NDArray[Any] = np.angle(data) if part == PHASE else np.abs(data)
    return found
