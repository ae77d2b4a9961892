"""What Keras' backends do differently in padding, above all with sizes that only a run knows.

A size is an integer wherever the backend knows it. Otherwise it is a tensor in TensorFlow's graphs, a `Dimension` where
JAX traces for any length, and a `SymInt` where PyTorch does. A backend is imported on first use, and only where Keras
runs on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from keras import backend, ops

from padviewer.geometry import larger, positive, smaller
from padviewer.layers.dimension import Dimension, dimension, expression


def sizes_of(x: Any) -> tuple[Any, ...]:
    """Returns the size of each axis of a tensor."""
    return tuple(map(dimension, x.shape)) if backend.backend() == "jax" else tuple(ops.shape(x))


def static_shape(x: Any) -> tuple[int | None, ...]:
    """Returns the size of each axis of a tensor, None where only a run knows it."""
    return tuple(size if isinstance(size, int) else None for size in x.shape)


def is_placeholder(x: Any) -> bool:
    """Whether a tensor has a shape and no elements.

    On PyTorch Keras finds the output shape of a model by such tensors, with 83 in the place of an unknown length, and
    then 89: nothing is to be refused because of their sizes.
    """
    return bool(getattr(x, "is_meta", False))


def gathers(sizes: Iterable[Any]) -> bool:
    """Whether constants have to be padded by gathering: JAX and PyTorch pad only by amounts that they know.

    TensorFlow takes tensors for amounts.
    """
    return backend.backend() != "tensorflow" and not all(isinstance(size, int) for size in sizes)


def positions(size: Any) -> Any:
    """Returns the int32 tensor 0, 1, ... below a size."""
    return ops.arange(expression(size), dtype="int32")


def scalar(size: Any) -> Any:
    """Returns a size in a form that goes together with tensors."""
    if isinstance(size, Dimension):
        return size.__jax_array__()
    if backend.backend() == "torch" and not isinstance(size, int):
        import torch  # noqa: PLC0415 (see the module's docstring)

        return torch.scalar_tensor(size, dtype=torch.int32)
    return size


def fill_around(x: Any, pad_width: Sequence[tuple[Any, Any]], value: bool | float) -> Any:
    """Returns a tensor of any dtype with `value`, exact to the last bit, before and after its content."""
    if backend.backend() != "torch":
        filled = constant(value, x.dtype)
        if value == 0 and math.copysign(1, value) < 0:
            # TensorFlow pads with 0 where a number is equal to it, and looks at no tensor.
            filled = ops.convert_to_tensor(filled)
        return ops.pad(x, tuple(pad_width), constant_values=filled)
    import torch  # noqa: PLC0415 (see the module's docstring)

    # Keras takes the way by which PyTorch turns the value into a float.
    return torch.constant_pad_nd(x, [amount for pair in reversed(pad_width) for amount in pair], value)


def at_most(size: Any, limit: int, name: str, words: tuple[str, str]) -> Any:
    """Returns a size that is no integer; a run where it exceeds `limit` fails.

    A program that JAX exports for any length cannot fail: there the size passes.

    Args:
        size: scalar int32 tensor, or a `Dimension`.
        limit: largest size allowed.
        name: of the operation that fails, all that XLA tells beside the two numbers.
        words: what to say before and after the size.
    """
    return _checked(size, larger(size, limit), limit, name, words)


def at_least_one(size: Any, name: str, words: tuple[str, str]) -> Any:
    """Returns a size that is no integer; a run where it is 0 fails. The arguments are those of `at_most`."""
    return _checked(size, smaller(size, 1), 1, name, words)


def not_negative(value: Any, name: str, words: tuple[str, str]) -> Any:
    """Returns an integer tensor; a run where it is negative fails. The arguments are those of `at_most`."""
    return _checked(value, 1 + positive(-value), 1, name, words)


def known(value: Any) -> Any:
    """Returns a scalar integer tensor as an int where its value is there already, else as it is."""
    try:
        number = int(value)
    except (TypeError, RuntimeError):  # what traced and shapeless tensors raise
        return value
    # AutoGraph makes a tensor of int().
    return number if isinstance(number, int) else value


def constant(value: bool | float, dtype: Any) -> Any:
    """Returns a number in the form in which the backend fills a tensor of `dtype` with it, to the last bit."""
    if backend.backend() == "torch":
        return value
    return np.asarray(value, np.dtype(backend.standardize_dtype(dtype)))


def set_static_shape(x: Any, shape: tuple[int | None, ...]) -> Any:
    """Returns `x` with what is known of its shape, which TensorFlow loses where an amount is a tensor."""
    if backend.backend() == "tensorflow":
        x.set_shape(shape)
    return x


def _checked(size: Any, count: Any, expected: int, name: str, words: tuple[str, str]) -> Any:
    if not type(size).__module__.startswith("tensorflow"):
        return size
    import tensorflow as tf  # noqa: PLC0415 (see the module's docstring)

    before, after = words
    with tf.name_scope(name):
        assertion = tf.debugging.Assert(tf.equal(count, expected), [before, size, after])
        with tf.control_dependencies([] if assertion is None else [assertion]):
            # XLA drops assertions, but knows every size when it compiles, and refuses a reshape that cannot be.
            # The sum ties the reshape to the result, or it would be pruned.
            proof = tf.reshape(tf.zeros([count], tf.int32), [expected])
            return size + tf.reduce_sum(proof)
