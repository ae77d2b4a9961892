"""The oracle: what numpy makes of the same settings, worked out without the formulas of the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import ml_dtypes
import numpy as np

DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "bfloat16", "float32", "float64", "complex64", "complex128",
)  # fmt: skip


class Wanted(NamedTuple):
    """What is asked of one axis; `before` is the draw of a random position."""

    size: int | None
    multiple_of: int = 1
    before: int = 0


def size_after(size: int, wanted: Wanted, overflow: str) -> int:
    """Rule 1."""
    least = max(size if wanted.size is None else wanted.size, size if overflow == "keep" else 0)
    while least % wanted.multiple_of:
        least += 1
    return least


def amounts(extra: int, position: str, before: int = 0) -> tuple[int, int]:
    """Rule 2, for a positive number of elements."""
    first = {"start": 0, "center": extra // 2, "end": extra, "random": before}[position]
    return first, extra - first


def numpy_padded(
    x: np.ndarray,
    wanted: Sequence[Wanted | None],
    position: str = "start",
    mode: str = "constant",
    fill_value: Any = 0,
    overflow: str = "keep",
    channels: int | None = None,
) -> np.ndarray:
    """Pads axis by axis with `numpy.pad`, and slices where an axis is larger than its target."""
    fills = fill_value if isinstance(fill_value, tuple) and mode == "constant" else None
    if fills is not None:
        planes = np.split(x, len(fills), axis=channels)
        rest = (wanted, position, mode)
        padded = [numpy_padded(p, *rest, fill, overflow) for p, fill in zip(planes, fills, strict=True)]
        return np.concatenate(padded, axis=channels)
    options = {"constant_values": np.asarray(fill_value).astype(x.dtype)} if mode == "constant" else {}
    for axis, asked in enumerate(wanted):
        if asked is None:
            continue
        size = x.shape[axis]
        extra = size_after(size, asked, overflow) - size
        before, after = amounts(abs(extra), position, asked.before)
        if extra < 0:
            x = x.take(range(before, size - after), axis=axis)
        elif extra:
            x = np.pad(x, [(before, after) if i == axis else (0, 0) for i in range(x.ndim)], mode=mode, **options)
    return x


def counted(*shape: int, dtype: str = "float32") -> np.ndarray:
    """Returns an array of which each element is another, as far as the dtype can tell them apart."""
    numbers = np.arange(1, np.prod(shape, dtype=int) + 1).reshape(shape)
    if dtype == "bool":
        return numbers % 3 == 0
    narrow = numbers % 100 if dtype in ("int8", "uint8", "float16", "bfloat16") else numbers
    return narrow.astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)


def gradient(function: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """Returns the gradient of a function with a scalar value, by the means of the backend."""
    if keras.backend.backend() == "jax":
        import jax  # noqa: PLC0415 (only where Keras runs on it)

        return np.asarray(jax.grad(function)(keras.ops.convert_to_tensor(x)))
    if keras.backend.backend() == "torch":
        tensor = keras.ops.convert_to_tensor(x).clone().requires_grad_()
        function(tensor).backward()
        return tensor.grad.cpu().numpy()
    import tensorflow as tf  # noqa: PLC0415 (as above)

    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = function(tensor)
    return tape.gradient(value, tensor).numpy()
