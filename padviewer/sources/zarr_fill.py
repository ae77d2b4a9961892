"""The value of what a Zarr array does not store, as its metadata write it: numbers, words, or bits in hexadecimal."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from padviewer.errors import DamagedSource, shortened
from padviewer.sources.base import Array

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def fill_of(told: object, dtype: np.dtype[Any], name: str) -> Array:
    """Returns the fill value, shape (); 0 where a version 2 tells none.

    Args:
        told: by the metadata; an ellipsis where they tell nothing.
        dtype: of the elements, native byte order.
        name: for messages.

    Raises:
        DamagedSource: where it is no such number.
    """
    try:
        if told is None:
            return np.zeros((), dtype)
        return _FILLS[dtype.kind](told, dtype)
    except (ValueError, TypeError, OverflowError, KeyError) as error:
        raise DamagedSource(
            f"{name}: its fill value {shortened(repr(told), 40)} is no {dtype.name}; save it again"
        ) from error


def _bool(told: Any, dtype: np.dtype[Any]) -> Array:
    if told not in (0, 1):
        raise ValueError("no boolean")
    return np.array(bool(told), dtype)


def _integer(told: Any, dtype: np.dtype[Any]) -> Array:
    if isinstance(told, str | bool) or told != int(told):
        raise ValueError("no integer")
    return np.array(int(told), dtype)


def _float(told: Any, dtype: np.dtype[Any]) -> Array:
    if isinstance(told, str):
        if told.startswith("0x"):
            bits = int(told, 16).to_bytes(dtype.itemsize, "big")
            return np.frombuffer(bits, dtype.newbyteorder(">")).astype(dtype).reshape(())
        told = _NOT_FINITE[told]
    if isinstance(told, bool):
        raise ValueError("no number")
    with np.errstate(over="ignore"):
        return np.array(float(told)).astype(dtype)


def _complex(told: Any, dtype: np.dtype[Any]) -> Array:
    parts = [told, 0] if isinstance(told, int | float) else told
    part = np.dtype(f"f{dtype.itemsize // 2}")
    real, imaginary = (_float(found, part) for found in parts)
    return np.array([real, imaginary], part).view(dtype).reshape(())


_FILLS: dict[str, Callable[[Any, np.dtype[Any]], Array]] = {
    "b": _bool, "i": _integer, "u": _integer, "f": _float, "c": _complex,
}  # fmt: skip
