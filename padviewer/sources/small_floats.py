"""Floating-point numbers that numpy does not have, as the float32 that is equal to each of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from padviewer.sources.base import Array


def from_bfloat16(numbers: Array) -> Array:
    """Returns float32 for uint16 that hold bfloat16: the upper half of float32."""
    return (numbers.astype(np.uint32) << np.uint32(16)).view(np.float32)


def from_float8_e5m2(numbers: Array) -> Array:
    """Returns float32 for uint8 that hold 5 bits of exponent and 2 of mantissa: the upper half of float16."""
    return (numbers.astype(np.uint16) << np.uint16(8)).view(np.float16).astype(np.float32)


def from_float8_e4m3(numbers: Array) -> Array:
    """Returns float32 for uint8 that hold 4 bits of exponent and 3 of mantissa, without infinity."""
    return _E4M3[numbers]


def from_float8_e8m0(numbers: Array) -> Array:
    """Returns float32 for uint8 that hold 8 bits of exponent alone: powers of two."""
    return _E8M0[numbers]


def _e4m3() -> Array:
    bits = np.arange(256)
    exponent, mantissa = bits >> 3 & 15, bits & 7
    sizes = np.where(exponent, np.ldexp(1 + mantissa / 8, exponent - 7), np.ldexp(mantissa / 8, -6))
    sizes[bits & 127 == 127] = np.nan
    return np.where(bits & 128, -sizes, sizes).astype(np.float32)


_E4M3 = _e4m3()
_E8M0 = np.append(np.ldexp(np.float32(1), np.arange(-127, 128)), np.float32(np.nan)).astype(np.float32)

Widening = Callable[[Array], Array]
