"""What a convolution cannot be: Keras' refusals, told before it is asked, with the nearest settings that can be."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np

from padviewer.axes import CHANNELS
from padviewer.bytecount import format_bytes
from padviewer.errors import BudgetError, PlanError
from padviewer.geometry import sizes_text
from padviewer.kernels import check_pattern
from padviewer.plan import FEATURE_DTYPE, AxisPlan, Plan, StagePlan, filters_of
from padviewer.spec import FROM_FILE, PipelineSpec, format_sizes

Remedies = tuple[tuple[str, dict[str, Any]], ...]
RANDOM_WEIGHTS: Remedies = (("Random weights", {"weights": "random"}),)
_WITHOUT_CAUSAL: Remedies = (("Use same", {"conv_padding": "same"}), ("Use valid", {"conv_padding": "valid"}))


def check_convolution(spec: PipelineSpec, source: StagePlan, spatial: tuple[AxisPlan, ...]) -> None:
    """Refuses what Keras refuses, before it is asked, with a remedy."""
    if spec.weights == FROM_FILE and spec.weights_file is None:
        raise PlanError("weights of a file: none is chosen; choose one, such as model.keras::conv2d", RANDOM_WEIGHTS)
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
    if channels == 0:
        raise PlanError(
            "a convolution needs at least 1 channel; the input has none. Choose other axes or another input"
        )
    if spec.conv == "standard":
        _check_groups(spec, channels)
        return
    standard = ("Standard convolution", {"conv": "standard"})
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
    if channels % groups:
        above = next((n for n in range(groups, min(channels, groups + 999) + 1) if channels % n == 0), 1)
        fitting = (math.gcd(groups, channels), above)
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
        f"axis {axis.letter} has {counted(axis.padded, 'element')} after padding, fewer than the {axis.span} that the "
        "kernel spans; use a smaller kernel, a larger target, or convolution padding same",
        remedies,
    )


def over_budget(plan: Plan) -> BudgetError:
    """Returns the error of a kernel that takes more than the budget, which a feature map may and a kernel may not."""
    setting = "depth_multiplier" if plan.spec.conv == "depthwise" else "filters"
    # Beside what does not depend on the number of filters.
    fixed = math.prod(plan.kernel_shapes[0]) * np.dtype(FEATURE_DTYPE).itemsize if plan.spec.conv == "separable" else 0
    smaller = max(0, plan.budget - fixed) * getattr(plan.spec, setting) // (plan.kernel_bytes - fixed)
    if plan.spec.conv == "standard":
        smaller -= smaller % plan.spec.groups
    label = f"Depth multiplier {smaller}" if setting == "depth_multiplier" else f"{smaller} filters"
    remedies: Remedies = ((label, {setting: smaller}),) if smaller > 0 else ()
    return BudgetError(
        f"the kernel {' and '.join(map(sizes_text, plan.kernel_shapes))} would take {format_bytes(plan.kernel_bytes)}, "
        f"more than the budget of {format_bytes(plan.budget)}; use fewer filters or a smaller kernel, or raise the "
        "budget with --budget",
        remedies,
    )


def counted(number: int, noun: str) -> str:
    """Returns e.g. `1 element` and `3 elements`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
