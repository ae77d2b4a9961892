"""The engine process against the model that anybody would build with Keras."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from padviewer.errors import BudgetError, DeviceError, PadviewerError, UnexpectedError
from padviewer.geometry import Span, whole
from padviewer.plan import ArrayInfo, Stage
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec
from padviewer.workers.messages import (
    Computed,
    ComputeRequest,
    DevicesRequest,
    OpenRequest,
    ProbeRequest,
    TileRequest,
)
from padviewer.workers.shared import OwnedArray
from padviewer.workers.statistics import Statistics

BUDGET = 1 << 28
WAIT = 120
RNG = np.random.default_rng(11)
CASES = (
    ("uint8", (17, 23, 3), {"axes": "HWC"}),
    ("uint8", (17, 23, 3), {"axes": "HWC", "target": [32, 32], "position": "center", "fill_value": 128}),
    ("float32", (3, 17, 23), {"axes": "CHW", "target": [20, None], "mode": "reflect", "filters": 5, "seed": 7}),
    ("float64", (17, 23), {"axes": "WH", "target": [40, 50], "mode": "wrap", "position": "end", "kernel": [3, 5]}),
    ("int16", (2, 9, 11, 4), {"axes": "BHWC", "strides": [2, 3], "activation": "tanh", "kernel": [5]}),
    ("float16", (2, 4, 9, 11),
     {"axes": "BCHW", "conv_padding": "same", "strides": [2], "mode": "edge", "target": [12, 12]}),
    ("bool", (21, 22),
     {"axes": "HW", "dilation": [2, 3], "activation": "sigmoid", "target": [24, 20], "overflow": "crop"}),
    ("float32", (50,), {"axes": "T", "target": [64], "mode": "symmetric", "activation": "softmax", "filters": 4}),
    ("float32", (50, 6), {"axes": "TC", "conv_padding": "causal", "dilation": [4], "activation": "gelu"}),
    ("uint16", (3, 5, 40), {"axes": "BCT", "strides": [4], "conv_padding": "causal", "activation": "linear"}),
    ("float32", (7, 8, 9), {"axes": "DHW", "target": [8, 10, None], "kernel": [1, 2, 3], "filters": 3}),
    ("uint8", (3, 7, 8, 9), {"axes": "CDHW", "strides": [1, 2, 2], "conv_padding": "same", "activation": "elu"}),
    ("float32", (2, 5, 6, 7, 2), {"axes": "BDHWC", "dilation": [1, 2, 1], "position": "center", "target": [6, 6, 9]}),
    ("int64", (30, 40, 2),
     {"axes": "HWC", "target": [20, 50], "overflow": "crop", "position": "center", "filters": 64}),
    ("uint8", (17, 23, 3),
     {"axes": "HWC", "target": [20, None], "multiple_of": [8, 16], "position": "random", "position_seed": 11,
      "fill_value": [9, 0, 255]}),
    ("int32", (3, 40, 30),
     {"axes": "CHW", "target": [24, 24], "overflow": "crop", "position": "random", "position_seed": 5}),
)  # fmt: skip


def plan_of(array, settings):
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
    info = ArrayInfo("array", None, "test", array.shape, array.dtype.name, given["axes"], False, array.nbytes)
    return resolve(PipelineSpec(**given), info, BUDGET)


def ask(engine, request):
    return engine.submit(request).result(WAIT)


@pytest.fixture
def compute(engine):
    """Has the engine compute a plan of an array; returns the whole feature map and the answer."""
    owned = []

    def compute(plan, array):
        source = OwnedArray(array.shape, array.dtype.name)
        result = OwnedArray(plan.feature.shape, plan.feature.dtype) if plan.feature else None
        owned.extend([source, *([result] if result else [])])
        with source.array.open() as memory:
            memory[...] = array
            del memory
        answer = ask(engine, ComputeRequest(plan, source.array, result.array if result else None))
        with result.array.open() as memory:
            feature = memory.copy()
            del memory
        return feature, answer

    yield compute
    for array in owned:
        array.release()


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    """Inputs and feature maps of all cases, computed by Keras in one other process."""
    folder = tmp_path_factory.mktemp("references")
    arrays = []
    for i, (dtype, shape, _settings) in enumerate(CASES):
        arrays.append((RNG.normal(size=shape) * 10).astype("int64" if dtype != "bool" else dtype).astype(dtype))
        if dtype.startswith("float"):
            arrays[-1] = RNG.normal(size=shape).astype(dtype)
        np.save(folder / f"input_{i}.npy", arrays[-1])
    (folder / "cases.json").write_text(json.dumps([settings for _dtype, _shape, settings in CASES]))
    program = Path(__file__).with_name("keras_reference.py")
    subprocess.run([sys.executable, program, folder], check=True, capture_output=True, timeout=300)
    return [(array, np.load(folder / f"feature_{i}.npy")) for i, array in enumerate(arrays)]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_the_feature_map_is_what_keras_makes(engine, compute, references, case):
    array, expected = references[case]
    plan = plan_of(array, CASES[case][2])
    feature, answer = compute(plan, array)
    assert feature.shape == plan.feature.shape == expected.shape
    assert feature.dtype == np.float32
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(feature, expected, rtol=0, atol=1e-5 * scale)
    assert type(answer) is Computed
    assert answer.device == "CPU:0"
    assert answer.milliseconds > 0
    tiles_and_probes_are_slices(engine, plan, feature)


def tiles_and_probes_are_slices(engine, plan, feature):
    steps = tuple(Span(size // 4, size, 1 + i) for i, size in enumerate(feature.shape))
    for region, plane in itertools.product((whole(feature.shape), steps), repeat=2):
        tile = ask(engine, TileRequest(plan, Stage.FEATURE, region, plane))
        np.testing.assert_array_equal(tile.data, cut(feature, region))
        shown = cut(feature, plane)
        assert tile.statistics == Statistics(float(shown.min()), float(shown.max()), 0, 0, 1)
    at = tuple(Span(size // 2, size // 2 + 1) for size in feature.shape[:-1])
    region = (*at, Span(0, feature.shape[-1]))
    values = ask(engine, ProbeRequest(plan, {Stage.FEATURE: region}))
    np.testing.assert_array_equal(values[Stage.FEATURE], cut(feature, region).ravel())


def cut(array, region):
    return array[tuple(slice(*span) for span in region)]


def test_the_same_plan_is_not_computed_twice_and_another_file_is(engine, compute):
    array = RNG.normal(size=(40, 40, 3)).astype("float32")
    plan = plan_of(array, {"axes": "HWC"})
    feature, first = compute(plan, array)
    again, second = compute(plan, array)
    assert second == first
    np.testing.assert_array_equal(again, feature)
    changed = ArrayInfo("array", None, "test", (40, 40, 3), "float32", "HWC", False, array.nbytes, modified=5)
    other, _ = compute(resolve(plan.spec, changed, BUDGET), array + 1)
    assert np.abs(other - feature).max() > 0.1


def test_what_is_not_finite_is_counted_and_kept(engine, compute):
    array = np.zeros((6, 6), "float32")
    array[1, 1], array[4, 4] = np.nan, np.inf
    plan = plan_of(array, {"axes": "HW", "filters": 2, "kernel": [2], "activation": "linear", "target": [8, 8]})
    feature, _ = compute(plan, array)
    assert np.isnan(feature[0:2, 0:2]).all()
    assert not np.isnan(feature[2, 0:2]).any()
    region = whole(feature.shape)
    statistics = ask(engine, TileRequest(plan, Stage.FEATURE, region, region)).statistics
    assert (statistics.nans, statistics.infs) == (int(np.isnan(feature).sum()), int(np.isinf(feature).sum()))
    assert statistics.nans >= 8
    assert statistics.infs >= 1
    assert statistics.minimum == statistics.maximum == 0.0
    tile = ask(engine, TileRequest(plan, Stage.FEATURE, region, region))
    np.testing.assert_array_equal(tile.data, feature)


def test_fills_that_are_not_numbers(compute):
    array = np.ones((4, 4), "float32")
    plan = plan_of(array, {"axes": "HW", "filters": 1, "fill_value": float("nan"), "target": [8, 4]})
    feature, _ = compute(plan, array)
    assert np.isfinite(feature[:2]).all()
    assert np.isnan(feature[2:]).all()


def test_an_empty_feature_map_is_an_array(compute):
    array = np.zeros((0, 5, 5, 2), "float32")
    plan = plan_of(array, {"axes": "BHWC", "filters": 3})
    feature, _ = compute(plan, array)
    assert feature.shape == (0, 3, 3, 3)


def test_a_device_that_is_not_there(engine, compute):
    names = ask(engine, DevicesRequest()).names
    assert "CPU:0" in names
    array = np.zeros((5, 5), "float32")
    with pytest.raises(DeviceError) as caught:
        compute(plan_of(array, {"axes": "HW", "device": "GPU:7"}), array)
    assert caught.value.message.startswith("device GPU:7 is not there; TensorFlow 2.")
    assert caught.value.message.endswith(f" has {', '.join(names)}")
    feature, _ = compute(plan_of(array, {"axes": "HW"}), array)
    assert feature.shape == (3, 3, 32)


def test_it_says_what_it_is(engine):
    found = ask(engine, DevicesRequest())
    assert "TensorFlow 2." in found.framework
    assert "Keras 3." in found.framework


def test_what_was_not_computed_cannot_be_shown(engine):
    array = np.zeros((5, 5), "float32")
    plan = plan_of(array, {"axes": "HW", "seed": 99})
    region = whole(plan.feature.shape)
    with pytest.raises(PadviewerError, match=r"comput"):
        ask(engine, TileRequest(plan, Stage.FEATURE, region, region))
    with pytest.raises(PadviewerError, match=r"comput"):
        ask(engine, ProbeRequest(plan, {Stage.FEATURE: region}))


def test_plans_beyond_the_budget_are_refused_before_anything_is_computed(engine):
    array = np.zeros((5, 5), "float32")
    source = OwnedArray(array.shape, "float32")
    larger = plan_of(array, {"axes": "HW", "target": [100000, 100000]})
    with pytest.raises(BudgetError, match="piece by piece"):
        ask(engine, ComputeRequest(larger, source.array))
    kernel = plan_of(array, {"axes": "HW", "filters": 2**30})
    with pytest.raises(BudgetError, match="--budget"):
        ask(engine, ComputeRequest(kernel, source.array))
    source.release()


def test_a_request_that_is_not_for_the_engine(engine):
    with pytest.raises(UnexpectedError, match="OpenRequest"):
        ask(engine, OpenRequest("a", None, 1))
