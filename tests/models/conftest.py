"""Models saved by the installed Keras, once for all tests."""

from __future__ import annotations

import warnings

import keras
import numpy as np
import pytest

from padviewer.layers import DynamicPadding, MultiDimDynamicPadding


def build():
    layers = keras.layers
    inner = keras.Sequential(
        [
            keras.Input((None, None, 8)),
            layers.SeparableConv2D(6, 3, depth_multiplier=2, name="sep"),
            layers.DepthwiseConv2D((3, 5), strides=2, name="dw"),
        ],
        name="inner",
    )
    inputs = keras.Input((None, None, 3))
    y = MultiDimDynamicPadding((64, 96), position="center", mode="reflect", multiple_of=(8, 4), name="pad")(inputs)
    y = DynamicPadding(128, axis=2, fill_value=(0, 1, 2.5), overflow="crop", seed=5, name="wide")(y)
    y = layers.Conv2D(8, (3, 2), strides=2, padding="same", activation="relu", name="first")(y)
    y = layers.Conv2D(8, 3, groups=4, dilation_rate=2, use_bias=False, name="grouped")(y)
    y = layers.BatchNormalization()(y)
    y = inner(y)
    y = layers.Conv2DTranspose(2, 2)(y)
    flat = layers.TimeDistributed(layers.Conv1D(3, 2, padding="causal", name="inside"), name="rows")(y)
    flat = layers.Dense(4)(flat)
    model = keras.Model(inputs, flat)
    for weight in model.weights:
        weight.assign(np.random.default_rng(weight.path.__hash__() % 99).normal(size=weight.shape))
    return model


@pytest.fixture(scope="session")
def model():
    keras.utils.clear_session()
    return build()


@pytest.fixture(scope="session")
def saved(model, tmp_path_factory):
    """The folder with the model in every form that Keras saves."""
    folder = tmp_path_factory.mktemp("models")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras calls the older form older
        model.save(folder / "model.keras")
        model.save_weights(folder / "model.weights.h5")
        model.save(folder / "older.h5")
    return folder


@pytest.fixture
def layer_of(model):
    def find(name):
        for layer in model._flatten_layers():
            if layer.name == name:
                return layer
        raise KeyError(name)

    return find
