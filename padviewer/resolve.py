"""`resolve(spec, info)`: applies settings to an input, and says why where they do not go together."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from padviewer.axes import BATCH, CHANNELS, spatial_axes
from padviewer.errors import PlanError
from padviewer.geometry import Split, conv_size, conv_split, draw, padded_size, sizes_text, split
from padviewer.plan import FEATURE_DTYPE, ArrayInfo, AxisPlan, Plan, StagePlan, filters_of
from padviewer.refusals import RANDOM_WEIGHTS, Remedies, check_convolution, counted, over_budget
from padviewer.spec import FROM_FILE, Fill, Number, PipelineSpec, format_fill, format_sizes
from padviewer.weights import Layer, Weights, channels_read, check_weights, settings_of


def resolve(spec: PipelineSpec, info: ArrayInfo, budget: int, weights: Weights | None = None) -> Plan:
    """Applies settings to an input.

    Args:
        spec: the settings.
        info: the input.
        budget: bytes that one result may take. A feature map that takes more is computed in pieces; a kernel is not.
        weights: that have been read; used where the settings name their file.

    Returns:
        The plan. It always has the input; stages that cannot be are None, and `problem` says why.
    """
    axes, problem = _axes_in_force(spec, info)
    source = StagePlan(axes, info.shape, info.dtype)
    try:
        if problem:
            raise problem
        spatial = _spatial(spec, source)
        padded = _padded(spec, source, spatial)
    except PlanError as error:
        return Plan(spec, info, source, (), None, None, error, budget)
    try:
        feature = _feature(spec, source, spatial)
    except PlanError as error:
        return Plan(spec, info, source, spatial, padded, None, error, budget)
    taken = weights if weights and spec.weights == FROM_FILE and weights.file == spec.weights_file else None
    plan = Plan(spec, info, source, spatial, padded, feature, None, budget, taken)
    if plan.kernel_bytes > budget:
        return replace(plan, feature=None, problem=over_budget(plan))
    if taken is not None:
        try:
            check_weights(taken, plan.kernel_shapes, spec, source.extent(CHANNELS))
        except PlanError as error:
            return replace(plan, feature=None, problem=error)
    return plan


def settings_for(layer: Layer, plan: Plan) -> dict[str, Any]:
    """Returns the settings under which a layer does with an input what it does in its model.

    Raises:
        PlanError: it cannot be used with this input.
    """
    rank = len(spatial_axes(plan.input.axes))
    return settings_of(layer, plan.spec, plan.input.extent(CHANNELS), rank)


def misfit_of(layer: Layer, plan: Plan) -> str:
    """Returns in a few words why a layer cannot be used with an input; empty where it can."""
    try:
        found = settings_for(layer, plan)
    except PlanError:
        return "other axes"
    needed = channels_read(layer, found)
    return "" if needed in (None, plan.input.extent(CHANNELS)) else f"reads {needed} channels"


def following(spec: PipelineSpec, weights: Weights, plan: Plan, names: frozenset[str]) -> PipelineSpec:
    """Returns settings of which some are taken from a file of weights, where it has them and they can be."""
    try:
        found = settings_for(weights.layer, plan)
    except PlanError:
        return spec
    return spec.replace(**{name: value for name, value in found.items() if name in names})


def without_weights(plan: Plan, reason: str) -> Plan:
    """Returns a plan whose weights cannot be read, with the reason as its problem."""
    if plan.feature is None:
        return plan
    return replace(plan, feature=None, problem=PlanError(reason, RANDOM_WEIGHTS))


def _axes_in_force(spec: PipelineSpec, info: ArrayInfo) -> tuple[str, PlanError | None]:
    axes = spec.axes or info.axes
    if len(axes) == len(info.shape):
        return axes, None
    return info.axes, PlanError(
        f"axes {axes}: {len(axes)} letters for an array of rank {len(info.shape)} with shape {sizes_text(info.shape)}; "
        f"give one letter for each axis, such as {info.axes}",
        ((f"Use {info.axes}", {"axes": None}),),
    )


def _per_axis(name: str, values: tuple[Any, ...], letters: str) -> tuple[Any, ...]:
    """Returns one value for each spatial axis; a single value serves all."""
    if len(values) == 1 or len(values) == len(letters):
        return values * (len(letters) // len(values))
    fitted = (values + values[-1:] * len(letters))[: len(letters)]
    shown = name.replace("_", " ")
    raise PlanError(
        f"{shown} {format_sizes(values)}: got {len(values)} sizes, expected 1, or {len(letters)} for the spatial axes "
        f"{' '.join(letters)}",
        ((f"Use {format_sizes(fitted)}", {name: fitted}),),
    )


def _targets(spec: PipelineSpec, letters: str) -> tuple[int | None, ...]:
    if not spec.target:
        return (None,) * len(letters)
    if len(spec.target) != len(letters):
        kept = (spec.target + (None,) * 3)[: len(letters)]
        shown = "x".join("none" if size is None else str(size) for size in kept)
        raise PlanError(
            f"target has {counted(len(spec.target), 'size')}, but the input has {len(letters)} spatial "
            f"{'axis' if len(letters) == 1 else 'axes'}, {' '.join(letters)}; give one size for each "
            "(none leaves an axis)",
            ((f"Use {shown}", {"target": kept}), ("No target", {"target": ()})),
        )
    return spec.target


def _spatial(spec: PipelineSpec, source: StagePlan) -> tuple[AxisPlan, ...]:
    letters = spatial_axes(source.axes)
    columns = (
        range(len(letters)),
        _targets(spec, letters),
        _per_axis("multiple_of", spec.multiple_of, letters),
        _per_axis("kernel", spec.kernel, letters),
        _per_axis("strides", spec.strides, letters),
        _per_axis("dilation", spec.dilation, letters),
    )
    return tuple(
        _axis(spec, letter, source.extent(letter), *row) for letter, *row in zip(letters, *columns, strict=True)
    )


def _axis(
    spec: PipelineSpec,
    letter: str,
    size: int,
    number: int,
    target: int | None,
    multiple_of: int,
    kernel: int,
    stride: int,
    dilation: int,
) -> AxisPlan:
    padded = padded_size(size, target, spec.overflow, multiple_of)
    if spec.overflow == "error" and size > padded:
        raise PlanError(
            f"axis {letter} has {counted(size, 'element')}, more than the target of {padded}, and overflow is "
            "'error'; raise the target, or let overflow crop or keep",
            (("Crop", {"overflow": "crop"}), ("Keep", {"overflow": "keep"})),
        )
    pad = Split(*split(padded - size, spec.position, draw(spec.position_seed, number)))
    if spec.mode != "constant" and size == 0 and padded > 0:
        raise PlanError(
            f"axis {letter} is empty: mode {spec.mode!r} has nothing to take padding from; use constant",
            (("Use constant", {"mode": "constant"}),),
        )
    window = (padded, kernel, stride, dilation, spec.conv_padding)
    return AxisPlan(
        letter, size, padded, pad, kernel, stride, dilation, Split(*conv_split(*window)), conv_size(*window)
    )


def _padded(spec: PipelineSpec, source: StagePlan, spatial: tuple[AxisPlan, ...]) -> StagePlan:
    if spec.mode == "constant":
        check_fill(spec.fill_value, source.dtype, source.extent(CHANNELS) if CHANNELS in source.axes else None)
    sizes = {axis.letter: axis.padded for axis in spatial}
    shape = tuple(sizes.get(letter, size) for letter, size in zip(source.axes, source.shape, strict=True))
    return StagePlan(source.axes, shape, source.dtype)


def check_fill(fill: Fill, dtype: str, channels: int | None = None) -> None:
    """Raises a `PlanError` where an array cannot hold the fill value exactly enough, or has not as many channels.

    Floats may round; integers and booleans must hold the value itself, which numpy and TensorFlow would wrap silently.

    Args:
        fill: a number, or one for each channel.
        dtype: numpy's name of the array's dtype.
        channels: size of the array's channel axis; None where it has none.
    """
    values = fill if isinstance(fill, tuple) else (fill,)
    if isinstance(fill, tuple):
        _check_channels(fill, channels)
    for value in values:
        problem, _ = _held(value, dtype)
        if problem:
            held = tuple(_held(each, dtype)[1] for each in values)
            nearest = held if isinstance(fill, tuple) else held[0]
            raise PlanError(problem, ((f"Use {format_fill(nearest)}", {"fill_value": nearest}),))


def _check_channels(fill: tuple[Number, ...], channels: int | None) -> None:
    if channels == len(fill):
        return
    given = f"fill value {format_fill(fill)} has {counted(len(fill), 'number')}, one a channel"
    single: Remedies = ((f"Use {format_fill(fill[0])}", {"fill_value": fill[0]}),)
    if channels is None:
        raise PlanError(f"{given}, but the input has no channel axis; use a single number", single)
    fitted = (fill + fill[-1:] * min(channels, 8))[:channels]
    several: Remedies = ((f"Use {format_fill(fitted)}", {"fill_value": fitted}),) if len(fitted) == channels > 0 else ()
    raise PlanError(
        f"{given}, but the input has {counted(channels, 'channel')}; give one number for each, or a single one",
        (*several, *single),
    )


def _held(value: Number, dtype: str) -> tuple[str, Number]:
    """Returns why an array of `dtype` cannot hold a number, empty where it can, and the nearest that it can hold."""
    kind = np.dtype(dtype)
    if kind.kind in "fc":
        beyond = math.isfinite(value) and abs(value) > float(np.finfo(kind).max)
        return (f"fill value {value!r} is beyond the range of {dtype}", 0) if beyond else ("", value)
    low, high = (0, 1) if kind.kind == "b" else (int(np.iinfo(kind).min), int(np.iinfo(kind).max))
    if math.isfinite(value) and value == int(value) and low <= value <= high:
        return "", value
    nearest = 0 if math.isnan(value) else min(max(low, value), high)
    return (
        f"fill value {value!r} cannot be held by {dtype}, which takes whole numbers from {low} to {high}",
        nearest if nearest in (low, high) else round(nearest),
    )


def _feature(spec: PipelineSpec, source: StagePlan, spatial: tuple[AxisPlan, ...]) -> StagePlan:
    check_convolution(spec, source, spatial)
    batch = (BATCH,) if BATCH in source.axes else ()
    axes = "".join((*batch, *(axis.letter for axis in spatial), CHANNELS))
    shape = (
        *(source.extent(b) for b in batch),
        *(axis.outputs for axis in spatial),
        filters_of(spec, source.extent(CHANNELS)),
    )
    return StagePlan(axes, shape, FEATURE_DTYPE)
