"""The engine: convolves on a device that the user chose. Arrays in, arrays out; it writes models and opens no file."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from padviewer.bytecount import format_bytes
from padviewer.errors import BudgetError, MissingFeature
from padviewer.geometry import Region, Span, counts
from padviewer.plan import FEATURE_DTYPE, ArrayInfo, Plan, Stage
from padviewer.sources.base import ArraySource
from padviewer.spec import PipelineSpec
from padviewer.weights import Weights
from padviewer.windows import windows_of
from padviewer.workers.convolution import Convolution
from padviewer.workers.explanation import ExplainRequest, Explanation, explain
from padviewer.workers.feature_map import FeatureMap
from padviewer.workers.frameworks import load_framework
from padviewer.workers.messages import (
    Array,
    Computed,
    ComputeRequest,
    ConvolveRequest,
    Devices,
    DevicesRequest,
    Digested,
    DigestRequest,
    ProbeRequest,
    Progress,
    Tile,
    TileRequest,
    View,
)
from padviewer.workers.model_messages import SavedModel, SaveModelRequest
from padviewer.workers.statistics import summarize


class Engine:
    """Answers requests about feature maps. The map computed last is kept."""

    def __init__(self) -> None:
        self._key: tuple[ArrayInfo, PipelineSpec, Weights | None] | None = None
        self._feature: FeatureMap | None = None
        self._computed = Computed("", 0.0)
        self._plane_region: Region | None = None
        self._plane: Array = np.empty(0, FEATURE_DTYPE)
        self._statistics = summarize(self._plane)
        self._framework = load_framework(keras.config.backend())
        self._convolution = Convolution(self._framework)
        self._answers: dict[type, Callable[[Any], Any]] = {
            DevicesRequest: self._devices,
            ComputeRequest: self._compute,
            ConvolveRequest: self._convolve,
            TileRequest: self._tile,
            ProbeRequest: self._probe,
            DigestRequest: self._digest,
            ExplainRequest: self._explain,
            SaveModelRequest: self._save,
        }

    def answer(self, request: Any, _progress: Progress) -> Any:
        """Returns the answer to one request."""
        answer = self._answers.get(type(request))
        if answer is None:
            raise TypeError(f"the engine has no answer to {type(request).__name__}")
        return answer(request)

    def _devices(self, _request: DevicesRequest) -> Devices:
        framework = self._framework
        return Devices(framework.devices, f"{framework.version}, Keras {keras.__version__}")

    def _digest(self, request: DigestRequest) -> Digested:
        return Digested(request.digest(self._held(request.plan).cut(request.region)))

    def _compute(self, request: ComputeRequest) -> Computed:
        plan = request.plan
        plan.require(Stage.FEATURE)
        if not plan.fits:
            raise BudgetError(
                f"the whole feature map takes {format_bytes(plan.engine_bytes)} with its input; with a budget of "
                f"{format_bytes(plan.budget)} it is computed piece by piece"
            )
        key = plan.made_of
        if self._key != key:
            self._forget()
            started = time.perf_counter()
            with request.array.open() as array, ArraySource(array, plan.info) as source:
                self._feature = self._convolution.whole(plan, source)
            self._computed = _computed_since(started, plan)
            self._key = key
        if request.into is not None:
            with request.into.fill() as array:
                self._held(plan).copy_into(array)
        return self._computed

    def _save(self, request: SaveModelRequest) -> SavedModel:
        from padviewer.workers.model import save_model  # noqa: PLC0415 - most engines save none

        plan = request.plan
        plan.require(Stage.FEATURE)
        self._convolution.check_device(plan)
        return save_model(plan, self._convolution.kernel_of(plan), request.path, request.overwrite)

    def _forget(self) -> None:
        self._key, self._feature = None, None
        self._plane_region, self._plane = None, np.empty(0, FEATURE_DTYPE)

    def _convolve(self, request: ConvolveRequest) -> View:
        """Computes a region for itself. What was held of a whole feature map is given back, unless it is on screen."""
        if not request.beside:
            self._forget()
        plan, region = request.plan, request.region
        started = time.perf_counter()
        with request.array.open() as block:
            data = self._convolution.of_block(plan, block, windows_of(plan, region), region[-1])
            data = data.reshape(counts(region))
            if request.into is not None:
                with request.into.fill() as array:
                    array[...] = data
        computed = _computed_since(started, plan)
        if request.digest is not None:
            return View(region, None, computed, request.digest(data))
        return View(region, None if request.into else data, computed)

    def _held(self, plan: Plan) -> FeatureMap:
        if self._feature is None or self._key != plan.made_of:
            raise MissingFeature("the engine does not hold this feature map; it has to compute it first")
        return self._feature

    def _tile(self, request: TileRequest) -> Tile:
        feature = self._held(request.plan)
        plane = self._plane_of(feature, request.plane)
        within = _inside(request.region, request.plane)
        data = feature.cut(request.region) if within is None else _cut(plane, within)
        return Tile(request.stage, request.region, np.ascontiguousarray(data), self._statistics)

    def _plane_of(self, feature: FeatureMap, region: Region) -> Array:
        """Returns the plane on screen, whose elements lie far apart among the filters, copied once."""
        if self._plane_region != region:
            self._plane_region, self._plane = region, np.ascontiguousarray(feature.cut(region))
            self._statistics = summarize(self._plane)
        return self._plane

    def _probe(self, request: ProbeRequest) -> dict[Stage, Array]:
        feature = self._held(request.plan)
        return {stage: feature.cut(region).ravel() for stage, region in request.places.items()}

    def _explain(self, request: ExplainRequest) -> Explanation:
        """Tells how an output comes about; what is held of a whole feature map is kept."""
        plan = request.plan
        holds = self._feature is not None and self._key == plan.made_of
        held = float(self._held(plan).cut(request.region).ravel()[0]) if holds else None
        return explain(request, self._convolution, held, lambda value: self._activated(plan, value))

    def _activated(self, plan: Plan, value: float) -> float:
        with keras.device(plan.spec.device.lower()), self._framework.inference():
            tensor = keras.ops.convert_to_tensor(np.array([value], FEATURE_DTYPE))
            return float(self._framework.to_numpy(keras.activations.get(plan.spec.activation)(tensor))[0])


def _computed_since(started: float, plan: Plan) -> Computed:
    return Computed(plan.spec.device, (time.perf_counter() - started) * 1000)


def _inside(region: Region, plane: Region) -> Region | None:
    """Returns a region in the indices of the plane that holds all of it; None where it does not."""
    pairs = list(zip(region, plane, strict=True))
    if any(origin.step != 1 or span.start < origin.start or span.stop > origin.stop for span, origin in pairs):
        return None
    return tuple(Span(span.start - origin.start, span.stop - origin.start, span.step) for span, origin in pairs)


def _cut(array: Array, region: Region) -> Array:
    return array[tuple(slice(span.start, span.stop, span.step) for span in region)]
