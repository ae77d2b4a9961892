"""Numbers that only a run knows: what backends need beyond the operations that all of them have.

The checks are for TensorFlow's graphs, and import it on first use. Other backends trace with real sizes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import backend

from padviewer.geometry import larger, positive, smaller


def at_most(size: Any, limit: int, name: str, words: tuple[str, str]) -> Any:
    """Returns the integer tensor `size`; a run where it exceeds `limit` fails.

    Args:
        size: scalar int32 tensor.
        limit: largest size allowed.
        name: of the operation that fails, all that XLA tells beside the two numbers.
        words: what to say before and after the size.
    """
    return _checked(size, larger(size, limit), limit, name, words)


def at_least_one(size: Any, name: str, words: tuple[str, str]) -> Any:
    """Returns the integer tensor `size`; a run where it is 0 fails. The arguments are those of `at_most`."""
    return _checked(size, smaller(size, 1), 1, name, words)


def not_negative(value: Any, name: str, words: tuple[str, str]) -> Any:
    """Returns the integer tensor `value`; a run where it is negative fails. The arguments are those of `at_most`."""
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
    x.set_shape(shape)
    return x


def _checked(size: Any, count: Any, expected: int, name: str, words: tuple[str, str]) -> Any:
    import tensorflow as tf  # noqa: PLC0415 (see the module's docstring)

    before, after = words
    with tf.name_scope(name):
        assertion = tf.debugging.Assert(tf.equal(count, expected), [before, size, after])
        with tf.control_dependencies([] if assertion is None else [assertion]):
            # XLA drops assertions, but knows every size when it compiles, and refuses a reshape that cannot be.
            # The sum ties the reshape to the result, or it would be pruned.
            proof = tf.reshape(tf.zeros([count], tf.int32), [expected])
            return size + tf.reduce_sum(proof)
