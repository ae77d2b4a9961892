"""`resolve(spec, info)`: applies settings to an input, and says why where they do not go together."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from padviewer.axes import BATCH, CHANNELS, spatial_axes
from padviewer.bytecount import format_bytes
from padviewer.errors import BudgetError, PlanError
from padviewer.geometry import Split, conv_size, conv_split, draw, padded_size, split
from padviewer.kernels import check_pattern
from padviewer.plan import FEATURE_DTYPE, ArrayInfo, AxisPlan, Plan, StagePlan, filters_of
from padviewer.spec import FROM_FILE, Fill, Number, PipelineSpec, format_fill, format_sizes
from padviewer.weights import Layer, Weights, check_weights, settings_of

Remedies = tuple[tuple[str, dict[str, Any]], ...]
_RANDOM: Remedies = (("Random weights", {"weights": "random"}),)
_WITHOUT_CAUSAL: Remedies = (("Use same", {"conv_padding": "same"}), ("Use valid", {"conv_padding": "valid"}))


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
        return replace(plan, feature=None, problem=_over_budget(plan))
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
    return replace(plan, feature=None, problem=PlanError(reason, _RANDOM))


def _axes_in_force(spec: PipelineSpec, info: ArrayInfo) -> tuple[str, PlanError | None]:
    axes = spec.axes or info.axes
    if len(axes) == len(info.shape):
        return axes, None
    return info.axes, PlanError(
        f"axes {axes}: {len(axes)} letters for an array of rank {len(info.shape)} with shape {_sizes(info.shape)}; "
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
            f"target has {_counted(len(spec.target), 'size')}, but the input has {len(letters)} spatial "
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
            f"axis {letter} has {_counted(size, 'element')}, more than the target of {padded}, and overflow is "
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
    given = f"fill value {format_fill(fill)} has {_counted(len(fill), 'number')}, one a channel"
    single: Remedies = ((f"Use {format_fill(fill[0])}", {"fill_value": fill[0]}),)
    if channels is None:
        raise PlanError(f"{given}, but the input has no channel axis; use a single number", single)
    fitted = (fill + fill[-1:] * min(channels, 8))[:channels]
    several: Remedies = ((f"Use {format_fill(fitted)}", {"fill_value": fitted}),) if len(fitted) == channels > 0 else ()
    raise PlanError(
        f"{given}, but the input has {_counted(channels, 'channel')}; give one number for each, or a single one",
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
    _check_convolution(spec, source, spatial)
    batch = (BATCH,) if BATCH in source.axes else ()
    axes = "".join((*batch, *(axis.letter for axis in spatial), CHANNELS))
    shape = (
        *(source.extent(b) for b in batch),
        *(axis.outputs for axis in spatial),
        filters_of(spec, source.extent(CHANNELS)),
    )
    return StagePlan(axes, shape, FEATURE_DTYPE)


def _check_convolution(spec: PipelineSpec, source: StagePlan, spatial: tuple[AxisPlan, ...]) -> None:
    """Refuses what Keras refuses, before it is asked, with a remedy."""
    if spec.weights == FROM_FILE and spec.weights_file is None:
        raise PlanError("weights of a file: none is chosen; choose one, such as model.keras::conv2d", _RANDOM)
    if np.dtype(source.dtype).kind == "c":
        raise PlanError(
            f"a convolution takes real numbers; the input is {source.dtype}. Export its real or imaginary part."
        )
    _check_kind(spec, source, spatial)
    if spec.conv_padding == "causal" and len(spatial) > 1:
        raise PlanError(
            f"causal convolution padding is for one spatial axis; the input has {len(spatial)}. Use valid or same.",
            _WITHOUT_CAUSAL,
        )
    steps = any(a.stride > 1 for a in spatial) and any(a.dilation > 1 for a in spatial)
    if steps and spec.conv == "standard":
        raise PlanError(
            "strides above 1 cannot be combined with dilation above 1 in one convolution; set one of them to 1",
            (("Strides 1", {"strides": (1,)}), ("Dilation 1", {"dilation": (1,)})),
        )
    for axis in spatial:
        if axis.outputs < 1:
            raise _window_too_large(spec, axis, spatial)
    check_pattern(spec.weights, tuple(axis.kernel for axis in spatial))


def _check_kind(spec: PipelineSpec, source: StagePlan, spatial: tuple[AxisPlan, ...]) -> None:
    """Refuses what Keras has no layer for, or what its layer of this kind does not take."""
    channels = source.extent(CHANNELS)
    if spec.conv == "standard":
        _check_groups(spec, channels)
        return
    standard = ("Standard convolution", {"conv": "standard"})
    if channels == 0:
        raise PlanError(f"a {spec.conv} convolution needs channels; the input has none", (standard,))
    if len(spatial) > 2:
        # The same numbers, by the layer that Keras has.
        grouped = {"conv": "standard", "groups": channels, "filters": filters_of(spec, channels)}
        raise PlanError(
            f"Keras has no {spec.conv} convolution of {len(spatial)} spatial axes, only of 1 and 2; use a standard one"
            + (" with a group for each channel" if spec.conv == "depthwise" else ""),
            (("Groups of one channel", grouped),) if spec.conv == "depthwise" else (standard,),
        )
    if spec.conv_padding == "causal":
        raise PlanError(
            f"a {spec.conv} convolution of Keras takes padding valid or same, not causal; use same, or a standard one",
            (("Use same", {"conv_padding": "same"}), standard),
        )


def _check_groups(spec: PipelineSpec, channels: int) -> None:
    groups = spec.groups
    if groups == 1:
        return
    if channels == 0 or channels % groups:
        above = next((n for n in range(groups, min(channels, groups + 999) + 1) if channels % n == 0), 1)
        fitting = (math.gcd(groups, channels), above) if channels else (1,)
        raise PlanError(
            f"groups {groups}: must divide the channels of the input, of which there are {channels}",
            tuple(_groups(n, spec.filters) for n in dict.fromkeys(fitting)),
        )
    if spec.filters % groups:
        _label, several = _groups(groups, spec.filters)
        raise PlanError(
            f"groups {groups}: must divide the filters, of which there are {spec.filters}",
            ((f"{several['filters']} filters", {"filters": several["filters"]}), ("Groups 1", {"groups": 1})),
        )


def _groups(groups: int, filters: int) -> tuple[str, dict[str, Any]]:
    """Returns a remedy of so many groups, with a number of filters that they divide."""
    if filters % groups == 0:
        return f"Groups {groups}", {"groups": groups}
    several = filters - filters % groups or groups
    return f"Groups {groups}, {several} filters", {"groups": groups, "filters": several}


def _window_too_large(spec: PipelineSpec, axis: AxisPlan, spatial: tuple[AxisPlan, ...]) -> PlanError:
    fitting = tuple(max(1, min(a.kernel, (a.padded - 1) // a.dilation + 1)) for a in spatial)
    remedies: Remedies = ()
    if all(a.padded > 0 for a in spatial):
        remedies = (("Use same", {"conv_padding": "same"}),)
        with suppress(PlanError):
            check_pattern(spec.weights, fitting)
            remedies = ((f"Kernel {format_sizes(fitting)}", {"kernel": fitting}), *remedies)
    return PlanError(
        f"axis {axis.letter} has {_counted(axis.padded, 'element')} after padding, fewer than the {axis.span} that the "
        "kernel spans; use a smaller kernel, a larger target, or convolution padding same",
        remedies,
    )


def _over_budget(plan: Plan) -> BudgetError:
    setting = "depth_multiplier" if plan.spec.conv == "depthwise" else "filters"
    # Beside what does not depend on the number of filters.
    fixed = math.prod(plan.kernel_shapes[0]) * np.dtype(FEATURE_DTYPE).itemsize if plan.spec.conv == "separable" else 0
    smaller = max(0, plan.budget - fixed) * getattr(plan.spec, setting) // (plan.kernel_bytes - fixed)
    if plan.spec.conv == "standard":
        smaller -= smaller % plan.spec.groups
    label = f"Depth multiplier {smaller}" if setting == "depth_multiplier" else f"{smaller} filters"
    remedies: Remedies = ((label, {setting: smaller}),) if smaller > 0 else ()
    return BudgetError(
        f"the kernel {' and '.join(map(_sizes, plan.kernel_shapes))} would take {format_bytes(plan.kernel_bytes)}, "
        f"more than the budget of {format_bytes(plan.budget)}; use fewer filters or a smaller kernel, or raise the "
        "budget with --budget",
        remedies,
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
