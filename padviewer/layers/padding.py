"""The engine of the layers: pads a tensor along any of its axes, by the formulas of `geometry`."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import backend, ops

from padviewer.errors import PlanError, SettingsError
from padviewer.geometry import Split, fold, padded_size, positive, split
from padviewer.layers import graph
from padviewer.resolve import check_fill
from padviewer.spec import PipelineSpec

Shape = tuple[int | None, ...]
# One wanted size for each axis of a tensor, batch and channels included; None leaves an axis.
Targets = tuple[int | None, ...]

# Tensor shapes are int32 in TensorFlow's graphs.
MAX_TARGET = 2**31 - 1
# numpy's limits know nothing of these; their values are checked as the float that they shorten.
_SHORT_FLOATS = {"bfloat16": "float32"}


def pad(x: Any, targets: Targets, settings: PipelineSpec) -> Any:
    """Pads a tensor.

    Args:
        x: tensor of any shape, one axis for each target, and any dtype but strings.
        targets: wanted size of each axis.
        settings: `position`, `mode`, `fill_value` and `overflow` are read.

    Returns:
        Tensor of the same dtype.
    """
    x = ops.convert_to_tensor(x)
    _check_dense(x)
    static = padded_shape(tuple(x.shape), targets, settings)
    _check_dtype(x, settings)
    sizes = tuple(_checked_size(*row, settings) for row in zip(range(len(targets)), ops.shape(x), targets, strict=True))
    wanted = tuple(padded_size(size, target, settings.overflow) for size, target in zip(sizes, targets, strict=True))
    moved = tuple(axis for axis, (size, new) in enumerate(zip(sizes, wanted, strict=True)) if not _same(size, new))
    if not moved:
        return x
    pads = {axis: Split(*split(wanted[axis] - sizes[axis], settings.position)) for axis in moved}
    if settings.mode == "constant":
        y = _fill_around(_crop(x, sizes, pads) if settings.overflow == "crop" else x, pads, settings)
    else:
        y = _gather(x, sizes, wanted, pads, settings.mode)
    return y if all(isinstance(size, int) for size in sizes) else graph.set_static_shape(y, static)


def padded_shape(shape: Shape, targets: Targets, settings: PipelineSpec) -> Shape:
    """Returns what is known of the shape after padding, before the sizes that are None are known.

    An axis of unknown size under overflow `keep` stays unknown: it may be larger than its target.
    """
    if len(shape) != len(targets):
        raise PlanError(f"input of shape {shape}: expected {len(targets)} axes, one for each target of {targets}")
    return tuple(_static_size(axis, *row, settings) for axis, row in enumerate(zip(shape, targets, strict=True)))


def wanted_size(name: str, value: Any) -> int | None:
    """Returns a target as a plain integer or None, or raises a `SettingsError` that names the argument."""
    value = plain(value)
    if value is None or (type(value) is int and 0 <= value <= MAX_TARGET):
        return value
    raise SettingsError(
        f"{name} received {value!r}; expected a whole number from 0 to {MAX_TARGET}, or None to leave the axis as it is"
    )


def plain(value: Any) -> Any:
    """Returns a numpy scalar as Python's own, so that it can be written to JSON; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def _check_dense(x: Any) -> None:
    if hasattr(x, "ragged_rank") or hasattr(x, "dense_shape"):
        raise PlanError(
            f"a {type(x).__name__} cannot be padded by a layer; expected a dense tensor. "
            "Convert it first, by to_tensor() or tf.sparse.to_dense()."
        )


def _check_dtype(x: Any, settings: PipelineSpec) -> None:
    """Raises a `PlanError` where the tensor's dtype cannot be padded, or cannot hold the fill value."""
    dtype = backend.standardize_dtype(x.dtype)
    if dtype == "string":
        raise PlanError("dtype string cannot be padded; expected numbers or booleans. Encode the strings first.")
    if settings.mode == "constant":
        check_fill(settings.fill_value, _SHORT_FLOATS.get(dtype, dtype))


def _same(size: Any, wanted: Any) -> bool:
    """Whether an axis is known to stay as it is. Tensors are never compared: the answer would be one too."""
    return wanted is size or (isinstance(size, int) and isinstance(wanted, int) and wanted == size)


def _static_size(axis: int, size: int | None, target: int | None, settings: PipelineSpec) -> int | None:
    if size is None:
        return None if settings.overflow == "keep" else target
    wanted: int = padded_size(_checked_size(axis, size, target, settings), target, settings.overflow)
    return wanted


def _checked_size(axis: int, size: Any, target: int | None, settings: PipelineSpec) -> Any:
    """Returns the size of an axis, refusing now, or when the graph runs, one that the settings do not allow."""
    if target is None:
        return size
    if settings.overflow == "error":
        size = _refuse_larger(axis, size, target)
    if settings.mode != "constant" and target > 0:
        size = _refuse_empty(axis, size, settings.mode)
    return size


def _refuse_larger(axis: int, size: Any, target: int) -> Any:
    words = (
        f"axis {axis} has ",
        f" elements, more than the target of {target}, and overflow is 'error'; "
        "raise the target, or let overflow crop or keep",
    )
    if not isinstance(size, int):
        return graph.at_most(size, target, f"axis_{axis}_is_larger_than_its_target", words)
    if size > target:
        raise PlanError(f"{words[0]}{size}{words[1]}")
    return size


def _refuse_empty(axis: int, size: Any, mode: str) -> Any:
    words = (
        f"axis {axis} has ",
        f" elements, from which mode {mode!r} can take no padding; use constant, or give at least one element",
    )
    if not isinstance(size, int):
        return graph.at_least_one(size, f"axis_{axis}_is_empty", words)
    if size == 0:
        raise PlanError(f"{words[0]}{size}{words[1]}")
    return size


def _crop(x: Any, sizes: tuple[Any, ...], pads: dict[int, Split]) -> Any:
    kept = [slice(None)] * len(sizes)
    for axis, (before, after) in pads.items():
        kept[axis] = slice(positive(-before), sizes[axis] - positive(-after))
    return x[tuple(kept)]


def _fill_around(x: Any, pads: dict[int, Split], settings: PipelineSpec) -> Any:
    width: list[tuple[Any, Any]] = [(0, 0)] * len(x.shape)
    for axis, (before, after) in pads.items():
        # Only where a crop is allowed can an amount be negative.
        width[axis] = (positive(before), positive(after)) if settings.overflow == "crop" else (before, after)
    dtype = np.dtype(backend.standardize_dtype(x.dtype))
    return ops.pad(x, tuple(width), constant_values=np.asarray(settings.fill_value, dtype))


def _gather(x: Any, sizes: tuple[Any, ...], wanted: tuple[Any, ...], pads: dict[int, Split], mode: str) -> Any:
    for axis, (before, _) in pads.items():
        static = isinstance(wanted[axis], int) and isinstance(sizes[axis], int)
        positions = (np if static else ops).arange(wanted[axis], dtype="int32")
        x = ops.take(x, fold(positions - before, sizes[axis], mode), axis=axis)
    return x
