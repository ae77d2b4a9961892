"""Elements as short texts, to be written on them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from padviewer.gui.words import tidy

_DIGITS = 4

Lines = tuple[str, ...]


def element_lines(values: npt.NDArray[Any]) -> list[Lines]:
    """Returns the lines of text of each element: integers whole, other numbers with four significant digits.

    Args:
        values: (elements,), complex numbers in two lines; or (elements, colours), a line for each colour.
    """
    if values.ndim == 2:
        columns = [[text for (text,) in element_lines(column)] for column in values.T]
        return list(zip(*columns, strict=True))
    kind = values.dtype.kind
    if kind == "c":
        real, imaginary = values.real.tolist(), values.imag.tolist()
        return [(_number(a), _imaginary(b)) for a, b in zip(real, imaginary, strict=True)]
    if kind == "f":
        return [(_number(value),) for value in values.tolist()]
    whole = values.astype(np.uint8) if kind == "b" else values
    return [(str(value).replace("-", "−"),) for value in whole.tolist()]


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "−Inf"
    return tidy(f"{value:.{_DIGITS}g}")


def _imaginary(value: float) -> str:
    text = _number(value)
    return f"{text}i" if text.startswith("−") else f"+{text}i"
