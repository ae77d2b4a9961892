"""The engine: runs the real Keras model on a device that the user chose. Arrays in, arrays out; it opens no file."""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np

from padviewer.axes import canonical_axes
from padviewer.bytecount import format_bytes
from padviewer.errors import DeviceError, MissingFeature
from padviewer.geometry import Region, Span
from padviewer.layers import MultiDimDynamicPadding
from padviewer.plan import FEATURE_DTYPE, ArrayInfo, Plan, Stage
from padviewer.spec import PipelineSpec
from padviewer.workers.frameworks import Framework, load_framework
from padviewer.workers.messages import (
    Array,
    Computed,
    ComputeRequest,
    Devices,
    DevicesRequest,
    ProbeRequest,
    Progress,
    Tile,
    TileRequest,
    summarize,
)
from padviewer.workers.shared import SharedArray

_CONVOLUTIONS = {1: keras.layers.Conv1D, 2: keras.layers.Conv2D, 3: keras.layers.Conv3D}


class Engine:
    """Answers requests about feature maps. The map computed last is kept."""

    def __init__(self) -> None:
        self._key: tuple[ArrayInfo, PipelineSpec] | None = None
        self._feature: Array = np.empty(0, FEATURE_DTYPE)
        self._computed = Computed("", 0.0)
        self._plane_region: Region | None = None
        self._plane = self._feature
        self._statistics = summarize(self._plane)
        self._framework = load_framework(keras.config.backend())

    def answer(self, request: Any, _progress: Progress) -> Any:
        """Returns the answer to one request."""
        if isinstance(request, DevicesRequest):
            framework = self._framework
            return Devices(framework.devices, f"{framework.version}, Keras {keras.__version__}")
        if isinstance(request, ComputeRequest):
            return self._compute(request)
        if isinstance(request, TileRequest):
            return self._tile(request)
        if isinstance(request, ProbeRequest):
            return self._probe(request)
        raise TypeError(f"the engine has no answer to {type(request).__name__}")

    def _compute(self, request: ComputeRequest) -> Computed:
        key = (request.plan.info, request.plan.spec)
        if self._key != key:
            self._key, self._feature = None, np.empty(0, FEATURE_DTYPE)
            self._plane_region = None
            started = time.perf_counter()
            with request.array.open() as array:
                self._feature = convolve(self._framework, request.plan, array)
            self._computed = Computed(request.plan.spec.device, (time.perf_counter() - started) * 1000)
            self._key = key
        if request.into is not None:
            self._copy(request.into)
        return self._computed

    def _copy(self, into: SharedArray) -> None:
        with into.open() as array:
            array[...] = self._feature

    def _held(self, plan: Plan) -> Array:
        if self._key != (plan.info, plan.spec):
            raise MissingFeature("the engine does not hold this feature map; it has to compute it first")
        return self._feature

    def _tile(self, request: TileRequest) -> Tile:
        feature = self._held(request.plan)
        plane = self._plane_of(feature, request.plane)
        within = _inside(request.region, request.plane)
        data = _cut(feature, request.region) if within is None else _cut(plane, within)
        return Tile(request.stage, request.region, np.ascontiguousarray(data), self._statistics)

    def _plane_of(self, feature: Array, region: Region) -> Array:
        """Returns the plane on screen, whose elements lie far apart among the filters, copied once."""
        if self._plane_region != region:
            self._plane_region, self._plane = region, np.ascontiguousarray(_cut(feature, region))
            self._statistics = summarize(self._plane)
        return self._plane

    def _probe(self, request: ProbeRequest) -> dict[Stage, Array]:
        feature = self._held(request.plan)
        return {stage: _cut(feature, region).ravel() for stage, region in request.places.items()}


def build_model(plan: Plan) -> keras.Sequential:
    """Returns the model that the window shows: `MultiDimDynamicPadding`, then `Conv1D`, `Conv2D` or `Conv3D`.

    Input shape: `(B, spatial..., C)`, float32. Output shape: `(B, spatial..., filters)`, float32.
    """
    spec = plan.spec
    rank = len(plan.spatial)
    padding = MultiDimDynamicPadding(
        spec.target or (None,) * rank,
        multiple_of=spec.multiple_of if len(spec.multiple_of) > 1 else spec.multiple_of[0],
        position=spec.position,
        seed=spec.position_seed,
        mode=spec.mode,
        fill_value=spec.fill_value,
        overflow=spec.overflow,
    )
    convolution = _CONVOLUTIONS[rank](
        spec.filters,
        tuple(axis.kernel for axis in plan.spatial),
        strides=tuple(axis.stride for axis in plan.spatial),
        dilation_rate=tuple(axis.dilation for axis in plan.spatial),
        padding=spec.conv_padding,
        activation=spec.activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed=spec.seed),
    )
    return keras.Sequential([padding, convolution])


def convolve(framework: Framework, plan: Plan, array: Array) -> Array:
    """Runs the model on the device of the plan.

    Args:
        framework: Keras' backend.
        plan: its `feature` stage is what comes out.
        array: the input, with the axes, shape and dtype of `plan.input`.

    Returns:
        The feature map, float32, with the axes of `plan.feature`.

    Raises:
        DeviceError: the device is not there, or ran out of memory.
    """
    stage = plan.require(Stage.FEATURE)
    device = plan.spec.device
    if device not in framework.devices:
        raise DeviceError(f"device {device} is not there; {framework.version} has {', '.join(framework.devices)}")
    if not stage.size:
        return np.zeros(stage.shape, stage.dtype)
    try:
        with keras.device(device.lower()), framework.inference():
            result = build_model(plan)(keras.ops.convert_to_tensor(to_canonical(array, plan.input.axes)))
            feature: Array = keras.ops.convert_to_numpy(result)
        return feature.reshape(stage.shape)
    except framework.out_of_memory as error:
        raise DeviceError(
            f"{device} ran out of memory: the feature map takes {format_bytes(plan.engine_bytes)}; "
            "use fewer filters, larger strides or a smaller target"
        ) from error


def to_canonical(array: Array, axes: str) -> Array:
    """Returns `array` as float32 with the axes batch, spatial, channels; missing ones get size 1."""
    wanted = canonical_axes(axes)
    moved = array.transpose([axes.index(letter) for letter in wanted if letter in axes])
    shape = [array.shape[axes.index(letter)] if letter in axes else 1 for letter in wanted]
    return moved.reshape(shape).astype(FEATURE_DTYPE)


def _inside(region: Region, plane: Region) -> Region | None:
    """Returns a region in the indices of the plane that holds all of it; None where it does not."""
    pairs = list(zip(region, plane, strict=True))
    if any(origin.step != 1 or span.start < origin.start or span.stop > origin.stop for span, origin in pairs):
        return None
    return tuple(Span(span.start - origin.start, span.stop - origin.start, span.step) for span, origin in pairs)


def _cut(array: Array, region: Region) -> Array:
    return array[tuple(slice(span.start, span.stop, span.step) for span in region)]
