"""Numbers, amounts and slices as Python writes them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from padviewer.geometry import Split
from padviewer.spec import Fill, Number

# What padding writes unless it is told otherwise.
ZEROS = ("0", "0.0", "False")
# Longer lines are broken.
LINE = 100
# Up to here every whole number is a float.
_EXACT = 2**53


def number(value: Number, dtype: str, module: str = "") -> str:
    """Returns a fill value as an array of `dtype` holds it.

    Args:
        value: that the dtype can hold.
        dtype: numpy's name.
        module: that has `nan` and `inf`, such as `np`; without one they are made of text.
    """
    kind = np.dtype(dtype).kind
    if kind == "b":
        return str(bool(value))
    if kind in "iu":
        return str(int(value))
    if math.isfinite(value):
        whole = not isinstance(value, float) and abs(value) <= _EXACT
        return str(int(value)) if whole else repr(float(value))
    name = "nan" if math.isnan(value) else "inf"
    return ("-" if value == -math.inf else "") + (f"{module}.{name}" if module else f'float("{name}")')


def numbers(fill: Fill, dtype: str, module: str = "") -> str:
    """Returns one fill value, or a tuple of those of the channels."""
    if isinstance(fill, tuple):
        return sequence(number(value, dtype, module) for value in fill)
    return number(fill, dtype, module)


def fill(value: Fill) -> str:
    """Returns a fill value for arrays of a dtype that is not known."""
    if isinstance(value, tuple):
        return sequence(fill(each) for each in value)
    return repr(value) if math.isfinite(value) else f'float("{value}")'


def sequence(items: Iterable[str]) -> str:
    """Returns a tuple of expressions."""
    words = list(items)
    return f"({', '.join(words)}{',' if len(words) == 1 else ''})"


def sizes(values: Iterable[int | None]) -> str:
    """Returns a tuple of sizes."""
    return sequence(map(str, values))


def pairs(splits: Iterable[Split]) -> str:
    """Returns pad widths in numpy's form."""
    return sequence(f"({before}, {after})" for before, after in splits)


def slices(spans: Iterable[tuple[int, int] | None]) -> str:
    """Returns an index in brackets: half-open spans, None for all of an axis; nothing where all is taken."""
    words = [":" if span is None else f"{span[0] or ''}:{span[1]}" for span in spans]
    while words and words[-1] == ":":
        words.pop()
    return f"[{', '.join(words)}]" if words else ""


def call(head: str, arguments: Iterable[str], tail: str = "") -> list[str]:
    """Returns the lines of a call: one, or one for each argument where that is too long."""
    words = list(arguments)
    line = f"{head}({', '.join(words)}){tail}"
    if len(line) <= LINE:
        return [line]
    return [f"{head}(", *(f"    {word}," for word in words), f"){tail}"]


def channel_by_channel(head: str, padded: str, parts: str, values: str, axis: str) -> list[str]:
    """Returns the lines that pad each channel with its own number and put them together.

    Args:
        head: what comes before the bracket, such as `y = tf.concat`.
        padded: the expression for `part`, padded with `value`.
        parts: the expression for the channels.
        values: the tuple of their numbers.
        axis: the argument that names the axis of the channels.
    """
    return [
        f"{head}(",
        f"    [{padded}",
        f"     for part, value in zip({parts}, {values})],",
        f"    {axis},",
        ")",
    ]
