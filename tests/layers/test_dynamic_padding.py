"""`DynamicPadding` and `dynamic_padding` inside Keras: built, traced, compiled, masked, saved, cloned and exported."""

import doctest
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from padviewer.errors import PlanError, SettingsError
from padviewer.geometry import MODES
from padviewer.layers import DynamicPadding, MultiDimDynamicPadding, dynamic_padding, multi_dim_dynamic_padding

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

LAMBDA = "lambda of dynamic_padding"
FORMS = ("DynamicPadding", LAMBDA, "MultiDimDynamicPadding")


def worked_model(form: str) -> keras.Model:
    shape, padding = {
        "DynamicPadding": ((None, 64, 3), DynamicPadding(128)),
        LAMBDA: ((None, 64, 3), keras.layers.Lambda(dynamic_padding, arguments={"target_width": 128})),
        "MultiDimDynamicPadding": ((None, None, 3), MultiDimDynamicPadding((None, 128, 64))),
    }[form]
    model = keras.Sequential([keras.Input(shape), padding, keras.layers.Conv2D(32, 3, activation="relu")])
    assert model.output_shape[-1] == 32
    return model


def batch(width: int, height: int = 64) -> np.ndarray:
    return np.random.default_rng(width).random((2, width, height, 3), "float32")


def expected(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """The convolution of the model on an input that numpy padded."""
    padded = np.pad(x, ((0, 0), (0, max(0, 128 - x.shape[1])), (0, max(0, 64 - x.shape[2])), (0, 0)))
    return np.asarray(model.layers[-1](padded))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ["eager", "graph", "xla"])
def test_a_worked_model_predicts_and_fits_inputs_of_any_length(form: str, way: str) -> None:
    model = worked_model(form)
    model.compile("sgd", "mse", run_eagerly=way == "eager", jit_compile=way == "xla")
    for width in (5, 128, 200):
        x = batch(width)
        y = model.predict(x, verbose=0)
        np.testing.assert_allclose(y, expected(model, x), atol=1e-5)
        before = np.array(model.layers[-1].kernel)
        model.fit(x, np.zeros_like(y), verbose=0)
        assert not np.array_equal(model.layers[-1].kernel, before)


@pytest.mark.parametrize("form", FORMS)
def test_a_worked_model_is_cloned(form: str, tmp_path: Path) -> None:
    model = worked_model(form)
    x = batch(70)
    model.save_weights(tmp_path / "model.weights.h5")
    clone = keras.models.clone_model(model)
    clone.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(clone(x), model(x))


@pytest.mark.tensorflow
@pytest.mark.parametrize("form", FORMS)
def test_a_worked_model_is_exported(form: str, tmp_path: Path) -> None:
    model = worked_model(form)
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(tmp_path / "exported")
    for width in (5, 200):
        np.testing.assert_allclose(exported.serve(batch(width)), expected(model, batch(width)), atol=1e-5)


LOAD = """
import sys
import padviewer.layers
ours = {name for name in sys.modules if name.startswith("padviewer")}
core = (
    "errors", "bytecount", "geometry", "kernels", "axes", "spec", "weights", "plan", "refusals", "resolve"
)
allowed = {"padviewer"} | {f"padviewer.{name}" for name in core}
assert not [name for name in ours - allowed if not name.startswith("padviewer.layers")], ours
assert not [name for name in sys.modules if name.startswith(("PySide6", "pyqtgraph"))]
import keras, numpy
for folder in sys.argv[1:]:
    model = keras.models.load_model(folder + "/model.keras")
    y = model(numpy.load(folder + "/x.npy"))
    numpy.save(folder + "/loaded.npy", keras.ops.convert_to_numpy(y))
"""


def test_saved_models_load_in_a_process_that_imported_the_layers(tmp_path: Path) -> None:
    outputs = {}
    for form in FORMS:
        folder = tmp_path / form
        folder.mkdir()
        model = worked_model(form)
        model.save(folder / "model.keras")
        np.save(folder / "x.npy", batch(70))
        outputs[folder] = np.asarray(model(batch(70)))
    done = subprocess.run([sys.executable, "-c", LOAD, *map(str, outputs)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for folder, output in outputs.items():
        np.testing.assert_array_equal(np.load(folder / "loaded.npy"), output)


@pytest.mark.parametrize(
    "layer",
    [
        DynamicPadding(np.int64(7), axis=-2, position="end", mode="wrap", fill_value=np.float32(0.5), overflow="crop"),
        DynamicPadding(7, name="widened", trainable=False, dtype="mixed_float16"),
        MultiDimDynamicPadding([None, 8, None, None], position="center", overflow="error", fill_value=True),
    ],
)
def test_a_config_is_json_and_makes_an_equal_layer(layer: keras.Layer) -> None:
    config = layer.get_config()
    again = type(layer).from_config(json.loads(json.dumps(config)))
    assert again.get_config() == config
    assert again.settings == layer.settings
    restored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert restored.get_config() == config


def test_all_options_pass_through_both_forms() -> None:
    x = np.arange(24.0).reshape(2, 4, 3)
    options = {"axis": 2, "position": "center", "mode": "reflect", "overflow": "crop"}
    np.testing.assert_array_equal(DynamicPadding(8, **options)(x), np.pad(x, ((0, 0), (0, 0), (2, 3)), "reflect"))
    np.testing.assert_array_equal(dynamic_padding(x, 8, **options), np.pad(x, ((0, 0), (0, 0), (2, 3)), "reflect"))
    np.testing.assert_array_equal(dynamic_padding(x, 5, fill_value=7)[:, 4], np.full((2, 3), 7))


@pytest.mark.parametrize("rank", [2, 3, 4, 5])
def test_any_axis_but_the_batch_of_any_rank(rank: int) -> None:
    x = np.ones((2,) * rank)
    for axis in range(1, rank):
        width = [(0, 3 * (i == axis)) for i in range(rank)]
        np.testing.assert_array_equal(DynamicPadding(5, axis)(x), np.pad(x, width))
        np.testing.assert_array_equal(DynamicPadding(5, axis - rank)(x), np.pad(x, width))


@pytest.mark.parametrize("axis", [4, -4, -5])
def test_an_axis_that_the_input_has_not_is_refused(axis: int) -> None:
    with pytest.raises(PlanError, match=f"axis {axis} does not exist, or is the batch, in an input of rank 4"):
        DynamicPadding(8, axis)(np.ones((1, 2, 2, 3)))
    with pytest.raises(PlanError, match=f"axis {axis} does not exist"):
        keras.Sequential([keras.Input((2, 2, 3)), DynamicPadding(8, axis)])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"target_width": None}, "target_width received None"),
        ({"target_width": -1}, "target_width received -1; expected"),
        ({"target_width": "8"}, "target_width received '8'; expected"),
        ({"target_width": 8, "axis": 0}, "axis received 0; expected .* other than 0, which is the batch"),
        ({"target_width": 8, "axis": 1.5}, "axis received 1.5"),
        ({"target_width": 8, "mode": "mirror"}, "mode 'mirror': expected one of"),
        ({"target_width": 8, "position": "left"}, "position 'left': expected one of"),
        ({"target_width": 8, "overflow": "clip"}, "overflow 'clip': expected one of"),
        ({"target_width": 8, "fill_value": "0"}, "fill value '0': expected a number"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_once(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        DynamicPadding(**arguments)
    with pytest.raises(SettingsError, match=words):
        dynamic_padding(np.ones((1, 2, 3)), **arguments)


def test_a_layer_that_cannot_work_does_not_build() -> None:
    with pytest.raises(PlanError, match="axis 1 has 200 elements, more than the target of 128"):
        keras.Sequential([keras.Input((200, 64, 3)), DynamicPadding(128, overflow="error")])
    with pytest.raises(PlanError, match="fill value 300 cannot be held by uint8"):
        DynamicPadding(128, fill_value=300)(keras.Input((None, 3), dtype="uint8"))


@pytest.mark.tensorflow
def test_error_is_told_while_a_function_of_the_user_is_traced() -> None:
    @tf.function
    def padded(x: Any) -> Any:
        return dynamic_padding(x, 8, overflow="error")

    # TensorFlow's AutoGraph wraps the error in one of its own, and keeps the text.
    with pytest.raises(Exception, match=r"axis 1 has 9 elements, more than the target of 8"):
        padded(tf.ones((1, 9, 3)))


def test_error_reaches_who_predicts() -> None:
    model = keras.Sequential([keras.Input((None, 4)), DynamicPadding(8, overflow="error")])
    with pytest.raises(PlanError, match="axis 1 has 9 elements, more than the target of 8"):
        model(np.ones((1, 9, 4)))
    model.compile(jit_compile=keras.backend.backend() != "torch")  # PyTorch's compiler takes half a minute
    assert model.predict(np.ones((1, 5, 4)), verbose=0).shape == (1, 8, 4)
    assert model.predict(np.ones((1, 6, 4)), verbose=0).shape == (1, 8, 4)
    # XLA tells no more than the name of the operation; the others trace with sizes, and tell all.
    refusal = tf.errors.InvalidArgumentError if keras.backend.backend() == "tensorflow" else PlanError
    with pytest.raises(refusal, match=r"axis_1_is_larger_than_its_target|axis 1 has 9 elements, more than"):
        model.predict(np.ones((1, 9, 4)), verbose=0)


@pytest.mark.parametrize(
    ("overflow", "length", "shape"),
    [
        ("keep", None, (None, None, 4)), ("keep", 5, (None, 8, 4)), ("keep", 9, (None, 9, 4)),
        ("crop", None, (None, 8, 4)), ("crop", 9, (None, 8, 4)), ("error", None, (None, 8, 4)),
    ],
)  # fmt: skip
def test_the_symbolic_shape_is_the_real_one(overflow: str, length: int | None, shape: tuple[int | None, ...]) -> None:
    layer = DynamicPadding(8, overflow=overflow)
    assert layer(keras.Input((length, 4))).shape == shape
    assert layer.compute_output_shape((None, length, 4)) == shape
    assert dynamic_padding(keras.Input((length, 4)), 8, overflow=overflow).shape == shape


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float64", "complex64"])
def test_the_symbolic_dtype_is_the_real_one(dtype: str, mode: str) -> None:
    layer = DynamicPadding(8, mode=mode)
    assert layer(keras.Input((None, 4), dtype=dtype)).dtype == dtype
    assert keras.backend.standardize_dtype(layer(np.ones((1, 5, 4), dtype)).dtype) == dtype


def test_a_mask_is_padded_on_its_own_axes_alone() -> None:
    mask = np.array([[True, False, True]])
    x = np.ones((1, 3, 4))
    layer = DynamicPadding(5, position="end")
    np.testing.assert_array_equal(layer.compute_mask(x, mask), [[False, False, True, False, True]])
    np.testing.assert_array_equal(DynamicPadding(6, axis=2).compute_mask(x, mask), mask)
    assert layer.compute_mask(x) is None


def test_a_function_is_a_layer_on_a_symbolic_input() -> None:
    inputs = keras.Input((None, 4))
    model = keras.Model(inputs, dynamic_padding(inputs, 8, mode="edge"))
    assert isinstance(model.layers[-1], DynamicPadding)
    np.testing.assert_array_equal(model(np.ones((1, 2, 4))), np.ones((1, 8, 4)))


def test_the_examples_of_the_docstrings_run() -> None:
    for module in (sys.modules[DynamicPadding.__module__], multi_dim_dynamic_padding):
        results = doctest.testmod(module)
        assert results.attempted > 3
        assert results.failed == 0
