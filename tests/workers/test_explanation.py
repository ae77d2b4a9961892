"""How an output comes about, against Keras' own layers and against sums of numpy."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest

from padviewer.errors import BudgetError
from padviewer.plan import ArrayInfo
from padviewer.reach import Kind, parts, window
from padviewer.resolve import resolve
from padviewer.sources import ArraySource, read_windows
from padviewer.spec import ACTIVATIONS, PipelineSpec
from padviewer.windows import windows_of
from padviewer.workers.engine import Engine
from padviewer.workers.explanation import MOST_TERMS, ExplainRequest, explanation_job, output_region
from padviewer.workers.messages import ComputeRequest, ProbeRequest, WindowsRequest
from padviewer.workers.shared import OwnedArray


@functools.cache
def engine() -> Engine:
    return Engine()


def plan_of(array, axes, **settings):
    info = ArrayInfo("array", None, "test", array.shape, str(array.dtype), axes, False, array.nbytes)
    plan = resolve(PipelineSpec(axes=axes, **settings), info, 2**40)
    assert plan.feature is not None, plan.problem
    return plan


def explained(plan, array, place):
    """Drives the job with a source at hand and an engine in this process."""
    job = explanation_job(plan, output_region(plan, dict(zip(plan.feature.axes, place, strict=True))))
    _worker, request = next(job)
    assert isinstance(request, WindowsRequest)
    with request.array.open() as block:
        block[...] = read_windows(ArraySource(array, plan.info), plan, windows_of(plan, request.region))
    _worker, request = job.send(None)
    assert isinstance(request, ExplainRequest)
    with pytest.raises(StopIteration) as stop:
        job.send(engine().answer(request, lambda *_: None))
    return stop.value.value


def whole(plan, array):
    """The feature map that the engine holds then, as the pane shows it."""
    held = OwnedArray(array.shape, str(array.dtype))
    try:
        with held.array.open() as shared:
            shared[...] = array
        engine().answer(ComputeRequest(plan, held.array), lambda *_: None)
    finally:
        held.release()


def padded_by_numpy(plan, array):
    """The padded tensor, with the zeros of `same` around it, and where each index of it begins."""
    pads = [(axis.pad.before, axis.pad.after) for axis in plan.spatial]
    mode = plan.spec.mode
    extra = {"constant_values": plan.spec.fill_value} if mode == "constant" else {}
    tensor = np.pad(array.astype("float32"), [*pads, (0, 0)], mode=mode, **extra)
    conv = [tuple(axis.conv) for axis in plan.spatial]
    return np.pad(tensor, [*conv, (0, 0)]), [before for before, _after in conv]


CASES = (
    {"kernel": (3,), "conv_padding": "same", "position": "center"},
    {"kernel": (3, 5), "mode": "reflect", "strides": (2,)},
    {"kernel": (3,), "dilation": (3, 2), "mode": "symmetric", "conv_padding": "same"},
    {"kernel": (3,), "fill_value": 7, "groups": 2, "filters": 4, "position": "end"},
    {"kernel": (3,), "conv": "depthwise", "depth_multiplier": 2},
    {"kernel": (3,), "conv": "separable", "filters": 5, "depth_multiplier": 2},
    {"kernel": (1,), "mode": "wrap"},
)


@pytest.mark.parametrize("settings", CASES)
@pytest.mark.parametrize("activation", ["linear", "relu", "softmax"])
@pytest.mark.parametrize("holds", [False, True], ids=["for the view", "held whole"])
def test_the_terms_make_the_output(settings, activation: str, holds: bool) -> None:
    array = np.random.default_rng(3).integers(0, 200, (9, 11, 4)).astype("uint8")
    plan = plan_of(array, "HWC", target=(14, 16), activation=activation, **{"filters": 6, **settings})
    engine()._forget()
    if holds:
        whole(plan, array)
    tensor, offsets = padded_by_numpy(plan, array)
    for place in ((0, 0, 0), (3, 4, 3), tuple(size - 1 for size in plan.feature.shape)):
        found = explained(plan, array, place)
        starts = [o * axis.stride for o, axis in zip(place, plan.spatial, strict=False)]
        cut = tuple(slice(s, s + a.span, a.dilation) for s, a in zip(starts, plan.spatial, strict=True))
        assert all(
            s - o == window(a, p).start for s, o, a, p in zip(starts, offsets, plan.spatial, place, strict=False)
        )
        channels = slice(found.first_channel, found.first_channel + found.shape[-1])
        np.testing.assert_array_equal(found.values, tensor[cut][..., channels].ravel())
        kernel, bias = engine()._convolution.filter_of(plan, place[-1])
        np.testing.assert_array_equal(found.weights, kernel[..., channels].ravel())
        assert np.count_nonzero(kernel) == np.count_nonzero(found.weights), "no weight is left out"
        assert found.exact == pytest.approx(np.dot(found.values.astype("f8"), found.weights.astype("f8")), rel=1e-12)
        assert found.bias == bias
        assert found.summed == pytest.approx(found.exact + bias, abs=1e-5 * max(1.0, found.magnitude))
        assert found.value == pytest.approx(found.activated, rel=1e-4, abs=1e-5 * max(1.0, found.magnitude))
        if holds:
            region = output_region(plan, dict(zip("HWC", place, strict=True)))
            held = engine().answer(ProbeRequest(plan, {"feature": region}), lambda *_: None)["feature"]
            assert found.value == held.item(), "what is held is kept, and is the value"


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_that_of_keras(activation: str) -> None:
    array = np.random.default_rng(1).normal(size=(6, 6)).astype("float32")
    plan = plan_of(array, "HW", filters=3, activation=activation)
    layer = keras.layers.Conv2D(
        3, 3, activation=activation, kernel_initializer=keras.initializers.GlorotUniform(seed=plan.spec.seed)
    )
    expected = np.asarray(keras.ops.convert_to_numpy(layer(array[None, :, :, None])))[0]
    for place in np.ndindex(*plan.feature.shape):
        found = explained(plan, array, place)
        assert found.value == pytest.approx(expected[place], rel=1e-5, abs=1e-6)
        assert found.activated == pytest.approx(expected[place], rel=1e-5, abs=1e-6)
        assert (found.largest is not None) == (activation == "softmax")


@pytest.mark.parametrize(("shape", "axes"), [((30,), "T"), ((30, 2), "TC"), ((2, 5, 6, 7), "BDHW"), ((2, 7, 8), "CHW")])
def test_any_axes(shape, axes: str) -> None:
    array = np.random.default_rng(1).normal(size=shape).astype("float64")
    plan = plan_of(array, axes, filters=2, activation="linear", kernel=(2,))
    for place in (tuple(0 for _ in plan.feature.shape), tuple(size - 1 for size in plan.feature.shape)):
        found = explained(plan, array, place)
        assert found.count == len(found.values) == 2 ** len(plan.spatial) * plan.input.extent("C")
        assert found.value == pytest.approx(found.exact, rel=1e-5, abs=1e-5)


def test_of_many_terms_the_largest_are_told() -> None:
    array = np.random.default_rng(1).normal(size=(90, 90)).astype("float32")
    plan = plan_of(array, "HW", filters=1, kernel=(80,), activation="linear")
    found = explained(plan, array, (0, 0, 0))
    kernel, _bias = engine()._convolution.filter_of(plan, 0)
    products = (array[:80, :80].astype("f8") * kernel[..., 0]).ravel()
    assert found.count == 6400
    assert len(found.places) == MOST_TERMS
    assert found.exact == pytest.approx(products.sum(), abs=1e-9)
    told = found.values.astype("f8") * found.weights
    np.testing.assert_array_equal(told, products[found.places])
    rest = np.delete(np.abs(products), found.places)
    assert np.abs(told).min() >= rest.max()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_a_number_is_no_error(bad: float) -> None:
    array = np.ones((5, 5), "float32")
    array[2, 2] = bad
    plan = plan_of(array, "HW", filters=1, activation="relu")
    found = explained(plan, array, (1, 1, 0))
    assert not np.isfinite(found.exact)
    assert np.array_equal([found.value], [found.activated], equal_nan=True)


def test_a_window_that_is_too_large_is_refused() -> None:
    info = ArrayInfo("array", None, "test", (10**9,), "float32", "T", False, 0)
    plan = resolve(PipelineSpec(axes="T", filters=1, kernel=(10**8,)), info, 2**40)
    with pytest.raises(BudgetError, match=r"window of one output takes 381 MiB"):
        next(explanation_job(plan, output_region(plan, {"T": 0, "C": 0})))


def test_zeros_of_the_convolution_are_told_from_padding() -> None:
    array = np.ones((4,), "float32")
    plan = plan_of(array, "T", target=(6,), position="end", fill_value=5, filters=1, kernel=(5,), conv_padding="same")
    found = explained(plan, array, (0, 0))
    assert found.values.tolist() == [0, 0, 5, 5, 1]
    kinds = [(kind, part.count) for kind, part in parts(plan.spatial[0], window(plan.spatial[0], 0))]
    assert kinds == [(Kind.ZERO, 2), (Kind.PADDING, 2), (Kind.DATA, 1)]
