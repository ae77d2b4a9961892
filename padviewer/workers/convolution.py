"""The convolution of the engine: Keras' operations on blocks that need no padding any more, compiled."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from padviewer.axes import BATCH, CHANNELS
from padviewer.bytecount import format_bytes
from padviewer.errors import DeviceError
from padviewer.geometry import Indices, Span, whole
from padviewer.plan import FEATURE_DTYPE, Plan, Stage, StagePlan
from padviewer.sources.base import Source
from padviewer.sources.padded import read_windows
from padviewer.spec import ACROSS_FILTERS
from padviewer.windows import AxisWindows, Windows, repeats_of, windows_of
from padviewer.workers.feature_map import FeatureMap
from padviewer.workers.frameworks import Framework
from padviewer.workers.kernel import Filters, Kernel, kernel_of, key_of
from padviewer.workers.messages import Array

# Compiled functions that are kept: one for each shape of a kernel with its strides.
_KEPT = 16
# Sums of numbers up to here stay far from infinity. Beyond it, and where there are NaN and infinities, operations run
# one by one: TensorFlow's fused relu makes 0 of NaN.
_TAME = 1e25


class Convolution:
    """Convolves blocks on the device of a plan. The newest kernel and the newest compiled functions are kept.

    Args:
        framework: Keras' backend.
    """

    def __init__(self, framework: Framework) -> None:
        self._framework = framework
        self._kernel: tuple[tuple[object, ...], Kernel] | None = None
        self._functions: OrderedDict[tuple[Any, ...], Callable[..., Any]] = OrderedDict()

    def whole(self, plan: Plan, source: Source) -> FeatureMap:
        """Computes the feature map of a whole input.

        Outputs that are equal because their windows hold nothing but constant padding are computed once.

        Args:
            plan: its `feature` stage is what comes out.
            source: the input.

        Returns:
            The feature map, float32, with the axes of `plan.feature`.

        Raises:
            DeviceError: the device is not there, or ran out of memory.
        """
        stage = plan.require(Stage.FEATURE)
        self.check_device(plan)
        if not stage.size:
            return FeatureMap(np.zeros(stage.shape, FEATURE_DTYPE), {})
        windows, repeats = _all_windows(plan, stage)
        computed = self.of_block(plan, read_windows(source, plan, windows), windows, Span(0, plan.filters))
        if BATCH not in stage.axes:
            computed = computed[0]
        return FeatureMap(computed, repeats)

    def of_block(self, plan: Plan, block: Array, windows: Windows, filters: Span) -> Array:
        """Computes the outputs that a block was gathered for.

        Args:
            plan: whose kernel, activation and device are used.
            block: what `windows` reads, float32.
            windows: of the region that is wanted.
            filters: which filters are wanted.

        Returns:
            float32 of shape (batch, outputs on each spatial axis, filters); it may be read-only.

        Raises:
            DeviceError: the device is not there, or ran out of memory.
        """
        self.check_device(plan)
        across = plan.spec.activation in ACROSS_FILTERS
        kernel = self.kernel_of(plan)
        chosen = kernel.all() if across else kernel.some(filters)
        try:
            with keras.device(plan.spec.device.lower()), self._framework.inference():
                tensors = [keras.ops.convert_to_tensor(part) for part in (block, *chosen.tensors)]
                function = self._function(plan, chosen, windows, compiled=_is_tame(block, kernel.largest))
                result = self._framework.to_numpy(function(*tensors))
        except self._framework.out_of_memory as error:
            raise DeviceError(
                f"{plan.spec.device} ran out of memory: the feature map takes {format_bytes(plan.engine_bytes)}; "
                "use fewer filters, larger strides or a smaller target"
            ) from error
        return result[..., filters.start : filters.stop : filters.step] if across else result

    def check_device(self, plan: Plan) -> None:
        """Raises a `DeviceError` where the device of a plan is not there."""
        framework, device = self._framework, plan.spec.device
        if device not in framework.devices:
            raise DeviceError(f"device {device} is not there; {framework.version} has {', '.join(framework.devices)}")

    def filter_of(self, plan: Plan, number: int) -> tuple[Array, float]:
        """Returns the kernel of one filter in effect.

        Args:
            plan: a plan that has a FEATURE stage.
            number: of the filter.

        Returns:
            float32 of shape (kernel sizes, channels of the input), zeros where a group does not read; and the bias.
        """
        with keras.device(plan.spec.device.lower()):
            return self.kernel_of(plan).filter(number)

    def kernel_of(self, plan: Plan) -> Kernel:
        """Returns the kernel of a plan; the newest is kept."""
        key = key_of(plan)
        if self._kernel is None or self._kernel[0] != key:
            self._kernel = key, kernel_of(plan, _glorot_uniform)
        return self._kernel[1]

    def _function(self, plan: Plan, chosen: Filters, windows: Windows, compiled: bool) -> Callable[..., Any]:
        strides = tuple(axis.stride for axis in windows.spatial)
        dilation = tuple(axis.dilation for axis in windows.spatial)
        activation = keras.activations.get(plan.spec.activation)
        groups, grouped = chosen.groups, self._framework.grouped

        def convolve(block: Any, first: Any, *others: Any) -> Any:
            sums = _sums(block, first, groups, strides, dilation, grouped)
            for second in others[:-1]:
                sums = keras.ops.conv(sums, second, 1, "valid", "channels_last")
            # The sum with a bias, of zeros too, is what frameworks have a fused operation for.
            return activation(keras.ops.add(sums, others[-1]))

        if not compiled:
            return convolve
        shapes = tuple(tensor.shape for tensor in chosen.tensors)
        key = (groups, shapes, strides, dilation, plan.spec.activation, plan.spec.device)
        if key not in self._functions:
            self._functions[key] = self._framework.compiled(convolve, windows.channels.count, shapes)
            if len(self._functions) > _KEPT:
                self._functions.popitem(last=False)
        self._functions.move_to_end(key)
        return self._functions[key]


def _all_windows(plan: Plan, stage: StagePlan) -> tuple[Windows, dict[int, Indices]]:
    """Returns what a whole feature map reads, and which of its outputs are repeated, by the number of the axis."""
    if any(axis.stride > 1 for axis in plan.spatial) and any(axis.dilation > 1 for axis in plan.spatial):
        # No operation has both: windows are gathered one by one.
        return windows_of(plan, whole(stage.shape)), {}
    found = [(axis, repeats_of(axis, plan.spec.mode)) for axis in plan.spatial]
    read = tuple(AxisWindows(kept.index, kept.stride, axis.dilation) for axis, kept in found)
    repeats = {stage.axes.index(axis.letter): kept.source for axis, kept in found if kept.repeats}
    return Windows(Span(0, plan.input.extent(BATCH)), read, Span(0, plan.input.extent(CHANNELS))), repeats


def _sums(
    block: Any, kernel: Any, groups: tuple[int, ...], strides: tuple[int, ...], dilation: tuple[int, ...], grouped: bool
) -> Any:
    """Convolves groups of channels with the filters of each.

    Args:
        block: (batch, spatial axes, channels), the channels of the groups one after the other.
        kernel: (kernel sizes, channels of a group, filters of all groups).
        groups: how many filters each group has.
        strides, dilation: of each spatial axis.
        grouped: whether the framework has one operation for any groups.
    """
    read, even = kernel.shape[-2], len(set(groups)) == 1
    if len(groups) == 1 or (grouped and even):
        return keras.ops.conv(block, kernel, strides, "valid", "channels_last", dilation)
    if read == 1 and even and len(strides) < 3 and len(set(strides)) == 1:
        single = (*kernel.shape[:-2], len(groups), groups[0])
        depthwise = keras.ops.reshape(kernel, single)
        return keras.ops.depthwise_conv(block, depthwise, strides, "valid", "channels_last", dilation)
    sums, place = [], 0
    for number, filters in enumerate(groups):
        if filters:
            part = block[..., number * read : (number + 1) * read], kernel[..., place : place + filters]
            sums.append(keras.ops.conv(*part, strides, "valid", "channels_last", dilation))
        place += filters
    return keras.ops.concatenate(sums, -1)


def _glorot_uniform(shape: tuple[int, ...], seed: int) -> Array:
    kernel = keras.initializers.GlorotUniform(seed=seed)(shape, FEATURE_DTYPE)
    return np.asarray(keras.ops.convert_to_numpy(kernel))


def _is_tame(block: Array, largest: float) -> bool:
    """Whether no sum of products of a block with numbers up to `largest` comes near infinity."""
    limit = _TAME / max(1.0, largest)
    return bool(block.size and block.min() > -limit and block.max() < limit)
