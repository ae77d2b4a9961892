"""What cannot be padded, refused with what was received, what was expected and what to do about it.

Sizes that only a run knows are refused when it runs.
"""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np
import psutil
from keras import backend

from padviewer.bytecount import format_bytes
from padviewer.errors import BudgetError, PlanError
from padviewer.layers import graph
from padviewer.layers.targets import Shape, Target, Targets
from padviewer.resolve import check_fill
from padviewer.spec import PipelineSpec


def check_dense(x: Any) -> None:
    """Refuses ragged and sparse tensors."""
    if hasattr(x, "ragged_rank"):
        raise PlanError(
            f"a {type(x).__name__} cannot be padded by a layer; expected a dense tensor. "
            "pad_batch makes one of it, or to_tensor()."
        )
    if hasattr(x, "dense_shape"):
        raise PlanError(
            f"a {type(x).__name__} cannot be padded by a layer; expected a dense tensor. "
            "Convert it first, by tf.sparse.to_dense()."
        )


def check_rank(shape: Shape, targets: Targets) -> None:
    """Refuses a shape that has not one axis for each target."""
    if len(shape) != len(targets):
        raise PlanError(f"input of shape {shape}: expected {len(targets)} axes, one for each of {targets}")


def check_dtype(dtype: Any, shape: Shape, targets: Targets, settings: PipelineSpec, channels: int | None) -> None:
    """Refuses a dtype that cannot be padded, or cannot hold the fill value, and fills that are not one a channel."""
    name = backend.standardize_dtype(dtype)
    if name == "string":
        raise PlanError("dtype string cannot be padded; expected numbers or booleans. Encode the strings first.")
    if settings.mode != "constant":
        return
    fill = settings.fill_value
    size = None if channels is None else shape[channels]
    if isinstance(fill, tuple) and channels is not None:
        if size is None:
            raise PlanError(
                f"fill value {fill} has one number a channel, but axis {channels}, the channels, is of unknown size; "
                "declare its size, or use a single number"
            )
        if targets[channels] is not None:
            raise PlanError(
                f"fill value {fill} has one number a channel, but axis {channels}, the channels, is itself padded; "
                "use a single number, or say by data_format which axis the channels are"
            )
    if name in _SHORT_FLOATS:
        check_fill(fill, "float64", size)
        _check_short_float(fill if isinstance(fill, tuple) else (fill,), name)
    else:
        check_fill(fill, name, size)


def check_larger(axis: int, size: Any, target: Target | None, overflow: str) -> Any:
    """Returns the size of an axis; under overflow `error` one that is larger than its target is refused."""
    if target is None or target.size is None or overflow != "error":
        return size
    limit = target.padded(0, overflow)
    words = (
        f"axis {axis} has ",
        f" elements, more than the target of {limit}, and overflow is 'error'; "
        "raise the target, or let overflow crop or keep",
    )
    if not isinstance(size, int):
        return graph.at_most(size, limit, f"axis_{axis}_is_larger_than_its_target", words)
    if size > limit:
        raise PlanError(f"{words[0]}{size}{words[1]}")
    return size


def check_empty(axis: int, size: Any, target: Target | None, mode: str) -> Any:
    """Returns the size of an axis; an empty one that is to be padded, but not with constants, is refused."""
    # Without a target of its own an empty axis stays empty.
    if target is None or not target.size or mode == "constant":
        return size
    words = (
        f"axis {axis} has ",
        f" elements, from which mode {mode!r} can take no padding; use constant, or give at least one element",
    )
    if not isinstance(size, int):
        return graph.at_least_one(size, f"axis_{axis}_is_empty", words)
    if size == 0:
        raise PlanError(f"{words[0]}{size}{words[1]}")
    return size


def check_bytes(shape: Shape, targets: Targets, overflow: str, dtype: Any) -> None:
    """Refuses a result that this machine has not the memory for, as far as the sizes are known, before any is spent."""
    sizes = [
        (1 if size is None else size) if target is None else _least(size, target, overflow)
        for size, target in zip(shape, targets, strict=True)
    ]
    needed = math.prod(sizes) * np.dtype(backend.standardize_dtype(dtype)).itemsize
    if needed <= physical_memory():
        return
    grown = [axis for axis, size in enumerate(sizes) if size > (shape[axis] or 0) and targets[axis] is not None]
    if not grown:
        return
    words = ", ".join(f"axis {axis} from {_shown(shape[axis])} to {sizes[axis]} elements" for axis in grown)
    raise BudgetError(
        f"padding {words} would take {format_bytes(needed)}, more than the {format_bytes(physical_memory())} of memory "
        "here; use smaller targets"
    )


def physical_memory() -> int:
    """Returns the bytes of memory that the machine has."""
    return _PHYSICAL_MEMORY


# Asked once, and not by a cache around the function, of which PyTorch's compiler would warn.
_PHYSICAL_MEMORY = int(psutil.virtual_memory().total)


# numpy's limits know nothing of these, which its extension adds.
_SHORT_FLOATS = ("bfloat16", "float8_e4m3fn", "float8_e5m2")


def _check_short_float(fill: tuple[Any, ...], name: str) -> None:
    for value in fill:
        limit = float(ml_dtypes.finfo(name).max)  # type: ignore[no-untyped-call]  # it has no types
        if math.isfinite(value) and abs(value) > limit:
            raise PlanError(f"fill value {value!r} is beyond the range of {name}", (("Use 0", {"fill_value": 0}),))


def _least(size: int | None, target: Target, overflow: str) -> int:
    """Returns the fewest elements that an axis can have after padding."""
    least: int = target.padded(1 if size is None and target.size is None else size or 0, overflow)
    return least


def _shown(size: int | None) -> str:
    return "unknown size" if size is None else str(size)
