"""What the layers promise inside Keras, case by case: shapes, masks, gradients, the inverse, configs (9 to 15)."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy_padding import Wanted, counted, gradient, numpy_padded

from padviewer.errors import BudgetError, PlanError
from padviewer.geometry import MODES, POSITIONS
from padviewer.layers import DynamicPadding, MultiDimDynamicPadding, Unpadding, dynamic_padding, unpad
from padviewer.plan import ArrayInfo
from padviewer.resolve import resolve
from padviewer.spec import PipelineSpec


@pytest.mark.parametrize("overflow", ["crop", "error"])
@pytest.mark.parametrize("position", POSITIONS)
def test_09_a_dense_layer_builds_on_the_static_shape(overflow: str, position: str) -> None:
    layer = MultiDimDynamicPadding((None, 128, 64), overflow=overflow, position=position)
    assert layer(keras.Input((None, None, 3))).shape == (None, 128, 64, 3)
    small = MultiDimDynamicPadding((8, 4), overflow=overflow, position=position)
    model = keras.Sequential([keras.Input((None, None, 3)), small, keras.layers.Flatten(), keras.layers.Dense(2)])
    assert model.predict(np.ones((2, 5, 4, 3), "float32"), verbose=0).shape == (2, 2)


def test_09_a_multiple_of_an_unknown_size_is_unknown() -> None:
    assert MultiDimDynamicPadding((None, None), multiple_of=8)(keras.Input((None, 5, 3))).shape == (None, None, 8, 3)


@pytest.mark.parametrize(("position", "jit"), [*((position, False) for position in POSITIONS), ("random", True)])
def test_10_a_recurrent_layer_skips_the_padding(position: str, jit: bool) -> None:
    tokens = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(9, 4, mask_zero=True)(tokens)
    padded = DynamicPadding(8, position=position, fill_value=5, overflow="crop", seed=3)(embedded)
    model = keras.Model(tokens, keras.layers.LSTM(3)(padded))
    short = keras.Model(tokens, model.layers[-1](embedded))
    model.compile("sgd", "mse", jit_compile=jit and keras.backend.backend() != "torch")
    x = np.array([[1, 2, 3, 4, 5], [6, 7, 0, 0, 0]])
    for _ in range(3):
        np.testing.assert_allclose(model.predict(x, verbose=0), short.predict(x, verbose=0), atol=1e-6)
    if position == "random":
        model.fit(x, np.ones((2, 3)), verbose=0)
    for again in (keras.Model.from_config(model.get_config()), keras.models.clone_model(model)):
        again.set_weights(model.get_weights())
        np.testing.assert_allclose(again(x), model(x), atol=1e-6)


class Shown(keras.layers.Layer):
    """Returns the mask of its input as numbers."""

    supports_masking = True

    def call(self, x: Any, mask: Any = None) -> Any:
        return keras.ops.cast(mask, "int32")


@pytest.mark.parametrize("position", POSITIONS)
def test_10_a_mask_goes_with_its_tensor(position: str) -> None:
    tokens = keras.Input((None,), dtype="int32")
    padding = DynamicPadding(8, position=position, return_pad_width=True)
    padded, pad_width = padding(keras.layers.Embedding(9, 1, mask_zero=True)(tokens))
    model = keras.Model(tokens, [Shown()(padded), pad_width])
    for _ in range(4):
        mask, amounts = model(np.array([[1, 0, 3]]))
        before, after = np.asarray(amounts)[1]
        np.testing.assert_array_equal(mask, [[0] * before + [1, 0, 1] + [0] * after])


@pytest.mark.parametrize("position", ["start", "center", "end"])
@pytest.mark.parametrize("mode", MODES)
def test_11_a_gradient_counts_the_copies_of_each_element(mode: str, position: str) -> None:
    x = counted(1, 3, 1)
    weights = np.arange(1.0, 12.0, dtype="float32")[None, :, None]

    def weighted(tensor: Any) -> Any:
        y = dynamic_padding(tensor, 11, mode=mode, position=position)
        return keras.ops.sum(keras.ops.multiply(y, weights))

    found = gradient(weighted, x)
    copies = numpy_padded(x, (None, Wanted(11), None), position, mode)[0, :, 0].astype(int)
    np.testing.assert_allclose(found[0, :, 0], np.bincount(copies, weights[0, :, 0], minlength=4)[1:])


@pytest.mark.parametrize("mode", MODES)
def test_11_gradients_are_finite_differences(mode: str) -> None:
    x = np.random.default_rng(0).random((1, 2, 3, 2), "float32")
    fill: Any = (0.5, -1) if mode == "constant" else 0
    layer = MultiDimDynamicPadding((5, 2), mode=mode, position="center", overflow="crop", fill_value=fill)

    def loss(tensor: Any) -> Any:
        y = layer(tensor)
        weights = np.linspace(1, 2, 20, dtype="float32").reshape(1, 5, 2, 2)
        return keras.ops.sum(keras.ops.multiply(y * y, weights))

    found = gradient(loss, x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-2
        difference = (float(loss(x + step)) - float(loss(x - step))) / 2e-2
        assert found[place] == pytest.approx(difference, abs=2e-2)


def test_11_a_crop_has_no_gradient_where_it_cut() -> None:
    found = gradient(
        lambda tensor: keras.ops.sum(dynamic_padding(tensor, 2, position="center", overflow="crop")), counted(1, 5, 1)
    )
    np.testing.assert_array_equal(found[0, :, 0], [0, 1, 1, 0, 0])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("position", POSITIONS)
def test_12_unpadding_is_the_inverse_for_every_parity(position: str, mode: str) -> None:
    for size in (1, 4, 5):
        x = counted(2, size, 3)
        for target in (size, size + 1, size + 2, 3 * size + 1):
            y, pad_width = dynamic_padding(x, target, position=position, mode=mode, seed=target, return_pad_width=True)
            np.testing.assert_array_equal(unpad(y, pad_width), x)
            np.testing.assert_array_equal(Unpadding(position=position)([y, x, pad_width]), x)


def test_12_after_a_crop_it_refuses_or_fills() -> None:
    x = counted(1, 5, 1)
    y = dynamic_padding(x, 3, overflow="crop")
    with pytest.raises(PlanError, match="axis 1 was cropped"):
        Unpadding()([y, x])
    filled = Unpadding(cropped="fill", fill_value=9)([y, x])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(filled)[0, :, 0], [1, 2, 3, 9, 9])


LAYERS = [
    lambda: DynamicPadding(None, axis=-2, multiple_of=np.int64(4), position="random", seed=np.uint8(7)),
    lambda: DynamicPadding(9, axis=2, position="end", fill_value=[1, 2.5, 0], return_pad_width=True, name="widened"),
    lambda: MultiDimDynamicPadding([9, None], multiple_of=[2, 3], overflow="crop", data_format="channels_first"),
    lambda: MultiDimDynamicPadding((None, 9, 8, None), position="center", mode="reflect", overflow="error"),
    lambda: MultiDimDynamicPadding((9, None), batched=False, fill_value=np.array([1, 2, 3])),
]


@pytest.mark.parametrize("make", LAYERS)
def test_13_a_config_is_json_and_makes_an_equal_layer(make: Any) -> None:
    layer = make()
    config = layer.get_config()
    again = type(layer).from_config(json.loads(json.dumps(config)))
    assert again.get_config() == config
    assert (again.settings, again.axes) == (layer.settings, layer.axes)
    restored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert restored.get_config() == config
    shape = (6, 5, 3) if not layer.axes.batched else (2, 3, 5, 8) if layer.data_format else (2, 6, 5, 3)
    x = counted(*shape)
    for expected, found in zip(_parts(layer(x)), _parts(restored(x)), strict=True):
        np.testing.assert_array_equal(found, expected)


def _parts(outputs: Any) -> list[Any]:
    return outputs if isinstance(outputs, list) else [outputs]


@pytest.mark.parametrize("position", POSITIONS)
def test_13_a_saved_model_predicts_the_same(position: str, tmp_path: Path) -> None:
    inputs = keras.Input((None, None, 3))
    y, pad_width = MultiDimDynamicPadding(
        (9, 8), multiple_of=2, position=position, seed=4, fill_value=(1, 2, 3), return_pad_width=True
    )(inputs)
    outputs = Unpadding(position=position)([keras.layers.Conv2D(2, 3, padding="same")(y), inputs, pad_width])
    model = keras.Model(inputs, outputs)
    x = counted(2, 5, 6, 3)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    rebuilt = keras.Model.from_config(model.get_config())
    rebuilt.load_weights(tmp_path / "model.weights.h5")
    expected = model(x)
    for other in (loaded, rebuilt, keras.models.clone_model(loaded)):
        other.set_weights(model.get_weights())
        np.testing.assert_allclose(other(x), expected, rtol=1e-5)


@pytest.mark.tensorflow
@pytest.mark.parametrize("position", POSITIONS)
def test_13_an_exported_model_predicts_the_same(position: str, tmp_path: Path) -> None:
    import tensorflow as tf  # noqa: PLC0415 (only where it is)

    layer = MultiDimDynamicPadding((9, 8), position=position, seed=4, overflow="crop")
    model = keras.Sequential([keras.Input((None, None, 3)), layer, keras.layers.Conv2D(2, 3)])
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(tmp_path / "exported")
    fresh = keras.models.clone_model(model)
    fresh.set_weights(model.get_weights())
    for size in (5, 12):
        x = counted(2, size, 6, 3)
        np.testing.assert_allclose(exported.serve(x), fresh(x), rtol=1e-5)


def test_14_the_backend_is_the_one_that_was_asked_for() -> None:
    # All of these tests run under each backend: `make test-backends`.
    y = dynamic_padding(counted(1, 3, 2), 8, mode="wrap")
    assert type(y).__module__.split(".")[0].removesuffix("lib") in (keras.backend.backend(), "jax")
    np.testing.assert_array_equal(y, numpy_padded(counted(1, 3, 2), (None, Wanted(8), None), mode="wrap"))


@pytest.mark.parametrize("mode", MODES)
def test_15_a_size_that_cannot_be_is_refused_before_memory_is_spent(mode: str) -> None:
    layer = MultiDimDynamicPadding((10**6, 10**6), mode=mode, overflow="crop")
    words = r"axis 1 from .* to 1000000 elements, axis 2 from .* to 1000000 elements would take 10.9 TiB, more than the"
    tracemalloc.start()
    with pytest.raises(BudgetError, match=words):
        layer(np.ones((1, 4, 4, 3), "float32"))
    with pytest.raises(BudgetError, match=words):
        keras.Sequential([keras.Input((None, None, 3)), layer])
    assert tracemalloc.get_traced_memory()[1] < 2**26
    tracemalloc.stop()


def test_15_a_padded_input_smaller_than_the_kernel_names_the_axis() -> None:
    info = ArrayInfo("a", None, "NPY", (20, 4, 3), "float32", "HWC", False, 0)
    plan = resolve(PipelineSpec(target=(20, 6), kernel=(3, 7)), info, 2**40)
    assert plan.problem is not None
    with pytest.raises(PlanError, match="axis W has 6 elements after padding, fewer than the 7 that the kernel spans"):
        raise plan.problem
