"""The worked models, trained on inputs of many sizes: the loss falls, and what is saved goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from padviewer.layers import DynamicPadding, MultiDimDynamicPadding, dynamic_padding, pad_batch

WIDTHS = (1, 5, 64, 100, 127, 128, 129, 130, 150, 190, 200, 256)
FORMS = ("DynamicPadding", "lambda of dynamic_padding", "MultiDimDynamicPadding")
tensorflow = pytest.mark.tensorflow
either = pytest.mark.parametrize("jit", [False, True], ids=["plain", "jit"])


def worked_model(form: str, **options: Any) -> keras.Model:
    shape, padding = {
        "DynamicPadding": ((None, 64, 3), DynamicPadding(128, **options)),
        "lambda of dynamic_padding": (
            (None, 64, 3),
            keras.layers.Lambda(dynamic_padding, arguments={"target_width": 128, **options}),
        ),
        "MultiDimDynamicPadding": ((None, None, 3), MultiDimDynamicPadding((None, 128, 64), **options)),
    }[form]
    return keras.Sequential([keras.Input(shape), padding, keras.layers.Conv2D(32, 3, activation="relu")])


def compiled(model: keras.Model, jit: bool) -> keras.Model:
    model.compile(keras.optimizers.Adam(0.05), "mse", jit_compile=jit and keras.backend.backend() != "torch")
    return model


def samples(widths: tuple[int, ...] = WIDTHS) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches of one size each, and what a convolution with 32 filters is to give."""
    for width in widths:
        x = np.random.default_rng(width).random((1, width, 64, 3), "float32")
        yield x, np.full((1, max(128, width) - 2, 62, 32), 0.5, "float32")


@pytest.mark.parametrize(("form", "jit"), [*((form, False) for form in FORMS), (FORMS[-1], True)])
def test_a_worked_model_learns_from_inputs_of_many_lengths(form: str, jit: bool, tmp_path: Path) -> None:
    # XLA compiles for each size.
    widths = WIDTHS if keras.backend.backend() == "tensorflow" and not jit else (5, 128, 200)
    keras.utils.set_random_seed(0)
    model = compiled(worked_model(form, position="center", fill_value=0.5), jit)
    losses = [np.mean([model.train_on_batch(x, y) for x, y in samples(widths)]) for _ in range(3)]
    assert losses[2] < losses[0]

    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    for x, _ in samples((5, 200)):
        expected = model.predict(x, verbose=0)
        np.testing.assert_allclose(loaded.predict(x, verbose=0), expected, atol=1e-5)
        np.testing.assert_allclose(clone(x), expected, atol=1e-5)
    goes_on = np.mean([loaded.train_on_batch(x, y) for x, y in samples(widths)])
    assert goes_on < losses[0]


@tensorflow
@pytest.mark.parametrize(("position", "jit"), [("center", False), ("random", False), ("center", True)])
def test_twelve_lengths_take_at_most_two_traces_to_train_and_two_to_predict(position: str, jit: bool) -> None:
    import tensorflow as tf  # noqa: PLC0415 (only where it is)

    traces = []

    class Counting(DynamicPadding):
        def call(self, inputs: Any, **options: Any) -> Any:
            traces.append(inputs.shape)
            return super().call(inputs, **options)

    model = keras.Sequential([keras.Input((None, 64, 3)), Counting(128, position=position), keras.layers.Conv2D(2, 3)])
    compiled(model, jit)
    shapes = (tf.TensorSpec((None, None, 64, 3)), tf.TensorSpec((None, None, 62, 2)))
    dataset = tf.data.Dataset.from_generator(lambda: ((x, y[..., :2]) for x, y in samples()), output_signature=shapes)
    traces.clear()
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(len(WIDTHS)))
    model.fit(dataset, shuffle=False, verbose=0)
    assert 1 <= len(traces) <= 2
    traces.clear()
    for x, y in samples():
        assert model.predict_on_batch(x).shape == y[..., :2].shape
    assert 1 <= len(traces) <= 2


@tensorflow
@either
def test_a_model_learns_from_a_pipeline_of_unequal_pictures(jit: bool) -> None:
    import tensorflow as tf  # noqa: PLC0415 (only where it is)

    rng = np.random.default_rng(0)
    sizes = [tuple(map(int, rng.integers(3, 20, 2))) for _ in range(24)]
    pictures = [rng.random((*size, 3), "float32") + number % 2 for number, size in enumerate(sizes)]
    labels = [number % 2 for number in range(24)]
    dataset = tf.data.Dataset.from_generator(
        lambda: zip(pictures, labels, strict=True),
        output_signature=(tf.TensorSpec((None, None, 3)), tf.TensorSpec((), tf.int32)),
    )

    def padded(items: Any, label: Any) -> Any:
        batch, mask = pad_batch(items, multiple_of=4, position="random", fill_value=(0, 0.5, 1))
        return (batch, mask), label

    inputs, mask = keras.Input((None, None, 3)), keras.Input((None, None), dtype="bool")
    features = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
    features = features * keras.ops.cast(keras.ops.expand_dims(mask, -1), "float32")
    outputs = keras.layers.Dense(2)(keras.layers.GlobalMaxPooling2D()(features))
    model = keras.Model([inputs, mask], outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss, jit_compile=jit)
    batches = dataset.apply(tf.data.experimental.assert_cardinality(24)).ragged_batch(6).map(padded)
    history = model.fit(batches, epochs=6, shuffle=False, verbose=0).history["loss"]
    assert history[-1] < history[0] / 2


@either
def test_a_model_with_random_places_learns_from_places_that_differ(jit: bool) -> None:
    layer = MultiDimDynamicPadding((12, 12), position="random", seed=3)
    model = keras.Sequential(
        [keras.Input((None, None, 1)), layer, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1)]
    )
    compiled(model, jit)
    rng = np.random.default_rng(0)
    x = rng.random((8, 5, 7, 1), "float32")
    history = model.fit(x, np.ones((8, 1)), batch_size=4, epochs=10, verbose=0).history["loss"]
    assert history[-1] < history[0]
    assert np.asarray(layer.seed_generator.state.value)[1] == 20
    assert model.count_params() == 2


@tensorflow
def test_an_exported_model_takes_inputs_of_any_length(tmp_path: Path) -> None:
    import tensorflow as tf  # noqa: PLC0415 (only where it is)

    model = worked_model(FORMS[-1], mode="reflect", multiple_of=16)
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(tmp_path / "exported")
    for x, _ in samples():
        np.testing.assert_allclose(exported.serve(x), model(x), atol=1e-5)
