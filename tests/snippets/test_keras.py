"""Both kinds of code for Keras, run: the padding to the last bit, the model against the engine."""

from __future__ import annotations

import dataclasses
import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snippet_cases import array_of, assert_same, batch_first, canonical, padded, plan_of, plans

from padviewer.geometry import Span
from padviewer.models import open_model
from padviewer.plan import ArrayInfo
from padviewer.resolve import resolve
from padviewer.snippets import snippet
from padviewer.sources.base import ArraySource
from padviewer.spec import ACTIVATIONS, CONVOLUTIONS, WEIGHTS, PipelineSpec
from padviewer.weights import Weights, settings_of
from padviewer.workers.convolution import Convolution
from padviewer.workers.frameworks import load_framework
from padviewer.workers.shared import OwnedArray

DIALECTS = ("keras", "keras plain")


@pytest.fixture(scope="module")
def convolution():
    return Convolution(load_framework(keras.config.backend()))


def run(code):
    names = {}
    exec(code, names)
    return names


def feature(convolution, plan, array):
    """What the engine computes, batch first."""
    with ArraySource(array, plan.info) as source:
        found = convolution.whole(plan, source)
    whole = found.cut(tuple(Span(0, size) for size in found.shape))
    return whole if "B" in plan.feature.axes else whole[None]


@settings(deadline=None)
@given(plans())
def test_the_layer_makes_the_padded_tensor(plan):
    x = array_of(plan)
    found = run(snippet("keras", without_convolution(plan)))["padding"](canonical(plan.input.axes, x))
    assert_same(keras.ops.convert_to_numpy(found), canonical(plan.input.axes, padded(plan, x)))


@settings(deadline=None)
@given(plans())
def test_keras_alone_makes_the_padded_tensor(plan):
    x = array_of(plan)
    found = run(snippet("keras plain", without_convolution(plan)))["padding"](canonical(plan.input.axes, x))
    assert_same(keras.ops.convert_to_numpy(found), canonical(plan.input.axes, padded(plan, x)))


def without_convolution(plan):
    """The same plan where the convolution does not fit, so that no kernel is drawn for each example."""
    return dataclasses.replace(plan, feature=None)


@st.composite
def convolutions(draw):
    """Plans that have a feature map, of every kind of convolution and weights."""
    axes = draw(st.sampled_from(["TC", "CT", "T", "HW", "HWC", "CHW", "BHWC", "HWB", "DHWC"]))
    conv = draw(st.sampled_from(CONVOLUTIONS if "D" not in axes else ("standard",)))
    groups = draw(st.sampled_from((1, 2))) if conv == "standard" and "C" in axes else 1
    rank = sum(letter in "THWD" for letter in axes)
    return plan_of(
        tuple(2 * draw(st.integers(1, 2)) if letter == "C" else draw(st.integers(1, 6)) for letter in axes),
        draw(st.sampled_from(["uint8", "float32", "int16", "bool", "float64"])),
        axes,
        target=(7,) * rank,
        mode=draw(st.sampled_from(("constant", "reflect", "wrap"))),
        position=draw(st.sampled_from(("start", "center", "random"))),
        conv=conv,
        groups=groups,
        filters=draw(st.sampled_from((2, 4))),
        depth_multiplier=draw(st.integers(1, 2)),
        kernel=draw(st.just((3,)) | st.tuples(*[st.sampled_from((3, 5))] * rank)),
        strides=draw(st.sampled_from(((1,), (2,)))),
        conv_padding=draw(st.sampled_from(("valid", "same"))),
        activation=draw(st.sampled_from(("linear", "relu", "leaky_relu", "tanh"))),
        weights=draw(st.sampled_from([name for name in WEIGHTS if name != "file"])),
        seed=draw(st.integers(0, 3)),
    )


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(deadline=None, max_examples=25)
@given(plan=convolutions())
def test_the_model_makes_the_feature_map(convolution, dialect, plan):
    assert plan.problem is None
    x = array_of(plan)
    found = keras.ops.convert_to_numpy(run(snippet(dialect, plan))["model"](batch_first(plan.input.axes, x)))
    expected = feature(convolution, plan, x)
    assert found.shape == expected.shape
    # Both sum the same products in float32, in another order.
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * max(1, np.abs(x.astype(float)).max()))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_said(convolution, activation):
    plan = plan_of((6, 6, 3), "float32", "HWC", target=(8, 8), activation=activation, filters=4)
    x = array_of(plan)
    found = keras.ops.convert_to_numpy(run(snippet("keras", plan))["model"](x[None]))
    np.testing.assert_allclose(found, feature(convolution, plan, x), rtol=0, atol=1e-5)


def test_the_model_takes_inputs_of_any_size(convolution):
    plan = plan_of((6, 6, 3), "float32", "HWC", multiple_of=(4,), position="center", filters=4)
    model = run(snippet("keras", plan))["model"]
    other = plan_of((9, 13, 3), "float32", "HWC", multiple_of=(4,), position="center", filters=4)
    x = array_of(other)
    np.testing.assert_allclose(model(x[None]), feature(convolution, other, x), rtol=0, atol=1e-5)


def test_a_fill_beyond_float32_is_padded_in_the_dtype_of_the_input(convolution):
    plan = plan_of((6, 6), "float64", "HW", target=(7, 7), fill_value=1e300, filters=1, activation="linear")
    x = array_of(plan)
    found = keras.ops.convert_to_numpy(run(snippet("keras", plan))["model"](x[None]))
    assert not np.isfinite(found[0, -1]).any()
    np.testing.assert_allclose(found[0, 0, 0], feature(convolution, plan, x)[0, 0, 0], rtol=0, atol=1e-5)


def test_complex_numbers_are_padded_and_not_convolved():
    plan = plan_of((6, 6), "complex64", "HW", target=(7, 7), fill_value=math.nan)
    names = run(snippet("keras", plan))
    assert "model" not in names


def test_it_is_what_a_person_would_write():
    plan = plan_of((37, 211, 3), "uint8", "HWC", target=(128, 256), position="center", filters=8, activation="linear")
    assert snippet("keras", plan).splitlines() == [
        "import keras",
        "",
        "from padviewer.layers import MultiDimDynamicPadding",
        "",
        "# x: H W C, of any size. padding(x[None]) is the padded tensor.",
        'padding = MultiDimDynamicPadding((128, 256), position="center")',
        "",
        "convolution = keras.layers.Conv2D(8, 3, kernel_initializer=keras.initializers.GlorotUniform(seed=0))",
        "inputs = keras.Input((None, None, 3))  # batches of H W C",
        "model = keras.Model(inputs, convolution(padding(inputs)))",
    ]
    assert "keras.layers.ZeroPadding2D(((45, 46), (22, 23)))" in snippet("keras plain", plan)


@pytest.fixture
def plan_with_weights(tmp_path):
    """Makes plans whose weights are read from a file, as the window does, into memory that the test gives back."""
    owned = []

    def make(name, member, shape=(6, 7, 4), **changes):
        path = tmp_path / name
        with open_model(str(path), 1 << 30) as model:
            layer = model.find(member)
            arrays = model.read(layer, 1 << 30)
        memory = OwnedArray((layer.size,), "float32")
        owned.append(memory)
        with memory.array.open() as numbers:
            np.concatenate([array.ravel() for array in arrays], out=numbers)
        file = str(path) + (f"::{member}" if member else "")
        weights = Weights(file, layer, 0, memory.array.name)
        info = ArrayInfo("photo.png", None, "NPY", shape, "float32", "HWC", False, 0)
        spec = PipelineSpec(weights="file", weights_file=file, target=(8, 8), mode="reflect", activation="linear")
        found = settings_of(layer, spec, shape[-1], 2) | {"activation": "linear"} | changes
        plan = resolve(spec.replace(**found), info, 1 << 40, weights)
        assert plan.problem is None, plan.problem
        return plan

    yield make
    for memory in owned:
        memory.release()


def weights_on_disk(folder):
    keras.utils.set_random_seed(1)
    layers = [
        keras.layers.Conv2D(4, 3, use_bias=False, name="plain"),
        keras.layers.SeparableConv2D(5, 3, bias_initializer="random_normal", name="both halves"),
    ]
    model = keras.Sequential([keras.Input((None, None, 4)), *layers])
    model.save(folder / "model.keras")
    model.save_weights(folder / "model.weights.h5")
    random = np.random.default_rng(0)
    np.save(folder / "kernel.npy", random.normal(size=(3, 3, 4, 6)).astype("float32"))
    np.savez(folder / "patterns.npz", ramp=random.normal(size=(3, 3)).astype("float32"))
    return layers


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("model.keras", "layers/conv2d"),
        ("model.keras", "layers/separable_conv2d"),
        ("kernel.npy", None),
        ("patterns.npz", "ramp"),
    ],
)
def test_weights_of_a_file_are_read_from_it(convolution, plan_with_weights, tmp_path, dialect, name, member):
    weights_on_disk(tmp_path)
    plan = plan_with_weights(name, member)
    x = array_of(plan)
    found = keras.ops.convert_to_numpy(run(snippet(dialect, plan))["model"](x[None]))
    np.testing.assert_allclose(found, feature(convolution, plan, x), rtol=0, atol=1e-5)


def test_weights_without_a_model_are_loaded_by_names_of_their_own(
    convolution, plan_with_weights, tmp_path, monkeypatch
):
    layers = weights_on_disk(tmp_path)
    plan = plan_with_weights("model.weights.h5", "layers/separable_conv2d")
    for name, array in zip(("depthwise", "pointwise", "bias"), layers[1].get_weights(), strict=True):
        np.save(tmp_path / f"{name}.npy", array)
    monkeypatch.chdir(tmp_path)
    x = array_of(plan)
    found = keras.ops.convert_to_numpy(run(snippet("keras", plan))["model"](x[None]))
    np.testing.assert_allclose(found, feature(convolution, plan, x), rtol=0, atol=1e-5)
