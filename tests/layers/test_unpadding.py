"""`Unpadding` and `unpad`: back to what was padded, after strides as well, and what a crop has lost."""

from __future__ import annotations

import doctest
import itertools
import sys
from typing import Any

import keras
import numpy as np
import pytest
from numpy_padding import counted

from padviewer.errors import PlanError, SettingsError
from padviewer.geometry import MODES, POSITIONS
from padviewer.layers import DynamicPadding, MultiDimDynamicPadding, Unpadding, unpad


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("position", POSITIONS)
def test_what_was_padded_comes_back(position: str, mode: str, data_format: str) -> None:
    shape = (2, 5, 4, 3) if data_format == "channels_last" else (2, 3, 5, 4)
    x = counted(*shape)
    options = {"position": position, "data_format": data_format}
    padding = MultiDimDynamicPadding((12, 7), mode=mode, multiple_of=(1, 4), return_pad_width=True, **options)
    y, pad_width = padding(x)
    np.testing.assert_array_equal(unpad(y, pad_width), x)
    np.testing.assert_array_equal(Unpadding(**options)([y, x, pad_width]), x)
    if position != "random":
        np.testing.assert_array_equal(Unpadding(**options)([y, x]), x)


@pytest.mark.parametrize("scale", [2, (2, 4), 8])
@pytest.mark.parametrize("position", POSITIONS)
def test_after_strides_the_elements_that_stand_for_data_come_back(position: str, scale: Any) -> None:
    scales = scale if isinstance(scale, tuple) else (scale, scale)
    padding = MultiDimDynamicPadding((16, 24), position=position, multiple_of=8, seed=3, return_pad_width=True)
    for height, width in itertools.product((1, 7, 16), (3, 20)):
        y, pad_width = (keras.ops.convert_to_numpy(part) for part in padding(counted(1, height, width, 2)))
        pooled = y[:, :: scales[0], :: scales[1]]
        restored = Unpadding(position=position, scale=scale)([pooled, np.zeros((1, height, width, 1)), pad_width])
        starts = [int(before) // step for before, step in zip(pad_width[1:3, 0], scales, strict=True)]
        sizes = [-(-size // step) for size, step in zip((height, width), scales, strict=True)]
        rows, columns = (slice(start, start + size) for start, size in zip(starts, sizes, strict=True))
        np.testing.assert_array_equal(restored, pooled[:, rows, columns])
        np.testing.assert_array_equal(unpad(pooled, pad_width, scale=(1, *scales, 1)), restored)


def test_pairs_of_numpy_are_taken_and_axes_without_padding_stay() -> None:
    x = counted(2, 5, 3)
    np.testing.assert_array_equal(unpad(np.pad(x, ((0, 0), (2, 1), (1, 0))), ((0, 0), (2, 1), (1, 0))), x)
    np.testing.assert_array_equal(unpad(x, ((0, 0), (2, 0), (0, 0)), scale=2), x[:, 1:])


def test_a_crop_is_refused_or_filled() -> None:
    x = counted(1, 7, 2)
    y, pad_width = DynamicPadding(4, overflow="crop", position="center", return_pad_width=True)(x)
    assert np.asarray(pad_width).tolist() == [[0, 0], [-1, -2], [0, 0]]
    for refused in (lambda: unpad(y, pad_width), lambda: Unpadding(position="center")([y, x])):
        with pytest.raises(PlanError, match="axis 1 was cropped by the padding: an amount of -1 elements"):
            refused()
    expected = np.where(np.isin(np.arange(7), range(1, 5))[:, None], x, 9)
    np.testing.assert_array_equal(unpad(y, pad_width, cropped="fill", fill_value=9), expected)
    filling = Unpadding(position="center", cropped="fill", fill_value=9)
    np.testing.assert_array_equal(filling([y, x]), expected)
    np.testing.assert_array_equal(filling([y, x, pad_width]), expected)
    by_channel = Unpadding(position="center", cropped="fill", fill_value=(9, -9))([y, x])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(by_channel)[0, 6], [9, -9])


def test_padding_and_a_crop_on_two_axes() -> None:
    x = counted(1, 7, 3, 1)
    padding = MultiDimDynamicPadding((5, 8), overflow="crop", position="end", return_pad_width=True)
    y, pad_width = padding(x)
    restored = Unpadding(position="end", cropped="fill")([y, x])
    np.testing.assert_array_equal(restored, np.where(np.arange(7)[:, None, None] < 2, 0, x))
    np.testing.assert_array_equal(unpad(y, pad_width, cropped="fill"), restored)


def test_an_input_without_a_batch() -> None:
    x = counted(5, 3)
    y = DynamicPadding(8, axis=0, batched=False, position="end")(x)
    np.testing.assert_array_equal(Unpadding(position="end", batched=False)([y, x]), x)


def test_a_model_gives_back_the_size_that_it_was_given() -> None:
    inputs = keras.Input((None, None, 3))
    padded, pad_width = MultiDimDynamicPadding(
        (None, None), multiple_of=8, position="random", return_pad_width=True, seed=2
    )(inputs)
    halved = keras.layers.Conv2D(4, 3, strides=2, padding="same")(padded)
    doubled = keras.layers.Conv2DTranspose(2, 3, strides=2, padding="same")(halved)
    model = keras.Model(inputs, Unpadding(position="random")([doubled, inputs, pad_width]))
    assert model.output_shape == (None, None, None, 2)
    again = keras.Model.from_config(model.get_config())
    for height, width in [(5, 9), (16, 8), (1, 1)]:
        x = np.ones((2, height, width, 3), "float32")
        assert model.predict(x, verbose=0).shape == again(x).shape == (2, height, width, 2)


def test_the_static_shape_and_dtype_are_the_real_ones() -> None:
    y, x = keras.Input((None, 8, 6), dtype="uint8"), keras.Input((None, 5, 3))
    restored = Unpadding(scale=2)([y, x])
    assert (restored.shape, restored.dtype) == ((None, None, 3, 6), "uint8")


def test_the_mask_of_what_was_padded_is_the_mask_again() -> None:
    tokens = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(9, 4, mask_zero=True)(tokens)
    restored = Unpadding()([DynamicPadding(8)(embedded), embedded])
    model = keras.Model(tokens, keras.layers.LSTM(3)(restored))
    short = keras.Model(tokens, model.layers[-1](embedded))
    x = np.array([[1, 2, 0, 3, 0]])
    np.testing.assert_allclose(model(x), short(x), atol=1e-6)
    assert Unpadding(scale=2).compute_mask(None, [None, x != 0]) is None


@pytest.mark.parametrize(
    "layer",
    [
        Unpadding(),
        Unpadding(position="random", scale=(2, 1), cropped="fill", fill_value=(1, 2.5), data_format="channels_first"),
        Unpadding(batched=False, name="cut"),
    ],
)
def test_the_config_makes_an_equal_layer(layer: keras.Layer) -> None:
    restored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert restored.get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"position": "left"}, "position 'left': expected one of"),
        ({"scale": 0}, "scale received 0; expected a whole number from 1"),
        ({"scale": ()}, "scale received"),
        ({"scale": 1.5}, "scale received 1.5"),
        ({"cropped": "keep"}, "cropped received 'keep'; expected one of error, fill"),
        ({"fill_value": "0"}, "fill value '0': expected a number"),
        ({"data_format": "last"}, "data_format received 'last'"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_once(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Unpadding(**arguments)


def test_inputs_that_do_not_go_together_are_refused() -> None:
    x = counted(1, 4, 2)
    with pytest.raises(PlanError, match=r"expected \[y, x\] or \[y, x, pad_width\]"):
        Unpadding()(x)
    with pytest.raises(PlanError, match=r"expected \[y, x, pad_width\], the amounts"):
        Unpadding(position="random")([x, x])
    with pytest.raises(PlanError, match="of one rank"):
        Unpadding()([x, x[0]])
    with pytest.raises(PlanError, match="and one scale, or one for each"):
        Unpadding(scale=(1, 2))([x, x])
    with pytest.raises(PlanError, match=r"pad_width of shape \(2, 2\); expected \(3, 2\)"):
        unpad(x, ((0, 0), (1, 1)))
    with pytest.raises(PlanError, match=r"scale received .* expected one number, or 3"):
        unpad(x, ((0, 0), (1, 1), (0, 0)), scale=(1, 2))
    with pytest.raises(SettingsError, match="expected a single number"):
        unpad(x, ((0, 0), (1, 1), (0, 0)), fill_value=(1, 2))


@pytest.mark.tensorflow
def test_the_examples_of_the_docstrings_run() -> None:
    module = sys.modules[Unpadding.__module__]
    results = doctest.testmod(module, extraglobs={"MultiDimDynamicPadding": MultiDimDynamicPadding})
    assert results.attempted > 5
    assert results.failed == 0
