"""Elements of the padded stage, of the windows of a convolution, and of the mask, by index arithmetic."""

from __future__ import annotations

import functools

import numpy as np

from padviewer.axes import BATCH, CHANNELS, canonical_axes
from padviewer.errors import PlanError
from padviewer.geometry import Indices, Region, Span, counts, fold
from padviewer.plan import FEATURE_DTYPE, Plan, Stage, StagePlan
from padviewer.sources.base import Array, Source
from padviewer.spec import Number
from padviewer.windows import Windows


def read_input(source: Source, region: Region) -> Array:
    """Reads a region of the input.

    Args:
        source: what to read.
        region: one span for each axis of the source, in its own indices.

    Returns:
        The samples, in the source's dtype and axis order.
    """
    return source.take(tuple(span.indices for span in region))


def read_padded(source: Source, plan: Plan, region: Region) -> Array:
    """Reads a region of the padded tensor, touching only those elements of the source that show up in it.

    Args:
        source: the input that `plan` was resolved for.
        plan: a plan that has a PADDED stage.
        region: one span for each axis of `plan.input.axes`, in PADDED indices.

    Returns:
        The samples, in the source's dtype and axis order.

    Raises:
        PlanError: where the plan has no padded stage, or the region leaves it.
    """
    _check(region, plan.require(Stage.PADDED))
    if plan.spec.mode == "constant" and all(span.step == 1 for span in region):
        return _framed(source, plan, region)
    return _padded(source, plan, [span.indices for span in region], plan.input.dtype)


def read_windows(source: Source, plan: Plan, windows: Windows) -> Array:
    """Reads the block that a convolution without padding makes a region of the feature map of.

    Args:
        source: the input that `plan` was resolved for.
        plan: a plan that has a FEATURE stage.
        windows: what the region reads.

    Returns:
        float32 of shape `windows.shape`, padded by float32 numbers as Keras does. Beyond the padded tensor it holds the
        zeros of the convolution's own padding.
    """
    index = dict(zip((axis.letter for axis in plan.spatial), (axis.index for axis in windows.spatial), strict=True))
    index |= {BATCH: windows.batch.indices, CHANNELS: windows.channels.indices}
    sizes = dict(zip(plan.input.axes, plan.require(Stage.PADDED).shape, strict=True))
    axes = plan.input.axes
    zeros = {letter: (index[letter] < 0) | (index[letter] >= sizes[letter]) for letter in axes}
    inside = [np.where(zeros[letter], 0, index[letter]) for letter in axes]
    data = _padded(source, plan, inside, FEATURE_DTYPE)
    for axis, letter in enumerate(axes):
        if zeros[letter].any():
            data[(slice(None),) * axis + (zeros[letter],)] = 0
    order = [axes.index(letter) for letter in canonical_axes(axes) if letter in axes]
    return np.ascontiguousarray(data.transpose(order)).reshape(windows.shape)


def _padded(source: Source, plan: Plan, index: list[Indices], dtype: str) -> Array:
    """Returns the cross product of one vector of PADDED indices for each axis, in any order."""
    content = [vector - pad.before for vector, pad in zip(index, plan.pad_width, strict=True)]
    if plan.spec.mode == "constant":
        return _filled(source, plan, content, dtype)
    sizes = zip(content, plan.input.shape, strict=True)
    return _cast(source.take(tuple(_folded(vector, size, plan.spec.mode) for vector, size in sizes)), dtype)


def read_mask(plan: Plan, region: Region) -> Array:
    """Computes a region of the pixel mask.

    Args:
        plan: a plan that has a PADDED stage.
        region: one span for each axis of `plan.mask.axes`, in PADDED indices.

    Returns:
        uint8: 1 where the tensor is data, 0 where it is padding.

    Raises:
        PlanError: where the plan has no padded stage, or the region leaves it.
    """
    mask = plan.require(Stage.MASK)
    _check(region, mask)
    vectors = [_is_data(plan, letter, span.indices) for letter, span in zip(mask.axes, region, strict=True)]
    return functools.reduce(np.multiply, (along(vector, i, len(vectors)) for i, vector in enumerate(vectors)))


def _check(region: Region, stage: StagePlan) -> None:
    inside = len(region) == len(stage.shape) and all(
        span.step >= 1 and (span.count == 0 or (span.start >= 0 and span.start + (span.count - 1) * span.step < size))
        for span, size in zip(region, stage.shape, strict=True)
    )
    if not inside:
        raise PlanError(f"region {[tuple(s) for s in region]} leaves the stage {stage.axes} {list(stage.shape)}")


def _folded(index: Indices, size: int, mode: str) -> Indices:
    # An empty axis can be asked for nothing, and has no period to fold by.
    return index if size == 0 else np.asarray(fold(index, size, mode), np.int64)


def _cast(data: Array, dtype: str) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):  # beyond its range, float32 holds infinity
        return data.astype(dtype, copy=False)


def _filled(source: Source, plan: Plan, content: list[Indices], dtype: str) -> Array:
    inside = [np.flatnonzero((i >= 0) & (i < n)) for i, n in zip(content, plan.input.shape, strict=True)]
    shape = tuple(len(index) for index in content)
    if all(len(kept) == size for kept, size in zip(inside, shape, strict=True)):
        out = np.empty(shape, dtype)
        source.take_into(tuple(content), out)
        return out
    out = _fill_of(plan, shape, content, dtype)
    if all(len(kept) for kept in inside):
        taken = tuple(index[kept] for index, kept in zip(content, inside, strict=True))
        places = _places(inside)
        if all(isinstance(place, slice) for place in places):
            source.take_into(taken, out[places])
        else:
            scattered = np.empty([len(kept) for kept in inside], dtype)
            source.take_into(taken, scattered)
            out[places] = scattered
    return out


def _framed(source: Source, plan: Plan, region: Region) -> Array:
    """Returns what `_filled` does of a region of steps of 1: one box of data in its padding, moved as it is."""
    pads, dtype = plan.pad_width, plan.input.dtype
    content = [Span(s.start - pad.before, s.stop - pad.before) for s, pad in zip(region, pads, strict=True)]
    kept = tuple(
        Span(max(0, span.start), min(span.stop, size)) for span, size in zip(content, plan.input.shape, strict=True)
    )
    shape = counts(region)
    if all(shape) and kept == tuple(content):
        out = np.empty(shape, dtype)
        source.read_into(kept, out)
        return out
    out = _fill_of(plan, shape, content, dtype)
    if all(counts(kept)):
        place = tuple(slice(k.start - span.start, k.stop - span.start) for k, span in zip(kept, content, strict=True))
        source.read_into(kept, out[place])
    return out


def _places(inside: list[Indices]) -> tuple[slice | Indices, ...]:
    """Returns what selects the cross product of vectors: slices where each is one run, which numpy copies faster."""
    runs = [slice(int(kept[0]), int(kept[-1]) + 1) for kept in inside]
    if all(run.stop - run.start == len(kept) for run, kept in zip(runs, inside, strict=True)):
        return tuple(runs)
    return np.ix_(*inside)


def _fill_of(plan: Plan, shape: tuple[int, ...], content: list[Indices] | list[Span], dtype: str) -> Array:
    """Returns a new array of nothing but padding, each channel with its own fill where there are several."""
    fill = plan.spec.fill_value
    if isinstance(fill, int) and not fill:
        return np.zeros(shape, dtype)  # memory that the system hands out is zero already
    if not isinstance(fill, tuple):
        with np.errstate(over="ignore"):  # a float that rounds to infinity is what the dtype holds
            return np.full(shape, fill, dtype)
    channels = plan.input.axes.index(CHANNELS)
    # Number by number: numpy would find one dtype for all of them, in which 2^64 - 1 is not exact.
    held = np.concatenate([_fill_number(value, dtype) for value in fill])
    out = np.empty(shape, dtype)
    index = content[channels]
    out[...] = along(held[index.indices if isinstance(index, Span) else index], channels, len(shape))
    return out


def _fill_number(value: Number, dtype: str) -> Array:
    with np.errstate(over="ignore"):  # as above
        return np.full(1, value, dtype)


def _is_data(plan: Plan, letter: str, index: Indices) -> Array:
    axis = plan.axis(letter)
    if axis is None:
        return np.ones(len(index), np.uint8)
    start, stop = axis.data
    return ((index >= start) & (index < stop)).astype(np.uint8)


def along(vector: Array, axis: int, rank: int) -> Array:
    """Returns a vector as an array of so many axes, of which all but one have one element."""
    return vector.reshape([-1 if i == axis else 1 for i in range(rank)])
