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
from padviewer.geometry import Span
from padviewer.plan import FEATURE_DTYPE, Plan, Stage
from padviewer.sources.base import Source
from padviewer.sources.padded import read_windows
from padviewer.windows import AxisWindows, Windows, repeats_of
from padviewer.workers.feature_map import FeatureMap
from padviewer.workers.frameworks import Framework
from padviewer.workers.messages import Array

# Compiled functions that are kept: one for each shape of a kernel with its strides.
_KEPT = 16
# Activations that look at all filters of a place; the others go element by element.
_ACROSS_FILTERS = ("softmax",)
# Sums of numbers up to here stay far from infinity. Beyond it, and where there are NaN and infinities, operations run
# one by one: TensorFlow's fused relu makes 0 of NaN.
_TAME = 1e25


class Convolution:
    """Convolves blocks on the device of a plan. The kernel drawn last and the newest compiled functions are kept.

    Args:
        framework: Keras' backend.
    """

    def __init__(self, framework: Framework) -> None:
        self._framework = framework
        self._drawn: tuple[Any, ...] = ()
        self._kernel: Array = np.empty(0, FEATURE_DTYPE)
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
        found = [(axis, repeats_of(axis, plan.spec.mode)) for axis in plan.spatial]
        read = tuple(AxisWindows(kept.index, axis.stride, axis.dilation) for axis, kept in found)
        repeats = {stage.axes.index(axis.letter): kept.source for axis, kept in found if kept.repeats}
        windows = Windows(Span(0, plan.input.extent(BATCH)), read, plan.input.extent(CHANNELS))
        filters = Span(0, plan.spec.filters)
        self.check_device(plan)
        if not stage.size:
            return FeatureMap(np.zeros(stage.shape, FEATURE_DTYPE), {})
        computed = self.of_block(plan, read_windows(source, plan, windows), windows, filters)
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
        wanted = slice(filters.start, filters.stop, filters.step)
        across = plan.spec.activation in _ACROSS_FILTERS
        kernel = self._kernel_of(plan)
        kernel = kernel if across else np.ascontiguousarray(kernel[..., wanted])
        try:
            with keras.device(plan.spec.device.lower()), self._framework.inference():
                # The sum with a bias of zeros is what frameworks have a fused operation for.
                bias = np.zeros((1,) * (block.ndim - 1) + kernel.shape[-1:], FEATURE_DTYPE)
                parts = [keras.ops.convert_to_tensor(part) for part in (block, kernel, bias)]
                function = self._function(plan, kernel.shape, windows, compiled=_is_tame(block))
                result = self._framework.to_numpy(function(*parts))
        except self._framework.out_of_memory as error:
            raise DeviceError(
                f"{plan.spec.device} ran out of memory: the feature map takes {format_bytes(plan.engine_bytes)}; "
                "use fewer filters, larger strides or a smaller target"
            ) from error
        return result[..., wanted] if across else result

    def check_device(self, plan: Plan) -> None:
        """Raises a `DeviceError` where the device of a plan is not there."""
        framework, device = self._framework, plan.spec.device
        if device not in framework.devices:
            raise DeviceError(f"device {device} is not there; {framework.version} has {', '.join(framework.devices)}")

    def _kernel_of(self, plan: Plan) -> Array:
        """Draws the kernel as Keras' layer does: all filters at once, since one alone would be drawn otherwise."""
        sizes = tuple(axis.kernel for axis in plan.spatial)
        drawn = (*sizes, plan.input.extent(CHANNELS), plan.spec.filters, plan.spec.seed)
        if self._drawn != drawn:
            kernel = keras.initializers.GlorotUniform(seed=plan.spec.seed)(drawn[:-1], FEATURE_DTYPE)
            self._kernel, self._drawn = np.asarray(keras.ops.convert_to_numpy(kernel)), drawn
        return self._kernel

    def _function(self, plan: Plan, kernel: tuple[int, ...], windows: Windows, compiled: bool) -> Callable[..., Any]:
        strides = tuple(axis.stride for axis in windows.spatial)
        dilation = tuple(axis.dilation for axis in windows.spatial)
        activation = keras.activations.get(plan.spec.activation)

        def convolve(block: Any, weights: Any, bias: Any) -> Any:
            sums = keras.ops.conv(block, weights, strides, "valid", "channels_last", dilation)
            return activation(keras.ops.add(sums, bias))

        if not compiled:
            return convolve
        key = (kernel, strides, dilation, plan.spec.activation, plan.spec.device)
        if key not in self._functions:
            self._functions[key] = self._framework.compiled(convolve, kernel)
            if len(self._functions) > _KEPT:
                self._functions.popitem(last=False)
        self._functions.move_to_end(key)
        return self._functions[key]


def _is_tame(block: Array) -> bool:
    return bool(block.size and block.min() > -_TAME and block.max() < _TAME)
