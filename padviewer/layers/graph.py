"""Sizes that only a run knows: what a TensorFlow graph needs beyond the operations of every backend.

Other backends trace with real sizes, so nothing here is reached under them and TensorFlow is imported on first use.
"""

from __future__ import annotations

from typing import Any

from padviewer.geometry import larger, smaller


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
