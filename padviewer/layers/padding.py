"""The engine of the layers: pads a tensor along any of its axes, by the formulas of `geometry`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from keras import backend, ops

from padviewer.geometry import Split, fold, positive, split
from padviewer.layers import graph
from padviewer.layers.limits import check_bytes, check_dense, check_dtype, check_empty, check_larger, check_rank
from padviewer.layers.random_draws import Draws
from padviewer.layers.targets import Shape, Targets
from padviewer.spec import Fill, Number, PipelineSpec

# Of these Keras' `where` makes types of half their bits.
_NARROWED = ("uint64", "complex128")


class Amounts(NamedTuple):
    """What happens to each axis of a tensor, in integers, or in scalar tensors where only the run knows.

    Attributes:
        sizes: of the axes before.
        wanted: of the axes after.
        pads: elements added before and after, of the axes that change; negative numbers are a crop.
        crops: whether a number may be negative.
        drawn: whether a number is known only after a random draw, and not from the shape.
    """

    sizes: tuple[Any, ...]
    wanted: tuple[Any, ...]
    pads: dict[int, Split]
    crops: bool
    drawn: bool

    @property
    def known(self) -> bool:
        """Whether every size is known now."""
        return all(isinstance(size, int) for size in (*self.sizes, *self.wanted))

    def pad_width(self) -> Any:
        """Returns the amounts as an int32 tensor of shape `(rank, 2)`: numpy's form of them."""
        rows = [self.pads.get(axis, Split(0, 0)) for axis in range(len(self.sizes))]
        if all(isinstance(amount, int) for row in rows for amount in row):
            return ops.convert_to_tensor(np.array(rows, "int32"))
        return ops.stack([ops.stack([ops.cast(amount, "int32") for amount in row]) for row in rows])


def pad(
    x: Any, targets: Targets, settings: PipelineSpec, *, channels: int | None = None, draws: Draws | None = None
) -> tuple[Any, Amounts]:
    """Pads a tensor.

    Args:
        x: tensor of any shape, one axis for each target, and any dtype but strings.
        targets: what is wanted of each axis.
        settings: `position`, `position_seed`, `mode`, `fill_value` and `overflow` are read.
        channels: index of the channel axis, for a fill of each channel; None where there is none.
        draws: where random positions come from; None takes the first draw of the seed.

    Returns:
        Tensor of the same dtype, and what was done to its axes.
    """
    x = ops.convert_to_tensor(x)
    check_dense(x)
    shape = graph.static_shape(x)
    if settings.overflow == "error" and graph.is_placeholder(x):
        settings = replace(settings, overflow="crop")
    static = padded_shape(shape, targets, settings)
    check_dtype(x.dtype, shape, targets, settings, channels)
    check_bytes(shape, targets, settings.overflow, x.dtype)
    sizes = tuple(
        check_empty(axis, check_larger(axis, size, target, settings.overflow), target, settings.mode)
        for axis, (size, target) in enumerate(zip(graph.sizes_of(x), targets, strict=True))
    )
    amounts = amounts_of(sizes, targets, settings, draws or Draws(settings.position_seed))
    y = apply(x, amounts, settings.mode, settings.fill_value, channels)
    return y if amounts.known else graph.set_static_shape(y, static), amounts


def padded_shape(shape: Shape, targets: Targets, settings: PipelineSpec) -> Shape:
    """Returns what is known of the shape after padding, before the sizes that are None are known.

    An axis of unknown size under overflow `keep` stays unknown: it may be larger than its target.
    """
    check_rank(shape, targets)
    found = []
    for axis, (size, target) in enumerate(zip(shape, targets, strict=True)):
        if size is not None:
            check_empty(axis, check_larger(axis, size, target, settings.overflow), target, settings.mode)
        if target is None:
            found.append(size)
        elif size is None and (target.size is None or settings.overflow == "keep"):
            found.append(None)
        else:
            found.append(target.padded(size, settings.overflow))
    return tuple(found)


def amounts_of(sizes: tuple[Any, ...], targets: Targets, settings: PipelineSpec, draws: Draws) -> Amounts:
    """Returns what happens to axes of `sizes` elements."""
    random = settings.position == "random"
    wanted = tuple(
        size if target is None else target.padded(size, settings.overflow)
        for size, target in zip(sizes, targets, strict=True)
    )
    pads = {
        axis: Split(*split(wanted[axis] - size, settings.position, draws.axis(target.number) if random else 0))
        for axis, (size, target) in enumerate(zip(sizes, targets, strict=True))
        if target is not None and not _same(size, wanted[axis])
    }
    gathers = graph.gathers(sizes) or (random and not draws.known)
    return Amounts(sizes, wanted, pads, settings.overflow == "crop", gathers)


def apply(x: Any, amounts: Amounts, mode: str, fill: Fill, channels: int | None = None) -> Any:
    """Pads and crops a tensor by amounts that were worked out."""
    if not amounts.pads:
        return x
    if mode != "constant":
        return _gather(x, amounts, mode)
    if isinstance(fill, tuple):
        return _fill_channels(x, amounts, fill, channels)
    return _take_or_fill(x, amounts, fill) if amounts.drawn else _fill_around(_crop(x, amounts), amounts, fill)


def content_mask(amounts: Amounts, axes: Iterable[int]) -> Any:
    """Returns a boolean tensor that is True on the content, of length 1 along all but some axes."""
    inside: Any = True
    for axis in axes:
        before, _ = amounts.pads.get(axis, Split(0, 0))
        positions = graph.positions(amounts.wanted[axis])
        data = ops.logical_and(positions >= before, positions < before + amounts.sizes[axis])
        shape = [-1 if other == axis else 1 for other in range(len(amounts.sizes))]
        inside = ops.logical_and(inside, ops.reshape(data, shape))
    return inside


def _same(size: Any, wanted: Any) -> bool:
    """Whether an axis is known to stay as it is. Tensors are never compared: the answer would be one too."""
    return wanted is size or (isinstance(size, int) and isinstance(wanted, int) and wanted == size)


def _crop(x: Any, amounts: Amounts) -> Any:
    if not amounts.crops:
        return x
    kept = [slice(None)] * len(amounts.sizes)
    for axis, (before, after) in amounts.pads.items():
        kept[axis] = slice(positive(-before), amounts.sizes[axis] - positive(-after))
    return x[tuple(kept)]


def _fill_around(x: Any, amounts: Amounts, fill: Number) -> Any:
    width: list[tuple[Any, Any]] = [(0, 0)] * len(x.shape)
    for axis, (before, after) in amounts.pads.items():
        width[axis] = (positive(before), positive(after)) if amounts.crops else (before, after)
    return graph.fill_around(x, width, fill)


def _take_or_fill(x: Any, amounts: Amounts, fill: Number) -> Any:
    """Fills by gathering: XLA and JAX refuse an amount that is not known when they compile.

    The element that outside positions take is one more, added behind the axis; so an empty axis works too.
    """
    for axis, (before, _) in amounts.pads.items():
        width = [(0, int(other == axis)) for other in range(len(x.shape))]
        x = graph.fill_around(x, width, fill)
        index, size = graph.positions(amounts.wanted[axis]) - before, amounts.sizes[axis]
        # Folded, an index before the content would be an element of it.
        outside = ops.logical_or(index < 0, index >= size)
        x = ops.take(x, ops.where(outside, graph.scalar(size), index), axis=axis)
    return x


def _fill_channels(x: Any, amounts: Amounts, fill: tuple[Number, ...], channels: int | None) -> Any:
    if backend.standardize_dtype(x.dtype) in _NARROWED:
        planes = [
            apply(ops.take(x, [number], axis=channels), amounts, "constant", value) for number, value in enumerate(fill)
        ]
        return ops.concatenate(planes, axis=channels)
    y = apply(x, amounts, "constant", 0)
    shape = [len(fill) if axis == channels else 1 for axis in range(len(y.shape))]
    values = ops.stack([ops.convert_to_tensor(graph.constant(number, y.dtype), y.dtype) for number in fill])
    return ops.where(content_mask(amounts, amounts.pads), y, ops.reshape(values, shape))


def _gather(x: Any, amounts: Amounts, mode: str) -> Any:
    for axis, (before, _) in amounts.pads.items():
        size, wanted = amounts.sizes[axis], amounts.wanted[axis]
        static = isinstance(wanted, int) and isinstance(size, int) and isinstance(before, int)
        positions = np.arange(wanted, dtype="int32") if static else graph.positions(wanted)
        x = ops.take(x, fold(positions - before, size, mode), axis=axis)
    return x
