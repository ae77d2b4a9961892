"""Products and sums of sizes as exact integers, also where they leave 64 bits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

# int64, or Python's integers as objects where a sum could leave int64.
Counts = npt.NDArray[Any]
# A bit is left for sums of two.
_SAFE_BITS = 62


def product(columns: Iterable[Counts], items: int) -> Counts:
    """Returns the product of columns, `(items,)`: of int64 where the sum of all surely fits it, else of objects."""
    kept = list(columns)
    largest = [max(1, abs(int(column.max())), abs(int(column.min()))) if column.size else 1 for column in kept]
    bits = sum(map(math.log2, largest)) + math.log2(max(1, items))
    result: Counts = np.ones(items, np.int64 if bits < _SAFE_BITS else object)
    for column in kept:
        result = result * column
    return result


def total(counts: Counts) -> int:
    """Returns the sum of what `product` has made, or of a part of it."""
    return int(counts.sum()) if counts.size else 0
