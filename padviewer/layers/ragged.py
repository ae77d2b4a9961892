"""Ragged tensors as dense batches, by TensorFlow's own operations: they run inside a `tf.data` pipeline as well.

TensorFlow is imported on first use: whoever has a ragged tensor has it already.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import backend, ops

from padviewer.errors import PlanError
from padviewer.geometry import draw, fold, split
from padviewer.layers import graph
from padviewer.layers.limits import check_bytes, check_dtype, check_empty, check_larger
from padviewer.layers.targets import Target, Targets
from padviewer.spec import Number, PipelineSpec


def is_ragged(items: Any) -> bool:
    """Whether the items are a `tf.RaggedTensor`."""
    return hasattr(items, "ragged_rank") and hasattr(items, "to_tensor")


def pad_ragged(items: Any, targets: Targets, channels: int | None, settings: PipelineSpec) -> tuple[Any, Any, Any]:
    """Pads the items of a ragged tensor to one size.

    Args:
        items: `tf.RaggedTensor`, the items along its first axis, each a full block.
        targets: what is wanted of each axis of an item.
        channels: index of the channel axis of an item; None where it has none.
        settings: the options of padding.

    Returns:
        The batch, the boolean mask of batch and spatial axes, and the amounts, int32, `(batch, rank of an item, 2)`.
    """
    import tensorflow as tf  # noqa: PLC0415 (see the module's docstring)

    check_dtype(items.dtype.name, tuple(items.shape[1:]), targets, settings, channels)
    spatial = {axis: target for axis, target in enumerate(targets, 1) if target is not None}
    sizes = {axis: _sizes(tf, items, axis) for axis in spatial}
    wanted = {axis: _wanted(tf, axis, sizes[axis], target, settings) for axis, target in spatial.items()}
    y = items.to_tensor()
    _check_bytes(y, wanted)
    count = tf.shape(y)[0]
    rows = [tf.zeros([count, 2], tf.int32)] * len(targets)
    insides = []
    for axis, target in spatial.items():
        size = _not_empty(tf, axis, sizes[axis], wanted[axis], settings.mode)
        drawn = draw(settings.position_seed, target.number, tf.range(count)) if settings.position == "random" else 0
        before, after = split(wanted[axis] - size, settings.position, drawn)
        rows[axis - 1] = tf.stack([before, after], axis=-1)
        index = tf.range(wanted[axis])[None] - before[:, None]
        inside = tf.logical_and(index >= 0, index < size[:, None])
        y = _take(tf, y, axis, index, inside, size[:, None], settings)
        insides.append(tf.reshape(inside, [count, *(-1 if other == axis else 1 for other in spatial)]))
    mask = insides[0]
    for inside in insides[1:]:
        mask = tf.logical_and(mask, inside)
    if settings.mode == "constant" and isinstance(settings.fill_value, tuple) and channels is not None:
        y = _fill_channels(tf, y, mask, channels + 1, settings.fill_value)
    known = {axis: size if isinstance(size, int) else None for axis, size in wanted.items()}
    y.set_shape([known.get(axis, size) for axis, size in enumerate(items.shape)])
    mask.set_shape([items.shape[0], *known.values()])
    return _native(y), _native(mask), _native(tf.stack(rows, axis=1))


def _sizes(tf: Any, items: Any, axis: int) -> Any:
    """Returns the size of each item along an axis, int32, refusing items of which one row is longer than another."""
    if axis > items.ragged_rank:
        return tf.fill([items.nrows(tf.int32)], tf.shape(items.flat_values)[axis - items.ragged_rank])
    lengths = items.row_lengths(axis)
    if axis == 1:
        return tf.cast(lengths, tf.int32)
    inner = list(range(1, axis))
    longest = tf.maximum(tf.reduce_max(lengths, inner), 0)
    spread = graph.known(tf.reduce_max(longest - tf.minimum(tf.reduce_min(lengths, inner), longest)))
    words = (
        f"rows of one item differ along axis {axis} by ",
        " elements; expected items that are full blocks, each with rows of one length",
    )
    if isinstance(spread, int):
        if spread > 0:
            raise PlanError(f"{words[0]}{spread}{words[1]}")
        return tf.cast(longest, tf.int32)
    spread = graph.at_most(tf.cast(spread, tf.int32), 0, f"axis_{axis}_is_not_full", words)
    return tf.cast(longest, tf.int32) + tf.maximum(spread, 0)


def _wanted(tf: Any, axis: int, sizes: Any, target: Target, settings: PipelineSpec) -> Any:
    longest = graph.known(tf.maximum(tf.reduce_max(sizes), 0))
    return target.padded(check_larger(axis, longest, target, settings.overflow), settings.overflow)


def _check_bytes(y: Any, wanted: dict[int, Any]) -> None:
    known = {axis: Target(size) for axis, size in wanted.items() if isinstance(size, int)}
    check_bytes(tuple(y.shape), tuple(known.get(axis) for axis in range(len(y.shape))), "crop", y.dtype.name)


def _not_empty(tf: Any, axis: int, sizes: Any, wanted: Any, mode: str) -> Any:
    """Returns the sizes; where an item is empty, and is to be padded, but not with constants, it is refused."""
    if mode == "constant":
        return sizes
    shortest = graph.known(tf.reduce_min(sizes))
    return sizes + (check_empty(axis, shortest, Target(wanted if isinstance(wanted, int) else 1), mode) - shortest)


def _take(tf: Any, y: Any, axis: int, index: Any, inside: Any, sizes: Any, settings: PipelineSpec) -> Any:
    """Gathers along an axis, for each item its own elements: `index` and `inside` are of shape `(batch, wanted)`."""
    if settings.mode != "constant":
        return tf.gather(y, fold(index, sizes, settings.mode), axis=axis, batch_dims=1)
    fill = 0 if isinstance(settings.fill_value, tuple) else settings.fill_value
    # What outside positions take is one more element, so empty items work too.
    width = [(0, int(other == axis)) for other in range(len(y.shape))]
    y = tf.pad(y, width, constant_values=_constant(fill, y.dtype))
    return tf.gather(y, tf.where(inside, index, tf.shape(y)[axis] - 1), axis=axis, batch_dims=1)


def _fill_channels(tf: Any, y: Any, mask: Any, channels: int, fill: tuple[Number, ...]) -> Any:
    values = tf.stack([_constant(number, y.dtype) for number in fill])
    shape = [len(fill) if axis == channels else 1 for axis in range(len(y.shape))]
    return tf.where(tf.expand_dims(mask, channels), y, tf.reshape(values, shape))


def _constant(value: Number, dtype: Any) -> Any:
    return np.asarray(value, dtype.as_numpy_dtype)


def _native(tensor: Any) -> Any:
    """Returns a tensor of Keras' backend, but inside a pipeline, where all is TensorFlow."""
    inside_pipeline = not hasattr(tensor, "numpy")
    return tensor if inside_pipeline or backend.backend() == "tensorflow" else ops.convert_to_tensor(np.asarray(tensor))
